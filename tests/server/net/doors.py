#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Which users of this machine get in, and by which way: two real users at TCP and at unix sockets, through WebSocket,
with and without a password, and clients that want to be taken for somebody else. Runs itself in a network and with a
/run of its own."""
import contextlib
import ctypes
import grp
import json
import os
import pwd
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import peer as peers  # noqa: E402
from peer import BINARY, Gone, Peer, Server, Socket, Tls, Websocket, own_network  # noqa: E402

NOBODY, STRANGER = 65534, 4711  # one user has a name everywhere, the other has none anywhere
CANNED = b"RFB 003.008\n\1\1" + struct.pack(">BBxxI", 4, 1, 0x61)  # None, ClientInit, and a key
DOOR = "/run/zerovnc/vnc.sock"
SECRET = "secret"
NAME = pwd.getpwuid(NOBODY).pw_name


@contextlib.contextmanager
def user(uid, *groups):
    """Connections made inside belong to that user: the kernel goes by the effective ids of the process that makes a
    socket."""
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


def types(layer, version=b"RFB 003.008\n"):
    """Returns the security types that are offered, or raises Gone with the reason."""
    peer = Peer(layer)
    peer.version(version)
    if version[10:11] == b"3":
        kind = peer.u32()
        if not kind:
            raise Gone(peer.exact(peer.u32()).decode())
        return [kind]
    return peer.types()


def refusal(address, uid, version=b"RFB 003.008\n"):
    try:
        offered = types(connect(address, uid), version)
    except Gone as gone:
        return str(gone)
    raise AssertionError(f"uid {uid} was offered {offered} at {address}")


def comes_in(server, address, uid, *groups):
    """The user gets the picture, and is in the status in the meantime."""
    peer = Peer(connect(address, uid, *groups)).join()
    peer.request()
    assert peer.update() == 640 * 400 * 4
    status = subprocess.run([BINARY, "status", "--json", f"--control={server.path}/control"], stdout=subprocess.PIPE, check=True)
    clients = json.loads(status.stdout)["clients"]
    peer.close()
    return [client.get("user") for client in clients]


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
        for address in (at(server, "127.0.0.1"), at(server, "::1"), at(server, "::ffff:127.0.0.1"), DOOR):
            assert comes_in(server, address, 0) == ["root"], address
        line(server, "(user root, uid 0) came in (RFB 3.8, None)")
        for host in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
            for version in (b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n"):
                why = refusal(at(server, host), NOBODY, version)
                assert NAME in why and f"--local-users={NAME}" in why and "--password-file" in why, why
        assert len(line(server, f"(user {NAME}, uid {NOBODY}) refused:")) == 9
        assert f"--local-users={STRANGER}" in refusal(at(server, "::1"), STRANGER)
        line(server, f"(uid {STRANGER}) refused:")
        try:
            connect(DOOR, NOBODY)
            raise AssertionError("the unix socket let somebody else in")
        except PermissionError:
            pass
        text = subprocess.run([BINARY, "doctor", "--source=pattern"], stdout=subprocess.PIPE, check=True).stdout.decode()
        assert "these come in without a password: root; all others are refused" in text, text
    assert not os.path.exists(os.path.dirname(DOOR)), "it left its folder behind"


def by_websocket():
    with tempfile.TemporaryDirectory() as folder, Opened(Server(f"--web-root={folder}")) as server:
        for secure in (False, True):
            for uid in (0, NOBODY):
                layer = connect(server.address, uid)
                layer = Websocket(Tls(layer) if secure else layer, host="localhost")
                assert layer.status == 101
                try:
                    assert types(layer) == [1] and uid == 0
                except Gone as gone:
                    assert uid == NOBODY and "--local-users" in str(gone), gone


# --- clients that want to be taken for somebody else ---

def attack(port, how):
    """Another process of another user sends everything that a viewer sends, and ends."""
    pid = os.fork()
    if pid:
        assert os.waitpid(pid, 0)[1] == 0
        return
    try:
        os.setresuid(NOBODY, NOBODY, NOBODY)
        for host in ("127.0.0.1", "::1"):
            layer = Socket((host, port))
            layer.send(CANNED)
            if how == "reset":
                layer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if how == "half":
                layer.socket.shutdown(socket.SHUT_WR)
            else:
                layer.close()
        os._exit(0)
    finally:
        os._exit(1)


def orphans():
    """The kernel reports a socket that nobody holds any more as root's. The server is stopped while the client comes
    and goes, so that it sees nothing else."""
    with Opened(Server(host=None)) as server:
        for how in ("close", "reset", "half"):
            os.kill(server.process.pid, signal.SIGSTOP)
            os.waitpid(server.process.pid, os.WUNTRACED)
            attack(server.address[1], how)
            os.kill(server.process.pid, signal.SIGCONT)
        assert comes_in(server, server.address, 0) == ["root"]  # the earlier connections have been handled by then
        came = line(server, "came in")
        assert len(came) == 1 and "user root" in came[0], came
        line(server, "refused: this server cannot tell which user")


# --- --local-users ---

def named():
    for option in (NAME, str(NOBODY), f"0, {NOBODY}", "*"):
        with Opened(Server(f"--local-users={option}")) as server:
            assert comes_in(server, server.address, NOBODY) == [NAME]
            assert comes_in(server, server.address, 0) == ["root"]
            line(server, f"127.0.0.1:", f"(user {NAME}, uid {NOBODY}) came in")
            if option == "*":
                assert comes_in(server, server.address, STRANGER) == [str(STRANGER)]
            else:
                refusal(server.address, STRANGER)


def of_another_user():
    """The user that runs the server and root get in, whoever runs it. If there is no folder for sockets, the unix
    socket lies beside the keys. If there is no folder for it at all, there is no unix socket, and the log says so."""
    with tempfile.TemporaryDirectory() as runtime:
        os.chown(runtime, STRANGER, STRANGER)
        for given, state in ((True, None), (False, None), (False, "/proc/nowhere")):
            runner = [*as_process(STRANGER), "env", f"XDG_RUNTIME_DIR={runtime if given else ''}"]
            runner += [f"STATE_DIRECTORY={state}"] if state else []
            with Opened(Server(host=None, runner=runner, owner=STRANGER)) as server:
                assert Peer(connect(server.address, STRANGER)).join() and Peer(connect(server.address, 0)).join()
                assert f"--local-users={NAME}" in refusal(server.address, NOBODY)
                if not state:
                    door = f"{runtime}/zerovnc/vnc.sock" if given else f"{server.path}/state/vnc.sock"
                    assert stat.S_IMODE(os.stat(door).st_mode) == 0o600
                    assert Peer(connect(door, STRANGER)).join()
                else:
                    line(server, "not listening at a unix socket", "XDG_RUNTIME_DIR")


# --- beside other means ---

def with_a_password():
    """Everybody is asked, even a proxy that root runs, except users that were named explicitly."""
    everybody = {0: False, NOBODY: False, STRANGER: False}
    for options, unasked in (([], everybody), (["--local-users=*"], everybody), ([f"--local-users={NAME}"], {**everybody, NOBODY: True}),
                             (["--local-users=root"], {**everybody, 0: True})):
        with Opened(Server(*options, passwords=f"{SECRET}\n")) as server:
            os.chmod(server.path, 0o755)
            os.chmod(f"{server.path}/socket", 0o666)
            for uid, free in unasked.items():
                for address in (server.address, f"{server.path}/socket"):
                    offered = types(connect(address, uid))
                    assert (offered[0] == 1) == (1 in offered) == free and 2 in offered, (options, uid, address, offered)
                    assert types(connect(address, uid), b"RFB 003.003\n") == [1 if free else 2]
                if free:
                    comes_in(server, server.address, uid)
            peer = Peer(connect(server.address, STRANGER))
            peer.version()
            peer.types()
            peer.send(b"\2")
            peer.vnc(SECRET)
            peer.result()
            peer.enter()
            line(server, f"(uid {STRANGER}) came in (RFB 3.8, VncAuth)")
    # if other machines can connect, this machine's users log in by the same means
    with Opened(Server(f"--local-users={NAME}", passwords=f"{SECRET}\n", host="0.0.0.0")) as server:
        for uid in (0, NOBODY):
            offered = types(connect(at(server, "127.0.0.1"), uid))
            assert 1 not in offered and 2 not in offered, offered


def in_so_many_words():
    with Opened(Server(security="none")) as server:
        assert comes_in(server, server.address, STRANGER) == [str(STRANGER)]
    with Opened(Server("--local-users=root", security="none")) as server:
        line(server, "warning", "--local-users=root has no effect")
    # the mode of a unix socket's file says who may connect
    with Opened(Server("--listen=unix:/run/open,mode=0666")) as server:
        assert comes_in(server, "/run/open", NOBODY) == [NAME]


# --- sockets that are handed over ---

def handed_over():
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as other:
        theirs = connect(other.getsockname(), NOBODY)
        connection = other.accept()[0]
        fds = [listener.fileno(), connection.fileno()]
        with Opened(Server(*(f"--listen=fd:{fd}" for fd in fds), fds=fds)) as server:
            assert comes_in(server, listener.getsockname(), 0) == ["root"]
            assert f"--local-users={NAME}" in refusal(listener.getsockname(), NOBODY)
            try:
                raise AssertionError(types(theirs))
            except Gone as gone:
                assert f"--local-users={NAME}" in str(gone), gone


def where_nobody_can_be_told():
    """The listener belongs to another network than the server: there the kernel does not answer, as without its module
    or in a sandbox."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for options, refused in (([], True), (["--local-users=*"], False)):
            runner = ["unshare", "-n", "sh", "-c", "ip link set lo up; exec \"$@\"", "sh"]
            with Opened(Server(f"--listen=fd:{listener.fileno()}", *options, fds=[listener.fileno()], runner=runner)) as server:
                for _ in range(3):
                    if refused:
                        assert "--password-file" in refusal(listener.getsockname(), 0)
                    else:
                        assert types(connect(listener.getsockname(), 0)) == [1]
                warnings = line(server, "warning")
                assert len(warnings) == 1 and "tcp_diag" in warnings[0], warnings


