#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""approval.py LOGIND: --approve. A viewer sees a notice, and nothing of the screen, until the person at the screen lets it in, or it is turned
away. Who that person is, is said by a made-up logind (logind.py; LOGIND is its program). And --lock-on-leave."""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from commands import Desk, is_gone, is_here  # noqa: E402
from logind import Logind  # noqa: E402
from peer import BINARY  # noqa: E402
from reload import Settings  # noqa: E402

PERSON, STRANGER = 12345, 12346


def pixels(peer, incremental=0):
    """The whole picture, of one update or several."""
    picture, missing = {}, peer.width * peer.height
    while missing > 0:
        peer.request(incremental)
        assert peer.u8() == 0
        peer.exact(1)
        for _ in range(peer.u16()):
            x, y, width, height, encoding = struct.unpack(">HHHHi", peer.exact(12))
            assert encoding == 0
            picture[x, y, width, height] = peer.exact(width * height * 4)
            missing -= width * height
    assert missing == 0
    rows = [bytearray(peer.width * 4) for _ in range(peer.height)]
    for (x, y, width, height), data in picture.items():
        for row in range(height):
            rows[y + row][x * 4:(x + width) * 4] = data[row * width * 4:(row + 1) * width * 4]
    return b"".join(rows)


def colours(picture):
    return {picture[i:i + 4] for i in range(0, len(picture), 4)}


def is_notice(picture):
    """It has the notice's dark ground, and no colours but those of ground, headline and words."""
    return len(colours(picture)) == 3 and picture[:4] == b"\x20\x18\x10\x00"


class Events:
    """What `zerovnc events` tells."""

    def __init__(self, desk):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(f"{desk.server.path}/control")
        self.socket.sendall(b"events\n")
        self.lines = self.socket.makefile()
        assert self.next("began")

    def next(self, name):
        event = json.loads(self.lines.readline())
        assert event["event"] == name, event
        return event


def waiting(desk):
    return [viewer["id"] for viewer in desk.viewers() if viewer["waits"]]


def asked_and_answered():
    """Without a word about the seat, everybody is asked about."""
    desk = Desk("--approve=always", security="none")
    events = Events(desk)
    first = desk.server.connect().join()
    event = events.next("asks")
    assert event["viewer"] == 1 and event["seconds"] == 60 and event["address"].startswith("127.0.0.1:"), event
    assert waiting(desk) == [1] and desk.viewers()[0]["rights"] == [] and " waits " in desk.does("viewers")
    assert ", waits to be allowed" in desk.does("status")
    assert (first.width, first.height) == (640, 400)
    notice = pixels(first)
    assert is_notice(notice)
    first.request(incremental=1)  # stays open: nothing of the notice moves
    for words, saying in ((("allow", "2"), "no viewer 2 that waits"), (("deny", "x"), "no viewer's id"), (("allow", ), "allow needs the id")):
        desk.fails(*words, saying=saying, status=2 if len(words) == 1 else 1)
    assert desk.does("allow", "1") == "viewer 1 may join\n"
    assert events.next("joined")["viewer"] == 1
    desk.log("viewer 1 may join: allowed by uid ")
    assert first.update() == 640 * 400 * 4  # the request that was open brings the whole screen
    screen = pixels(first)
    assert not is_notice(screen) and waiting(desk) == [] and desk.viewers()[0]["rights"] == ["view", "type"]
    desk.fails("deny", "1", saying="no viewer 1 that waits")

    second = desk.server.connect().join()
    assert events.next("asks")["viewer"] == 2 and pixels(second) == notice
    assert desk.does("deny", "2", "--json") and events.next("refused")["reason"] == "the person at the screen did not allow it"
    told = pixels(second)
    assert is_notice(told) and told != notice  # it says why, before it ends
    desk.fails("allow", "2", saying="no viewer 2 that waits")
    assert is_gone(second)
    desk.log("(viewer 2) left: the person at the screen did not allow it")

    third = desk.server.connect().join()
    assert events.next("asks")["viewer"] == 3
    third.close()
    assert events.next("refused")["reason"] == "it left before it was allowed to join"
    assert is_here(first) and pixels(first) == screen
    desk.end()


def silence_is_a_no():
    desk = Desk("--approve=always", "--approve-time=5", security="none")
    events = Events(desk)
    peer = desk.server.connect().join()
    began = time.monotonic()
    assert events.next("asks")["seconds"] == 5
    assert "has answered" in events.next("refused")["reason"] and time.monotonic() - began > 4
    assert is_notice(pixels(peer)) and is_gone(peer)
    desk.end()


