#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kills BROKER ROUNDS: kills the broker, its keyholder and the server in turn, ROUNDS times each, while a viewer asks for one
whole picture after another. A loop of the shell starts them again, as the manual says. Each time the viewer sees the screen again, if
need be by a new connection, and what survived keeps neither descriptors nor memory. Prints how long it took."""
import ctypes
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../net"))
from jail import AS_NOBODY, own_machine  # noqa: E402
from peer import BINARY, Gone, Peer, Socket  # noqa: E402
from users import until  # noqa: E402

BROKER, ROUNDS = os.path.abspath(sys.argv[1]), int(sys.argv[2])
SIZE = WIDTH, HEIGHT = 640, 400
PORT = 5900
PATIENCE_S = 60


class Again:
    """A program that is started again when it was killed."""

    def __init__(self, *command, log):
        script = 'until "$@"; do sleep 0.1; done'
        self.shell = subprocess.Popen(["sh", "-c", script, "sh", *command], stdin=subprocess.DEVNULL, stderr=log,
                                      preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))

    def pid(self):
        """The process that runs now, past what starts it. None: none does."""
        found = subprocess.run(["pgrep", "-P", str(self.shell.pid), "-f", "/zerovnc |pattern_broker"], stdout=subprocess.PIPE,
                               text=True).stdout.split()
        return int(found[0]) if found else None

    def kill(self):
        """Returns once another process runs in its place."""
        before = self.pid()
        os.kill(before, signal.SIGKILL)
        until(lambda: self.pid() not in (before, None))

    def end(self):
        last = self.pid()
        self.shell.kill()
        self.shell.wait()
        if last:
            os.kill(last, signal.SIGKILL)


class Keyholder:
    """The process that the broker starts, and with which it ends."""

    def __init__(self, broker):
        self.broker = broker

    def kill(self):
        broker = self.broker.pid()
        children = []
        until(lambda: children.extend(subprocess.run(["pgrep", "-P", str(broker)], stdout=subprocess.PIPE,
                                                     text=True).stdout.split()) or children)
        os.kill(int(children[0]), signal.SIGKILL)
        until(lambda: self.broker.pid() not in (broker, None))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory_kb(pid):
    with open(f"/proc/{pid}/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


class Viewer:
    def __init__(self):
        self.peer = self.last = None

    def sees_the_screen(self):
        """Whether a whole picture of the pattern comes that is another one than before. Notices are of another size while
        the server has seen no screen, and of few colours afterwards."""
        try:
            if not self.peer:
                self.peer = Peer(Socket(("127.0.0.1", PORT), PATIENCE_S)).join()
                self.peer.encodings(0, -223)
            if (self.peer.width, self.peer.height) != SIZE:
                self.leave()
                return False
            self.peer.request()
            before, self.last = self.last, self.picture()
            return self.last[0] > 100 and self.last != before
        except (Gone, OSError, AssertionError):
            self.leave()
            return False

    def picture(self):
        """Reads one update. Returns how many colours are in it, and a number that tells it from others."""
        peer = self.peer
        while peer.u8() != 0:
            pass
        peer.exact(1)
        seen, checksum = set(), 0
        for _ in range(peer.u16()):
            _, _, width, height = (peer.u16() for _ in range(4))
            encoding = peer.u32()
            if encoding == 0:
                pixels = peer.exact(width * height * 4)
                checksum = zlib.crc32(pixels, checksum)
                seen.update(memoryview(pixels).cast("I")[::7])
            else:
                peer.width, peer.height = width, height
        return len(seen), checksum

    def leave(self):
        if self.peer:
            self.peer.close()
        self.peer = None


def wait_for_screen(viewer):
    """One new picture may have been on its way since before."""
    end, seen = time.monotonic() + PATIENCE_S, 0
    while seen < 3:
        seen = seen + 1 if viewer.sees_the_screen() else 0
        assert time.monotonic() < end, "the viewer waits in vain"
        time.sleep(0.02)


def report(what, times):
    print(f"{what} killed {len(times)} times: seen again after {statistics.median(times):.2f} s (median), at most {max(times):.2f} s")


def is_flat(what, pid, before):
    """A connection more or less may just be on its way."""
    fds, memory = descriptors(pid), memory_kb(pid)
    print(f"{what}: {before[0]} descriptors and {before[1]} KB before, {fds} and {memory} KB after")
    assert fds <= before[0] + 2, "descriptors are left"
    assert memory <= before[1] + 8192, "memory is left"  # the C library keeps some freed pictures, of 1 MB each


def rounds(victim, survivor, viewer):
    """Returns how long it took to see the screen, and what the survivor had after the first fifth of the rounds: by then
    it keeps as many encoded pieces as it ever will."""
    times, before = [], None
    for number in range(ROUNDS):
        begin = time.monotonic()
        victim.kill()
        wait_for_screen(viewer)
        times.append(time.monotonic() - begin)
        if number == ROUNDS // 5:
            before = descriptors(survivor.pid()), memory_kb(survivor.pid())
    return times, before


def kill_both(broker, server):
    viewer = Viewer()
    wait_for_screen(viewer)
    for what, other, victim, survivor in (("the broker", "the server", broker, server),
                                          ("the keyholder", "the server", Keyholder(broker), server),
                                          ("the server", "the broker", server, broker)):
        times, before = rounds(victim, survivor, viewer)
        report(what, times)
        is_flat(other, survivor.pid(), before)


def main():
    own_machine()
    folder = tempfile.mkdtemp(prefix="kills-")
    os.chmod(folder, 0o777)
    log = open(f"{folder}/log", "w")
    broker = Again(BROKER, f"{folder}/broker", f"{WIDTH}x{HEIGHT}", log=log)
    until(lambda: os.path.exists(f"{folder}/broker"))
    server = Again(*AS_NOBODY, f"STATE_DIRECTORY={folder}/state", BINARY, "serve", f"--broker={folder}/broker",
                   f"--listen={PORT}", "--security=none", "--no-input", "--source=kms", log=log)
    try:
        kill_both(broker, server)
    finally:
        server.end()
        broker.end()


if __name__ == "__main__":
    main()
