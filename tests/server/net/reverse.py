#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""reverse.py: `zerovnc connect` and --connect. The server calls viewers that listen, and repeaters, where viewers meet it.
Whoever answers goes through the same handshake, security types and limits as a viewer that connects. The script runs itself
in a network namespace of its own, for addresses from which nothing comes back."""
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from commands import ME, Desk, is_gone, is_here  # noqa: E402
from peer import Gone, Peer, Socket, own_network  # noqa: E402
from reload import Settings  # noqa: E402
from repeater import GREETING, ID_SIZE, Repeater, exact, listen  # noqa: E402

OURS, NOBODYS = "192.0.2.2", "192.0.2.1"  # beyond loopback; the second one never answers
PROGRAM_S = 8  # GRACE_PROGRAM_MS


class Taken(Socket):
    """A connection that was accepted."""

    def __init__(self, connection):
        self.socket = connection
        connection.settimeout(20)


class Listening:
    """A viewer that listens."""

    def __init__(self, host="127.0.0.1", port=0):
        self.listener = listen(port, host)
        self.listener.settimeout(30)
        self.port = self.listener.getsockname()[1]
        self.target = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    def take(self):
        return Peer(Taken(self.listener.accept()[0]))

    def close(self):
        self.listener.close()


def viewer_at(repeater, name):
    """A viewer that meets a server at a repeater."""
    connection = socket.create_connection(("127.0.0.1", repeater.viewer_port))
    assert exact(connection, len(GREETING)) == GREETING
    connection.sendall(name.ljust(ID_SIZE, b"\0"))
    return Peer(Taken(connection))


def a_viewer_is_called():
    desk = Desk(security="none")
    for host, written in ("127.0.0.1", None), ("::1", None), ("127.0.0.1", "localhost"):
        viewer = Listening(host)
        target = f"{written}:{viewer.port}" if written else viewer.target
        assert "was reached" in desk.does("connect", target)
        peer = viewer.take().join()
        assert is_here(peer) and [seen["address"] for seen in desk.viewers()] == [f"{viewer.target}"]
        desk.log(f"calling {target} (", ME)
        desk.log(viewer.target, "came in (RFB 3.8, None)")
        desk.does("disconnect", "all")
        assert is_gone(peer)
        desk.until(lambda: not desk.viewers(), "it is gone")
        viewer.close()
    assert "calling" not in desk.server.lines()[-1]  # it is not called again
    desk.end()


def whoever_answers_is_asked():
    """By the rules of this machine for this machine, and by those for others."""
    desk = Desk(passwords="secret\nlook\n")
    viewer = Listening()
    desk.does("connect", viewer.target)
    peer = viewer.take()
    peer.version()
    assert peer.types() == [129, 5, 19, 2]  # as for a viewer that comes in on loopback, in another order
    peer.send(b"\2")
    peer.vnc("secret")
    peer.result()
    assert is_here(peer.enter())
    peer.close()
    desk.does("connect", viewer.target)
    try:
        viewer.take().guess()
        raise AssertionError("a wrong password was accepted")
    except Gone as gone:
        assert "failed" in str(gone)
    desk.log("VncAuth: ", viewer.target, "refused: wrong password")
    away = Listening(OURS)
    desk.does("connect", away.target)
    peer = away.take()
    peer.version()
    assert peer.types() == [129, 5, 19]  # others can eavesdrop
    desk.end()

    desk = Desk()  # without a password
    desk.does("connect", viewer.target)
    assert is_here(viewer.take().join())  # the same user's viewer
    desk.fails("connect", away.target, saying="must be asked for a password")
    repeater = Repeater()
    desk.fails("connect", f"ID:1@127.0.0.1:{repeater.server_port}", saying="must be asked for a password")
    assert not repeater.said
    desk.end()
    stranger = Desk("--local-users=daemon", runner=())
    hands = subprocess.Popen([sys.executable, "-c", f"""