def too_many_questions():
    """Strangers cannot bury the person in questions. One answer makes room for another question."""
    desk = Desk("--approve=always", security="none")
    events = Events(desk)
    peers = [desk.server.connect().join() for _ in range(8)]
    asked = [events.next("asks")["viewer"] for _ in peers]
    ninth = desk.server.connect().join()
    assert events.next("refused")["reason"] == "too many others wait to be allowed (--approve)"
    assert is_notice(pixels(ninth)) and is_gone(ninth) and sorted(waiting(desk)) == asked
    desk.log("viewer 9 may not join: 8 others wait to be allowed already")
    desk.does("deny", str(asked[3]))
    assert events.next("refused")["viewer"] == asked[3]
    tenth = desk.server.connect().join()
    assert events.next("asks")["viewer"] == 10 and is_notice(pixels(tenth))
    desk.end()


def sees(peer):
    """Of a screen that moves."""
    peer.request(area=(1, 1, 1, 1))
    return peer.update() == 4


def no_input_no_power():
    """One that waits neither types nor pushes others out, and nobody's screen is captured for it."""
    desk = Desk("--approve=always", "--sharing=viewer", security="none", pattern="moving")
    first = desk.server.connect().join()
    desk.until(lambda: waiting(desk) == [1], "it waits")
    before = desk.server.status()["frames"]
    pixels(first)
    first.request(incremental=1)
    time.sleep(1)
    assert desk.server.status()["frames"] <= before + 2
    desk.does("allow", "1")
    assert first.update() == 640 * 400 * 4
    alone = desk.server.connect()
    alone.version()
    alone.types()
    alone.send(b"\1")
    alone.result()
    alone.send(b"\0")  # the desktop for itself
    alone.width, alone.height = alone.u16(), alone.u16()
    alone.exact(16)
    alone.exact(alone.u32())
    desk.until(lambda: waiting(desk) == [2], "it waits")
    assert sees(first)
    desk.does("allow", "2")
    assert is_gone(first) and sees(alone)
    desk.end()


def who_sits_there(logind):
    """when-someone-is-here: logind says who is, and that user is not asked about its own viewer."""
    desk = Desk("--approve=when-someone-is-here", security="none")

    def comes_in():
        peer = desk.server.connect().join()
        desk.until(lambda: not waiting(desk), "it joins")
        assert not is_notice(pixels(peer))
        peer.close()
        desk.until(lambda: not desk.viewers(), "it leaves")

    comes_in()
    desk.log("nobody is at the screen")
    for state in {"idle": True}, {"locked": True}, {"kind": "greeter"}:
        logind.sits(PERSON, **state)
        comes_in()
    logind.sits(os.getuid())
    comes_in()
    desk.log("it is of the user at the screen")
    logind.sits(PERSON, kind="user-early")  # as systemd calls root's session since 256
    peer = desk.server.connect().join()
    desk.until(lambda: waiting(desk), "it waits")
    peer.close()
    desk.until(lambda: not desk.viewers(), "it leaves")
    logind.sits(PERSON)
    peer = desk.server.connect().join()
    desk.until(lambda: waiting(desk), "it waits")
    logind.sits(PERSON, idle=True)  # turns away while the question is open: no answer is no yes
    time.sleep(0.5)
    assert waiting(desk) and is_notice(pixels(peer))
    desk.does("allow", str(waiting(desk)[0]))
    assert not is_notice(pixels(peer))
    desk.end()


def as_user(desk, uid, *words):
    done = subprocess.run([BINARY, *words, desk.control], user=uid, group=uid, extra_groups=[], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=60)
    return done.returncode, done.stdout


