#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The doors that are open where nobody said which, and who may open them: two real users at unix sockets. Runs itself in a network and
with a /run of its own."""
import contextlib
import ctypes
import grp
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peer as peers  # noqa: E402
from peer import BINARY, Peer, Server, Socket, own_network  # noqa: E402

NOBODY, STRANGER = 65534, 4711  # one has a name everywhere, the other nowhere
DOOR = "/run/zerovnc/vnc.sock"


@contextlib.contextmanager
def user(uid, *groups):
    """What is connected inside is that user's: the kernel goes by the effective ids of whoever makes a socket."""
    os.setgroups(groups)
    os.setegid(uid)
    os.seteuid(uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups([])


def as_process(uid):
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups"]


def connect(address, uid, *groups):
    with user(uid, *groups):
        return Socket(address)


def comes_in(server, address, uid, *groups):
    """It sees the picture."""
    peer = Peer(connect(address, uid, *groups)).join()
    peer.request()
    assert peer.update() == 640 * 400 * 4
    peer.close()


def line(server, *words):
    found = [text for text in server.lines() if all(word in text for word in words)]
    assert found, (words, server.lines())
    return found


def at(server, host):
    return (host, server.address[1])


# --- what happens without options ---

def by_default():
    with Opened(Server(host=None)) as server:
        assert [text.split(" at ")[1] for text in line(server, "listening at")] == ["127.0.0.1:5900", "[::1]:5900", f"unix:{DOOR}"]
        folder, door = os.lstat(os.path.dirname(DOOR)), os.lstat(DOOR)
        assert (stat.S_IMODE(folder.st_mode), stat.S_IMODE(door.st_mode), door.st_uid) == (0o755, 0o600, 0)
        for address in (at(server, "127.0.0.1"), at(server, "::1"), DOOR):
            comes_in(server, address, 0)
        try:
            connect(DOOR, NOBODY)
            raise AssertionError("the unix socket let somebody else in")
        except PermissionError:
            pass
    assert not os.path.exists(os.path.dirname(DOOR)), "it left its folder behind"


def of_another_user():
    """Without a folder for it there is no unix socket, and that is said."""
    with tempfile.TemporaryDirectory() as runtime:
        os.chown(runtime, STRANGER, STRANGER)
        for given in (True, False):
            runner = [*as_process(STRANGER), "env", f"XDG_RUNTIME_DIR={runtime if given else ''}"]
            with Opened(Server(host=None, runner=runner, owner=STRANGER)) as server:
                if given:
                    door = f"{runtime}/zerovnc/vnc.sock"
                    assert stat.S_IMODE(os.stat(door).st_mode) == 0o600
                    assert Peer(connect(door, STRANGER)).join()
                else:
                    line(server, "not listening at a unix socket", "XDG_RUNTIME_DIR")


# --- the unix socket ---

def groups():
    group = grp.getgrgid(1)
    for runner in ([], ["setpriv", "--bounding-set=-chown"]):  # as the systemd unit runs it
        for name in (group.gr_name, str(group.gr_gid)):
            with Opened(Server(f"--socket-group={name}", "--listen=unix:/run/own,mode=0600", "--listen=unix:/run/shared",
                               runner=runner)) as server:
                for path, mode, gid in (("/run/own", 0o600, 0), ("/run/shared", 0o660, group.gr_gid)):
                    status = os.stat(path)
                    assert (stat.S_IMODE(status.st_mode), status.st_gid) == (mode, gid), (path, status)
                comes_in(server, "/run/shared", NOBODY, group.gr_gid)
                for path, gids in (("/run/own", [group.gr_gid]), ("/run/shared", [])):
                    try:
                        connect(path, NOBODY, *gids)
                        raise AssertionError(f"{path} let {gids} in")
                    except PermissionError:
                        pass
    with Opened(Server(f"--socket-group={group.gr_name}", host=None)):
        assert os.stat(DOOR).st_gid == group.gr_gid and stat.S_IMODE(os.stat(DOOR).st_mode) == 0o660


def folders():
    """What another user could have made, or does use, is left alone, and TCP is served all the same."""
    folder = os.path.dirname(DOOR)

    def lives():
        os.mkdir(folder, 0o755)
        there = socket.socket(socket.AF_UNIX)
        there.bind(DOOR)
        there.listen(0)
        return there.close

    def is_busy():
        there = lives()
        crowd = []
        try:
            while True:
                crowd.append(socket.socket(socket.AF_UNIX))
                crowd[-1].setblocking(False)
                crowd[-1].connect(DOOR)
        except BlockingIOError:
            return lambda: [there(), [one.close() for one in crowd]]

    def belongs_to_another():
        os.mkdir(folder, 0o755)
        os.chown(folder, NOBODY, NOBODY)

    def is_open():
        os.mkdir(folder)
        os.chmod(folder, 0o775)

    for prepare, said in ((lives, "in use"), (is_busy, "in use"), (belongs_to_another, "another user"), (is_open, "chmod go-w"),
                          (lambda: os.symlink("/tmp", folder), "no folder"), (lambda: os.close(os.open(folder, os.O_CREAT)), "no folder")):
        undo = prepare()
        with Opened(Server(host=None)) as server:
            line(server, "not listening at a unix socket", said)
            comes_in(server, server.address, 0)
        assert os.path.exists(DOOR) == bool(undo) and "vnc.sock" not in os.listdir("/tmp"), said
        if undo:
            undo()
        subprocess.run(["rm", "-rf", folder], check=True)
    # what a server left that was killed is replaced
    lives()()
    with Opened(Server(host=None)) as server:
        comes_in(server, DOOR, 0)
    assert os.listdir(folder) == []
    os.rmdir(folder)


class Opened:
    def __init__(self, server):
        self.server = server

    def __enter__(self):
        return self.server

    def __exit__(self, kind, *_):
        if kind:
            print("\n".join(self.server.lines()))
            self.server.process.kill()
        else:
            self.server.stop()


def own_run():
    assert ctypes.CDLL(None).unshare(0x00020000) == 0  # CLONE_NEWNS
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)


def main():
    if os.geteuid() != 0:
        print("two users take root: nothing of this was tried")
        sys.exit(77)
    own_network()
    own_run()
    peers.BINARY = shutil.copy(BINARY, "/run/server")  # where every user may read it
    for test in (by_default, of_another_user, groups, folders):
        test()
    print("every door let in whom it should and nobody else")


if __name__ == "__main__":
    main()
