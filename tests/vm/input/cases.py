# SPDX-License-Identifier: GPL-2.0-or-later
"""What the viewer of the guest's input cases does and expects: cases.py CASE [ARGUMENT...]."""
import fcntl
import glob
import json
import os
import re
import select
import socket
import struct
import subprocess
import sys
import termios
import time

from viewer import ALPHA, LEDS, MOTION, POSITION, Viewer, dead_strokes, keysym_of

EV_KEY, EV_REL, EV_ABS = 1, 2, 3
WAKEUP = 143  # this key lights a dark screen


class Device:
    """The events of one of our devices, as any program gets them."""

    def __init__(self, name):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            for path in glob.glob("/sys/class/input/event*/device/name"):
                with open(path) as file:
                    if file.read().strip() == name:
                        node = "/dev/input/" + path.split("/")[4]
                        self.fd = os.open(node, os.O_RDONLY | os.O_NONBLOCK)
                        return
            time.sleep(0.1)
        raise SystemExit(f"there is no device {name}")

    def events(self, seconds=0.5):
        """Returns the events that come during this time, without the kernel's repeats."""
        events, end = [], time.monotonic() + seconds
        while select.select([self.fd], [], [], max(0, end - time.monotonic()))[0] and time.monotonic() < end:
            data = os.read(self.fd, 24 * 64)
            events += [struct.unpack("qqHHi", data[i : i + 24])[2:] for i in range(0, len(data), 24)]
        return [event for event in events if event[0] != 0 and event[:1] + event[2:] != (EV_KEY, 2)]

    def come(self, are_all, ignored=lambda event: False, more=0.5):
        """Returns the events that come until these are all, and for a while more. On a busy machine it takes long until
        they come, at most 10 s."""
        events, end = [], time.monotonic() + 10
        while not are_all(events) and time.monotonic() < end:
            events += [event for event in self.events(0.05) if not ignored(event)]
        return events + [event for event in self.events(more) if not ignored(event)]


class Mouse:
    """A mouse that belongs to the machine."""

    def __init__(self):
        self.file = open("/dev/uinput", "wb", buffering=0)
        for request, bit in ((0x40045564, EV_KEY), (0x40045565, 0x110), (0x40045564, EV_REL), (0x40045566, 0), (0x40045566, 1)):
            fcntl.ioctl(self.file, request, bit)  # UI_SET_EVBIT, UI_SET_KEYBIT, UI_SET_RELBIT
        fcntl.ioctl(self.file, 0x405C5503, struct.pack("HHHH80sI", 3, 1, 1, 1, b"own mouse", 0))  # UI_DEV_SETUP
        fcntl.ioctl(self.file, 0x5501)  # UI_DEV_CREATE

    def move(self, x, y):
        for event in ((EV_REL, 0, x), (EV_REL, 1, y), (0, 0, 0)):
            self.file.write(struct.pack("qqHHi", 0, 0, *event))


def own_keyboard():
    """Makes a keyboard that belongs to the machine if it has none (the native guest). Without any input device,
    compositors start only if told to."""
    with open("/dev/uinput", "wb", buffering=0) as file:
        fcntl.ioctl(file, 0x40045564, EV_KEY)
        for code in range(1, 84):
            fcntl.ioctl(file, 0x40045565, code)
        fcntl.ioctl(file, 0x405C5503, struct.pack("HHHH80sI", 3, 1, 1, 1, b"own keyboard", 0))
        fcntl.ioctl(file, 0x5501)
        time.sleep(1000)


def expect(what, got, wanted):
    print(f"{what}: {got}")
    if got != wanted:
        raise SystemExit(f"{what}: {got}, expected {wanted}")


def expect_to_come(what, device, wanted, ignored=lambda event: False, more=0.5):
    """These events, and no others for a while."""
    expect(what, device.come(lambda events: len(events) >= len(wanted), ignored, more), wanted)


def is_waking(event):
    return event[1] == WAKEUP


def join(**options):
    """A server that is kept from the processor may take a viewer for one that is silent. Then another one tries."""
    for attempt in range(3):
        try:
            viewer = Viewer(**options)
            break
        except (ConnectionError, EOFError):
            if attempt == 2:
                raise
    viewer.request(False)
    viewer.watch(10, lambda: viewer.picture_bytes > 0)
    return viewer


# What one press of each of these keys does to a machine (input-event-codes.h): power, sleep, suspend, restart, log-off,
# radios, screens.
POWER_KEYS = (116, 142, 205, 237, 238, 239, 227, 241, 242, 245, 246, 247, 356, 408, 431, 433)


