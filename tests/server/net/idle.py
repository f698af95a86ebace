#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""--idle-exit: a server whose sockets are passed to it ends when nobody was connected for a while, nobody who connects
meanwhile is lost, and it stays where something would be forgotten or where nobody would start it again. The waits here
are at least so long; nothing depends on how much longer they are."""
import os
import select
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import BINARY, Gone, Peer, Server, Socket  # noqa: E402

IDLE_S = 1
LONG_S = 2.5  # a server that would end has ended by then


class Machine:
    """Holds the socket, as systemd does."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = self.listener.getsockname()

    def start(self, *options, security="none", passwords=None, passed=True, idle=IDLE_S):
        fd = self.listener.fileno()
        shell = f'exec 3<&{fd}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"' if passed else 'exec "$@"'
        return Server("--idle-exit", str(idle), *options, security=security, passwords=passwords, host=None if passed else "127.0.0.1",
                      runner=["sh", "-c", shell, "sh"], fds=(fd,))


def ended(server):
    """Waits until it has ended by itself."""
    assert server.process.wait(30) == 0, server.lines()
    said = server.lines()
    assert any("stopping: nobody was connected for" in line for line in said), said
    server.stop()


def stays(server, why):
    time.sleep(LONG_S)
    assert server.process.poll() is None, (why, server.lines())


def ends_and_loses_nobody(machine):
    ended(machine.start())
    waiting = Socket(machine.address, 60)  # nobody listens: the kernel keeps it
    second = machine.start()
    viewer = Peer(waiting).join()
    stays(second, "a viewer is there")
    assert second.status()["clients"], "it came in"
    third = Socket(machine.address)
    Peer(third).join()
    viewer.close()
    stays(second, "another viewer is there")
    third.close()
    ended(second)


def stays_where_something_would_be_forgotten(machine):
    server = machine.start(security="vncauth", passwords="secret\n")
    try:
        Peer(Socket(machine.address)).guess()
    except Gone:
        pass
    stays(server, "it remembers a wrong password")
    server.stop()

    server = machine.start()
    ask = [BINARY, f"--control={server.path}/control"]
    subprocess.run([*ask, "view-only", "on"], check=True, stdout=subprocess.DEVNULL)
    stays(server, "nobody may type")
    with subprocess.Popen([*ask, "events"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as events:
        while not select.select([events.stdout], [], [], 0.5)[0]:  # until it reads them
            viewer = Socket(machine.address)
            Peer(viewer).join()
            viewer.close()
        subprocess.run([*ask, "view-only", "off"], check=True, stdout=subprocess.DEVNULL)
        stays(server, "somebody reads events")
        events.terminate()
    ended(server)

    server = machine.start("--connect=127.0.0.1:9")
    stays(server, "it calls a viewer")
    server.stop()


def stays_where_nobody_would_start_it(machine):
    server = machine.start(passed=False)
    stays(server, "it listens at sockets of its own")
    server.stop()
    server = machine.start(idle=0)
    stays(server, "that is not asked for")
    server.stop()
    server = machine.start("--listen=systemd", "--listen=127.0.0.1:0")
    stays(server, "one socket is its own")
    server.stop()


def tells_of_sockets_that_nobody_answers(machine):
    server = machine.start("--listen=127.0.0.1:0")
    assert any("nobody answers at the sockets that systemd passed" in line for line in server.lines()), server.lines()
    server.stop()
    fd = machine.listener.fileno()
    done = subprocess.run(["sh", "-c", f'exec 3<&{fd}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$@"', "sh", BINARY, "--source=pattern",
                           "--no-input", "--listen=%s:%d" % machine.address], pass_fds=(fd,), stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 1 and b"leave out `listen`" in done.stderr, done.stderr


one = Machine()
ends_and_loses_nobody(one)
stays_where_something_would_be_forgotten(one)
stays_where_nobody_would_start_it(one)
tells_of_sockets_that_nobody_answers(one)
