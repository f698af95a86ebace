# SPDX-License-Identifier: GPL-2.0-or-later
"""A scripted viewer for the guest's input cases: it types, points, and keeps what the server tells it about the
cursor."""
import select
import socket
import struct
import time
import unicodedata

RICH, ALPHA, POSITION, LEDS, QEMU_KEYS, MOTION = -239, -314, -232, -261, -258, -257


class Viewer:
    def __init__(self, host="127.0.0.1", port=5900, encodings=(0, ALPHA, POSITION, LEDS)):
        self.socket = socket.create_connection((host, port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.shape = self.position = self.leds = None
        self.sends_motion = False
        self.shapes = self.updates = self.picture_bytes = 0
        version = self.read(12)
        self.socket.sendall(version)
        assert 1 in self.read(self.read(1)[0]), "the server wants a password"
        self.socket.sendall(b"\x01")
        if self.read(4) != b"\0\0\0\0":
            raise ConnectionError("the server refused the viewer")
        self.socket.sendall(b"\x01")
        self.width, self.height = struct.unpack(">HH", self.read(4))
        self.read(16)
        self.read(struct.unpack(">I", self.read(4))[0])
        self.bytes_per_pixel = 4
        self.picture = bytearray(self.width * self.height * 4)
        self.set_encodings(encodings)

    def read(self, size):
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise EOFError("the server closed the connection")
            data += part
        return data

    def set_encodings(self, encodings):
        self.socket.sendall(struct.pack(">BxH", 2, len(encodings)) + b"".join(struct.pack(">i", e) for e in encodings))

    def request(self, incremental=True):
        self.socket.sendall(struct.pack(">BBHHHH", 3, incremental, 0, 0, self.width, self.height))

    def key(self, keysym, down):
        self.socket.sendall(struct.pack(">BBxxI", 4, down, keysym))

    def scancode(self, keysym, scancode, down):
        self.socket.sendall(struct.pack(">BBHII", 255, 0, down, keysym, scancode))

    def stroke(self, keysym):
        self.key(keysym, True)
        self.key(keysym, False)

    def type(self, text, pause=0.03):
        for character in text:
            self.stroke(keysym_of(character))
            time.sleep(pause)

    def point(self, x, y, buttons=0):
        self.socket.sendall(struct.pack(">BBHH", 5, buttons, x, y))

    def move(self, dx, dy, buttons=0):
        assert self.sends_motion, "nobody asked for motions"
        self.point(0x7FFF + dx, 0x7FFF + dy, buttons)

    def click(self, x, y, button):
        self.point(x, y, 1 << button)
        self.point(x, y, 0)

    def update(self):
        """Reads one message of the server."""
        kind = self.read(1)[0]
        if kind != 0:
            raise ValueError(f"message {kind}")
        self.updates += 1
        for _ in range(struct.unpack(">xH", self.read(3))[0]):
            x, y, width, height, encoding = struct.unpack(">HHHHi", self.read(12))
            self.rectangle(x, y, width, height, encoding)

    def rectangle(self, x, y, width, height, encoding):
        if encoding == 0:
            rows = self.read(width * height * 4)
            for row in range(height):
                at = ((y + row) * self.width + x) * 4
                self.picture[at : at + width * 4] = rows[row * width * 4 : (row + 1) * width * 4]
            self.picture_bytes += len(rows)
        elif encoding == ALPHA:
            assert struct.unpack(">i", self.read(4))[0] == 0
            self.shape = (x, y, width, height, self.read(width * height * 4))
            self.shapes += 1
        elif encoding == RICH:
            pixels = self.read(width * height * self.bytes_per_pixel)
            self.shape = (x, y, width, height, pixels, self.read((width + 7) // 8 * height))
            self.shapes += 1
        elif encoding == POSITION:
            self.position = (x, y)
        elif encoding == MOTION:
            self.sends_motion = x == 0
        elif encoding == LEDS:
            self.leds = self.read(1)[0]
        else:
            raise ValueError(f"encoding {encoding}")

    def watch(self, seconds, until=lambda: False):
        """Takes updates for this long, or until a condition is true."""
        end = time.monotonic() + seconds
        while not until():
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                break
            self.update()
            self.request()
        return until()


def keysym_of(character):
    """Returns the keysym as X11 numbers it: Latin-1 and control characters by their own number, the rest by Unicode,
    except characters that have a name."""
    names = {"\n": 0xFF0D, "\t": 0xFF09, "\b": 0xFF08, "\x1b": 0xFF1B, "\u20ac": 0x20AC}
    if character in names:
        return names[character]
    number = ord(character)
    return number if number < 0x100 else 0x1000000 + number


DEAD = {"\u0300": 0xFE50, "\u0301": 0xFE51, "\u0302": 0xFE52, "\u0303": 0xFE53, "\u0308": 0xFE57}


def dead_strokes(character):
    """Returns the dead key and the letter."""
    letter, mark = unicodedata.normalize("NFD", character)
    return [DEAD[mark], ord(letter)]
