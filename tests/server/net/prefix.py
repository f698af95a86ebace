#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Wrong passwords: which place they count for, and that a client with the right password gets in beside any number of them. All
addresses of an IPv6 /64 are one place, the next /64 is another, and their /48 may fail a few times more. Guesses from ever new
networks are checked one by one. Users of this machine are places of their own. The script runs itself in its own network namespace,
whose loopback has all these addresses."""
import contextlib
import faulthandler
import os
import socket
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import Bound, Gone, Peer, Server, Socket, own_network, vnc_answer  # noqa: E402

SAME, NEXT = "fd00:0:0:1", "fd00:0:0:2"
FREE, MANY = 4, 12  # LIMITS_FREE_FAILURES; and enough that one is refused, however slow this machine is
NETWORK_FREE, ALL_FREE = 16, 24  # those of a /48, and LIMITS_LOOKS
CROWD = 150


def answer_of(layer, password=None):
    """Returns the server's answer to this password, or to a wrong one: "in", or the reason."""
    peer = Peer(layer)
    try:
        if not password:
            peer.guess()
        peer.version()
        peer.types()
        peer.send(b"\2")
        peer.vnc(password)
        peer.result()
        peer.enter()
        return "in"
    except Gone as gone:
        return str(gone)
    finally:
        peer.close()


def prefixes(server):
    answers = [answer_of(Bound(server.address, f"{SAME}::{i:x}")) for i in range(1, MANY + 1)]
    assert all("authentication failed" in answer for answer in answers[:FREE + 1]), answers
    assert any("wait" in answer for answer in answers[FREE + 1:]), answers
    other = answer_of(Bound(server.address, f"{NEXT}::1"))
    assert "authentication failed" in other, other
    return f"{sum('wait' in answer for answer in answers)} of {MANY} addresses of one /64 had to wait, one of the next was checked"


class Freebind(Socket):
    """Connects from any address of a network that is routed to this machine."""

    def __init__(self, address, source, timeout=60):
        self.socket = socket.socket(socket.AF_INET6 if ":" in source else socket.AF_INET)
        self.socket.settimeout(timeout)
        self.socket.setsockopt(socket.IPPROTO_IP, 15, 1)  # IP_FREEBIND
        self.socket.bind((source, 0))
        self.socket.connect(address)


def proves_nothing(server, source):
    """Sends a wrong password and does not wait for the answer."""
    peer = Peer(Freebind(server.address, source))
    peer.send(b"RFB 003.008\n")
    peer.exact(12)
    peer.types()
    peer.send(b"\2")
    peer.exact(16)
    peer.send(os.urandom(16))
    peer.layer.socket.setblocking(False)
    return peer


def looked_at(crowd):
    """How many of a crowd have got an answer. The others still wait for their turn."""
    count = 0
    for peer in crowd:
        with contextlib.suppress(BlockingIOError):
            peer.buffer += peer.layer.some()
        count += len(peer.buffer) >= 4
    return count


def networks(host, sources, honest, most):
    """All sources guess at once, and then a client has the right password, twice. At most this many guesses are checked
    until it is in."""
    server = Server(security="vncauth", passwords="secret\n", host=host)
    crowd = [proves_nothing(server, source) for source in sources]
    for _ in range(2):
        assert answer_of(Freebind(server.address, honest), "secret") == "in"
        count = looked_at(crowd)
        assert count <= most, f"{count} of {len(crowd)} guesses were checked before the right password"
    for peer in crowd:
        peer.close()
    server.stop()
    assert any("wait for its turn" in line for line in server.last), server.last
    return f"{count} of {len(crowd)} guesses"


# --- two users ---

def guesses_of(uid, address):
    """Returns the answers to the guesses of this user, each from another address of loopback."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.setresgid(uid, uid, uid)
            os.setresuid(uid, uid, uid)
            for i in range(MANY):
                layer = Socket(address) if isinstance(address, str) else Bound(address, f"127.0.{i}.9")
                os.write(write, answer_of(layer).encode() + b"\n")
        finally:
            os._exit(0)
    os.close(write)
    with open(read, encoding="utf-8") as answers:
        told = answers.read().splitlines()
    os.waitpid(pid, 0)
    return told


def users():
    server = Server("--listen=unix:/tmp/zerovnc-prefix-test,mode=0666", security="vncauth", passwords="secret\n")
    unix = "/tmp/zerovnc-prefix-test"
    for address, uid, other in ((server.address, 65534, 65533), (unix, 65532, 65531)):
        told = guesses_of(uid, address)
        assert len(told) == MANY and all("authentication failed" in answer for answer in told[:FREE + 1]), told
        assert "from this user" in told[-1], told
        assert "from this user" in guesses_of(uid, unix)[0], "the other listener counts for another place"
        for door in (server.address, unix):
            assert answer_of(Socket(door), "secret") == "in"  # root
        assert "authentication failed" in guesses_of(other, address)[0], "one user locks another out"
    server.stop()


def main():
    faulthandler.dump_traceback_later(280, exit=True)
    for prefix, count in ((SAME, MANY), (NEXT, 1)):
        for i in range(1, count + 1):
            subprocess.run(["ip", "address", "add", f"{prefix}::{i:x}/64", "dev", "lo", "nodad"], check=True)
    for network in ("10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32"):
        subprocess.run(["ip", *(["-6"] if ":" in network else []), "route", "add", "local", network, "dev", "lo"], check=True)
    server = Server(security="vncauth", passwords="secret\nlook\n", host="[::1]")
    print(prefixes(server))
    server.stop()
    told = networks("127.0.0.1", [f"10.{i}.{i}.1" for i in range(CROWD)], "192.0.2.7", ALL_FREE + 20)
    print(f"{told} from as many networks were checked before another client was in")
    told = networks("[::1]", [f"2001:db8:1:{i:x}00::1" for i in range(CROWD)], "2001:db8:2::1", NETWORK_FREE + 20)
    print(f"{told} from one /48 were checked before another client was in")
    if os.environ["OWN_NETWORK"] != "root":
        print("skipped: two users take root; the rest was tried")
        sys.exit(77)
    users()
    print("users of this machine lock out only themselves")


if __name__ == "__main__":
    own_network()
    main()
