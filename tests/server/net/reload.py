#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""reload.py CHECKER: `zerovnc reload` and SIGHUP. The settings are read again while viewers are connected: what changes
under them, what waits for a restart, and that a mistake changes nothing. CHECKER: as for commands.py."""
import fcntl
import json
import os
import pty
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from commands import FULL, LOOK, ME, Desk, is_gone, is_here  # noqa: E402
from peer import BINARY, Gone, Peer, Socket  # noqa: E402

DESKTOP_NAME = -307


class Settings:
    """A configuration file, and a server that reads it."""

    def __init__(self, text, *options, **more):
        self.folder = tempfile.TemporaryDirectory(prefix="zerovnc-reload-")
        self.path = f"{self.folder.name}/zerovnc.conf"
        self.write(text)
        self.desk = Desk(f"--config={self.path}", *options, **more)

    def write(self, text):
        with open(self.path, "w") as file:
            file.write(text)

    def reload(self, text):
        self.write(text)
        answer = json.loads(self.desk.does("reload", "--json"))
        return answer["changed"], answer["restart"]

    def end(self):
        self.desk.end()
        self.folder.cleanup()


def what_can_change_does():
    settings = Settings("security = none\nname = one\n")
    desk = settings.desk
    peer = desk.server.connect().join()
    peer.encodings(0, DESKTOP_NAME)
    assert named(peer) == "one"
    assert settings.reload("security = none\nname = one\n") == ([], [])
    assert desk.does("reload") == "nothing has changed\n"
    desk.log("the settings were read again; nothing has changed")
    desk.log("reading the settings again, because of ", ME)
    assert settings.reload("security = none\nname = zwei \u00e4\nview-only = yes\nsharing = never\n") == (["sharing", "name", "view-only"], [])
    assert named(peer) == "zwei \u00e4"
    assert [viewer["view_only"] for viewer in desk.viewers()] == [True] and is_here(peer)
    assert settings.reload("security = none\nview-only = no\nsharing = never\nlog-level = debug")[0] == ["name", "view-only", "log-level"]
    assert named(peer) == socket.gethostname()
    desk.does("view-only", "on")  # what was not changed in the file stays as it was set
    assert settings.reload("security = none\nsharing = never\n") == (["log-level"], [])
    assert desk.server.status()["view_only"]
    desk.does("view-only", "off")
    second = desk.server.connect().join()  # --sharing=never: the newest alone
    assert is_here(second) and is_gone(peer)
    settings.end()


def named(peer):
    """Asks for updates until one tells the desktop's name. The names on either side may be those of other updates."""
    for _ in range(20):
        peer.request(area=(0, 0, 1, 1))
        assert peer.u8() == 0
        peer.exact(1)
        for _ in range(peer.u16()):
            _, _, width, height = (peer.u16() for _ in range(4))
            kind = peer.u32()
            data = peer.exact(width * height * 4) if kind == 0 else peer.exact(peer.u32())
            if kind == DESKTOP_NAME & 0xFFFFFFFF:
                return data.decode()
        time.sleep(0.05)
    raise AssertionError("no name came")


def the_rest_waits():
    settings = Settings("security = none\nfps = 30\n")
    desk = settings.desk
    before = desk.server.status()["listening"]
    peer = desk.server.connect().join()
    assert settings.reload("security = none,vncauth\nfps = 20\nlayout = de\nview-only = on\n") == (["fps", "view-only"], ["security", "layout"])
    assert settings.reload("security = none,vncauth\nfps = 20\nlayout = de\nview-only = on\n") == ([], ["security", "layout"])
    assert desk.does("reload") == "takes effect after a restart: security, layout\n"
    desk.log("takes effect after a restart: security, layout")
    assert settings.reload("security = none\nfps = 30\nlisten = 127.0.0.1:1\n") == (["fps", "view-only"], [])  # the command line has --listen
    assert desk.server.status()["listening"] == before and is_here(peer)
    settings.end()


def mistakes_change_nothing():
    settings = Settings("security = none\nname = one\n")
    desk = settings.desk
    peer = desk.server.connect().join()
    assert is_here(peer)
    good = "security = none\nname = two\nview-only = yes\n"
    for wrong, saying in (("fps = 1000", "zerovnc.conf:4: fps: '1000' is not a number"), ("shared = yes", "zerovnc.conf:4: no setting is called"),
                          ("tls-key = /key", "go together"), ("plain-users = bob\nlocal-users = nobody-has-this-name", "nobody-has-this-name")):
        settings.write(good + wrong + "\n")
        desk.fails("reload", saying=saying)
        desk.log("the settings stay as they were: ", saying)
        assert "error" in desk.ask("reload")
        assert not desk.server.status()["view_only"] and is_here(peer)
    os.unlink(settings.path)
    desk.fails("reload", saying="cannot read the configuration file")
    assert settings.reload(good) == (["name", "view-only"], [])
    settings.end()
    desk = Desk(security="none")
    desk.fails("reload", saying="started without --config")
    desk.end()


def passwords_change():
    folder = tempfile.TemporaryDirectory()
    for name, words in ("one", f"{FULL}\n{LOOK}\n"), ("two", "second\n"):
        subprocess.run([BINARY, "passwd", f"{folder.name}/{name}"], input=words.encode(), check=True)
    settings = Settings(f"security = vncauth\npassword-file = {folder.name}/one\n")
    desk = settings.desk
    early = desk.come(FULL)
    assert is_here(early)
    assert settings.reload(f"security = vncauth\npassword-file = {folder.name}/two\n") == (["password-file"], [])
    try:
        desk.come(FULL)
        raise AssertionError("the old password still works")
    except Gone:
        pass
    assert is_here(desk.come("second")) and is_here(early)
    settings.write(f"security = vncauth\npassword-file = {folder.name}/three\n")
    desk.fails("reload", saying=f"{folder.name}/three")
    assert is_here(desk.come("second"))
    assert settings.reload("security = vncauth\n") == ([], ["password-file"])
    assert is_here(desk.come("second"))
    settings.end()


