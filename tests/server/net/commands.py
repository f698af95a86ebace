#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""commands.py CHECKER: the commands that ask the running server, beside real connections: `zerovnc viewers`, `disconnect`, `view-only`,
`events`, `status --watch`.
CHECKER: tests/viewers/checker, a viewer that libvncclient makes."""
import datetime
import fcntl
import json
import os
import pty
import signal
import socket
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import BINARY, Gone, Peer, Server, Socket, Tls  # noqa: E402

FULL, LOOK = "secret", "look"
ME = f"uid {os.getuid()}, process "


class Desk:
    """A server, the commands that ask it, and its viewers."""

    def __init__(self, *options, **more):
        self.server = Server(*options, **more)
        self.control = f"--control={self.server.path}/control"

    def run(self, *words):
        done = subprocess.run([BINARY, *words, self.control], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def does(self, *words):
        status, out, error = self.run(*words)
        assert status == 0 and not error, (words, status, error)
        return out

    def fails(self, *words, saying, status=1):
        got, out, error = self.run(*words)
        assert got == status and not out and saying in error, (words, got, out, error)

    def viewers(self):
        return json.loads(self.does("viewers", "--json"))["viewers"]

    def log(self, *texts):
        """Waits for a line that has all of them."""
        for _ in range(500):
            for line in self.server.lines():
                if all(text in line for text in texts):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"{texts} are not in a line of the log: {self.server.lines()[-5:]}")

    def until(self, what, words):
        for _ in range(500):
            if what():
                return
            time.sleep(0.02)
        raise AssertionError(f"waited in vain: {words}")

    def ask(self, request):
        """The answer to a request as it is, without a command around it."""
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(f"{self.server.path}/control")  # with a time limit it would not wait for others
            control.settimeout(20)
            control.sendall(request.encode() + b"\n")
            got = b""
            while more := control.recv(65536):
                got += more
        return json.loads(got)

    def come(self, password):
        peer = Peer(Socket(self.server.address))
        peer.version()
        peer.types()
        peer.send(b"\2")
        peer.vnc(password)
        peer.result()
        return peer.enter()

    def end(self):
        self.server.stop()


def is_here(peer):
    peer.request(area=(0, 0, 1, 1))
    return peer.update() == 4


def is_gone(peer):
    try:
        while True:
            peer.exact(1)
    except (Gone, ConnectionError):
        peer.close()
        return True


def viewers_have_ids():
    desk = Desk(security="none")
    assert desk.viewers() == [] and "nobody" in desk.does("viewers")
    first, second = desk.server.connect().join(), desk.server.connect().join()
    assert is_here(first) and is_here(second)
    assert sorted(viewer["id"] for viewer in desk.viewers()) == [1, 2]
    address = {viewer["id"]: viewer["address"] for viewer in desk.viewers()}
    assert sorted(viewer["id"] for viewer in desk.server.status()["clients"]) == [1, 2]
    for number in address:
        desk.log(address[number], "came in (RFB 3.8, None)", f": viewer {number}")
        assert f"  {number}: {address[number]}" in desk.does("status")
    lines = desk.does("viewers").splitlines()
    assert len(lines) == 3 and lines[0].split()[:3] == ["ID", "ADDRESS", "USER"]
    assert {line.split()[1] for line in lines[1:]} == set(address.values()), lines
    column = lines[0].index("ADDRESS")
    assert all(line[column:].startswith("127.0.0.1:") for line in lines[1:]), lines
    first.close()
    desk.log(address[1], "(viewer 1) left: ")
    desk.until(lambda: len(desk.viewers()) == 1, "the first leaves")
    third = desk.server.connect().join()
    assert is_here(third) and sorted(viewer["id"] for viewer in desk.viewers()) == [2, 3]  # an id is never used again
    desk.end()


def some_are_disconnected():
    desk = Desk(security="none")
    first, second, third = (desk.server.connect().join() for _ in range(3))
    assert is_here(first) and is_here(second) and is_here(third)
    assert desk.does("disconnect", "2") == "1 viewer was disconnected\n"
    assert is_gone(second) and is_here(first) and is_here(third)
    desk.log("(viewer 2) left: disconnected by ", ME)
    desk.fails("disconnect", "2", saying="no viewer 2")
    desk.fails("disconnect", "7", saying="no viewer 7")
    for wrong in "0", "-1", "+1", "1x", "99999999999999999999", "every", "1 3", " ", "\u202e":
        assert "neither" in desk.ask(f"disconnect {wrong}")["error"], wrong
    desk.fails("disconnect", "first", saying="neither a viewer's id")
    desk.fails("disconnect", saying="disconnect ID", status=2)
    assert is_here(first) and is_here(third)
    assert desk.does("disconnect", "all") == "2 viewers were disconnected\n"
    assert is_gone(first) and is_gone(third)
    assert desk.does("disconnect", "all") == "0 viewers were disconnected\n" and desk.viewers() == []
    assert is_here(desk.server.connect().join())
    desk.end()


def watchers(desk):
    return [viewer["id"] for viewer in desk.viewers() if viewer["view_only"]]


def rights_come_and_go():
    desk = Desk(security="vncauth", passwords=f"{FULL}\n{LOOK}\n")
    full, look = desk.come(FULL), desk.come(LOOK)
    assert is_here(full) and is_here(look) and watchers(desk) == [2] and not desk.server.status()["view_only"]
    assert "no viewer may" in desk.does("view-only", "on")
    desk.log("no viewer may type or point now", ME)
    assert desk.server.status()["view_only"] and sorted(watchers(desk)) == [1, 2]
    late = desk.come(FULL)
    assert is_here(late) and sorted(watchers(desk)) == [1, 2, 3]
    desk.log("view only): viewer 3")
    assert json.loads(desk.does("view-only", "off", "--json")) == {"view_only": False}
    desk.log("viewers may type and point again", ME)
    assert watchers(desk) == [2] and is_here(full) and is_here(look) and is_here(late)
    desk.fails("view-only", "maybe", saying="neither 'on' nor 'off'")
    desk.fails("view-only", saying="view-only on", status=2)
    desk.end()
    desk = Desk("--view-only", security="none")
    peer = desk.server.connect().join()
    assert is_here(peer) and watchers(desk) == [1] and desk.server.status()["view_only"]
    desk.does("view-only", "off")
    assert watchers(desk) == []
    desk.end()


class Reader:
    """`zerovnc events`."""

    def __init__(self, desk):
        self.process = subprocess.Popen([BINARY, "events", desk.control], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.first = self.next()

    def next(self):
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def next_like(self, **expected):
        event = self.next()
        assert all(event.get(key) == value for key, value in expected.items()), (event, expected)
        assert abs(time.time() - datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()) < 60, event
        return event

    def end(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(20) == -signal.SIGINT


def events_are_told():
    desk = Desk(security="vncauth", passwords=f"{FULL}\n{LOOK}\n")
    early = desk.come(FULL)
    reader, other = Reader(desk), Reader(desk)
    for each in reader, other:
        assert each.first["event"] == "began" and [viewer["id"] for viewer in each.first["viewers"]] == [1], each.first
        assert (each.first["width"], each.first["height"]) == (640, 400) and "state" not in each.first
    second = desk.come(LOOK)
    address = f"127.0.0.1:{second.layer.socket.getsockname()[1]}"
    for each in reader, other:
        each.next_like(event="joined", viewer=2, address=address, user="root" if os.getuid() == 0 else None, security="VncAuth", view_only=True)
    other.end()
    try:
        desk.come("wrong")
        raise AssertionError("a wrong password was accepted")
    except Gone:
        pass
    reader.next_like(event="refused", security="VncAuth", reason="wrong password")
    second.close()
    reader.next_like(event="left", viewer=2, address=address, security="VncAuth")
    desk.does("disconnect", "1")
    reader.next_like(event="left", viewer=1)
    early.close()
    desk.end()
    assert reader.process.wait(20) == 1 and "the server has ended" in reader.process.stderr.read()


def refusals_name_accounts():
    """PAM does not know the user, whose name is made for a terminal. What is said is what was sent."""
    name = "nobody-\u202e\x1b[7m"
    desk = Desk(f"--plain-users={name}", security="tls-plain")
    reader = Reader(desk)
    peer = desk.server.connect(timeout=60)
    peer.version()
    assert 19 in peer.types()
    peer.send(bytes([19]))
    try:
        peer.vencrypt(259, "wrong", name)
        raise AssertionError("nobody came in")
    except Gone:
        pass
    line = reader.process.stdout.readline()
    assert "\u202e" not in line and "\x1b" not in line, line
    event = json.loads(line)
    assert (event["event"], event["account"], event["security"]) == ("refused", name, "TLSPlain") and event["reason"], event
    assert event["address"].startswith("127.0.0.1:"), event
    reader.end()
    desk.end()


def many_may_read():
    desk = Desk(security="none")
    readers = [Reader(desk) for _ in range(8)]
    desk.fails("events", saying="8 programs read events already")
    before = desk.server.fds()
    for reader in readers:
        reader.end()
    desk.until(lambda: desk.server.fds() == before - 8, "their descriptors are closed")
    Reader(desk).end()
    desk.end()


class Watch:
    """`zerovnc status --watch`, on a terminal of its own or into a pipe."""

    def __init__(self, desk, *options, terminal=None, **environment):
        self.read, write = pty.openpty() if terminal else os.pipe()
        if terminal:
            fcntl.ioctl(write, termios.TIOCSWINSZ, struct.pack("HHHH", *terminal, 0, 0))
        self.process = subprocess.Popen([BINARY, "status", "--watch", *options, desk.control], stdin=subprocess.DEVNULL, stdout=write,
                                        stderr=subprocess.PIPE, env={**os.environ, "LC_ALL": "C.UTF-8", **environment})
        os.close(write)

    def until(self, mark, count):
        """All that is written until the mark came that often."""
        text = b""
        while text.count(mark) < count:
            text += os.read(self.read, 65536)
        return text.decode()

    def end(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(20) == -signal.SIGINT and not self.process.stderr.read()
        os.close(self.read)


def status_is_watched(checker):
    desk = Desk(security="none", pattern="moving")
    viewer = subprocess.Popen([checker, "--pattern=moving", "--updates=1000000", "--seconds=100", "--encoding=raw",
                               f"{desk.server.address[0]}:{desk.server.address[1]}"], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    desk.until(lambda: [seen for seen in desk.viewers() if seen["updates"] > 3], "a picture")
    address = desk.viewers()[0]["address"]
    watch = Watch(desk, terminal=(24, 100))
    screens = watch.until(b"\033[J", 4).split("\033[H")
    assert screens[0] == "\033[2J" and len(screens) == 5, screens
    rows = screens[4].split("\r\n")
    assert rows[-1] == "\033[J" and all(row.endswith("\033[K") and len(row) <= 99 + 3 for row in rows[:-1]), rows
    assert "640x400" in rows[0] and "lit" in rows[1] and "viewers    1" in rows[4], rows
    assert f"   1  {address}" in rows[6] and "MB/s" in rows[7] and rows[7].count("\u2588") >= 2, rows
    watch.end()
    for size, environment in ((5, 30), {}), ((24, 100), {"LC_ALL": "C"}):
        watch = Watch(desk, terminal=size, **environment)
        rows = watch.until(b"\033[J", 3).split("\033[H")[3].split("\r\n")
        assert len(rows) <= size[0] and all(len(row) < size[1] + 3 for row in rows), rows
        assert size[0] == 5 or "@" in rows[7] and all(ord(c) < 128 for row in rows for c in row), rows
        watch.end()
    watch = Watch(desk)
    lines = watch.until(b"\n", 3).splitlines()
    assert all("viewers: 1, " in line and "\033" not in line for line in lines), lines
    assert " 0.00 MB/s" in lines[0] and " 0.00 MB/s" not in lines[2], lines
    watch.end()
    watch = Watch(desk, "--json")
    first, *_, last = [json.loads(line) for line in watch.until(b"\n", 3).splitlines()]
    assert "bytes_per_s" not in first["clients"][0] and last["clients"][0]["bytes_per_s"] > 1000, last
    assert last["clients"][0]["updates_per_s"] > 0 and last["frames_per_s"] > 0 and last["width"] == 640
    viewer.kill()
    viewer.wait()
    desk.fails("status", "--watch", "--prometheus", saying="do not go together", status=2)
    desk.end()
    assert watch.process.wait(20) == 1 and b"no server answers" in watch.process.stderr.read()
    os.close(watch.read)


def quality_is_told():
    """What a viewer asks for, as long as its line is not known to be slow."""
    desk = Desk(security="none", pattern="still")
    peer = desk.server.connect().join()
    for encodings, quality in (((7, -26), 79), ((7,), 0), ((7, -32), 15), ((16, -26), 0)):
        peer.encodings(*encodings)
        end = time.monotonic() + 20
        while desk.viewers()[0]["quality"] != quality:
            assert time.monotonic() < end, (encodings, desk.viewers())
    desk.end()


def sent_is_counted():
    """Two viewers that ask for the same are sent the same, but only one of them has it encoded."""
    desk = Desk(security="none", pattern="still")
    peers = [desk.server.connect().join() for _ in range(2)]
    for peer in peers:
        peer.encodings(0)
        peer.request()
        peer.update()
    first, second = sorted(desk.viewers(), key=lambda seen: seen["id"])
    raw = first["sent"]["classes"]["raw"]
    assert raw["pixels"] == first["width"] * first["height"] and raw["bytes"] == raw["pixels"] * 4 + raw["rectangles"] * 12, raw
    assert raw["shared_bytes"] == 0 and first["sent"]["encode_ms"] >= raw["encode_ms"] > 0, first
    assert second["sent"]["classes"]["raw"]["shared_bytes"] == raw["bytes"] and second["sent"]["encode_ms"] == 0, second
    assert second["sent"]["shared_pieces"] == second["sent"]["pieces"] == raw["rectangles"], second
    text, metrics = desk.does("status"), desk.does("status", "--prometheus").splitlines()
    pieces = raw["rectangles"]
    assert f"{pieces} pieces (100 % were there for other viewers), encoded in 0 ms, Raw 100 %" in text, text
    assert f'zerovnc_viewer_class_bytes_total{{viewer="{first["id"]}",class="raw"}} {raw["bytes"]}' in metrics, metrics
    assert f'zerovnc_viewer_shared_pieces_total{{viewer="{second["id"]}"}} {pieces}' in metrics, metrics
    names = [line.split()[2] for line in metrics if line.startswith("# TYPE ")]
    assert len(names) == len(set(names)), names
    desk.end()


def tls_is_ended_cleanly():
    """A stream that just breaks off could have been cut by anybody."""
    desk = Desk(security="tls-none")
    peer = desk.server.connect()
    peer.version()
    assert 19 in peer.types()
    peer.send(bytes([19]))
    peer.vencrypt(257)
    peer.enter()
    assert is_here(peer) and isinstance(peer.layer, Tls)
    desk.does("disconnect", "1")
    assert is_gone(peer)  # Python raises another error unless the other side has said goodbye
    desk.end()


def requests_have_a_form():
    desk = Desk(security="none")
    for request in "dance", "viewers now", "disconnect", "disconnect ", "", " ", "status all", "output", "\u202e":
        assert "the requests are status, output NAME, " in desk.ask(request)["error"], request
    assert "dance" in desk.ask("dance")["error"]
    desk.fails("viewers", "now", saying="unexpected", status=2)
    desk.end()


def a_real_viewer_is_disconnected(checker):
    desk = Desk(security="none", pattern="moving")
    viewer = subprocess.Popen([checker, "--pattern=moving", "--updates=1000000", "--seconds=60", "--encoding=zrle",
                               f"{desk.server.address[0]}:{desk.server.address[1]}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    desk.until(lambda: [seen for seen in desk.viewers() if seen["encoding"] == "ZRLE" and seen["updates"] > 3], "a picture")
    assert viewer.poll() is None
    desk.does("disconnect", "1")
    assert viewer.wait(30) != 0 and desk.viewers() == []
    desk.log("(viewer 1) left: disconnected by ", ME)
    desk.end()


def main(checker):
    viewers_have_ids()
    some_are_disconnected()
    rights_come_and_go()
    events_are_told()
    refusals_name_accounts()
    many_may_read()
    tls_is_ended_cleanly()
    requests_have_a_form()
    quality_is_told()
    sent_is_counted()
    a_real_viewer_is_disconnected(checker)
    status_is_watched(checker)
    print("the server was asked, and did what it was told")


if __name__ == "__main__":
    main(*sys.argv[1:])
