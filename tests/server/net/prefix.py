#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Wrong passwords from many IPv6 addresses of one /64 count as one guesser's; those of the next /64 are another's. It runs itself
in a network namespace of its own, whose loopback has all these addresses."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import Bound, Gone, Peer, Server, own_network  # noqa: E402

SAME, NEXT = "fd00:0:0:1", "fd00:0:0:2"
FREE, MANY = 4, 12  # as LIMITS_FREE_FAILURES; and so many that one is refused, however slow this machine is


def guess(server, source):
    peer = Peer(Bound(server.address, source))
    try:
        peer.guess()
    except Gone as gone:
        return str(gone)
    finally:
        peer.close()
    raise AssertionError("it was let in")


def main():
    for prefix, count in ((SAME, MANY), (NEXT, 1)):
        for i in range(1, count + 1):
            subprocess.run(["ip", "address", "add", f"{prefix}::{i:x}/64", "dev", "lo", "nodad"], check=True)
    server = Server(security="vncauth", passwords="secret\nlook\n", host="[::1]")
    answers = [guess(server, f"{SAME}::{i:x}") for i in range(1, MANY + 1)]
    assert all("authentication failed" in answer for answer in answers[:FREE + 1]), answers
    assert any("wait" in answer for answer in answers[FREE + 1:]), answers
    other = guess(server, f"{NEXT}::1")
    assert "authentication failed" in other, other
    server.stop()
    print(f"{sum('wait' in answer for answer in answers)} of {MANY} addresses of one /64 had to wait, one of the next was looked at")


if __name__ == "__main__":
    own_network()
    main()
