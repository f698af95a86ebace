#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures of the network face, each beside its baseline from the same run. Prints, judges nothing.

A long way is a relay that holds every byte back for half a round trip in each direction (and, where asked, lets
only so many through a second): unlike netem it needs no privileges, and like it, it does not shorten TCP's ways."""
import os
import queue
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../server/net"))
from peer import Peer, Server, Socket  # noqa: E402

PAINTER = os.environ.get("NET_PAINTER", "build/tests/bench/net_painter")


class Relay:
    def __init__(self, target, round_trip, rate=None):
        self.target, self.half, self.rate = target, round_trip / 2, rate
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(self.target)
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for a, b in ((near, far), (far, near)):
                held = queue.Queue(maxsize=64 if self.rate else 0)
                threading.Thread(target=self.take, args=(a, held), daemon=True).start()
                threading.Thread(target=self.give, args=(held, b), daemon=True).start()

    def take(self, source, held):
        while True:
            try:
                data = source.recv(16384)
            except OSError:
                data = b""
            held.put((time.monotonic() + self.half, data))
            if not data:
                return

    def give(self, held, target):
        free = 0.0
        while True:
            due, data = held.get()
            if self.rate:
                free = max(free, due) + len(data) / self.rate
                due = free
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                target.sendall(data)
            except OSError:
                return
            if not data:
                target.close()
                return


