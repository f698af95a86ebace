#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""screens PORT: a viewer that asks for screens. It reads a line of sizes, "800x600 640x480": these screens, side by side
from left to right. When the server has answered and shows them, it writes the answer's reason and status, and the
desktop that it has then: "1 0: 800x600+0+0 640x480+800+0"."""
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "input"))
from viewer import Viewer  # noqa: E402

EXTENDED_DESKTOP_SIZE, BY_THIS_CLIENT = -308, 1


class Sizer(Viewer):
    answer, screens = None, []

    def rectangle(self, x, y, width, height, encoding):
        if encoding != EXTENDED_DESKTOP_SIZE:
            return super().rectangle(x, y, width, height, encoding)
        self.width, self.height = width, height
        self.picture = bytearray(width * height * 4)
        count = self.read(4)[0]
        self.screens = [struct.unpack(">IHHHHxxxx", self.read(16)) for _ in range(count)]
        if x == BY_THIS_CLIENT:
            self.answer = f"{x} {y}"
        return None

    def ask(self, sizes):
        """Screens that are there keep their ids."""
        at, body = 0, b""
        for number, (width, height) in enumerate(sizes):
            name = self.screens[number][0] if number < len(self.screens) else 0x1000 + number
            body += struct.pack(">IHHHHI", name, at, 0, width, height, 0)
            at += width
        height = max(size[1] for size in sizes)
        self.answer = None
        self.socket.sendall(struct.pack(">BxHHBx", 251, at, height, len(sizes)) + body)
        self.request()
        assert self.watch(60, lambda: self.answer), "no answer"
        places = (f"{width}x{height}+{x}+{y}" for _, x, y, width, height in self.screens)
        return f"{self.answer}: {' '.join(places)}"


def main():
    viewer = Sizer(port=int(sys.argv[1]), encodings=(EXTENDED_DESKTOP_SIZE, 0))
    viewer.request(False)
    viewer.watch(60, lambda: viewer.screens)
    for line in sys.stdin:
        print(viewer.ask([tuple(map(int, size.split("x"))) for size in line.split()]), flush=True)


if __name__ == "__main__":
    main()