def declared(keyboard):
    """Returns the key codes that the device says it has."""
    bits = fcntl.ioctl(keyboard.fd, 0x80604521, bytes(96))  # EVIOCGBIT(EV_KEY)
    return {code for code in range(768) if bits[code // 8] >> code % 8 & 1}


class Console:
    """The visible text console, as the program that reads it gets what is typed."""

    def __init__(self):
        self.fd = os.open("/dev/tty1", os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        modes = termios.tcgetattr(self.fd)
        modes[0] &= ~termios.ICRNL
        modes[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG)
        termios.tcsetattr(self.fd, termios.TCSANOW, modes)

    def typed(self, seconds=1):
        text, end = b"", time.monotonic() + seconds
        while select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
            text += os.read(self.fd, 4096)
        return text.decode()


def repeats(viewer, typed, spare=0):
    """A key whose release is late is typed once. A key that the viewer repeats is typed as often as the viewer repeats
    it. `spare`: this many more are accepted, because an emulated desktop may itself be late."""
    typed()
    viewer.key(0x61, True)
    time.sleep(0.9)
    viewer.key(0x61, False)
    got = typed()
    print("let go 0.9 s late:", got)
    if not 1 <= len(got) <= 1 + spare:
        raise SystemExit("which is not once")
    viewer.key(0x61, True)
    time.sleep(0.5)
    for _ in range(10):
        viewer.key(0x61, True)
        time.sleep(0.05)
    viewer.key(0x61, False)
    got = typed()
    print("repeated 10 times by the viewer:", got)
    if not 11 <= len(got) <= 11 + spare:
        raise SystemExit("which is not what it did")


def kernel_commands():
    return len(re.findall("sysrq: HELP", subprocess.check_output(["dmesg"]).decode()))


def sysrq(viewer, allowed):
    """Alt+SysRq and a letter, by keysyms and by scancodes. H prints what the other letters would do."""
    if not os.path.exists("/proc/sys/kernel/sysrq"):
        print("this kernel knows no Alt+SysRq: not tried")
        return
    with open("/proc/sys/kernel/sysrq", "w", encoding="ascii") as file:
        file.write("1")
    for alt, print_key, letter in (
        ((0xFFE9, 0), (0xFF61, 0), (0x68, 0)),
        ((0xFFE9, 0), (0xFF15, 0), (0x68, 0)),
        ((0xFFEA, 0xB8), (0xFF61, 0xB7), (0x68, 0x23)),
        ((0xFFE9, 0x38), (0xFF15, 0x54), (0x68, 0x23)),
    ):
        before = kernel_commands()
        for keysym, scancode in (alt, print_key, letter):
            viewer.scancode(keysym, scancode, True)
        for keysym, scancode in (letter, print_key, alt):
            viewer.scancode(keysym, scancode, False)
        time.sleep(0.5)
        expect(f"commands by Alt+SysRq ({alt}, {print_key})", kernel_commands() - before, int(allowed))


def console(viewer, screen):
    """What the text console makes of all this."""
    screen.typed()
    for text in ("(brown) fox;", "<{[|]}> ~`!@#$%^&*_+-=/?:'\"", "FOX 0123456789.,"):
        viewer.type(text, 0.02)
        expect("typed on the console", screen.typed(), text)
    for keysym, text in ((0xFFBE, "\x1b[[A"), (0xFF09, "\t"), (0xFF0D, "\r"), (0xFF1B, "\x1b"), (0xFF51, "\x1b[D")):
        viewer.stroke(keysym)
        expect(f"keysym {keysym:x} on the console", screen.typed(), text)
    viewer.key(0xFFE9, True)
    viewer.stroke(0xFF09)
    viewer.key(0xFFE9, False)
    expect("Alt and Tab on the console", screen.typed(), "\x1b\t")
    repeats(viewer, screen.typed)


def devices():
    viewer, dropped = join(), status()["keys_dropped"]
    keyboard, pointer = Device("zerovnc keyboard"), Device("zerovnc pointer")
    time.sleep(1)
    expect("keys that stop the machine", declared(keyboard).intersection(POWER_KEYS), set())
    for keysym, scancode in ((0x1008FF2A, 0), (0, 0xDE), (0x1008FF2F, 0xDF), (0x1008FFB5, 0), (0, 0xF3)):
        viewer.scancode(keysym, scancode, True)
        viewer.scancode(keysym, scancode, False)
    expect("such keys pressed", [event for event in keyboard.events() if event[1] != WAKEUP], [])
    expect("keys that were dropped", status()["keys_dropped"] - dropped, 5)
    screen = Console()
    sysrq(viewer, False)
    keyboard.events()
    console(viewer, screen)
    keyboard.events()
    viewer.key(0x61, True)
    viewer.key(0x61, False)
    expect_to_come("a key", keyboard, [(EV_KEY, 30, 1), (EV_KEY, 30, 0)], is_waking)
    viewer.point(viewer.width // 2, viewer.height // 2)
    motion = pointer.come(lambda events: len({event[:2] for event in events}) > 1)
    expect("motion", sorted({event[:2] for event in motion}), [(EV_ABS, 0), (EV_ABS, 1)])
    for button, wanted in (
        (3, [(EV_REL, 8, 1), (EV_REL, 11, 120)]),
        (4, [(EV_REL, 8, -1), (EV_REL, 11, -120)]),
        (5, [(EV_REL, 6, -1), (EV_REL, 12, -120)]),
        (6, [(EV_REL, 6, 1), (EV_REL, 12, 120)]),
        (7, [(EV_KEY, 0x113, 1), (EV_KEY, 0x113, 0)]),
    ):
        viewer.click(viewer.width // 2, viewer.height // 2, button)
        expect_to_come(f"button {button}", pointer, wanted, lambda event: event[0] == EV_ABS)
    # still held at the end: Shift, a key and a button
    viewer.key(0xFFE1, True)
    viewer.key(0x42, True)
    viewer.point(10, 10, 1)
    keys = keyboard.come(lambda events: len(events) >= 2, is_waking, 0)
    expect("keys pressed", keys[:2], [(EV_KEY, 42, 1), (EV_KEY, 48, 1)])
    expect_to_come("button pressed", pointer, [(EV_KEY, 0x110, 1)], lambda event: event[0] == EV_ABS, 0)
    viewer.socket.close()
    keys += keyboard.come(lambda events: len(keys + events) >= 4, more=2)  # one that is held for long is let go before
    expect("keys released", sorted(keys[2:]), [(EV_KEY, 42, 0), (EV_KEY, 48, 0)])
    expect_to_come("buttons released", pointer, [(EV_KEY, 0x110, 0)])


def motions():
    """A viewer that was asked for motions has a mouse of its own. A button is released on the device on which it was
    pressed."""
    viewer, other = join(encodings=(0, MOTION)), join(encodings=(0,))
    time.sleep(1)
    expect("keys that stop the machine", declared(Device("zerovnc keyboard")).intersection(POWER_KEYS), set(POWER_KEYS))
    sysrq(viewer, True)
    viewer.watch(5, lambda: viewer.sends_motion)
    viewer.move(1, 1)
    mouse, pointer = Device("zerovnc mouse"), Device("zerovnc pointer")
    time.sleep(1)
    mouse.events()
    viewer.move(5, -3)
    viewer.move(-4000, 0, 1)
    viewer.move(0, 0, 0)
    wanted = [(EV_REL, 0, 5), (EV_REL, 1, -3), (EV_REL, 0, -4000), (EV_KEY, 0x110, 1), (EV_KEY, 0x110, 0)]
    expect_to_come("motions", mouse, wanted)
    other.point(10, 10, 1)
    wanted = [(EV_KEY, 0x110, 1)]
    expect("a place", pointer.come(lambda events: events[-1:] == wanted)[-1:], wanted)
    viewer.move(0, 2, 1)
    other.socket.close()
    expect_to_come("a motion with what is pressed already", mouse, [(EV_REL, 1, 2)], more=1)
    viewer.socket.close()
    expect_to_come("the release", pointer, [(EV_KEY, 0x110, 0)], more=2)
    expect("other releases", mouse.events(0.1), [])


def grabbed():
    """What xdotool does to gtk-vnc's viewer, which has grabbed the mouse. The counting begins with its first motion."""
    mouse = Device("zerovnc mouse")
    subprocess.check_call(["xdotool", "mousemove_relative", "3", "3"])
    mouse.events(2)
    sums = lambda events: [sum(value for kind, code, value in events if (kind, code) == (EV_REL, axis)) for axis in (0, 1)]
    for motion in ([30, 20], [-10, 0], [0, -45]):
        mouse.events(0.2)
        subprocess.check_call(["xdotool", "mousemove_relative", "--", str(motion[0]), str(motion[1])])
        expect("the sum of its motions", sums(mouse.come(lambda events: sums(events) == motion, more=2)), motion)


def link(cut):
    """What a viewer holds is released when the link to it breaks without a message, and not before the viewer is
    disconnected."""
    viewer = join(host="10.79.0.1")
    keyboard, pointer = Device("zerovnc keyboard"), Device("zerovnc pointer")
    time.sleep(1)
    viewer.key(0xFFE1, True)
    viewer.key(0x42, True)
    viewer.point(10, 10, 1)
    wanted = [(EV_KEY, 42, 1), (EV_KEY, 48, 1), (EV_KEY, 48, 0)]
    expect_to_come("keys pressed, of which what repeats is let go", keyboard, wanted, is_waking)
    expect_to_come("button pressed", pointer, [(EV_KEY, 0x110, 1)], lambda event: event[0] != EV_KEY)
    subprocess.check_call(cut, shell=True)
    begun = time.monotonic()
    expect("keys released at once", keyboard.events(5), [])
    released = []
    while not released and time.monotonic() < begun + 60:
        released += keyboard.events(0.5)
    expect("keys released", released, [(EV_KEY, 42, 0)])
    print(f"{time.monotonic() - begun:.0f} s after the link had died")
    expect_to_come("button released", pointer, [(EV_KEY, 0x110, 0)], more=1)
    expect("viewers left", status()["clients"], [])


def typing(plain, *rest):
    """Types the first text by the keysyms of its characters. In further texts, what is not ASCII is typed as dead key
    and letter."""
    viewer = join()
    for _ in range(600):
        with open("/run/weston.log", encoding="utf-8") as log:
            if "zerovnc keyboard: device is a keyboard" in log.read():
                break
        time.sleep(0.1)
    time.sleep(2)
    viewer.type(plain + "\n", 0.05)
    for text in rest:
        for character in text + "\n":
            strokes = [keysym_of(character)] if character.isascii() or character == "\xb5" else dead_strokes(character)
            for keysym in strokes:
                viewer.stroke(keysym)
                time.sleep(0.05)
    wanted = "\n".join((plain,) + rest) + "\n"
    for _ in range(50):
        with open("/run/typed", encoding="utf-8") as file:
            got = file.read().replace("\0", "")  # weston 10's terminal sends a zero byte after each character beyond ASCII
        if len(got) >= len(wanted):
            break
        time.sleep(0.2)
    expect("typed", got, wanted)
    # the viewer gets the LEDs that the compositor lights
    for leds in (4, 0):
        viewer.stroke(0xFFE5)
        viewer.watch(20, lambda: viewer.leds == leds)
        expect("LEDs after Caps Lock", viewer.leds, leds)


def repeating():
    viewer = join()
    time.sleep(1)
    repeats(viewer, lines(viewer), spare=2)


class Xev:
    """An X window that tells which keys come: keysyms by name, and the modifiers that are down with them."""

    def __init__(self):
        command = ["stdbuf", "-oL", "xev", "-event", "keyboard", "-geometry", "300x200+0+0"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        time.sleep(1)
        subprocess.check_call(["xdotool", "mousemove", "100", "100"])

    def typed(self, seconds=1):
        text, end = b"", time.monotonic() + seconds
        while select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
            text += self.process.stdout.read() or b""
        keys = re.findall(r"KeyPress.*\n.*\n.*state (0x[0-9a-f]+), .*\(keysym 0x[0-9a-f]+, (\w+)\)", text.decode())
        return [(name, int(state, 16)) for state, name in keys]


def x_keys():
    """Keys as X's libinput driver and xkb give them to a program."""
    viewer, window = join(), Xev()
    for _ in range(30):  # until X has the device
        viewer.stroke(0x61)
        if window.typed():
            break
    for keys, wanted in (
        ((0xFFE1, 0xFF09), [("Shift_L", 0), ("ISO_Left_Tab", 1)]),
        ((0xFFE3, 0xFFE1, 0xFF09), [("Control_L", 0), ("Shift_L", 4), ("ISO_Left_Tab", 5)]),
        ((0xFE20,), [("Shift_L", 0), ("ISO_Left_Tab", 1)]),
        ((0xFFE3, 0xFFE1, 0x63), [("Control_L", 0), ("Shift_L", 4), ("C", 5)]),
        ((0x28,), [("Shift_L", 0), ("parenleft", 1)]),
        ((0x3C,), [("Shift_L", 0), ("less", 1)]),
        ((0xFF61,), [("Print", 0)]),
        ((0xFFE9, 0xFF61), [("Alt_L", 0), ("Print", 8)]),
        ((0xFFCA,), [("XF86Tools", 0)]),
    ):
        for keysym in keys:
            viewer.key(keysym, True)
        for keysym in reversed(keys):
            viewer.key(keysym, False)
        expect(f"keysyms {[hex(keysym) for keysym in keys]} in X", window.typed(), wanted)
    repeats(viewer, window.typed, spare=1)
    window.process.kill()


def lines(viewer):
    """Returns what was typed in the terminal since the last call. It reads whole lines."""

    def typed():
        nonlocal seen
        viewer.stroke(0xFF0D)
        time.sleep(1.5)
        with open("/run/typed", encoding="utf-8") as file:
            text = file.read().replace("\0", "")
        text, seen = text[seen:], len(text)
        return text.replace("\n", "")

    seen = 0
    return typed


def location():
    words = subprocess.check_output(["xdotool", "getmouselocation"]).decode().split()
    return tuple(int(word.split(":")[1]) for word in words[:2])


def lands(viewer, x, y, offset=(0, 0)):
    """Points there, and again as long as X has not picked up the device yet."""
    wanted = (x + offset[0], y + offset[1])
    for _ in range(60):
        viewer.point(x ^ 1, y)
        viewer.point(x, y)
        viewer.watch(0.5, lambda: location() == wanted)
        if location() == wanted:
            return
    raise SystemExit(f"pointed at {wanted}, X has the pointer at {location()}")


def known_cursor(shape):
    """Returns the pixels of the cursor that was set, in the viewer's order of channels."""
    width, height = shape[2:4]
    pixels = shape[4]
    for y in range(height):
        for x in range(width):
            wanted = b"\0\0\0\0"
            if x < 16 and y < 16:
                wanted = b"\xff\x80\x00\xff" if y >= 8 else b"\x00\x40\xc0\xff"
            got = pixels[4 * (y * width + x) : 4 * (y * width + x) + 4]
            if got != wanted:
                raise SystemExit(f"the cursor's pixel {x}, {y} is {got.hex()}, expected {wanted.hex()}")


def shows_cursor(viewer, x, y):
    """Whether the picture has the known cursor with its tip there, and the background around it."""
    for row in range(-1, 17):
        for column in range(-1, 17):
            at = ((y - 9 + row) * viewer.width + x - 5 + column) * 4
            wanted = b"\x60\x40\x20"
            if 0 <= row < 16 and 0 <= column < 16:
                wanted = b"\x00\x80\xff" if row >= 8 else b"\xc0\x40\x00"
            if viewer.picture[at : at + 3] != wanted:
                return False
    return True


def painting(viewer):
    """A viewer that draws no cursors has the cursor in its picture. The other viewer is not disturbed."""
    plain = join(encodings=(0,))
    viewer.watch(0.5)
    quiet = viewer.picture_bytes
    for x, y in ((200, 300), (205, 302), (600, 400)):
        before = plain.picture_bytes
        viewer.point(x, y)
        plain.watch(30, lambda: shows_cursor(plain, x, y))
        if not shows_cursor(plain, x, y):
            at = (y * plain.width + x) * 4
            raise SystemExit(f"no cursor is painted at {x}, {y}: {plain.picture[at : at + 4].hex()}, X: {location()}")
        print(f"painted at {x}, {y} by {plain.picture_bytes - before} bytes")
        if plain.picture_bytes - before > 64 * 64 * 4:
            raise SystemExit("which is more than the cursor")
    viewer.watch(0.5)
    expect("picture bytes for the other viewer", viewer.picture_bytes - quiet, 0)
    plain.socket.close()


def pointing(left, top):
    viewer = join()
    offset = (int(left), int(top))
    width, height = viewer.width, viewer.height
    time.sleep(2)
    for x, y in ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1), (width // 2, height // 2), (123, 457)):
        lands(viewer, x, y, offset)
    print(f"{width}x{height} at {offset}: corners, centre and another, to the pixel")
    viewer.watch(3, lambda: viewer.shape and viewer.shape[2])
    expect("hotspot", viewer.shape[:2], (5, 9))
    known_cursor(viewer.shape)
    viewer.watch(1)
    before = viewer.picture_bytes, viewer.shapes
    for step in range(1000):
        viewer.point(10 + step % (width - 20), 10 + step * 7 % (height - 20))
        viewer.watch(0.002)
    viewer.watch(1)
    expect("picture bytes and shapes for 1000 moves", (viewer.picture_bytes, viewer.shapes), before)
    painting(viewer)
    # something else moved the pointer: the viewer is told where it is
    subprocess.check_call(["xdotool", "mousemove", str(offset[0] + 77), str(offset[1] + 88)])
    viewer.watch(5, lambda: viewer.position == (77, 88))
    expect("position", viewer.position, (77, 88))


def painted(viewer, x, y):
    """Where one viewer points, another that draws no cursors is shown the cursor."""
    plain = join(encodings=(0,))
    lands(viewer, x, y)
    plain.watch(30, lambda: shows_cursor(plain, x, y))
    expect(f"painted at {x}, {y}", shows_cursor(plain, x, y), True)
    plain.socket.close()


def learn_hotspot(viewer, *places):
    """Rests at these places by turns, until the viewer is told of the hotspot. It is learnt if the driver does not say
    it, and a turned cursor is one of which no driver does."""
    for turn in range(20):
        if viewer.shape and viewer.shape[:2] == (5, 9):
            return
        viewer.point(*places[turn % len(places)])
        viewer.watch(2, lambda: viewer.shape and viewer.shape[:2] == (5, 9))


def heads(*parts):
    """Points at the corners and the centre of each head, which lies at the same place for X as in the picture. The
    picture may still be about to become that of these heads."""
    viewer, places = None, [tuple(map(int, part.split(","))) for part in parts]
    size = max(x + width for x, _, width, _ in places), max(y + height for _, y, _, height in places)
    for _ in range(30):
        viewer = join()
        if (viewer.width, viewer.height) == size:
            break
        viewer.socket.close()
        time.sleep(1)
    expect("size", (viewer.width, viewer.height), size)
    for left, top, width, height in places:
        for x, y in ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1), (width // 2, height // 2), (123, 457)):
            lands(viewer, left + x, top + y)
        print(f"{width}x{height} at {left}, {top}: corners, centre and another, to the pixel")
        learn_hotspot(viewer, (left + 123, top + 457), (left + width // 2, top + height // 2))
        expect("hotspot", viewer.shape[:2], (5, 9))
        painted(viewer, left + 40, top + 50)
    viewer.socket.close()


def weston_says(pattern):
    with open("/run/weston.log", encoding="utf-8", errors="replace") as log:
        return re.findall(pattern, log.read())


AXIS = r"wl_pointer@\d+\.axis\(\d+, (\d), ([-\d.]+)\)"


def weston_pointer():
    """Returns where weston's own client for backgrounds, which are as large as the outputs, was told that the pointer
    is."""
    words = weston_says(r"wl_pointer@\d+\.(?:enter\(\d+, wl_surface@\d+|motion\(\d+), ([-\d.]+), ([-\d.]+)\)")
    return tuple(float(word) for word in words[-1]) if words else None


def sideways():
    """The background of a turned output has the pointer where the picture has it."""
    viewer = join()
    wait_while_watching(viewer, 60, lambda: weston_says("zerovnc pointer: (?:is tagged|device is)"))
    width, height = viewer.width, viewer.height
    for x, y in (width // 2, height // 2), (0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1), (123, 457):

        def there():
            got = weston_pointer()
            return got and max(abs(int(got[0]) - x), abs(int(got[1]) - y)) <= 1

        for _ in range(20):
            viewer.point(x ^ 8, y)
            viewer.point(x, y)
            if wait_while_watching(viewer, 1, there):
                break
        if not there():
            raise SystemExit(f"pointed at {x}, {y}: weston has it at {weston_pointer()}")
    print(f"{width}x{height}: corners, centre and another")


def cursor_planes():
    """Returns where the kernel says that cursors are."""
    with open("/sys/kernel/debug/dri/0/state", encoding="utf-8") as file:
        planes = re.findall(r"crtc=crtc-(\d)\n(?:\t.*\n)*?\tcrtc-pos=(\d+)x(\d+)([-+]\d+)([-+]\d+)", file.read())
    return [(int(crtc), int(x), int(y)) for crtc, width, height, x, y in planes if int(width) <= 256 and int(height) <= 256]


def weston(head, stretched=False):
    """Tries the corners and the centre of an output. weston tells where the pointer is, and the kernel where the cursor
    is, which differ by one hotspot."""
    viewer = join()
    wait_while_watching(viewer, 60, lambda: weston_says("zerovnc pointer: (?:is tagged|device is)"))
    time.sleep(1)
    width, height = viewer.width, viewer.height
    if stretched:  # the mapping has to be measured first
        for x, y in ((100, 200), (width // 3, height // 2), (width // 5, height * 3 // 4), (60, 500)):
            viewer.point(x, y)
            viewer.watch(1)
            time.sleep(1)
        print("before it was measured:", (60, 500), "went to", weston_pointer())
    spots = (width // 2, height // 2), (0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1), (123, 457)
    worst, hotspots = 0, set()
    for x, y in spots:

        def off():
            got = weston_pointer()
            return max(abs(int(got[0]) - x), abs(int(got[1]) - y)) if got else 10000

        def there():
            planes = cursor_planes()
            if not planes:  # weston draws a cursor itself if an edge cuts it
                return off() <= 1 and (min(x, y) < 32 or width - x < 32 or height - y < 32)
            return off() <= 1 and all(0 <= x - left < 32 and 0 <= y - top < 32 for _, left, top in planes)

        for _ in range(20):
            viewer.point(x ^ 8, y)
            viewer.point(x, y)
            if wait_while_watching(viewer, 1, there):
                break
        if not there():
            raise SystemExit(
                f"pointed at {x}, {y} of output {head}: weston has it at {weston_pointer()}, cursors {cursor_planes()}"
            )
        worst = max(worst, off())
        hotspots |= {(crtc, x - left, y - top) for crtc, left, top in cursor_planes()}
    print(f"{width}x{height}, output {head}: corners, centre and another, {worst} pixels off at most; hotspots {hotspots}")
    if {crtc for crtc, _, _ in hotspots} != {int(head) - 1} or any(
        max(values) - min(values) > 1 for values in zip(*[(h[1], h[2]) for h in hotspots])
    ):
        raise SystemExit("the cursor does not follow")
    viewer.watch(3, lambda: viewer.shape and viewer.shape[2])
    if not viewer.shape or not viewer.shape[2]:
        raise SystemExit("no cursor was told")


def using():
    """What a pointer does and costs once it is in its place."""
    viewer = join()
    wait_while_watching(viewer, 60, lambda: weston_says("zerovnc pointer: (?:is tagged|device is)"))
    moving(viewer)
    scrolling(viewer)


def scrolling(viewer):
    """The detents of a wheel, as weston reports them to its client: down, up, right."""
    before = len(weston_says(AXIS))
    for button in (4, 3, 6):
        viewer.click(300, 300, button)
        wait_while_watching(viewer, 5, lambda: len(weston_says(AXIS)) > before)
        time.sleep(0.3)
    axes = [(int(axis), float(value) > 0) for axis, value in weston_says(AXIS)[before:]]
    expect("scrolled (axis, forward)", axes, [(0, True), (0, False), (1, True)])


def moving(viewer):
    """Over a desktop that flips and does not change, a moving pointer makes the server read the picture no more often
    than a resting one."""
    viewer.watch(3)
    begun, before = time.monotonic(), (status()["frames"], viewer.picture_bytes)
    for step in range(500):
        viewer.point(200 + step % 300, 300 + step % 200)
        viewer.watch(0.008)
    seconds, after = time.monotonic() - begun, (status()["frames"], viewer.picture_bytes)
    print(f"500 moves in {seconds:.1f} s: {after[0] - before[0]} looks, {after[1] - before[1]} bytes of pictures")
    if after[0] - before[0] > seconds * 5.5 + 2:
        raise SystemExit("which is more than five a second")
    expect("bytes of pictures", after[1], before[1])


def wait_while_watching(viewer, seconds, condition):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        viewer.watch(0.05)
    return condition()


def status():
    with socket.socket(socket.AF_UNIX) as control:
        control.connect("/run/control")
        control.sendall(b"status\n")
        return json.loads(b"".join(iter(lambda: control.recv(4096), b"")))


def state():
    """Returns the state by the server's account: empty while it serves the screen, otherwise what the trouble is."""
    return status()["state"]


def scanned_out():
    """Returns the state by the kernel's account."""
    with open("/sys/kernel/debug/dri/0/state", encoding="utf-8") as file:
        return "\tactive=1" in file.read()


def becomes(viewer, lit, touch=lambda count: None):
    """Waits until the server reports this state, touching again every 3 s. It may not lag behind the kernel for
    long."""
    behind = last = None
    count, begun = 1, time.monotonic()
    while time.monotonic() < begun + 30:
        viewer.watch(0.1)
        if time.monotonic() > begun + 3 * count:
            touch(count)
            count += 1
        now, told = time.monotonic(), state()
        words = scanned_out(), told == ""
        if words != last:
            print(f"{now - begun:.1f} s: the kernel says {'lit' if words[0] else 'dark'}, the server {told or 'lit'}")
        last = words
        if words[1] == lit:
            return count
        behind = (behind or now) if words[0] == lit else None
        if behind and now - behind > 8:
            raise SystemExit(f"the kernel has had it {'lit' if lit else 'dark'} for 8 s")
    raise SystemExit(f"not {'lit' if lit else 'dark'} within 30 s")


def waking():
    """A display that its compositor has switched off is lit by a touch, which does nothing else. A person who sees
    nothing happen touches again."""
    viewer = join()
    keyboard, pointer = Device("zerovnc keyboard"), Device("zerovnc pointer")
    wait_while_watching(viewer, 30, lambda: weston_says("zerovnc keyboard: device is a keyboard"))
    for what, touch in (
        ("key", lambda count: viewer.stroke(0x61)),
        ("motion", lambda count: viewer.point(300 + count, 300)),
    ):
        becomes(viewer, False)
        keyboard.events(0.1), pointer.events(0.1)
        touch(0)
        wanted = [(EV_KEY, WAKEUP, 1), (EV_KEY, WAKEUP, 0)] + [(EV_KEY, 30, 1), (EV_KEY, 30, 0)] * (what == "key")
        expect_to_come("keys", keyboard, wanted)
        expect("kinds of pointer events", {event[0] for event in pointer.come(bool)}, {EV_ABS})
        print(f"lit by a {what}, touched {becomes(viewer, True, touch)} times")


def learning():
    viewer = join()
    time.sleep(2)
    for x, y in ((300, 200), (500, 350), (400, 600)):
        lands(viewer, x, y)
        viewer.watch(3)
    print("shape", viewer.shape and viewer.shape[:4])
    expect("hotspot", viewer.shape[:2], (5, 9))
    known_cursor(viewer.shape)
    subprocess.check_call(["xdotool", "mousemove", "77", "88"])
    viewer.watch(5, lambda: viewer.position == (77, 88))
    expect("position", viewer.position, (77, 88))


def latency():
    """Prints how long a key takes from the viewer's message to the event, and how long it takes if nothing but the
    kernel lies in between. Both take turns, so that they meet the same machine."""
    viewer = join()
    floor = socket.create_connection(("127.0.0.1", 5999))
    floor.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ways = [(viewer.socket, Device("zerovnc keyboard"), []), (floor, Device("floor keyboard"), [])]
    time.sleep(3)
    for _ in range(200):
        for way, keyboard, times in ways:
            begun = time.monotonic()
            way.sendall(struct.pack(">BBxxI", 4, True, 0x61))
            select.select([keyboard.fd], [], [], 5)
            times.append((time.monotonic() - begun) * 1000)
            way.sendall(struct.pack(">BBxxI", 4, False, 0x61))
            keyboard.events(0.04)
    for name, (_, _, times) in zip(("server", "floor"), ways):
        times.sort()
        print(f"key message to evdev event, {name}: median {times[100]:.2f} ms, 95 % {times[190]:.2f} ms, least {times[0]:.2f} ms")


def cost():
    """Prints what the cursor's motion at 125 Hz costs the server: moved by the machine's own mouse, moved by the
    viewer's, and standing still. No viewer asks for its place."""
    viewer = join(encodings=(0, ALPHA))
    mouse = Mouse()
    viewer.watch(8)  # until captures have thinned out, and X has the mouse
    pid = sys.argv[2]

    def figures():
        used = switched = 0
        for task in glob.glob(f"/proc/{pid}/task/*"):
            with open(task + "/schedstat") as file:
                used += int(file.read().split()[0])
            with open(task + "/status") as file:
                switched += sum(int(line.split()[1]) for line in file if "ctxt_switches" in line)
        status = json.loads(subprocess.check_output([sys.argv[3], "status", "--json", "--control=/run/control"]))
        return used / 1e9, switched, status["frames"], status["bytes_read_back"]

    def stand_still(_):
        pass

    def move_mouse(i):
        step = 1 if i % 500 < 250 else -1
        mouse.move(step, step)

    def move_viewer(i):
        viewer.point(100 + i % 500, 100 + i % 300)

    started = location()
    for what in (stand_still, move_mouse, stand_still, move_mouse, stand_still, move_viewer, stand_still):
        before, begun = figures(), time.monotonic()
        if what is stand_still:
            viewer.watch(8)
        for i in range(0 if what is stand_still else 1000):
            what(i)
            viewer.watch(max(0, begun + (i + 1) * 0.008 - time.monotonic()))
            if i == 125 and location() == started:
                raise SystemExit(f"{what.__name__} moves nothing")
        seconds, after = time.monotonic() - begun, figures()
        spent, switched, captures, read = ((b - a) / seconds for a, b in zip(before, after))
        rate = "" if what is stand_still else f" at {1000 / seconds:.0f} Hz"
        print(
            f"{what.__name__}{rate}, {seconds:.1f} s: {spent:.4f} CPU-s/s, {switched:.1f} switches/s, "
            f"{captures:.1f} captures/s, {read:.0f} bytes/s"
        )
        viewer.watch(2)


{"own_keyboard": own_keyboard, "repeating": repeating, "x_keys": x_keys, "weston": weston, "using": lambda *_: using(), "link": link, "waking": waking, "latency": latency, "cost": lambda *_: cost(), "devices": devices, "motions": motions, "grabbed": grabbed, "typing": typing, "pointing": pointing, "heads": heads, "sideways": sideways, "learning": learning}[sys.argv[1]](*sys.argv[2:])
