#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""notify: a scripted service manager checks what the server tells it by the protocol of sd_notify(3), and when."""
import os
import socket
import subprocess
import sys
import tempfile

ZEROVNC = os.environ.get("ZEROVNC", "build/zerovnc")
DIR = tempfile.mkdtemp()
MANY = 100


def check(good, words):
    if not good:
        print("failed:", words)
        sys.exit(1)


class Manager:
    """Listens where NOTIFY_SOCKET says, and starts a server."""

    def __init__(self, name, *options, **environment):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name[0] == "@" else name)
        self.socket.settimeout(60)
        self.path = f"{DIR}/vnc{len(os.listdir(DIR))}"
        self.server = subprocess.Popen(
            [ZEROVNC, "serve", "--source=pattern", "--pattern=still", "--security=none", "--no-input",
             f"--listen=unix:{self.path}", f"--control={DIR}/control", *options],
            env={**os.environ, "NOTIFY_SOCKET": name, **environment}, stderr=subprocess.PIPE, text=True)

    def hear(self):
        """Returns the next message as a list of its lines."""
        try:
            return self.socket.recv(4096).decode().split("\n")
        except TimeoutError:
            check(False, "the server says nothing")

    def hear_until(self, line):
        heard = []
        while line not in heard and len(heard) < MANY:
            heard += self.hear()
        check(line in heard, f"{line} is not among {heard}")
        return heard

    def end(self):
        self.server.terminate()
        heard = self.hear_until("STOPPING=1")
        check(self.server.wait(60) == 0, "it did not end well")
        self.socket.close()
        return heard


def connect(path):
    viewer = socket.socket(socket.AF_UNIX)
    viewer.settimeout(60)
    viewer.connect(path)
    return viewer


def join(path):
    viewer = connect(path)
    got = viewer.recv(12)
    viewer.sendall(got)
    check(viewer.recv(1) == b"\x01" and viewer.recv(1) == b"\x01", "the security types")
    viewer.sendall(b"\x01")
    check(viewer.recv(4, socket.MSG_WAITALL) == bytes(4), "the result")
    viewer.sendall(b"\x01")
    check(viewer.recv(24, socket.MSG_WAITALL), "ServerInit")
    return viewer


def ready_is_said_after_listening(name):
    manager = Manager(name)
    heard = []
    while "READY=1" not in heard:
        check(not any(line.startswith(("STOPPING", "WATCHDOG")) for line in heard), f"before READY=1: {heard}")
        heard += manager.hear()
    connect(manager.path).close()  # the connection would be refused if READY=1 had come too early
    statuses = [line for line in heard if line.startswith("STATUS=")]
    check(statuses and manager.path in statuses[-1] and "viewers: 0" in statuses[-1], f"STATUS: {statuses}")
    viewer = join(manager.path)
    check("viewers: 1" in manager.hear()[0], "the viewer is not told of")
    viewer.close()
    check("viewers: 0" in manager.hear()[0], "the viewer's leaving is not told of")
    check(manager.end() == ["STOPPING=1"], "what was said at the end")


def the_watchdog_is_answered():
    manager = Manager(f"{DIR}/watchdog", WATCHDOG_USEC="200000")
    manager.hear_until("READY=1")
    for _ in range(5):
        manager.hear_until("WATCHDOG=1")
    viewer = join(manager.path)
    viewer.sendall(bytes([3, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]))
    for _ in range(5):
        manager.hear_until("WATCHDOG=1")
    viewer.close()
    manager.end()


def nobody_watches(**environment):
    """There is no timer and no message if the manager asked for none, or asked another process."""
    manager = Manager(f"{DIR}/unwatched{len(os.listdir(DIR))}", **environment)
    manager.hear_until("READY=1")
    subprocess.run([ZEROVNC, "status", f"--control={DIR}/control"], check=True, stdout=subprocess.DEVNULL)
    heard = manager.end()
    check("WATCHDOG=1" not in heard, f"{environment}: {heard}")


def a_failure_is_told():
    manager = Manager(f"{DIR}/failure", "--listen=unix:/nowhere/socket")
    heard = manager.hear()
    check(heard[0].startswith("STATUS=") and "/nowhere/socket" in heard[0] and len(heard) == 1, f"heard: {heard}")
    check(manager.server.wait(60) == 1, "it did not fail")


def a_bad_socket_stops_nobody():
    for name in "relative", "/nowhere/notify", "@" + 200 * "x":
        path = f"{DIR}/bad"
        server = subprocess.Popen([ZEROVNC, "serve", "--source=pattern", "--security=none", "--no-input",
                                   f"--listen=unix:{path}", f"--control={DIR}/control"],
                                  env={**os.environ, "NOTIFY_SOCKET": name}, stderr=subprocess.PIPE, text=True)
        said = ""
        while "NOTIFY_SOCKET" not in said:
            said = server.stderr.readline()
            check(said, f"no word of NOTIFY_SOCKET={name}")
        connect(path).close()
        server.terminate()
        server.communicate(timeout=60)
        check(server.returncode == 0, "it did not end well")


ready_is_said_after_listening(f"{DIR}/notify")
ready_is_said_after_listening(f"@zerovnc-test-{os.getpid()}")
the_watchdog_is_answered()
nobody_watches()
nobody_watches(WATCHDOG_USEC="1000", WATCHDOG_PID="1")
nobody_watches(WATCHDOG_USEC="soon")
a_failure_is_told()
a_bad_socket_stops_nobody()