def the_person_may_answer(logind):
    """The user at the screen may, and only that user, and nothing else than what viewers concerns."""
    logind.sits(None)
    desk = Desk("--approve=always", security="none")
    os.chmod(desk.server.path, 0o755)
    control = f"{desk.server.path}/control"
    desk.until(lambda: os.stat(control).st_mode & 0o777 == 0o600, "nobody else")
    assert "Permission denied" in as_user(desk, PERSON, "viewers")[1]
    logind.sits(PERSON)
    desk.until(lambda: os.stat(control).st_mode & 0o777 == 0o666, "the person")
    peer = desk.server.connect().join()
    desk.until(lambda: waiting(desk), "it waits")
    for words in ("allow", "1"), ("viewers", ), ("status", ):
        status, said = as_user(desk, STRANGER, *words)
        assert status == 1 and "only root and the user that runs the server" in said, said
    for words in ("status", ), ("disconnect", "1"), ("view-only", "on"), ("reload", ):
        status, said = as_user(desk, PERSON, *words)
        assert status == 1 and "only root and the user that runs the server" in said, said
    assert as_user(desk, PERSON, "viewers")[0] == 0
    assert as_user(desk, PERSON, "allow", "1") == (0, "viewer 1 may join\n")
    desk.log(f"allowed by uid {PERSON}, process ")
    assert is_here(peer)
    reader = subprocess.Popen([BINARY, "events", desk.control], user=PERSON, group=PERSON, extra_groups=[], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
    assert json.loads(reader.stdout.readline())["event"] == "began"
    logind.sits(STRANGER)
    assert reader.wait(20) == 1  # another one sits there now
    assert as_user(desk, STRANGER, "viewers")[0] == 0 and as_user(desk, PERSON, "viewers")[0] == 1
    desk.end()


def connect_as(uid, path, count):
    """Returns how many of so many connections there was room for. They are gone again."""
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        sockets = [socket.socket(socket.AF_UNIX) for _ in range(count)]
        for one in sockets:
            one.setblocking(False)
        os._exit(sum(one.connect_ex(path) == 0 for one in sockets))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def strangers_crowd_out_nobody(logind):
    """However many of them connect at once while the person is there, whoever may ask is answered."""
    logind.sits(PERSON)
    desk = Desk("--approve=always", security="none")
    os.chmod(desk.server.path, 0o755)
    control = f"{desk.server.path}/control"
    desk.until(lambda: os.stat(control).st_mode & 0o777 == 0o666, "the person")
    with socket.socket(socket.AF_UNIX) as slow:
        slow.settimeout(20)
        slow.connect(control)
        desk.ask("viewers")  # so that it was accepted
        os.kill(desk.server.process.pid, signal.SIGSTOP)
        came = connect_as(STRANGER, control, 40)
        os.kill(desk.server.process.pid, signal.SIGCONT)
        assert came >= 16, came
        desk.ask("viewers")  # they were accepted before
        slow.sendall(b"viewers\n")
        assert slow.recv(4096) == b'{"viewers":[]}'
    desk.end()


def a_reload_asks_the_person_out(logind):
    """The control socket is closed to the person again when no setting is about that person any more."""
    logind.sits(PERSON)
    settings = Settings("security = none\nsign = no\n")
    control = f"{settings.desk.server.path}/control"

    def mode():
        return os.stat(control).st_mode & 0o777

    assert mode() == 0o600
    assert settings.reload("security = none\nsign = no\napprove = always\n") == (["approve"], [])
    settings.desk.until(lambda: mode() == 0o666, "the person")
    settings.reload("security = none\nsign = no\n")
    assert mode() == 0o600
    logind.sits(STRANGER)
    time.sleep(0.3)
    assert mode() == 0o600
    settings.end()


def locked_behind_the_last(logind):
    logind.sits(PERSON)
    desk = Desk("--lock-on-leave", security="none")
    one, other = desk.server.connect().join(), desk.server.connect().join()
    assert is_here(one) and is_here(other)
    one.close()
    desk.until(lambda: len(desk.viewers()) == 1, "one left")
    time.sleep(0.3)
    assert logind.locked() == []
    other.close()
    desk.until(lambda: logind.locked() == ["c7"], "locked")
    desk.log("was told to lock")
    logind.sits(PERSON, locked=True)
    desk.server.connect().join().close()
    desk.until(lambda: not desk.viewers(), "it left")
    logind.sits(None)
    desk.server.connect().join().close()
    time.sleep(0.5)
    assert logind.locked() == ["c7"]  # it was locked, and then there was none
    logind.end()
    desk.log("is not known any more")
    desk.server.connect().join().close()
    desk.log("the screen cannot be locked: ")
    assert is_here(desk.server.connect().join())
    desk.end()


def main(program):
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nowhere"
    asked_and_answered()
    silence_is_a_no()
    too_many_questions()
    no_input_no_power()
    logind = Logind(program)
    who_sits_there(logind)
    if os.geteuid() == 0:
        the_person_may_answer(logind)
        strangers_crowd_out_nobody(logind)
    a_reload_asks_the_person_out(logind)
    locked_behind_the_last(logind)
    print("nobody saw the screen who was not allowed to" + ("" if os.geteuid() == 0 else "; other users were not tried, for want of root"))


if __name__ == "__main__":
    main(*sys.argv[1:])
