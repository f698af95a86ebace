#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""line.py NET_WAY: a viewer's line slows down to 1 KB a second, and our kernel then accepts bytes for it in lumps of
half a minute. The viewer is not disconnected as if it read nothing. Viewers whose link breaks are disconnected after
half a minute, whether or not they were sent anything. The script runs itself in a network namespace of its own, in
which NET_WAY (tests/bench/net_way.c) makes the line, and the second part in another one."""
import os
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import Peer, Server, Socket, own_network  # noqa: E402

NEAR = "10.86.0.1"  # as seen from the far end
SECONDS, ROUND_TRIP_MS = 40, 50
MBYTES = "1,3,0.001"  # bytes a second; the latter after three seconds


def view(port):
    """Runs at the far end. Prints how many bytes came."""
    peer, end, size = Peer(Socket((NEAR, int(port)), 60)).join(), time.monotonic() + SECONDS, 0
    peer.request()
    try:
        while time.monotonic() < end:
            size += len(peer.layer.some()) or sys.exit(f"let go after {size} bytes")
    except OSError as error:
        sys.exit(f"let go after {size} bytes: {error!r}")
    print(size)


def rest(port):
    """Runs at the far end: one viewer is sent updates; one sends nothing and is sent nothing."""
    peers = [Peer(Socket((NEAR, int(port)), 60)).join() for _ in range(2)]
    peers[0].send(struct.pack(">BBHHHH", 150, 1, 0, 0, peers[0].width, peers[0].height))  # continuous updates
    peers[0].update()
    print("joined", flush=True)
    while True:
        peers[0].layer.some()


def broken(net_way):
    """In a network of its own: the program that makes the line stops, so that nothing gets through any more, and
    neither side is told."""
    server = Server(security="none", host="0.0.0.0", pattern="moving")
    line = subprocess.Popen([net_way, str(ROUND_TRIP_MS), "0", sys.executable, sys.argv[0], "rest", str(server.address[1])],
                            stdout=subprocess.PIPE, start_new_session=True)
    if line.stdout.readline():
        line.send_signal(signal.SIGSTOP)
        end, left = time.monotonic() + 120, []
        while len(left) < 2 and time.monotonic() < end:
            left = [line for line in server.lines() if " left: the connection broke" in line]
            time.sleep(0.5)
        os.killpg(line.pid, signal.SIGKILL)
        assert len(left) == 2, left
    line.wait()
    server.stop()


def main():
    alone = subprocess.Popen([sys.executable, sys.argv[0], "broken", sys.argv[1]],
                             env={key: os.environ[key] for key in os.environ if key != "OWN_NETWORK"})
    server = Server("--pattern-size=1920x1080", security="none", host="0.0.0.0")
    far = subprocess.run([sys.argv[1], str(ROUND_TRIP_MS), MBYTES, sys.executable, sys.argv[0], "view", str(server.address[1])],
                         stdout=subprocess.PIPE, text=True)
    left = [line for line in server.lines() if "for too long" in line]  # the far end would see it minutes later
    server.stop()
    assert alone.wait(120) == 0, "viewers behind a broken link were not let go"
    if far.returncode == 77:
        print("net_way can make no line here")
        sys.exit(77)
    assert far.returncode == 0 and not left, (far.stdout, left)
    print(f"{far.stdout.strip()} bytes in {SECONDS} s")


if __name__ == "__main__":
    if sys.argv[1] in ("view", "rest"):
        globals()[sys.argv[1]](sys.argv[2])
    else:
        own_network()
        broken(sys.argv[2]) if sys.argv[1] == "broken" else main()