import os, socket
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen()
os.setuid(65534)
print(listener.getsockname()[1], flush=True)
peer = listener.accept()[0]
print(peer.recv(12))
peer.sendall(b"RFB 003.008\\n")
print(peer.recv(1000))
"""], stdout=subprocess.PIPE, text=True) if os.environ["OWN_NETWORK"] == "root" else None
    if hands:  # another user of this machine
        stranger.does("connect", f"127.0.0.1:{int(hands.stdout.readline())}")
        assert "may not come in without a password" in hands.communicate(timeout=30)[0]
    stranger.end()


def what_fails_is_explained():
    desk = Desk(security="none")
    port = Listening()
    port.close()
    desk.fails("connect", port.target, saying="nothing listens at that port")
    desk.log(f"{port.target} was not reached", "refused")
    desk.fails("connect", "no-such-host.invalid", saying="cannot be looked up")
    for wrong, words in {"host:0": "from 1 to 65535", "host:x": "from 1 to 65535", "[::1": "ends with ]", "[host]": "no IPv6 address",
                         ":5500": "a host is missing", "1234@host": "ID:NAME", "ID:1234": "repeater is meant", "ID:@host": "1 to 63",
                         "ID:a b@host": "1 to 63", "host/1": "no host", f"{'x' * 300}": "too long"}.items():
        desk.fails("connect", wrong, saying=words)
    desk.fails("connect", saying="zerovnc connect HOST", status=2)
    begin = time.monotonic()
    desk.fails("connect", NOBODYS, saying="does not answer yet")
    desk.fails("connect", NOBODYS, saying="is being called already")
    peer = desk.server.connect().join()
    assert is_here(peer)  # nobody waits for that
    desk.log(f"{NOBODYS} was not reached: Connection timed out", "firewall")
    assert time.monotonic() - begin > 5
    desk.fails("connect", NOBODYS, saying="does not answer yet")
    desk.end()  # in the middle of a call


def viewers_meet_us_at_a_repeater():
    desk, repeater = Desk(security="none"), Repeater()
    target = f"ID:1234@127.0.0.1:{repeater.server_port}"
    assert "gives the ID 1234" in desk.does("connect", target)
    assert repeater.has(b"ID:1234") and repeater.said == [b"ID:1234".ljust(ID_SIZE, b"\0")]
    desk.fails("connect", target, saying="is being called already")
    time.sleep(PROGRAM_S + 1)  # there is no deadline before a viewer is there
    assert desk.server.status()["clients"] == []
    peer = viewer_at(repeater, b"ID:1234").join()
    assert is_here(peer) and len(desk.viewers()) == 1
    other = desk.server.connect().join()
    assert is_here(other)
    peer.close()
    desk.until(lambda: len(desk.viewers()) == 1, "the viewer at the repeater leaves")
    # a viewer that comes and says nothing more has a deadline
    desk.does("connect", target)
    silent = viewer_at(repeater, b"ID:1234")
    assert silent.exact(12) == b"RFB 003.008\n"
    silent.send(b"R")
    assert is_gone(silent)
    desk.log(f"127.0.0.1:{repeater.server_port} ", f"waited {PROGRAM_S} seconds for the viewer's RFB version")
    # a repeater that ends it, and an administrator who does
    desk.does("connect", target)
    assert repeater.has(b"ID:1234")
    repeater.send_away(b"ID:1234")
    desk.log(f"{target} was not reached: the repeater closed the connection")
    fds = desk.server.fds()
    desk.does("connect", target)
    assert repeater.has(b"ID:1234")
    desk.until(lambda: desk.server.fds() == fds + 1, "one waits")
    desk.does("disconnect", "all")
    desk.until(lambda: desk.server.fds() <= fds, "none waits")
    desk.does("connect", target)
    desk.end()  # while one waits


def settings_are_kept_up():
    viewer, repeater = Listening(), Repeater()
    viewer.close()
    target, met = viewer.target, f"ID:desk-7@127.0.0.1:{repeater.server_port}"
    settings = Settings(f"security = none\nconnect = {target}, {met}\n")
    desk = settings.desk
    desk.log(f"{target} was not reached", "it is called again")
    assert repeater.has(b"ID:desk-7")
    viewer = Listening(port=viewer.port)
    peer = viewer.take().join()
    assert is_here(peer)
    peer.close()
    peer = viewer.take().join()  # it is called again
    assert is_here(peer)
    assert is_here(viewer_at(repeater, b"ID:desk-7").join())
    assert repeater.has(b"ID:desk-7")  # for the next one
    desk.does("disconnect", "all")
    assert is_gone(peer)
    peer = viewer.take().join()  # the settings want it to be there
    assert settings.reload("security = none\n") == (["connect"], [])
    assert is_here(peer)  # it may stay
    peer.close()
    viewer.listener.settimeout(5)
    try:
        viewer.take()
        raise AssertionError("it is called although the settings do not name it any more")
    except TimeoutError:
        pass
    viewer.listener.settimeout(30)
    assert settings.reload(f"security = none\nconnect = {target}\n") == (["connect"], [])
    assert is_here(viewer.take().join())
    settings.write("connect = one,two:x\n")
    desk.fails("reload", saying="--connect: cannot call 'two:x'")
    settings.write("connect = " + ",".join(f"host{i}" for i in range(9)))
    desk.fails("reload", saying="at most 8")
    settings.end()


def main():
    own_network()
    if subprocess.run("ip tuntap add quiet mode tun".split(), check=False).returncode:  # nothing reads what is sent to it
        print("no tun device can be made here (modprobe tun)")
        sys.exit(77)
    for command in f"addr add {OURS}/24 dev quiet", "link set quiet up":
        subprocess.run(["ip", *command.split()], check=True)
    a_viewer_is_called()
    whoever_answers_is_asked()
    what_fails_is_explained()
    viewers_meet_us_at_a_repeater()
    settings_are_kept_up()
    print("viewers were called, and treated like all others")


if __name__ == "__main__":
    main()
