#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""text_or_photo.py LOSSY_TILES [PAGES [SEED [FOLDER]]]: text stays lossless beside JPEG, and photographs do not.

Chromium draws pages that nobody saw before: text, source code, icons and buttons in fonts, sizes, colours and
scales by chance, smooth or subpixel, on flat colours and on gradients. Each is drawn again with its text
transparent, which tells the tiles that have any. Photographs are those of mate-backgrounds, or of FOLDER, in sizes and
places by chance. The seed is printed, so that a run can be repeated."""
import glob
import html
import os
import random
import shutil
import subprocess
import sys
import tempfile

TREE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../..")
PHOTOS = "/usr/share/backgrounds/mate/nature"
WIDTH, HEIGHT = 1920, 1080
QUALITY = "79"  # level 6
LOSSY_TEXT = 1 / 200  # of the tiles, at most
LOSSY_PHOTOS = 8 / 10  # at least; what has few colours needs no JPEG


def text(name):
    with open(os.path.join(TREE, name), encoding="utf-8") as file:
        return file.read()


def colour(dice, low, high):
    return "#" + "".join("%02x" % dice.randint(low, high) for _ in range(3))


class Block:
    """A piece of a page, with a look of its own."""

    prose = text("README.md") + text("ARCHITECTURE.md")
    code = text("encode/rfb/tight.c")

    def __init__(self, dice, fonts):
        self.dice = dice
        self.fonts = fonts
        self.dark = dice.random() < 0.5

    def ink(self):
        choice = self.dice.random()
        if choice < 0.4:
            return "#ddd" if self.dark else "#000"
        return colour(self.dice, 150, 255) if self.dark else colour(self.dice, 0, 110)

    def ground(self):
        low, high = (0, 70) if self.dark else (190, 255)
        first, second = colour(self.dice, low, high), colour(self.dice, low, high)
        return self.dice.choice([
            first, "#1e1e1e" if self.dark else "#fff", first,
            "linear-gradient(%ddeg,%s,%s)" % (self.dice.choice([0, 90, 45, 137]), first, second),
            "radial-gradient(%s,%s)" % (first, second)])

    def some(self, source, size):
        start = self.dice.randrange(len(source) - size)
        return source[start:start + size]

    def words(self, size):
        return html.escape(self.some(self.prose, size))

    def lines(self):
        inks = [self.ink() for _ in range(5)]
        tokens = self.some(self.code, 1800).split(" ")
        return "<pre>%s</pre>" % " ".join(
            "<span style='color:%s'>%s</span>" % (self.dice.choice(inks), html.escape(token)) for token in tokens)

    def icon(self):
        size, inks = self.dice.choice([16, 24, 32]), [colour(self.dice, 0, 255) for _ in range(3)]
        return ("<svg width=%d height=%d viewBox='0 0 24 24'><rect x=2 y=3 width=20 height=17 rx=4 fill='%s'/>"
                "<circle cx=12 cy=12 r=5 fill='%s'/><path d='M4 18L12 6L20 16' stroke='%s' fill=none /></svg>"
                % (size, size, *inks))

    def button(self):
        low, high = (30, 90) if self.dark else (200, 255)
        return ("<span style='display:inline-block;margin:5px;padding:5px 9px;border-radius:6px;border:1px solid #888;"
                "background:linear-gradient(%s,%s);box-shadow:1px 2px 6px #0008'>%s</span>"
                % (colour(self.dice, low, high), colour(self.dice, low, high), self.words(12)))

    def draw(self):
        body = self.dice.choice([
            lambda: self.words(2500), self.lines,
            lambda: "".join(self.icon() + self.words(20) for _ in range(50)),
            lambda: "".join(self.button() for _ in range(50))])()
        return ("<div style='width:320px;height:270px;overflow:hidden;float:left;background:%s;color:%s;"
                "font:%s %dpx \"%s\"'>%s</div>"
                % (self.ground(), self.ink(), self.dice.choice(["normal", "bold", "italic"]),
                   self.dice.choice([9, 10, 11, 12, 13, 15, 16, 18, 22, 30]), self.dice.choice(self.fonts), body))


def render(name, body, style, scale, options):
    with open(name + ".html", "w", encoding="utf-8") as file:
        file.write("<meta charset=utf-8><style>body{margin:0} pre{font:inherit;margin:0} %s</style>%s" % (style, body))
    size = "--window-size=%d,%d" % (WIDTH / scale, HEIGHT / scale)
    subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                    "--allow-file-access-from-files", size, "--force-device-scale-factor=%g" % scale, *options,
                    "--screenshot=%s.png" % name, "file://%s.html" % name],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(name + ".ppm", "wb") as file:
        subprocess.run(["pngtopnm", name + ".png"], check=True, stdout=file)
    return name + ".ppm"


def page(dice, name, fonts):
    body = "".join(Block(dice, fonts).draw() for _ in range(24))
    options = ["--enable-lcd-text"] if dice.random() < 0.5 else ["--disable-lcd-text"]
    scale = dice.choice([1, 1, 1.5, 2])
    return (render(name, body, "", scale, options),
            render(name + "-without", body, "*{color:transparent !important}", scale, options))


def photograph(dice, name, paths):
    width, height = dice.choice([(320, 216), (480, 360), (1920, 1080)])
    body = "".join("<img src='file://%s' style='width:%dpx;height:%dpx;object-fit:cover;object-position:%d%% %d%%;float:left'>"
                   % (dice.choice(paths), width, height, dice.randint(0, 100), dice.randint(0, 100))
                   for _ in range(WIDTH // width * (HEIGHT // height)))
    return [render(name, body, "", 1, [])]


def count(program, pictures, sums):
    out = subprocess.run([program, QUALITY, *pictures], check=True, stdout=subprocess.PIPE, text=True).stdout
    tiles, lossy = map(int, out.split())
    print("%s: %d of %d tiles are JPEG" % (os.path.basename(pictures[0]), lossy, tiles))
    sums[0] += tiles
    sums[1] += lossy


def main():
    program, pages = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    paths = sorted(glob.glob((sys.argv[4] if len(sys.argv) > 4 else PHOTOS) + "/*.jpg"))
    for tool in "chromium", "pngtopnm", "fc-list":
        if not shutil.which(tool):
            print("no %s (packaging/install test)" % tool)
            return 77
    if not paths:
        print("no photographs (packaging/install test: mate-backgrounds)")
        return 77
    print("seed %d" % seed)
    dice = random.Random(seed)
    fonts = subprocess.run(["fc-list", ":lang=en", "--format=%{family[0]}\n"], check=True, stdout=subprocess.PIPE, text=True)
    fonts = sorted(set(fonts.stdout.split("\n")) - {""})
    drawn, photos = [0, 0], [0, 0]
    with tempfile.TemporaryDirectory() as folder:
        for i in range(pages):
            count(program, page(dice, "%s/text%d" % (folder, i), fonts), drawn)
            count(program, photograph(dice, "%s/photo%d" % (folder, i), paths), photos)
    print("text: %d of %d tiles are JPEG; photographs: %d of %d" % (drawn[1], drawn[0], photos[1], photos[0]))
    if drawn[0] < 200 * pages:
        print("too little text was drawn")
        return 1
    return int(drawn[1] > drawn[0] * LOSSY_TEXT or photos[1] < photos[0] * LOSSY_PHOTOS)


sys.exit(main())