def rights_change():
    """Of a user of this machine, under its viewer. users.py has those that log in."""
    me = pwd.getpwuid(os.getuid()).pw_name
    settings = Settings("security = none\n")
    desk = settings.desk
    peer = desk.server.connect().join()
    assert is_here(peer) and [viewer["rights"] for viewer in desk.viewers()] == [["view", "type"]]
    assert settings.reload(f"security = none\nrights = {me}:view, *:none\n") == (["rights"], [])
    assert [(viewer["rights"], viewer["view_only"]) for viewer in desk.viewers()] == [(["view"], True)] and is_here(peer)
    assert "watches" in desk.does("viewers")
    assert settings.reload(f"security = none\nrights = {me}:type\n") == (["rights"], [])
    assert [viewer["rights"] for viewer in desk.viewers()] == [["view", "type"]] and is_here(peer)
    settings.write(f"security = none\nrights = {me}:watch\n")
    desk.fails("reload", saying=f"zerovnc.conf:2: --rights: '{me}:watch' is not NAME:RIGHTS", status=1)
    assert settings.reload(f"security = none\nrights = {me}:none\n") == (["rights"], [])
    assert is_gone(peer)
    try:
        desk.server.connect().join()
        raise AssertionError("it came in")
    except Gone:
        pass
    desk.log("(viewer 1) left: its user may not view this screen")
    desk.log("refused: its user may not view this screen")
    assert settings.reload("security = none\n") == (["rights"], []) and is_here(desk.server.connect().join())
    settings.end()


def hangups_reload_or_end():
    settings = Settings("security = none\n")
    desk = settings.desk
    peer = desk.server.connect().join()
    settings.write("security = none\nview-only = yes\n")
    desk.server.process.send_signal(signal.SIGHUP)  # nothing of it is a terminal
    desk.log("because of SIGHUP")
    desk.log("changed: view-only")
    assert is_here(peer)
    for _ in range(50):  # it may still be reading when it ends
        desk.server.process.send_signal(signal.SIGHUP)
    settings.end()
    # a terminal that is closed ends its server, and so does SIGHUP by itself
    for close in True, False:
        parent, child = pty.openpty()
        with tempfile.TemporaryDirectory() as folder:
            server = subprocess.Popen([BINARY, "--source=pattern", "--no-input", "--security=none", f"--listen=unix:{folder}/vnc",
                                       f"--control={folder}/control"], stdin=child, stdout=child, stderr=child, start_new_session=True,
                                      preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
            os.close(child)
            while not os.path.exists(f"{folder}/control"):
                time.sleep(0.02)
            Peer(Socket(f"{folder}/vnc")).join()
            if close:
                os.close(parent)
            else:
                server.send_signal(signal.SIGHUP)
            assert server.wait(30) == 0
            if not close:
                os.close(parent)


def the_unit_reloads():
    """ExecReload= names the file, and no socket: that is in the file, if anywhere."""
    settings = Settings("security = none\n")
    desk = settings.desk
    peer = desk.server.connect().join()
    command = [BINARY, "reload", f"--config={settings.path}"]
    for text, status, saying in (("view-only = yes\n", 0, "changed: view-only"), ("view-only = perhaps\n", 2, "zerovnc.conf:3: view-only"),
                                 ("plain-users = *\npassword-file = /nowhere\n", 0, "takes effect after a restart: password-file")):
        settings.write(f"security = none\ncontrol = {desk.server.path}/control\n{text}")
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        assert done.returncode == status and saying in done.stdout, (text, done)
        assert is_here(peer)
    settings.end()


def the_manager_is_told():
    """Type=notify: RELOADING=1 with the time, and READY=1 in the end, also after a mistake."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"{folder}/notify")
        manager.settimeout(30)
        os.environ["NOTIFY_SOCKET"] = f"{folder}/notify"
        settings = Settings("security = none\n")
        del os.environ["NOTIFY_SOCKET"]
        for text in "security = none\nview-only = yes\n", "mistake\n":
            while "READY=1" not in manager.recv(4096).decode():
                pass
            settings.write(text)
            settings.desk.server.process.send_signal(signal.SIGHUP)
            heard = ""
            while "RELOADING=1" not in heard:
                heard = manager.recv(4096).decode()
            when = int(dict(line.split("=") for line in heard.split("\n"))["MONOTONIC_USEC"]) / 1e6
            assert abs(time.monotonic() - when) < 30, heard
        while "READY=1" not in manager.recv(4096).decode():
            pass
        settings.end()


def a_real_viewer_stays(checker):
    settings = Settings("security = none\nname = 0\n", pattern="moving")
    desk = settings.desk
    viewer = subprocess.Popen([checker, "--pattern=moving", "--updates=60", "--seconds=60", "--encoding=tight",
                               f"{desk.server.address[0]}:{desk.server.address[1]}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    count = 0
    while viewer.poll() is None:
        count += 1
        assert settings.reload(f"security = none\nname = {count}\nsharing = {('always', 'viewer')[count % 2]}\n")[0]
    assert viewer.returncode == 0 and count > 2, (viewer.stdout.read(), count)
    settings.end()


def main(checker):
    what_can_change_does()
    the_rest_waits()
    mistakes_change_nothing()
    passwords_change()
    rights_change()
    hangups_reload_or_end()
    the_unit_reloads()
    the_manager_is_told()
    a_real_viewer_stays(checker)
    print("settings were read again, and no viewer was lost")


if __name__ == "__main__":
    main(*sys.argv[1:])
