#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real viewers on the security types: TigerVNC over each type that it knows, whose own log must name the type; noVNC in
Chromium over ws and wss, whose canvas must show the picture. "rsa": npm's noVNC, newer than the distributions', over
RSA-AES. "video": likewise, a video as H.264. "typed": TigerVNC's dialogs, answered by xdotool after 40 s. "cursor
PROGRAM": noVNC draws the cursor with its alpha, and TigerVNC's pointer goes to where a program has put the pointer of
this machine; PROGRAM: tests/viewers/cursor_server."""
import base64
import ctypes
import faulthandler
import hashlib
import io
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.request
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import Server, Socket, Websocket, des, mirrored  # noqa: E402

NOVNC = "/usr/share/novnc"
PATH = os.environ["PATH"] + ":/usr/sbin"
# the versions that distributions have do not know RSA-AES
NEWER = "https://registry.npmjs.org/@novnc/novnc/-/novnc-1.7.0.tgz"
NEWER_SHA256 = "32689f18d6abe96bc6530828a6bd0b9ae33bda07c083a6575ed255b5a8f2e903"
TYPES = {"None": 0, "VncAuth": 0, "TLSNone": 257, "TLSVnc": 258, "TLSPlain": 259, "X509None": 260, "X509Vnc": 261, "X509Plain": 262}


def start(command, **options):
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=options.pop("stderr", subprocess.DEVNULL),
                            preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL), **options)


def until(what, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            result = what()
        except (OSError, IndexError, ValueError):
            result = None
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain")


def tigervnc(viewer):
    server = Server("--plain-users=nobody-of-that-name", security="x509-plain,x509-vnc,tls-plain,tls-vnc,vncauth,x509-none,tls-none,none",
                    passwords="secret12\n")
    # scrambled like every VNC viewer's password file
    with open(f"{server.path}/password", "wb") as file:
        file.write(des(mirrored(bytes([23, 82, 107, 6, 35, 78, 88, 7])), b"secret12"))
    number, write = os.pipe()
    display = start(["Xvfb", "-displayfd", str(write), "-screen", "0", "800x600x24"], pass_fds=[write])
    environment = dict(os.environ, DISPLAY=":" + os.read(number, 16).decode().strip(), VNC_USERNAME="nobody-of-that-name",
                       VNC_PASSWORD="wrong", HOME=server.path)
    for name, number in TYPES.items():
        path = f"{server.path}/{name}.log"
        if "Vnc" in name:
            environment.pop("VNC_PASSWORD", None)
        else:
            environment["VNC_PASSWORD"] = "wrong"
        with open(path, "w") as log:
            process = start([viewer, f"-SecurityTypes={name}", f"-X509CA={server.path}/state/tls-certificate.pem",
                             f"-PasswordFile={server.path}/password", f"localhost::{server.address[1]}", "-Log", "*:stderr:100"],
                            stderr=log, env=environment)
        # nobody has a user of that name: Plain must get as far as being refused
        wanted = f'{name}: user "nobody-of-that-name" from' if "Plain" in name else f"came in (RFB 3.8, {name})"
        until(lambda: any(wanted in line for line in server.lines()))
        if "Plain" not in name:
            time.sleep(0.3)
            assert process.poll() is None, f"{name}: the viewer ended"
        process.kill()
        process.wait()
        with open(path) as log:
            text = log.read()
        assert not number or f"Choosing security type {name} ({number})" in text, text[-2000:]
        print(f"TigerVNC: {name}{' (refused, as it should be)' if 'Plain' in name else ''}", flush=True)
    display.terminate()
    display.wait()
    server.stop()


def xdotool(environment, *words):
    return subprocess.run(["xdotool", *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode().split("\n")


class Dialogs:
    """TigerVNC's viewer on its own X display, without a stored password and without a trusted certificate."""

    def __init__(self, server, viewer, name):
        self.server, self.name = server, name
        number, write = os.pipe()
        self.display = start(["Xvfb", "-displayfd", str(write), "-screen", "0", "900x700x24"], pass_fds=[write])
        os.close(write)
        with open(number) as told:
            display = told.readline().strip()
        self.environment = dict(os.environ, DISPLAY=f":{display}", HOME=tempfile.mkdtemp(dir=server.path))
        for variable in ("VNC_USERNAME", "VNC_PASSWORD"):
            self.environment.pop(variable, None)
        self.viewer = start([viewer, f"-SecurityTypes={name}", f"localhost::{server.address[1]}"], env=self.environment)
        self.wanted = f"came in (RFB 3.8, {name})"

    def asked(self):
        """Returns the dialog that is open, or None."""
        for window in filter(None, xdotool(self.environment, "search", "--onlyvisible", "--name", "[a-z]")):
            title = xdotool(self.environment, "getwindowname", window)[0]
            if title and " - TigerVNC" not in title:
                return window, title
        return None

    def is_over(self):
        return any(self.wanted in line for line in self.server.lines())

    def answer(self):
        """Answers one dialog after another until the viewer is in. Returns how many there were."""
        count = 0
        while not self.is_over():
            asked = until(lambda: self.asked() or self.is_over())
            if asked is True:
                break
            window, title = asked
            xdotool(self.environment, "windowfocus", "--sync", window)
            if "authentication" in title:
                xdotool(self.environment, "type", "secret12")
            xdotool(self.environment, "key", "Return")  # "Yes" in the others
            until(lambda: self.is_over() or (self.asked() or [None])[0] != window)
            count += 1
        return count

    def stop(self):
        for process in (self.viewer, self.display):
            process.kill()
            process.wait()


