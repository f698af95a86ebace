#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Odd but harmless messages of viewers end nothing: they are skipped, or served as they were meant, and noted in the
log once. A message that can neither be skipped nor served ends its viewer, with the reason in the log."""
import faulthandler
import os
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import Gone, Server  # noqa: E402

WIDTH, HEIGHT = 640, 400
RAW, HEXTILE, TIGHT, ZRLE = 0, 5, 7, 16

PASSED_OVER = {  # what the log says: the message
    "FixColourMapEntries": struct.pack(">BxHH", 1, 0, 300) + bytes(6 * 300),
    "file transfer": struct.pack(">BBHII", 7, 3, 0, 0, 19) + b"C:\\a file of theirs",
    "SetScale": struct.pack(">BBxx", 8, 2),
    "SetServerInput": struct.pack(">BBxx", 9, 1),
    "SetSW": struct.pack(">BBHH", 10, 0, 5, 5),
    "text chat": struct.pack(">BxxxI", 11, 5) + b"hello",
    "KeyFrameRequest": b"\x0c",
    "KeepAlive": b"\x0d",
    "SetScaleFactor": struct.pack(">BBxx", 15, 2),
    "RequestSession": b"\x14",
    "SetSession": b"\x15\x01",
    "NotifyPluginStreaming": struct.pack(">BxH", 80, 0),
    "VMware's message": struct.pack(">BBHHBB", 127, 0, 8, 30, 1, 0),
    "Car Connectivity": struct.pack(">BBH", 128, 1, 3) + b"car",
    "a fence of more than 64 bytes": struct.pack(">BxxxIB", 248, 0x80000001, 65) + b"f" * 65,
    "xvp": b"\xfa\0\1\2",
    "gii": struct.pack(">BBHH", 253, 129, 2, 1),
    "SetMonitor": struct.pack(">BBxx", 254, 1),
    "QEMU audio": struct.pack(">BBHBBI", 255, 1, 2, 3, 2, 44100),
    "of more than 1,024 encodings": struct.pack(">BxH1100i", 2, 1100, RAW, *range(1000000, 1001099)),
    "a clipboard of more than 1 MiB": struct.pack(">BxxxI", 6, (1 << 20) + 1) + b"c" * ((1 << 20) + 1),
    "SetDesktopSize of a viewer that does not know": struct.pack(">BxHHBx", 251, 64, 48, 0),
}
ALSO = {  # variants of them that have other lengths
    "FixColourMapEntries": struct.pack(">BxHH", 1, 0, 0),
    "file transfer": struct.pack(">BBHII", 7, 8, 0, 1, 6) + b"offer,\0\0\0\1",
    "text chat": struct.pack(">BxxxI", 11, 0xFFFFFFFE),
    "VMware's message": struct.pack(">BBH", 127, 7, 4),
    "gii": struct.pack("<BBHI", 253, 3, 4, 1),
    "QEMU audio": struct.pack(">BBH", 255, 1, 1),
}
# their first bytes, which do not tell the length
UNKNOWN = {"unknown message 42": b"\x2a", "OLIVE call control": b"\xf9", "TightVNC's file transfer": b"\xfc\0\1\2",
           "QEMU message 9": b"\xff\x09", "VMware's message 5": b"\x7f\x05\0\3"}


def set_format(bits, depth, big, true, maxima=(0, 0, 0), shifts=(0, 0, 0)):
    return struct.pack(">BxxxBBBBHHHBBBxxx", 0, bits, depth, big, true, *maxima, *shifts)


def answered(peer):
    """The viewer is still listened to: it gets one pixel, and nothing came in between."""
    peer.request(area=(3, 5, 1, 1))
    assert peer.u8() == 0
    peer.exact(1)
    assert peer.u16() == 1
    assert struct.unpack(">HHHHi", peer.exact(12)) == (3, 5, 1, 1, RAW)
    peer.exact(4)


def told(server, text):
    return [line for line in server.lines() if text in line]


def is_passed_over(server):
    peer = server.connect(30).join()
    for name, message in PASSED_OVER.items():
        for one in (message, message, ALSO.get(name, message)):
            peer.send(one)
            try:
                answered(peer)
            except Gone:
                raise AssertionError(f"{name} ended the viewer: {server.lines()[-1]}") from None
        assert len(told(server, name)) == 1, (name, told(server, name))
    peer.close()
    other = server.connect(30).join()
    other.send(PASSED_OVER["KeepAlive"])
    answered(other)
    assert len(told(server, "KeepAlive")) == 2, "of another viewer nothing is told"
    other.close()
    return f"{len(PASSED_OVER)} kinds, a line each"


def is_not_kept(server):
    """Long messages are skipped in pieces."""
    peer = server.connect(60).join()
    answered(peer)
    before, size = server.memory(), 64 << 20
    for head in (struct.pack(">BxxxI", 6, size), struct.pack(">Bxxxi", 6, -size), struct.pack(">BBHII", 7, 5, 0, 0, size),
                 struct.pack(">BxxxI", 11, size)):
        peer.send(head)
        for _ in range(size >> 20):
            peer.send(bytes(1 << 20))
        answered(peer)
    grown = server.memory() - before
    peer.close()
    assert grown < 16 << 20, f"{grown >> 10} KiB more are held"  # a sanitizer's allocator keeps some megabytes
    return f"{grown >> 10} KiB more after 256 MiB"


def ends_it(server, text, message):
    peer = server.connect().join()
    peer.send(message)
    try:
        peer.exact(1)
    except (Gone, OSError):
        peer.close()
        for _ in range(100):
            if [line for line in told(server, "left: ") if text in line]:
                return
            time.sleep(0.05)
    raise AssertionError(f"{text}: {server.lines()[-3:]}")


def cannot_be_skipped(server):
    for name, message in UNKNOWN.items():
        ends_it(server, name, message)
    for text, message in (("24 bits per pixel", set_format(24, 24, 0, 1, (255, 255, 255), (16, 8, 0))),
                          ("maximum 255 and shift 25", set_format(32, 24, 0, 1, (255, 255, 255), (25, 8, 0))),
                          ("maximum 65535 and shift 0", set_format(8, 8, 0, 1, (65535, 3, 3), (0, 0, 0)))):
        ends_it(server, text, message)


def pixels(peer, size, encodings):
    """Requests the whole picture, which is sent Raw. Returns it, and the encodings of its rectangles."""
    peer.encodings(*encodings)
    peer.request()
    picture, kinds = [0] * (WIDTH * HEIGHT), set()
    assert peer.u8() == 0
    peer.exact(1)
    for _ in range(peer.u16()):
        x, y, width, height, kind = struct.unpack(">HHHHi", peer.exact(12))
        kinds.add(kind)
        if kind == ZRLE:
            peer.exact(peer.u32())
            continue
        assert kind == RAW, kind
        for row in range(y, y + height):
            line = peer.exact(width * size)
            picture[row * WIDTH + x:row * WIDTH + x + width] = [line[i:i + size] for i in range(0, len(line), size)]
    return picture, kinds


FORMATS = {  # bits, depth, big-endian, true colour, maxima, shifts
    "depth 0": (32, 0, 0, 1, (255, 255, 255), (16, 8, 0)),
    "depth of more than all bits": (16, 24, 0, 1, (31, 63, 31), (11, 5, 0)),
    "flags of 255": (16, 16, 255, 255, (31, 63, 31), (11, 5, 0)),
    "six levels a channel": (16, 9, 0, 1, (5, 5, 5), (6, 3, 0)),
    "one channel": (8, 8, 0, 1, (0, 255, 0), (200, 0, 99)),
    "channels that overlap": (16, 16, 1, 1, (31, 63, 31), (10, 5, 1)),
    "twelve bits a channel of 32": (32, 32, 1, 1, (4095, 1023, 1023), (20, 10, 0)),
    "sixteen bits of one": (32, 32, 0, 1, (65535, 255, 255), (16, 8, 0)),
}


def shown(bits, depth, big, true, maxima, shifts, colour):
    """As the specification has it, rounded to the nearest value."""
    value = 0
    for maximum, shift, channel in zip(maxima, shifts, colour):
        value |= (channel * maximum + 127) // 255 << shift if maximum else 0
    return value.to_bytes(bits // 8, "big" if big else "little")


def formats_are_exact(server):
    peer = server.connect(30).join()
    picture, _ = pixels(peer, 4, [RAW])
    colours = [(pixel[2], pixel[1], pixel[0]) for pixel in picture]
    for name, asked in FORMATS.items():
        peer.send(set_format(*asked))
        for encodings in ([RAW], [ZRLE, TIGHT]):
            # encodings that pack pixels by the widths of the channels cannot express the odd formats
            if encodings != [RAW] and name in ("depth 0", "depth of more than all bits", "flags of 255", "twelve bits a channel of 32",
                                               "sixteen bits of one"):
                continue
            seen, _ = pixels(peer, asked[0] // 8, encodings)
            cache = {colour: shown(*asked, colour) for colour in set(colours)}
            wrong = sum(pixel != cache[colour] for pixel, colour in zip(seen, colours))
            assert not wrong, f"{name}: {wrong} pixels are wrong with {encodings}"
    assert len(told(server, ": SetPixelFormat with a depth")) == 1, server.lines()[-5:]
    assert not told(server, "SetPixelFormat with channels"), "of one viewer and one kind of message more than a line"
    # and back again
    peer.send(set_format(32, 24, 0, 1, (255, 255, 255), (16, 8, 0)))
    assert pixels(peer, 4, [ZRLE, RAW])[1] == {ZRLE}, "it is not served as before"
    peer.close()
    return f"{len(FORMATS)} formats"


def colour_maps(server):
    peer = server.connect(30).join()
    picture, _ = pixels(peer, 4, [RAW])
    for bits, big in ((8, 0), (16, 0), (16, 1), (32, 1)):
        for _ in range(2):  # it is empty again after each round
            peer.send(set_format(bits, 8, big, 0))
            assert peer.exact(6) == struct.pack(">BxHH", 1, 0, 256)
            table = [struct.unpack(">HHH", peer.exact(6)) for _ in range(256)]
        seen, kinds = pixels(peer, bits // 8, [ZRLE, TIGHT] if bits > 8 else [RAW])
        assert kinds == {RAW}, kinds
        for index, pixel in zip(seen, picture):
            red, green, blue = table[int.from_bytes(index, "big" if big else "little")]
            wanted = [(pixel[2] * 7 + 127) // 255 * 65535 // 7, (pixel[1] * 7 + 127) // 255 * 65535 // 7,
                      (pixel[0] * 3 + 127) // 255 * 65535 // 3]
            assert [red, green, blue] == wanted, f"{bits} bits: {index} shows {red, green, blue}, expected {wanted}"
    peer.close()
    return "8, 16 and 32 bits"


def main():
    faulthandler.dump_traceback_later(280, exit=True)
    server = Server("--sharing=always", security="none")
    for scenario in (is_passed_over, is_not_kept, cannot_be_skipped, formats_are_exact, colour_maps):
        print(f"{scenario.__name__}: {scenario(server) or 'done'}", flush=True)
    server.stop()


if __name__ == "__main__":
    main()
