#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""console login PROMPT SEEN | look PICTURE | hold: a viewer of the machine's text console. It logs in there as tester and
runs a command, and keeps the pictures of the prompt and of what the command printed; or it keeps one picture; or it
watches until its server is replaced, and connects to the next one. FB_MATCH (tests/vm/fb_match) compares each picture
with the framebuffer."""
import os
import subprocess
import sys
import time

from viewer import Viewer  # of tests/vm/input

LIMIT_S = 120
MATCH = os.environ["FB_MATCH"]


def connect():
    viewer = Viewer()
    viewer.request(False)
    return viewer


def text():
    """What the console's terminal says that it shows."""
    with open("/dev/vcs1", "rb") as console:
        return console.read().decode("latin-1")


def wait_for(viewer, words):
    end = time.monotonic() + LIMIT_S
    while words not in text():
        assert time.monotonic() < end, f"the console never showed {words!r}: {text().split()}"
        viewer.watch(0.2)


def keep(viewer, path):
    """Watches until the viewer shows what the console's framebuffer has, and keeps that picture."""
    end = time.monotonic() + LIMIT_S
    while True:
        viewer.watch(2)
        rgb = bytearray(len(viewer.picture) // 4 * 3)
        rgb[0::3], rgb[1::3], rgb[2::3] = viewer.picture[2::4], viewer.picture[1::4], viewer.picture[0::4]
        with open(path, "wb") as file:
            file.write(b"P6 %d %d 255\n" % (viewer.width, viewer.height) + rgb)
        matched = subprocess.run([MATCH, "/dev/fb0", path], stdout=subprocess.PIPE, check=False)
        if matched.returncode == 0:
            print(path, matched.stdout.decode().strip())
            return
        assert time.monotonic() < end, f"the viewer shows another picture than the screen: {matched.stdout.decode()}"


def login(prompt, seen):
    viewer = connect()
    wait_for(viewer, "login:")
    keep(viewer, prompt)
    viewer.type("tester\n")
    wait_for(viewer, "Password:")
    viewer.type("right\n")
    wait_for(viewer, "$ ")
    viewer.type("echo seen-$((6*7))\n")
    wait_for(viewer, "seen-42")
    keep(viewer, seen)


def look(path):
    keep(connect(), path)


def hold():
    viewer = connect()
    print("holding")
    try:
        while True:
            viewer.watch(1)
    except (EOFError, ConnectionError):
        print("the server left")
    end = time.monotonic() + LIMIT_S
    while True:  # whoever connects while the package's socket itself is replaced has to try again
        try:
            connect().watch(1)
            return
        except (EOFError, ConnectionError):
            assert time.monotonic() < end, "no server came after it"
            time.sleep(0.5)


{"login": login, "look": look, "hold": hold}[sys.argv[1]](*sys.argv[2:])