# --- the unix socket ---

def an_address_that_comes_later():
    """An address that comes later, such as a VPN's, or that of a machine that boots faster than its network."""
    server = Server(security="none", host="192.0.2.7")
    assert any("no address 192.0.2.7:" in line for line in server.lines()), server.lines()
    subprocess.run(["ip", "address", "add", "192.0.2.7/32", "dev", "lo"], check=True)
    server.connect().join()
    server.stop()


def groups():
    group = grp.getgrgid(1)
    for runner in ([], ["setpriv", "--bounding-set=-chown,-setgid"]):  # with setpriv, as the systemd unit runs it: then by an access control list, acl(5)
        for name in (group.gr_name, str(group.gr_gid)):
            with Opened(Server(f"--socket-group={name}", "--listen=unix:/run/own,mode=0600", "--listen=unix:/run/shared",
                               runner=runner)) as server:
                for path, mode, gid in (("/run/own", 0o600, 0), ("/run/shared", 0o660, 0 if runner else group.gr_gid)):
                    status = os.stat(path)
                    assert (stat.S_IMODE(status.st_mode), status.st_gid) == (mode, gid), (path, status)
                assert comes_in(server, "/run/shared", NOBODY, group.gr_gid) == [NAME]
                for path, gids in (("/run/own", [group.gr_gid]), ("/run/shared", [])):
                    try:
                        connect(path, NOBODY, *gids)
                        raise AssertionError(f"{path} let {gids} in")
                    except PermissionError:
                        pass
    with Opened(Server(f"--socket-group={group.gr_name}", host=None)):
        assert os.stat(DOOR).st_gid == group.gr_gid and stat.S_IMODE(os.stat(DOOR).st_mode) == 0o660


