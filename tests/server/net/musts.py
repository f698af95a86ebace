#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the specifications ask of a server, clause by clause, and what shows that this one does it.

Each row has the clause, a short form of what it says, and its test: a function of this file, which is run against the
server, or "FILE: NAME" of a test elsewhere, which must exist. In rows that begin with DIFFERS the server deliberately
does something else; they have a test as well. Clauses for viewers only, and for what is not offered here (Tight
security, SASL, xvp, gii, audio, Diffie-Hellman, MSLogon, H.264, JPEG and Tight PNG as encodings), are left out. That
these stay unoffered is a row of its own.

RFC: RFC 6143. proto: the community's document, https://github.com/rfbproto/rfbproto, by its headings."""
import faulthandler
import os
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import Gone, Server  # noqa: E402

WIDTH, HEIGHT = 640, 400
RAW, COPYRECT, HEXTILE, ZLIB, TIGHT, ZRLE = 0, 1, 5, 6, 7, 16
DESKTOP_SIZE, LAST_RECT, LEDS, NAME, EXTENDED_SIZE, FENCE, CONTINUOUS, BUTTONS = -223, -224, -261, -307, -308, -312, -313, -316
KEYS = -258
EXTENDED_CLIPBOARD, XVP, GII, AUDIO = 0xC0A1E5CE - (1 << 32), -309, -305, -259


