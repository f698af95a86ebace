#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""net_viewer HOST PORT SECONDS [raw|zrle|tight] [q6] [continuous] [fence] [keys]: a viewer in a process of its own, which
may run elsewhere. `q6`: it takes JPEG of level 6. `keys`: now and then it presses a key and waits for the picture that shows it (net_painter answers a
key by filling the first tile with the keysym's colour). It prints what it saw as a line of JSON, with latencies as
pairs of a keysym and milliseconds."""
import json
import os
import random
import struct
import sys
import threading
import time
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../server/net"))
from peer import Peer, Socket  # noqa: E402

RAW, TIGHT, ZRLE = 0, 7, 16
ENCODINGS = {"raw": RAW, "tight": TIGHT, "zrle": ZRLE}
LAST_RECT, FENCE, CONTINUOUS, JPEG_6 = -224, -312, -313, -26


class Stream:
    """Reads exactly what is asked for, without copying large things twice."""

    def __init__(self, socket):
        self.socket, self.memory, self.start, self.end = socket, bytearray(1 << 20), 0, 0

    def exact(self, size):
        got = min(size, self.end - self.start)
        out = bytearray(size)
        view = memoryview(out)
        view[:got] = memoryview(self.memory)[self.start:self.start + got]
        self.start += got
        while got < size:
            if size - got >= 65536:
                n = self.socket.recv_into(view[got:])
                got += n
            else:
                n = self.end = self.socket.recv_into(self.memory)
                self.start = min(n, size - got)
                view[got:got + self.start] = memoryview(self.memory)[:self.start]
                got += self.start
            if not n:
                raise EOFError
        return out


class FarViewer:
    def __init__(self, host, port, seconds, words):
        self.peer = Peer(Socket((host, port), 60)).join()
        self.seconds, self.words = seconds, words
        self.encoding = next(ENCODINGS[word] for word in words if word in ENCODINGS)
        self.stream, self.unzip = Stream(self.peer.layer.socket), zlib.decompressobj()
        self.updates, self.bytes, self.latencies = 0, 0, []
        self.colour, self.pressed, self.qualities = 0, None, []
        self.peer.send(struct.pack(">Bxxx BBBB HHH BBB xxx", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
        extensions = (FENCE,) * ("fence" in words) + (CONTINUOUS,) * ("continuous" in words) + (JPEG_6,) * ("q6" in words)
        self.peer.encodings(self.encoding, LAST_RECT, *extensions)

    def fence(self):
        self.stream.exact(3)
        flags, size = struct.unpack(">IB", self.stream.exact(5))
        payload = self.stream.exact(size)
        if flags & 0x80000000:
            self.peer.send(struct.pack(">B3xIB", 248, flags & 3, size) + payload)

    def tight(self, width, height):
        """Returns the colour of a rectangle that has only one, otherwise None. Nothing is unpacked: the lengths are
        enough to read on."""
        control = self.stream.exact(1)[0]
        if control >> 4 == 8:
            return int.from_bytes(self.stream.exact(3), "big")
        size = width * height * 3
        if control & 0x40 and control >> 4 < 8:
            if self.stream.exact(1)[0] == 1:
                colours = self.stream.exact(1)[0] + 1
                self.stream.exact(colours * 3)
                size = (width + 7) // 8 * height if colours == 2 else width * height
        if size >= 12 or control >> 4 == 9:
            size = shift = 0
            while shift < 21:
                byte = self.stream.exact(1)[0]
                size |= (byte & 0x7F) << shift
                shift += 7
                if not byte & 0x80:
                    break
        data = self.stream.exact(size)
        self.bytes += size
        if control >> 4 == 9:
            self.note_quality(data)
        return None

    def note_quality(self, jpeg):
        """By the first number of the first table, which the standard has as 16 at a quality of 50."""
        scale = jpeg[jpeg.index(b"\xff\xdb") + 5] / 16 * 100
        quality = round((200 - scale) / 2 if scale < 100 else 5000 / scale)
        if self.qualities[-1:] != [quality]:
            self.qualities.append(quality)

    def rectangle(self):
        """Returns what the first pixel shows, if that is easily told: as a function to call when there is time."""
        x, y, width, height, encoding = struct.unpack(">HHHHi", self.stream.exact(12))
        if encoding == LAST_RECT:
            return None, None
        assert encoding in (RAW, TIGHT, ZRLE), encoding
        if encoding == TIGHT:
            colour = self.tight(width, height)
            return (x, y), lambda: colour
        size = struct.unpack(">I", self.stream.exact(4))[0] if encoding == ZRLE else width * height * 4
        pixels = self.stream.exact(size)
        self.bytes += size
        if encoding == RAW:
            return (x, y), lambda: struct.unpack("<I", pixels[:4])[0] & 0xFFFFFF
        return (x, y), lambda: self.first_of_zrle(pixels)

    def first_of_zrle(self, packed):
        plain = self.unzip.decompress(packed)
        return int.from_bytes(plain[1:4], "little") if plain[0] == 1 else None

    def update(self):
        self.stream.exact(1)
        seen, rectangles = None, []
        for _ in range(struct.unpack(">H", self.stream.exact(2))[0]):
            place, first = self.rectangle()
            if not first:
                break
            rectangles.append((place, first))
        arrived = time.monotonic()
        for place, first in rectangles:
            colour = first()
            seen = colour if place == (0, 0) else seen
        if self.pressed and seen == self.colour:
            self.latencies.append((self.colour, (arrived - self.pressed) * 1000))
            self.pressed = None
        self.updates += 1

    def press(self):
        """Sends keys at moments that have nothing to do with the pictures'."""
        while True:
            time.sleep(random.uniform(0.1, 0.2))
            if not self.pressed:
                self.colour, self.pressed = random.randrange(1, 1 << 24), time.monotonic()
                self.peer.send(struct.pack(">BBHIBBHI", 4, 1, 0, self.colour, 4, 0, 0, self.colour))

    def run(self):
        self.peer.request()
        begin = None
        while begin is None or time.monotonic() - begin < self.seconds:
            kind = self.stream.exact(1)[0]
            if kind == 248:
                self.fence()
            if kind != 0:
                continue
            if "continuous" not in self.words:
                self.peer.request(1)
            self.update()
            if begin is None:
                begin = time.monotonic()
                self.updates = self.bytes = 0
                if "continuous" in self.words:
                    self.peer.send(struct.pack(">BBHHHH", 150, 1, 0, 0, self.peer.width, self.peer.height))
                if "keys" in self.words:
                    threading.Thread(target=self.press, daemon=True).start()
        self.seconds = time.monotonic() - begin
        self.peer.close()
        print(json.dumps({"updates": self.updates / self.seconds, "mbytes": self.bytes / self.seconds / 1e6,
                          "latencies": self.latencies, "qualities": self.qualities}))


if __name__ == "__main__":
    FarViewer(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]).run()