def folders():
    """What another user could have made, or uses, is left alone, and TCP is served all the same."""
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

    for prepare, said in ((lives, "in use"), (is_busy, "in use"), (belongs_to_another, "belongs to nobody"), (is_open, "chmod go-w"),
                          (lambda: os.symlink("/tmp", folder), "no folder"), (lambda: os.close(os.open(folder, os.O_CREAT)), "no folder")):
        undo = prepare()
        with Opened(Server(host=None)) as server:
            line(server, "not listening at a unix socket", said)
            assert comes_in(server, server.address, 0) == ["root"]
        assert os.path.exists(DOOR) == bool(undo) and "vnc.sock" not in os.listdir("/tmp"), said
        if undo:
            undo()
        subprocess.run(["rm", "-rf", folder], check=True)
    # what a killed server left behind is replaced
    lives()()
    with Opened(Server(host=None)) as server:
        assert comes_in(server, DOOR, 0) == ["root"]
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
    if os.geteuid() != 0 or subprocess.run([*as_process(NOBODY), "true"], stderr=subprocess.DEVNULL).returncode:
        print("two users take root: nothing of this was tried")
        sys.exit(77)
    own_network()
    own_run()
    peers.BINARY = shutil.copy(BINARY, "/run/server")  # a place where every user may read it
    for test in (by_default, by_websocket, orphans, named, of_another_user, with_a_password, in_so_many_words, handed_over, where_nobody_can_be_told,
                 an_address_that_comes_later, groups, folders):
        test()
    print("every door let in whom it should and nobody else")


if __name__ == "__main__":
    main()