class Update:
    """Reads one FramebufferUpdate with encodings whose length can be known."""

    def __init__(self, peer):
        peer.exact(1)
        self.count, self.rectangles, self.data = peer.u16(), [], []
        while self.count == 0xFFFF or len(self.rectangles) < self.count:
            rectangle = struct.unpack(">HHHHi", peer.exact(12))
            self.rectangles.append(rectangle)
            self.data.append(self.body(peer, *rectangle[2:]))
            if rectangle[4] == LAST_RECT:
                break
        self.kinds = [rectangle[4] for rectangle in self.rectangles]

    def body(self, peer, width, height, kind):
        if kind == RAW:
            return peer.exact(width * height * 4)
        if kind in (ZLIB, ZRLE):
            return peer.exact(peer.u32())
        if kind == TIGHT:
            return self.tight(peer, width, height)
        if kind == NAME:
            return peer.exact(peer.u32())
        if kind == EXTENDED_SIZE:
            head = peer.exact(4)
            return head + peer.exact(16 * head[0])
        assert kind < 0, f"encoding {kind} cannot be read here"
        return b""

    def tight(self, peer, width, height):
        """Reads a rectangle's control byte and data; for 32-bit pixels with depth 24."""
        control = peer.u8()
        kind = control >> 4
        if kind == 8:
            peer.exact(3)
        elif kind == 9:
            peer.exact(self.compact(peer))
        else:
            assert kind < 8, f"Tight with {kind}"
            rows = width * 3 * height
            if kind & 4 and peer.u8() == 1:
                colours = peer.u8() + 1
                peer.exact(3 * colours)
                rows = ((width + 7) // 8 if colours == 2 else width) * height
            peer.exact(self.compact(peer) if rows >= 12 else rows)
        return bytes([control])

    @staticmethod
    def compact(peer):
        value, shift = 0, 0
        while True:
            byte = peer.u8()
            value |= (byte & 0x7F if shift < 14 else byte) << shift
            shift += 7
            if byte < 0x80 or shift == 21:
                return value


def message(peer, skip=()):
    """Returns the number of the next message, and an Update if it is one. Fails on messages of other kinds than
    these."""
    while True:
        kind = peer.u8()
        if kind == 248:
            peer.exact(3)
            result = kind, (peer.u32(), peer.exact(peer.u8()))
        elif kind == 0:
            result = kind, Update(peer)
        else:
            assert kind == 150, f"message {kind}"
            result = kind, None
        if kind not in skip:
            return result


def update(peer):
    return message(peer, (150, 248))[1]


def pixels(peer):
    """Returns the next update with pixels, and what came before it."""
    before = []
    while True:
        one = update(peer)
        if any(kind >= 0 for kind in one.kinds):
            return one, before
        before.append(one)


def quiet(peer):
    """Nothing is on its way: a fence comes back first. Fences that the server sends by itself are ignored."""
    peer.send(struct.pack(">BxxxIB", 248, 0x80000001, 5) + b"quiet")
    kind, what = message(peer)
    while kind == 248 and what[1] != b"quiet":
        kind, what = message(peer)
    assert kind == 248, f"message {kind} came instead"


def ended(peer):
    try:
        while True:
            peer.exact(1)
    except (Gone, ConnectionError):
        return


# --- tests ---

def version(server):
    peer = server.connect()
    assert peer.exact(12) == b"RFB 003.008\n"
    peer.close()


def reason_and_end(server):
    peer = server.connect()
    peer.version()
    peer.types()
    peer.send(b"\x77")
    assert peer.u32() == 1
    assert peer.exact(peer.u32())
    ended(peer)


def server_init(server):
    peer = server.connect()
    peer.version()
    peer.types()
    peer.send(b"\1")
    peer.result()
    peer.send(b"\1")
    assert (peer.u16(), peer.u16()) == (WIDTH, HEIGHT)
    bits, depth, _, true, *rest = struct.unpack(">BBBBHHHBBB", peer.exact(13))
    maxima, shifts = rest[:3], rest[3:]
    assert bits in (8, 16, 32) and depth <= bits and true
    assert depth == sum(maximum.bit_length() for maximum in maxima)
    assert all(maximum & (maximum + 1) == 0 for maximum in maxima) and max(shifts) < bits
    peer.exact(3)
    peer.exact(peer.u32()).decode("utf-8")
    peer.close()


def every_base_message(server):
    peer = server.connect().join()
    for one in (struct.pack(">BxxxBBBBHHHBBBxxx", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0), struct.pack(">BxHi", 2, 1, RAW),
                struct.pack(">BBHHHH", 3, 1, 0, 0, 1, 1), struct.pack(">BBxxI", 4, 1, 97), struct.pack(">BBxxI", 4, 0, 97),
                struct.pack(">BBHH", 5, 0, 1, 1), struct.pack(">BxxxI", 6, 4) + b"text"):
        peer.send(one)
    peer.request()
    assert RAW in update(peer).kinds
    peer.close()


def unknown_encodings(server):
    peer = server.connect().join()
    peer.encodings(424242, -424242, COPYRECT, XVP, GII, AUDIO, EXTENDED_CLIPBOARD, -317, -311, 0x574D5665, 0x574D5667, 0x574D5668,
                   0x574D5669, 0x574D566A)
    peer.request()
    assert set(update(peer).kinds) == {RAW}
    quiet(peer)
    peer.close()


def only_what_is_asked_for(server):
    """A viewer that announces nothing gets no fence, no name, no message except updates, and no update before it
    asks."""
    peer = server.connect().join()
    quiet(peer)
    peer.request()
    assert set(update(peer).kinds) == {RAW}
    quiet(peer)
    peer.close()


def no_update_unasked(server):
    """The picture moves: one request, one update."""
    moving = Server(security="none", pattern="busy")
    peer = moving.connect().join()
    for _ in range(3):
        quiet(peer)
        peer.request(1)
        pixels(peer)
    quiet(peer)
    peer.close()
    moving.stop()


def size_and_pixels_for_one_request(server):
    """At most two updates for a request: what must not come with pixels comes before them, and what is told besides
    comes after them."""
    peer = server.connect().join()
    peer.encodings(RAW, EXTENDED_SIZE, NAME, KEYS)
    peer.request()
    first, before = pixels(peer)
    assert [one.kinds for one in before] == [[EXTENDED_SIZE]] and set(first.kinds) == {RAW}
    assert set(update(peer).kinds) == {NAME, KEYS}
    quiet(peer)
    peer.close()


def whole_area_at_once(server):
    peer = server.connect().join()
    peer.encodings(RAW, COPYRECT, NAME, KEYS)
    for _ in range(2):  # nothing has changed the second time
        peer.request()
        first = update(peer)
        assert set(first.kinds) == {RAW}, first.kinds
        assert sum(width * height for _, _, width, height, _ in first.rectangles) == WIDTH * HEIGHT
        if _ == 0:
            update(peer)  # what is told besides
    peer.close()


def areas_are_cropped(server):
    peer = server.connect().join()
    for x, y, width, height in ((600, 390, 200, 200), (0, 0, 65535, 65535), (639, 399, 1, 1)):
        peer.request(area=(x, y, width, height))
        for left, top, wide, high, _ in update(peer).rectangles:
            assert x <= left and y <= top and left + wide <= WIDTH and top + high <= HEIGHT
    for area in ((5, 5, 0, 0), (2000, 2000, 10, 10)):  # these may be answered, and are
        peer.request(area=area)
        assert all(left + wide <= WIDTH and top + high <= HEIGHT for left, top, wide, high, _ in update(peer).rectangles)
    peer.close()


def invalid_text(server):
    peer = server.connect().join()
    peer.send(struct.pack(">BxxxI", 6, 4) + b"\xff\xfe\xc3\x28")
    peer.send(struct.pack(">Bxxxi", 6, -8) + b"\x02\0\0\1\xff\xff\xff\xff")
    peer.request(area=(0, 0, 1, 1))
    update(peer)
    peer.close()


def continuous_at_once(server):
    peer = server.connect().join()
    peer.encodings(RAW, CONTINUOUS)
    assert message(peer)[0] == 150
    quiet(peer)  # not again
    peer.encodings(RAW, CONTINUOUS)
    quiet(peer)
    peer.close()


def continuous_and_requests(server):
    """While they run, requests for changes have no effect. Requests for a whole area do, wherever it is."""
    peer = server.connect().join()
    peer.encodings(RAW, CONTINUOUS)
    message(peer)
    peer.request()
    update(peer)
    peer.send(struct.pack(">BBHHHH", 150, 1, 0, 0, 64, 64))
    for _ in range(3):
        peer.request(1)
    quiet(peer)
    peer.request(area=(320, 200, 64, 64))
    seen = update(peer).rectangles
    assert (320, 200, 64, 64, RAW) in seen, seen
    for _ in range(2):
        peer.send(struct.pack(">BBHHHH", 150, 0, 0, 0, 0, 0))
        assert message(peer, (0,))[0] == 150
    quiet(peer)
    peer.close()


def area_is_replaced(server):
    """Updates come from the area that was set last, without a pause."""
    moving = Server(security="none", pattern="busy")
    peer = moving.connect().join()
    peer.encodings(RAW, CONTINUOUS)
    message(peer)
    for x, y in ((0, 0), (320, 192), (64, 64)):
        peer.send(struct.pack(">BBHHHH", 150, 1, x, y, 64, 64))
        seen = []
        while seen[-3:] != [(x, y, 64, 64)] * 3:
            # the pixel in the corner comes if an open request had to be closed
            seen += [one[:4] for one in update(peer).rectangles if one[:4] != (0, 0, 1, 1)]
            assert len(seen) < 40, f"no updates of {x}, {y} alone, but of {seen}"
    peer.close()
    moving.stop()


def fence_first(server):
    peer = server.connect().join()
    peer.encodings(RAW, FENCE)
    kind, (flags, payload) = message(peer)
    assert kind == 248 and len(payload) <= 64
    peer.close()


def fences_block(server):
    """A format with a colour map takes effect by a message, the map. It stands before or after the answer."""
    def map_or_fence(peer):
        kind = peer.u8()
        if kind == 1:
            peer.exact(5 + 256 * 6)
            return "map"
        assert kind == 248, kind
        peer.exact(7)
        return peer.exact(peer.u8()).decode()
    mapped = struct.pack(">BxxxBBBBHHHBBBxxx", 0, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0)
    peer = server.connect().join()
    peer.send(mapped + struct.pack(">BxxxIB", 248, 0x80000001, 6) + b"before")
    assert [map_or_fence(peer) for _ in range(2)] == ["map", "before"]
    peer.send(struct.pack(">BxxxIB", 248, 0x80000002, 5) + b"after" + mapped)
    assert [map_or_fence(peer) for _ in range(2)] == ["after", "map"]
    peer.close()


def extended_size(server):
    """One for each request of a whole area, alone in its update. The plain one never comes beside it."""
    peer = server.connect().join()
    peer.encodings(RAW, DESKTOP_SIZE, EXTENDED_SIZE)
    for _ in range(2):
        peer.request()
        first, before = pixels(peer)
        assert [one.rectangles for one in before] == [[(0, 0, WIDTH, HEIGHT, EXTENDED_SIZE)]]
        assert set(first.kinds) == {RAW}
        screens = before[0].data[0]
        assert screens[1:4] == bytes(3) and screens[0] >= 1
        identities = []
        for at in range(4, len(screens), 16):
            identity, x, y, width, height, flags = struct.unpack(">IHHHHI", screens[at:at + 16])
            assert x + width <= WIDTH and y + height <= HEIGHT and width and height and not flags
            identities.append(identity)
        assert len(set(identities)) == len(identities)
    peer.request(1)
    quiet(peer)
    peer.close()


def size_only_on_change(server):
    peer = server.connect().join()
    peer.encodings(RAW, DESKTOP_SIZE)
    for _ in range(2):
        peer.request()
        assert set(update(peer).kinds) == {RAW}
    quiet(peer)
    peer.close()


def set_desktop_size(server):
    peer, other = server.connect().join(), server.connect().join()
    for one in (peer, other):
        one.encodings(RAW, EXTENDED_SIZE)
        one.request()
        pixels(one)
        one.request(1)
    good = struct.pack(">BxHHBx", 251, 800, 600, 1) + struct.pack(">IHHHHI", 1, 0, 0, 800, 600, 0)
    peer.send(good + struct.pack(">BxHHBx", 251, 800, 600, 0) + good)
    answers = []
    while len(answers) < 3:
        one = update(peer)
        assert set(one.kinds) == {EXTENDED_SIZE}
        answers += [(x, y) for x, y, *_ in one.rectangles]
        assert all(len(data) == 4 + 16 * data[0] for data in one.data)
        peer.request(1)
    assert answers == [(1, 1), (1, 3), (1, 1)], answers
    quiet(peer)
    quiet(other)
    peer.close()
    other.close()


def last_rect_only_for_who_knows(server):
    peer = server.connect().join()
    peer.encodings(TIGHT)
    peer.request()
    assert update(peer).count != 0xFFFF
    peer.encodings(TIGHT, LAST_RECT)
    peer.request()
    last = update(peer)
    assert last.count != 0xFFFF or last.kinds[-1] == LAST_RECT
    peer.close()


def tight_keeps_to_what_was_named(server):
    """There is no JPEG unless a quality was asked for, compression is left out only for its pseudo-encoding, and
    nothing is wider than 2048."""
    wide = Server("--pattern-size=4096x64", security="none")
    for level in (-256, -252, -247):
        peer = wide.connect().join()
        peer.encodings(TIGHT, level)
        peer.request()
        seen = update(peer)
        for (_, _, width, _, kind), data in zip(seen.rectangles, seen.data):
            assert kind == TIGHT and width <= 2048, (kind, width)
            assert data[0] >> 4 <= 8, f"Tight with {data[0] >> 4}, level {level}"
        peer.close()
    wide.stop()


def pseudo_rectangles_are_empty(server):
    peer = server.connect().join()
    peer.encodings(RAW, KEYS, BUTTONS, NAME)
    peer.request()
    pixels(peer)
    told = update(peer)
    assert {kind: rectangle[:4] for *rectangle, kind in told.rectangles} == {
        kind: [0, 0, 0, 0] for kind in (KEYS, BUTTONS, NAME)}, told.rectangles
    told.data[told.kinds.index(NAME)].decode("utf-8")
    peer.close()


HANDSHAKE, EXTENSIONS, ODD = "tests/server/net/auth/handshake.c", "tests/server/net/extensions.c", "tests/server/net/odd.py"
SECURITY, CURSOR, FEED = "tests/server/net/security.py", "tests/server/cursor/shape.c", "tests/server/cursor/feed.c"
KEYMAP, SCANCODE, SHARING = "tests/server/input/keymap.c", "tests/server/input/scancode.c", "tests/server/net/sharing.py"

ROWS = [
    # the handshake
    ("RFC 7.1.1", "the server says the highest version that it speaks, in 12 bytes", version),
    ("RFC 7.1.1; proto ProtocolVersion", "3.3, 3.7 and 3.8 are spoken as the viewer chooses", f'{HANDSHAKE}: "3.7 None"'),
    ("proto ProtocolVersion", "3.5 is to be interpreted by all servers as 3.3", f'{HANDSHAKE}: "3.5 is 3.3"'),
    ("DIFFERS RFC 7.1.1", "other versions should be taken for 3.3: later ones than 3.8 (Apple's 3.889, RealVNC's 5.0) mean 3.8",
     f'{HANDSHAKE}: "Apple\'s is 3.8"'),
    ("RFC 7.1.2", "without a type to offer: 0, the reason, and the end", f'{HANDSHAKE}: "refused, 3.8"'),
    ("proto Security, 3.3", "the server decides; 0 is followed by the reason", f'{HANDSHAKE}: "refused, 3.3"'),
    ("RFC 7.1.3", "3.8: a failure is told with its reason, then the connection ends", reason_and_end),
    ("proto SecurityResult, 3.3 and 3.7", "a failure is told without a reason", f'{HANDSHAKE}: "3.7 wrong"'),
    ("RFC 7.2.1; proto None", "3.8 has a SecurityResult, 3.3 and 3.7 have none", f'{HANDSHAKE}: "3.3 None"'),
    ("RFC 7.2.2", "a random challenge of 16 bytes", f"{HANDSHAKE}: challenges_differ"),
    ("proto VNC Authentication", "longer passwords are cut, shorter ones padded with zeros", f"{SECURITY}: native"),
    ("proto VeNCrypt", "another version than 0.2 is answered by a failure, and the end", f'{HANDSHAKE}: "VeNCrypt 0.1"'),
    ("proto VeNCrypt", "one of the listed subtypes; TLS ones are acknowledged by 1", f'{HANDSHAKE}: "TLSNone begins TLS"'),
    ("proto VeNCrypt, TLS", "if the handshake fails the connection must be closed", f"{SECURITY}: tls_that_fails_says_why"),
    ("proto RSA-AES", "the server should compare the viewer's hash", f"{SECURITY}: forged"),
    ("RFC 7.3.1; proto ClientInit", "shared-flag 0: exclusive access, by disconnecting the others", f"{SHARING}: as_the_viewer_asks"),
    ("DIFFERS RFC 7.3.1", "a viewer that may only look is not given exclusive access", f"{SHARING}: as_the_viewer_asks"),
    ("RFC 7.3.2, 7.4", "bits 8, 16 or 32; depth no more, and the sum of the channels; maxima 2^n - 1; the name in UTF-8", server_init),
    # what viewers send
    ("RFC 7.5; proto Client to Server Messages", "messages 0 and 2 to 6 must be supported", every_base_message),
    ("RFC 4; proto Representation of Pixel Data", "pixels must be had in the form that the viewer wants", f"{ODD}: formats_are_exact"),
    ("DIFFERS proto SetPixelFormat", "formats that no pixel can have end the viewer with the reason", f"{ODD}: cannot_be_skipped"),
    ("RFC 7.5.1; proto SetPixelFormat", "the colour map is empty afterwards: it is sent anew", f"{ODD}: colour_maps"),
    ("RFC 7.5.1", "no update of the new format before it, none of the old after it", f"{EXTENSIONS}: synchronises"),
    ("RFC 7.5.2; proto SetEncodings", "pseudo-encodings and encodings that are not supported are ignored", unknown_encodings),
    ("RFC 7.5.3", "a request that is not incremental: the entire area as soon as possible, and never CopyRect", whole_area_at_once),
    ("proto FramebufferUpdateRequest", "what lies outside must be cropped; an empty area may be answered", areas_are_cropped),
    ("RFC 7.5.4; proto KeyEvent", "the case of a keysym counts, Shift is a hint, locks are worked around", f"{KEYMAP}: with_locks_and_modifiers"),
    ("RFC 7.5.4; proto KeyEvent", "Control and Alt change what other keysyms mean", f"{KEYMAP}: shortcuts_stay"),
    ("proto KeyEvent", "viewers repeat what is held, and a late release is no long press",
     "tests/server/input/input.c: silent_viewers_let_go"),
    ("proto KeyEvent", "ISO Left Tab is a shifted Tab", f"{KEYMAP}: modifiers_stay"),
    ("DIFFERS proto KeyEvent", "keysyms of lock keys should be ignored: they are typed, since the LEDs are told to viewers", f"{KEYMAP}: set_lock"),
    ("proto PointerEvent", "no extended events before the viewer said that it knows them", 'tests/server/rfb/message.c: "pointer with more buttons"'),
    ("proto PointerEvent", "a normal event means that the further buttons are up", f"{EXTENSIONS}: offers"),
    ("RFC 7.5.6; proto ClientCutText", "text of any length, extended or not", f"{ODD}: is_not_kept"),
    ("proto String Encodings", "invalid text must not cost synchronisation", invalid_text),
    ("proto EnableContinuousUpdates", "if they are active already they must remain so, with the new area", area_is_replaced),
    ("proto EnableContinuousUpdates", "disabled: EndOfContinuousUpdates must be sent, even if they were", f"{EXTENSIONS}: updates_by_itself"),
    ("proto EnableContinuousUpdates", "incremental requests must be ignored meanwhile, others honoured anywhere", continuous_and_requests),
    ("proto ClientFence", "the answer has Request and unknown flags cleared, the others and the payload kept", f"{EXTENSIONS}: answers_fences"),
    ("proto ClientFence", "BlockBefore, BlockAfter: what came before has taken effect, what comes after has not begun", fences_block),
    ("proto ClientFence", "SyncNext: the next message is atomic with the answer", f"{EXTENSIONS}: synchronises"),
    ("proto ClientFence", "the payload is limited to 64 bytes: longer ones are ignored", f"{ODD}: is_passed_over"),
    ("proto SetDesktopSize", "a rectangle for every message, not merged, in their order, with the error, and to nobody else", set_desktop_size),
    ("proto SetDesktopSize", "the answer as soon as possible: with the next update that the viewer asks for", f"{EXTENSIONS}: asks_for_a_size"),
    ("proto QEMU Extended Key Event", "0xb7 is a synonym of 0x54; Pause is 0xc6", f"{SCANCODE}: is_the_map"),
    ("proto, optional messages", "known ones that are not offered are passed over", f"{ODD}: is_passed_over"),
    # what the server sends
    ("RFC 3, 7.6.1; proto FramebufferUpdate", "updates come in response to requests", no_update_unasked),
    ("DIFFERS RFC 7.6.1", "one update for a request: there is one more for what must not be, or is not, with its pixels",
     size_and_pixels_for_one_request),
    ("proto Server to Client Messages", "optional messages only for viewers that named their extension", only_what_is_asked_for),
    ("RFC 7.6.2; proto SetColourMapEntries", "what indices mean is told before they are sent", f"{EXTENSIONS}: takes_a_colour_map"),
    ("proto ContinuousUpdates", "EndOfContinuousUpdates must be sent at the first SetEncodings that names it", continuous_at_once),
    ("proto Fence", "a fence should be sent at the first SetEncodings that names it", fence_first),
    ("DIFFERS proto Extended Clipboard, xvp, gii, audio, VMware's others", "not offered: naming them is ignored", unknown_encodings),
    # encodings
    ("RFC 7.7; proto encodings", "Raw, RRE, Hextile, zlib, Tight, ZRLE: as specified, for every format", "tests/server/net/encoders/encoders.c: select_pairs"),
    ("proto Tight", "no more than 2048 wide; JPEG only with a quality; no data without zlib unasked", tight_keeps_to_what_was_named),
    ("RFC 7.8.1; proto Cursor", "rows of the mask are whole bytes, the leftmost pixel first", f"{CURSOR}: masks_have_whole_bytes"),
    ("proto Cursor With Alpha", "red, green, blue, alpha; multiplied", f"{CURSOR}: with_alpha"),
    ("proto VMware Cursor", "type, padding, red, green, blue, alpha", f"{CURSOR}: vmware"),
    ("proto VMware Cursor Position", "of the hot spot, not of the corner", f"{FEED}: vmwares_place"),
    ("RFC 7.8.2; proto DesktopSize", "alone in its update, and then everything counts as modified", "tests/server/vnc/vnc.c: follows_sizes"),
    ("proto DesktopSize", "only when the size has really changed", size_only_on_change),
    ("proto LastRect", "only for viewers that know it", last_rect_only_for_who_knows),
    ("DIFFERS proto LastRect", "never for viewers of RFB 3.3: vncsnapshot waits for what it ends", "tests/viewers/case: case_vncsnapshot"),
    ("proto QEMU Pointer Motion Change", "relative motions, and places again", f"{EXTENSIONS}: asks_for_motions"),
    ("proto QEMU LED State", "an update must be sent whenever the state changes", f"{FEED}: lights_an_led"),
    ("proto DesktopName, ExtendedMouseButtons, QEMU keys", "empty rectangles at 0, 0; the name in UTF-8", pseudo_rectangles_are_empty),
    ("proto ExtendedDesktopSize", "for each request that is not incremental; no pixels beside it; only it where both are named; "
     "screens inside, their ids unique, flags 0", extended_size),
    ("proto Screen Model", "after a change nothing may rely on former contents", "tests/server/vnc/vnc.c: follows_sizes"),
]


def main():
    faulthandler.dump_traceback_later(280, exit=True)
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
    server = Server("--sharing=always", "--name=Bürö", security="none")
    ran = set()
    for clause, text, test in ROWS:
        if callable(test):
            if test not in ran:
                try:
                    test(server)
                except Exception:
                    print(f"FAILED: {clause}: {text} ({test.__name__})", flush=True)
                    raise
                ran.add(test)
            where = test.__name__
        else:
            path, name = test.split(": ", 1)
            with open(os.path.join(root, path), encoding="utf-8") as file:
                assert name in file.read(), f"{clause}: {path} has no {name} any more"
            where = test
        print(f"{clause:52} {text} [{where}]")
    unused = [name for name, thing in globals().items() if callable(thing) and getattr(thing, "__code__", None) and
              thing.__code__.co_varnames[:1] == ("server",) and thing not in ran]
    assert not unused, f"in no row: {unused}"
    server.stop()
    print(f"{len(ROWS)} rows, {len(ran)} tests of their own, {sum(row[0].startswith('DIFFERS') for row in ROWS)} differ on purpose")


if __name__ == "__main__":
    main()
