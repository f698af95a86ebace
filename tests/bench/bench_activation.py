#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_activation [--runs N] [--unit]: how long a viewer waits for a server that is not running yet, from its connect()
to the last pixel of its first picture (Raw, 1280x720, the pattern), and to the server's first byte. Each run starts a
server of its own by systemd-socket-activate. With --unit, the viewer connects to 127.0.0.1:5900, where zerovnc.socket
starts the installed zerovnc.service, which is stopped after each run. tests/packaging/machine has such a machine; there,
the units need StartLimitIntervalSec=0 and TriggerLimitIntervalSec=0, and the settings source = pattern, no-input and
security = none.

Beside it: the same viewer at a server that runs already."""
import argparse
import os
import socket
import statistics
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "../server/net")]
from peer import BINARY, Peer, Socket  # noqa: E402

OPTIONS = ["serve", "--source=pattern", "--pattern=still", "--security=none", "--no-input"]


def free_port():
    with socket.socket() as any_port:
        any_port.bind(("127.0.0.1", 0))
        return any_port.getsockname()[1]


class Activated:
    def __init__(self):
        self.address = ("127.0.0.1", free_port())
        command = ["systemd-socket-activate", "-l", "%s:%d" % self.address, BINARY, *OPTIONS, "--control=/tmp/bench-activation.sock"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE)
        while b"Listening" not in self.process.stderr.readline():
            pass

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


class Unit:
    address = ("127.0.0.1", 5900)

    def __init__(self):
        subprocess.run(["systemctl", "reset-failed", "zerovnc.service"], check=False, stderr=subprocess.DEVNULL)

    def stop(self):
        subprocess.run(["systemctl", "stop", "zerovnc.service"], check=True, stderr=subprocess.DEVNULL)


def wait_once(address):
    """Returns the milliseconds to the first byte, and to the last pixel."""
    start = time.monotonic()
    peer = Peer(Socket(address, 60))
    peer.version()
    greeted = time.monotonic()
    assert 1 in peer.types()
    peer.send(b"\1")
    peer.result()
    peer.enter()
    peer.request()
    pixels = 0
    while pixels < peer.width * peer.height * 4:
        pixels += peer.update()
    end = time.monotonic()
    peer.close()
    return (greeted - start) * 1000, (end - start) * 1000


def show(name, figures):
    figures = sorted(figures)
    print(f"{name:34} {figures[0]:7.1f} {statistics.median(figures):7.1f} {figures[int(0.95 * (len(figures) - 1))]:7.1f} {figures[-1]:7.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--unit", action="store_true")
    given = parser.parse_args()
    fresh, running = [], []
    for _ in range(given.runs):
        server = Unit() if given.unit else Activated()
        fresh.append(wait_once(server.address))
        running.append(wait_once(server.address))
        server.stop()
    print(f"{'milliseconds':34} {'least':>7} {'median':>7} {'95 %':>7} {'most':>7}")
    for name, rows in ("a server that is started", fresh), ("one that runs", running):
        show(f"{name}: greeting", [row[0] for row in rows])
        show(f"{name}: first picture", [row[1] for row in rows])


main()
