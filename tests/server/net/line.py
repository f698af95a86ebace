#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""line.py NET_WAY: a viewer whose line slows down to 1 KB a second, which our kernel then takes bytes for in lumps of half a minute, is
not let go as if it read nothing. It runs itself in a network namespace of its own, in which NET_WAY (tests/bench/net_way.c) makes the line."""
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import Peer, Server, Socket, own_network  # noqa: E402

NEAR = "10.86.0.1"  # as seen from the far end
SECONDS, ROUND_TRIP_MS = 40, 50
MBYTES = "1,3,0.001"  # a second; after three seconds


def view(port):
    """At the far end. Prints how many bytes came."""
    peer, end, size = Peer(Socket((NEAR, int(port)), 60)).join(), time.monotonic() + SECONDS, 0
    peer.request()
    try:
        while time.monotonic() < end:
            size += len(peer.layer.some()) or sys.exit(f"let go after {size} bytes")
    except OSError as error:
        sys.exit(f"let go after {size} bytes: {error!r}")
    print(size)


def main():
    server = Server("--pattern-size=1920x1080", security="none", host="0.0.0.0")
    far = subprocess.run([sys.argv[1], str(ROUND_TRIP_MS), MBYTES, sys.executable, sys.argv[0], "view", str(server.address[1])],
                         stdout=subprocess.PIPE, text=True)
    left = [line for line in server.lines() if "for too long" in line]  # the far end would see it minutes later
    server.stop()
    if far.returncode == 77:
        print("net_way can make no line here")
        sys.exit(77)
    assert far.returncode == 0 and not left, (far.stdout, left)
    print(f"{far.stdout.strip()} bytes in {SECONDS} s")


if __name__ == "__main__":
    if sys.argv[1] == "view":
        view(sys.argv[2])
    else:
        own_network()
        main()