def typed(viewer):
    """Each viewer's first dialog stays open for longer than the deadline for programs."""
    known = subprocess.run([viewer, "-h"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode()
    types = ["VncAuth", "X509None", "X509Vnc"] + ["RA2"] * ("RA2" in known)
    server = Server(security="x509-vnc,ra2,vncauth,x509-none", passwords="secret12\n")
    people = [Dialogs(server, viewer, name) for name in types]
    for person in people:
        until(person.asked)
    time.sleep(40)
    for person in people:
        print(f"TigerVNC, {person.name}: {person.answer()} dialogs were answered after 40 s", flush=True)
        person.stop()
    assert not any("timed out" in line for line in server.lines()), server.lines()
    server.stop()


def evaluate(websocket, expression):
    command = {"id": 1, "method": "Runtime.evaluate", "params": {"expression": expression, "returnByValue": True}}
    websocket.below.send(websocket.frame(json.dumps(command).encode(), opcode=1))
    while True:
        answer = json.loads(websocket.read_frame()[1])
        if answer.get("id") == 1:
            return answer["result"]["result"].get("value")


PIXELS = """(() => { const c = document.querySelector('canvas'); if (!c || c.width != 640) return null;
    return btoa(String.fromCharCode(...c.getContext('2d').getImageData(0, %d, 640, 1).data)); })()"""


def expectation(server):
    """Returns the picture, row by row, four bytes a pixel, blue first."""
    peer = server.connect().join()
    peer.encodings(0)
    peer.request()
    assert peer.u8() == 0
    peer.exact(1)
    expected = bytearray(640 * 400 * 4)
    for _ in range(peer.u16()):
        x, y, width, height = (peer.u16() for _ in range(4))
        assert peer.u32() == 0
        for row in range(y, y + height):
            expected[(row * 640 + x) * 4:(row * 640 + x + width) * 4] = peer.exact(width * 4)
    peer.close()
    return expected


class Chromium:
    """Chromium on that page, and what can be asked of the page once `came` is true."""

    def __init__(self, url, profile, came):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.process = start(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--ignore-certificate-errors",
                              "--disable-dev-shm-usage", f"--user-data-dir={profile}", f"--remote-debugging-port={port}",
                              "--remote-allow-origins=*", url], start_new_session=True)
        until(came, 60)
        pages = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=10))
        page = [page for page in pages if page["type"] == "page"][0]
        host, path = page["webSocketDebuggerUrl"][5:].split("/", 1)
        self.websocket = Websocket(Socket(("127.0.0.1", port), 30), host=host, path="/" + path)

    def evaluate(self, expression):
        return evaluate(self.websocket, expression)

    def end(self):
        self.websocket.close()
        os.killpg(self.process.pid, signal.SIGKILL)  # its children write into their profile for as long as they live
        self.process.wait()


def browse(server, url, expected):
    """The page's canvas must become the picture. Returns how far its worst row is off."""
    before = sum("came in" in line for line in server.lines())
    browser = Chromium(url, f"{server.path}/{url[:5]}", lambda: sum("came in" in line for line in server.lines()) > before)
    worst = None

    def shown():
        nonlocal worst
        worst = 0
        for row in range(0, 400, 20):
            text = browser.evaluate(PIXELS % row)
            if not text:
                return False
            seen, wanted = base64.b64decode(text), expected[row * 2560:row * 2560 + 2560]
            # the canvas has red first, and our picture blue; JPEG may change colours a little
            difference = sum(abs(seen[4 * x + c] - wanted[4 * x + 2 - c]) for x in range(640) for c in range(3)) / 1920
            worst = max(worst, difference)
        return worst < 6
    try:
        until(shown)
    except AssertionError:
        raise AssertionError(f"the canvas differs by {worst} a channel on average") from None
    browser.end()
    return f"rows differ by {worst:.2f} of 255 a channel at most"


