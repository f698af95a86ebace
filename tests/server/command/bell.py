#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bell.py LOGIND NOTIFICATIONS: `zerovnc ask` beside a made-up desktop (notifications.c): it asks, takes the answer, and
shows who watches. LOGIND: logind.c of ../net."""
import atexit
import os
import select
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
from commands import FULL, LOOK, Desk, is_gone  # noqa: E402
from logind import Logind  # noqa: E402
from peer import BINARY  # noqa: E402


def run(*command, **more):
    """It must not outlive a test that fails."""
    process = subprocess.Popen(command, **more)
    atexit.register(process.kill)
    return process


class Desktop:
    def __init__(self, program, *capabilities):
        self.process = run(program, *capabilities, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self.said = b""
        assert self.next() == "ready"

    def next(self):
        while b"\n" not in self.said:
            assert select.select([self.process.stdout], [], [], 30)[0], "no bubble"
            self.said += self.process.stdout.read(4096)
        line, _, self.said = self.said.partition(b"\n")
        return line.decode()

    def is_quiet(self):
        return not self.said and not select.select([self.process.stdout], [], [], 0.5)[0]

    def choose(self, bubble, key):
        self.process.stdin.write(f"{bubble} {key}\n".encode())

    def end(self):
        self.process.kill()
        self.process.wait()


def start(desk):
    return run(BINARY, "ask", desk.control, stderr=subprocess.DEVNULL)


def it_asks(program):
    desktop = Desktop(program, "actions", "body", "body-markup")
    desk = Desk("--approve=always", security="vncauth", passwords=f"{FULL}\n{LOOK}\n")
    bell = start(desk)
    peer = desk.come(FULL)
    address = desk.viewers()[0]["address"]
    question = desktop.next()
    assert question.startswith("shown 1 2 0 [allow,deny,] May this viewer join? | ") and address in question, question
    desktop.choose(1, "allow")
    assert desktop.next() == "closed 1"
    assert desktop.next().startswith("shown 2 1 -1 [] Somebody watches and uses this screen | ")
    desk.until(lambda: not desk.viewers()[0]["waits"], "it joins")
    other = desk.come(LOOK)
    assert "[allow,deny,] May this viewer join?" in desktop.next()
    desktop.choose(2, "allow")  # that was no question
    desktop.choose(3, "default")  # and this is no answer
    assert desktop.is_quiet()
    desktop.choose(3, "deny")
    assert desktop.next() == "closed 3"
    assert is_gone(other)
    peer.close()
    assert desktop.next().startswith("shown 4 1 -1 [] Somebody has stopped watching this screen | ")
    # asked on the way by somebody else, and answered there; then the viewer leaves by itself
    peer = desk.come(LOOK)
    assert desktop.next().startswith("shown 5 2 ")
    desk.does("allow", "3")
    assert desktop.next() == "closed 5" and desktop.next().startswith("shown 6 1 -1 [] Somebody watches this screen | ")
    other = desk.come(FULL)
    assert desktop.next().startswith("shown 7 2 ")
    other.close()
    assert desktop.next() == "closed 7"
    # one that is started later finds what is open, and takes it away with itself
    other = desk.come(FULL)
    assert desktop.next().startswith("shown 8 2 ")
    late = start(desk)
    assert sorted(desktop.next().split("|")[0].split(" ", 2)[2] for _ in range(2)) == ["1 -1 [] Somebody watches this screen ",
                                                                                      "2 0 [allow,deny,] May this viewer join? "]
    late.kill()
    late.wait()
    desk.server.process.send_signal(signal.SIGTERM)
    assert desk.server.process.wait(30) == 0 and bell.poll() is None  # it waits for the next server
    desktop.end()
    bell.kill()
    bell.wait()


def markup_is_escaped(program):
    """A desktop without buttons is told the commands. What a viewer is called is no markup."""
    for capabilities, shown in (["body", "body-markup"], "&lt;b&gt;&amp;"), (["body"], "<b>&"):
        desktop = Desktop(program, *capabilities)
        desk = Desk("--approve=always", "--sign=no", security="none")
        answers = f"{desk.server.path}/answers"
        events = ('{"event": "began", "viewers": [{"id": 7, "waits": true, "account": "<b>&", "address": "a"}], "sign": false}\\n'
                  '{"event": "asks", "viewer": 7, "account": "<b>&", "address": "a"}\\n')
        serve = ("import socket, sys\ns = socket.socket(socket.AF_UNIX)\ns.bind(sys.argv[1])\ns.listen(5)\nc = s.accept()[0]\nc.recv(99)\n"
                 f"c.sendall(b'''{events}''')\nc.recv(99)\n")
        server = run(sys.executable, "-c", serve, answers)
        desk.until(lambda: os.path.exists(answers), "it listens")
        bell = run(BINARY, "ask", f"--control={answers}")
        bubble = desktop.next()
        assert "[] May this viewer join? | " + shown + " from a" in bubble and "Type `zerovnc allow 7` or `zerovnc deny 7`." in bubble, bubble
        assert desktop.is_quiet()  # the first line had that question already
        for process in bell, server:
            process.kill()
            process.wait()
        bell = start(desk)  # --sign=no: nothing is shown that was not asked
        peer = desk.server.connect().join()
        assert "May this viewer join?" in desktop.next()
        desk.does("allow", "1")
        assert desktop.next().startswith("closed ") and desktop.is_quiet()
        peer.close()
        bell.kill()
        bell.wait()
        desk.end()
        desktop.end()


def without_a_desktop():
    done = subprocess.run([BINARY, "ask"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 1 and "this desktop shows no notifications" in done.stdout, done
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = "unix:path=/nowhere"
    done = subprocess.run([BINARY, "ask"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 1 and "there is no desktop here" in done.stdout, done


def main(logind, notifications):
    bus = Logind(logind)
    os.environ["DBUS_SESSION_BUS_ADDRESS"] = os.environ["DBUS_SYSTEM_BUS_ADDRESS"]
    it_asks(notifications)
    markup_is_escaped(notifications)
    without_a_desktop()
    bus.end()
    print("the person at the screen was asked, and told who watches")


if __name__ == "__main__":
    main(*sys.argv[1:])