class Viewer(threading.Thread):
    """Takes updates for some seconds, by request and reply or continuously; asks with a fence how long its words take to come
    back in between what is on its way."""

    def __init__(self, address, seconds, continuous=False, encoding=0):
        super().__init__(daemon=True)
        self.peer = Peer(Socket(address, 60)).join()
        self.seconds, self.continuous = seconds, continuous
        self.updates, self.bytes, self.fences = 0, 0, []
        self.peer.send(struct.pack(">Bxxx BBBB HHH BBB xxx", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
        self.peer.encodings(encoding, *((-312, -313) if continuous else ()))

    def message(self):
        peer = self.peer
        kind = peer.u8()
        if kind == 248:
            peer.exact(3)
            flags, payload = peer.u32(), peer.exact(peer.u8())
            if flags & 0x80000000:
                peer.send(struct.pack(">B3xIB", 248, flags & 3, len(payload)) + payload)
            else:
                self.fences.append((time.monotonic() - struct.unpack(">d", payload)[0]) * 1000)
                self.asked = False
        elif kind == 0:
            peer.exact(1)
            for _ in range(peer.u16()):
                _, _, width, height, encoding = struct.unpack(">HHHHi", peer.exact(12))
                assert encoding in (0, 16), encoding  # Raw, ZRLE
                self.bytes += len(peer.exact(peer.u32() if encoding == 16 else width * height * 4))
            return True
        return False

    def run(self):
        peer, self.asked = self.peer, False
        peer.request()
        while not self.message():
            pass
        if self.continuous:
            peer.send(struct.pack(">BBHHHH", 150, 1, 0, 0, peer.width, peer.height))
        begin, asked_at = time.monotonic(), 0
        while time.monotonic() - begin < self.seconds:
            if not self.continuous:
                peer.request(1)
            if self.continuous and not self.asked and time.monotonic() - asked_at > 0.1:
                asked_at, self.asked = time.monotonic(), True
                peer.send(struct.pack(">B3xIBd", 248, 0x80000000, 8, asked_at))
            while not self.message():
                pass
            self.updates += 1
        self.seconds = time.monotonic() - begin
        peer.close()


def run(*viewers):
    for viewer in viewers:
        viewer.start()
    for viewer in viewers:
        viewer.join(120)
    return [viewer.updates / viewer.seconds for viewer in viewers]


def cpu(server):
    """CPU seconds by thread name."""
    sums = {}
    for task in os.listdir(f"/proc/{server.process.pid}/task"):
        with open(f"/proc/{server.process.pid}/task/{task}/stat") as stat:
            name, rest = stat.read().split("(", 1)[1].rsplit(")", 1)
            fields = rest.split()
            sums[name] = sums.get(name, 0) + (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return sums


class Painter:
    """net_painter: a picture that changes faster than any screen."""

    def __init__(self, rate):
        self.process = subprocess.Popen([PAINTER, str(rate)], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if line.startswith("listening at "):
                host, port = line.split()[-1].rsplit(":", 1)
                self.address = (host, int(port))
                break
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def stop(self):
        self.process.stdin.close()
        assert self.process.wait(20) == 0


def newcomers():
    for name, options in (("", ()), ("with --web-root, ", ("--web-root=/",))):
        newcomers_to(name, Server(*options, security="none"))


def newcomers_to(name, server):
    def enter():
        begin = time.monotonic()
        server.connect().join().close()
        return (time.monotonic() - begin) * 1000
    alone = [enter() for _ in range(20)]
    crowd = [socket.create_connection(server.address) for _ in range(50)]
    beside = [enter() for _ in range(20)]
    print(f"{name}a newcomer is in after {statistics.median(alone):.0f} ms alone, {statistics.median(beside):.0f} ms (worst "
          f"{max(beside):.0f}) beside {len(crowd)} silent connections")
    server.stop()


def long_way():
    painter = Painter(150)
    relay = Relay(painter.address, 0.050)
    near, near_reply = run(Viewer(painter.address, 4, True))[0], run(Viewer(painter.address, 4))[0]
    reply = run(Viewer(relay.address, 5))[0]
    rate = run(Viewer(relay.address, 5, True))[0]
    print(f"50 ms round trip, a tile changes 150 times a second: {reply:.1f} updates a second by request and reply, {rate:.1f} "
          f"continuously ({rate / reply:.1f} x); without the way {near_reply:.1f} and {near:.1f}")
    painter.stop()
    server = Server("--fps=60", security="none", pattern="full")
    for name, speed in (("", None), (", 20 MB/s", 20e6), (", 5 MB/s", 5e6)):
        relay = Relay(server.address, 0.050, speed)
        far = Viewer(relay.address, 6, True)
        rate = run(far)[0]
        print(f"50 ms round trip{name}, every pixel changes: {rate:.1f} updates a second, {far.bytes / far.seconds / 1e6:.1f} MB/s; "
              f"what the viewer says comes back after {statistics.median(far.fences):.0f} ms (worst {max(far.fences):.0f})")
    server.stop()


def many():
    """32 viewers, and what the gateway's own thread costs beside the threads that encode."""
    for name, encoding in (("Raw", 0), ("ZRLE", 16)):
        server = Server(security="none", pattern="moving")
        one = run(Viewer(server.address, 2, encoding=encoding))[0]
        viewers = [Viewer(server.address, 6, encoding=encoding) for _ in range(32)]
        for viewer in viewers:
            viewer.start()
        time.sleep(1)
        before = cpu(server)
        time.sleep(4)
        spent = {thread: seconds - before.get(thread, 0) for thread, seconds in cpu(server).items()}
        for viewer in viewers:
            viewer.join(120)
        rates = [viewer.updates / viewer.seconds for viewer in viewers]
        gateway, rest = spent.pop("zerovnc"), sum(spent.values())
        print(f"{name}: one viewer {one:.1f} updates a second, 32 at once {min(rates):.1f} to {max(rates):.1f} each (the viewers are "
              f"Python and share the machine); CPU in 4 s: gateway {gateway:.2f} s, all other threads {rest:.2f} s {spent}")
        server.stop()


def stopped():
    server = Server(security="none", pattern="moving")
    without = run(Viewer(server.address, 4))[0]
    child = os.fork()
    if not child:
        deaf = Viewer(server.address, 60)
        for _ in range(100):
            deaf.peer.request()
        deaf.run()
        os._exit(0)
    time.sleep(0.5)
    os.kill(child, signal.SIGSTOP)
    with_one = run(Viewer(server.address, 4))[0]
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    print(f"a viewer beside a stopped one: {with_one:.1f} updates a second, {without:.1f} without it")
    server.stop()


if __name__ == "__main__":
    for each in [f for f in (newcomers, long_way, stopped, many) if f.__name__ in sys.argv[1:] or len(sys.argv) == 1]:
        each()
