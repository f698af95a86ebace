#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""motion.py [BUILD]: what a viewer's pointer at 125 Hz costs the server on this machine, beside the same viewer at
rest, in turns. The built-in pattern stands in for the display. If there is no /dev/uinput, the figure has everything
except the write to it."""
import glob
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../vm/input"))
from viewer import ALPHA, Viewer  # noqa: E402

PORT, MOVES, TURNS = 5988, 1000, 3


def spent(pid):
    """Returns the CPU seconds of all threads."""
    sums = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        with open(path, encoding="ascii") as file:
            sums += int(file.read().split()[0])
    return sums / 1e9


def rest(viewer):
    viewer.watch(MOVES * 0.008)


def move(viewer):
    begun = time.monotonic()
    for i in range(MOVES):
        viewer.point(100 + i % 500, 100 + i % 300)
        viewer.watch(max(0, begun + (i + 1) * 0.008 - time.monotonic()))


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    with tempfile.TemporaryDirectory() as folder:
        server = subprocess.Popen([f"{build}/zerovnc", "--source=pattern", "--pattern=still", "--security=none",
                                   f"--listen=127.0.0.1:{PORT}", f"--control={folder}/control"], stderr=subprocess.DEVNULL)
        time.sleep(1)
        viewer = Viewer(port=PORT, encodings=(0, ALPHA))
        viewer.request(False)
        viewer.watch(8)  # until looks have thinned out
        figures = {rest: [], move: []}
        for _ in range(TURNS):
            for what, seen in figures.items():
                before, begun = spent(server.pid), time.monotonic()
                what(viewer)
                seen.append((spent(server.pid) - before) / (time.monotonic() - begun))
        server.terminate()
        server.wait()
    for what, seen in figures.items():
        print(f"{what.__name__}: {statistics.median(seen):.4f} CPU-s/s ({min(seen):.4f} to {max(seen):.4f})")


main()