def novnc():
    server = Server(f"--web-root={NOVNC}", security="none")
    expected = expectation(server)
    for scheme in ("http", "https"):
        url = f"{scheme}://127.0.0.1:{server.address[1]}/vnc.html?autoconnect=true&quality=9"
        print(f"noVNC over {'wss' if scheme == 'https' else 'ws'}: {browse(server, url, expected)}", flush=True)
    if shutil.which("nginx", path=PATH):
        below_a_path(server, expected)
    server.stop()


NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location /the/desk/ {{
      proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;
      proxy_pass http://127.0.0.1:{server}/;
    }}
  }}
}}
"""


def below_a_path(server, expected):
    """noVNC's page does not know the path that a proxy puts before ours."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with open(f"{server.path}/nginx.conf", "w") as file:
        file.write(NGINX.format(folder=server.path, port=port, server=server.address[1]))
    os.chmod(server.path, 0o755)
    nginx = start(["nginx", "-c", f"{server.path}/nginx.conf"], env=dict(os.environ, PATH=PATH))
    url = f"http://127.0.0.1:{port}/the/desk/?autoconnect=true&quality=9"
    print(f"noVNC behind nginx, below a path: {browse(server, url, expected)}", flush=True)
    nginx.terminate()
    nginx.wait()


class CursorServer:
    """tests/viewers/cursor_server, and where its viewers have pointed."""

    def __init__(self, program, *arguments):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen([program, f"127.0.0.1:{self.port}", *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, bufsize=1)
        assert self.process.stdout.readline() == "listening\n", self.process.stderr.read()
        self.log, self.pointed = [], []
        for stream, lines in ((self.process.stderr, self.log), (self.process.stdout, self.pointed)):
            threading.Thread(target=lambda s=stream, l=lines: l.extend(iter(s.readline, "")), daemon=True).start()

    def came_in(self):
        return any("came in" in line for line in self.log)

    def place(self, x, y):
        self.process.stdin.write(f"place {x} {y}\n")

    def end(self):
        self.process.stdin.close()
        assert self.process.wait(20) == 0, self.log


def png_pixels(data):
    """Returns the width, the height and the RGBA pixels of a PNG without palette or interlacing."""
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", data[at + 8:at + 18])
            assert (depth, colour) == (8, 6), (depth, colour)
        if kind == b"IDAT":
            packed += data[at + 8:at + 8 + length]
        at += 12 + length
    lines, stride, above = zlib.decompress(packed), width * 4, bytes(width * 4)
    rows = []
    for y in range(height):
        kind, line = lines[y * (stride + 1)], bytearray(lines[y * (stride + 1) + 1:(y + 1) * (stride + 1)])
        for i in range(stride):
            left, up, corner = line[i - 4] if i > 3 else 0, above[i], above[i - 4] if i > 3 else 0
            guess = left + up - corner
            nearest = min((left, up, corner), key=lambda one: abs(guess - one))
            line[i] = line[i] + (0, left, up, (left + up) // 2, nearest)[kind] & 0xFF
        rows.append(bytes(line))
        above = line
    return width, height, rows


def novnc_cursor(program):
    """What noVNC made of the cursor, read from the page's own style: the alpha at every edge, and the colours as
    exactly as a browser's canvas, which keeps them multiplied, can hold them."""
    server = CursorServer(program, NOVNC)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Chromium(f"http://127.0.0.1:{server.port}/vnc.html?autoconnect=true", profile, server.came_in)
        style = until(lambda: re.match(r'url\("data:image/png;base64,([^"]+)"\) (\d+) (\d+)',
                                       browser.evaluate("document.querySelector('canvas').style.cursor") or ""))
        browser.end()
    server.end()
    width, height, rows = png_pixels(base64.b64decode(style[1]))
    assert (width, height, style[2], style[3]) == (16, 16, "3", "5"), (width, height, style[2], style[3])
    for row in rows:
        for x in range(16):
            alpha, colour = row[4 * x + 3], row[4 * x:4 * x + 3]
            assert alpha == 17 * x, f"alpha {alpha} at {x}"
            for seen, wanted in zip(colour, (240, 120, 40)):
                assert abs(seen - wanted) * alpha <= 2 * 255, f"{seen} instead of {wanted} with alpha {alpha}"
    print("noVNC: the cursor has its alpha and its hotspot")


def tigervnc_pointer(viewer, program):
    """In full screen the viewer grabs the mouse, and its pointer goes where it is told."""
    help_text = subprocess.run([viewer, "-h"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    if not re.search(r"v1\.\d\b|v1\.1[0-2]\b", help_text):
        print("skipped: without a window manager this TigerVNC's viewer gets no full screen, and grabs no mouse")
        return
    server = CursorServer(program)
    number, write = os.pipe()
    display = start(["Xvfb", "-displayfd", str(write), "-screen", "0", "640x400x24"], pass_fds=[write])
    with tempfile.TemporaryDirectory() as home:
        environment = dict(os.environ, DISPLAY=":" + os.read(number, 16).decode().strip(), HOME=home)
        process = start([viewer, "-FullScreen=1", "-RemoteResize=0", f"127.0.0.1::{server.port}"], env=environment)
        where = lambda: subprocess.run(["xdotool", "getmouselocation"], stdout=subprocess.PIPE, env=environment, text=True).stdout

        def pointed(*steps):
            """Moves the mouse by these steps until the viewer reports that it is at the last one."""
            for x, y in steps:
                subprocess.run(["xdotool", "mousemove", str(x), str(y)], env=environment, check=True)
            time.sleep(0.2)
            return server.pointed and server.pointed[-1] == f"pointer {x} {y}\n"
        until(lambda: pointed((40, 60), (50, 60)))  # the pointer is there
        for x, y in ((300, 200), (77, 88)):
            server.place(x, y)
            until(lambda: where().startswith(f"x:{x} y:{y} "))
        process.kill()
        process.wait()
    display.terminate()
    display.wait()
    server.end()
    print("TigerVNC: the pointer goes where a program has put it")


PAGE = """<!DOCTYPE html><body><script type="module">
import RFB from "./novnc/core/rfb.js";
const rfb = new RFB(document.body, `ws://${location.host}/`, {credentials: {username: "", password: "secret of many letters"}});
rfb.qualityLevel = 9;
rfb.addEventListener("serververification", () => rfb.approveServer());
</script>"""


def newer_novnc(folder, page):
    """Puts npm's noVNC and a page into a folder. $NOVNC_PACKAGE: the package, for machines without a network."""
    try:
        with open(os.environ["NOVNC_PACKAGE"], "rb") if "NOVNC_PACKAGE" in os.environ else urllib.request.urlopen(NEWER, timeout=60) as file:
            package = file.read()
    except OSError as error:
        print(f"skipped: {NEWER} cannot be had ({error}): no viewer that somebody else wrote is here for this")
        sys.exit(77)
    assert hashlib.sha256(package).hexdigest() == NEWER_SHA256
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        archive.extractall(folder)
    os.rename(f"{folder}/package", f"{folder}/novnc")
    with open(f"{folder}/index.html", "w") as file:
        file.write(page)


def rsa():
    """The password is longer than VNC authentication can distinguish: RSA-AES uses all of it."""
    with tempfile.TemporaryDirectory() as folder:
        newer_novnc(folder, PAGE)
        server = Server(f"--web-root={folder}", security="ra2ne,none", passwords="secret of many letters\n")
        expected = expectation(server)
        result = browse(server, f"http://127.0.0.1:{server.address[1]}/", expected)
        assert any("came in (RFB 3.8, RA2ne)" in line for line in server.lines()), server.lines()
        print(f"noVNC 1.7 over RA2ne: {result}")
        server.stop()


VIDEO_PAGE = """<!DOCTYPE html><body><script type="module">
import RFB from "./novnc/core/rfb.js";
new RFB(document.body, `ws://${location.host}/`, {});
</script>"""
VIDEO_PIXELS = """(() => { const c = document.querySelector('canvas'); if (!c || c.width != 640) return null;
    const data = c.getContext('2d').getImageData(%d, %d, %d, %d).data; let text = '';
    for (let i = 0; i < data.length; i += 4096) text += String.fromCharCode(...data.subarray(i, i + 4096));
    return btoa(text); })()"""


def video_place(server):
    """Where the server finds the video: the first rectangle of H.264."""
    peer = server.connect().join()
    peer.encodings(50, 0, -26, -316)
    peer.request()
    while True:
        assert peer.u8() == 0
        peer.exact(1)
        for _ in range(peer.u16()):
            place = tuple(peer.u16() for _ in range(4))
            if peer.u32() == 50:
                peer.close()
                return place
            peer.exact(place[2] * place[3] * 4)
        peer.request(incremental=True)


def video_error(seen, place, number):
    """How far the pixels of frame `number` of the pattern's video are off in the mean, away from where a channel starts
    again from 0, which no video of this kind can show."""
    left, top, width, height = place
    error = count = 0
    for j in range(0, height, 5):
        for i in range(0, width, 3):
            x, y = left + i, top + j
            wanted = ((x * 2 + number * 5) & 255, (y * 3 + number * 3) & 255, (x + y + number * 7) & 255)
            if min(wanted) > 40 and max(wanted) < 215:
                at = (j * width + i) * 4
                error += sum(abs(seen[at + c] - wanted[c]) for c in range(3))
                count += 3
    return error / count


def video(node=None, driver=None):
    """A video's colours on the canvas of noVNC, which has the browser decode H.264. With a driver, a GPU encodes it by
    VA-API, and `node` is a library to be preloaded that has its render node."""
    with tempfile.TemporaryDirectory() as folder:
        newer_novnc(folder, VIDEO_PAGE)
        runner = []
        if driver:
            shutil.copy(driver, folder)  # the server may read no other folder of ours
            runner = ["env", f"LD_PRELOAD={node}", "LIBVA_DRIVER_NAME=zerovnctest", f"LIBVA_DRIVERS_PATH={folder}"]
        server = Server(f"--web-root={folder}", f"--h264={'gpu' if driver else 'cpu'}", security="none", pattern="video",
                        runner=runner)
        if not server.status()["h264"]:
            print(f"skipped: {server.status()['h264_reason']}")
            sys.exit(77)
        left, top, width, height = video_place(server)
        place = (left + width - 112, top + height - 88, 104, 80)  # a window covers a part, and the counter is close
        before = sum("came in" in line for line in server.lines())
        browser = Chromium(f"http://127.0.0.1:{server.address[1]}/", f"{server.path}/browser",
                           lambda: sum("came in" in line for line in server.lines()) > before)

        def frames():
            return max([client["sent"]["classes"]["h264"]["rectangles"] for client in server.status()["clients"]] or [0])
        until(lambda: frames() > 30, 60)
        numbers, worst = set(), 0
        for _ in range(5):
            seen = base64.b64decode(browser.evaluate(VIDEO_PIXELS % place))
            error, number = min((video_error(seen, place, number), number) for number in range(256))
            numbers.add(number)
            worst = max(worst, error)
        by = server.status()["h264_by"]
        browser.end()
        assert by.startswith("VA-API on /dev/null: " if driver else "libx264"), by
        assert worst < 5, f"colours are off by {worst:.1f} in the mean"
        assert len(numbers) > 1, "the video stands still"
        server.stop()
        print(f"noVNC 1.7, {width}x{height} of H.264 by {by}: colours are off by {worst:.2f} of 255 in the mean")


def main():
    faulthandler.dump_traceback_later(280, exit=True)
    if "rsa" in sys.argv or "video" in sys.argv:
        if not shutil.which("chromium"):
            print("skipped: chromium is missing")
            sys.exit(77)
        return rsa() if "rsa" in sys.argv else video(*sys.argv[2:])
    viewer = shutil.which("xtigervncviewer") or shutil.which("vncviewer")
    if "typed" in sys.argv:
        if not viewer or not shutil.which("Xvfb") or not shutil.which("xdotool"):
            print("skipped: TigerVNC's viewer, Xvfb or xdotool is missing")
            sys.exit(77)
        return typed(viewer)
    ran = 0
    if "cursor" in sys.argv:
        if shutil.which("chromium") and os.path.exists(f"{NOVNC}/vnc.html"):
            novnc_cursor(sys.argv[2])
            ran += 1
        else:
            print("skipped: chromium or noVNC is missing")
        if viewer and shutil.which("Xvfb") and shutil.which("xdotool"):
            tigervnc_pointer(viewer, sys.argv[2])
            ran += 1
        else:
            print("skipped: TigerVNC's viewer, Xvfb or xdotool is missing")
        sys.exit(0 if ran == 2 else 77)
    if viewer and shutil.which("Xvfb"):
        tigervnc(viewer)
        ran += 1
    else:
        print("skipped: TigerVNC's viewer or Xvfb is missing")
    if shutil.which("chromium") and os.path.exists(f"{NOVNC}/vnc.html"):
        novnc()
        ran += 1
    else:
        print("skipped: chromium or noVNC is missing")
    sys.exit(0 if ran == 2 else 77)


if __name__ == "__main__":
    main()
