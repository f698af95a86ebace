#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""benchmark: `zerovnc bench`: what it prints is JSON and legible, plausible and complete; a software renderer is never taken
for a GPU; SIGINT ends it with what was measured. Which machine this is decides what can be measured: no figure is judged.

    benchmark.py [FILE own|scanout PATH=IMPORT...]    looks at a report that was made elsewhere (tests/vm)
"""
import json
import os
import pty
import signal
import subprocess
import sys

ZEROVNC = os.environ.get("ZEROVNC", "build/zerovnc")
OWN = ["--source=pattern", "--pattern-size=640x400", "--seconds=1"]
KINDS = ("nothing", "tenth", "everything")


def check(good, words):
    if not good:
        print("failed:", words)
        sys.exit(1)


def run(*arguments):
    done = subprocess.run([ZEROVNC, "bench", *arguments], capture_output=True, text=True, timeout=300)
    check("runtime error" not in done.stderr and "Sanitizer" not in done.stderr, done.stderr)
    return done.returncode, done.stdout, done.stderr


def measure(*arguments):
    status, out, err = run("--json", *arguments)
    check(status == 0 and err == "", f"status {status}: {err}")
    return json.loads(out)


def check_results(report, path):
    """Checks that there are results for every kind at both paces, with plausible numbers."""
    results = [result for result in report["results"] if result["path"] == path]
    tiles = {"nothing": 0, "tenth": (report["tiles"] + 9) // 10, "everything": report["tiles"]}
    seen = {(result["pace"], result["changed"]) for result in results}
    check({(pace, kind) for pace in ("back-to-back", "60hz") for kind in KINDS} <= seen, seen)
    for result in results:
        check(result["frames"] > 0 and 0 < result["ms"]["p50"] <= result["ms"]["p95"] < 60000, result)
        check(0 <= result["cpu_ms"]["p50"] <= result["cpu_ms"]["p95"], result)
        if report["frames"] == "own":
            check(result["tiles_changed"] == tiles.get(result["changed"], 0), result)
    check(report["forced"] == ["tenth", "everything"], report["forced"])
    return results


def path_of(report, name):
    return next(path for path in report["paths"] if path["path"] == name)


def check_given(file, frames, *imports):
    """Checks a report that another test has produced: which frames it measured, and PATH=IMPORT for each path."""
    with open(file, encoding="utf-8") as stream:
        given = json.load(stream)
    check(given["frames"] == frames and not given["interrupted"], given["note"])
    for path, how in (pair.split("=") for pair in imports):
        check(path_of(given, path).get("import") == how, path_of(given, path))
        check("new-buffer" in {result["changed"] for result in check_results(given, path)}, "no new buffers")
    check({result["path"] for result in given["results"]} == {pair.split("=")[0] for pair in imports}, given["results"])
    print(given["note"], given["paths"])


if len(sys.argv) > 1:
    check_given(*sys.argv[1:])
    sys.exit(0)
report = measure("--path=cpu", *OWN)
check((report["width"], report["height"], report["tiles"], report["frames"]) == (640, 400, 70, "own"), report)
check("--source=pattern" in report["note"] and not report["interrupted"], report["note"])
check(path_of(report, "cpu")["import"] == "memory" and path_of(report, "cpu")["renderer"], report["paths"])
check(path_of(report, "gpu")["reason"] and "import" not in path_of(report, "gpu"), report["paths"])
check_results(report, "cpu")
check({result["path"] for result in report["results"]} == {"cpu"}, report["results"])

# With --path=gpu, whatever GL there is gets measured.
report = measure("--path=gpu", *OWN)
check_results(report, "cpu")
gpu = path_of(report, "gpu")
if "import" in gpu:
    check_results(report, "gpu")
    check(gpu["import"] in ("texture", "dmabuf-egl") and gpu["renderer"] and not gpu["reason"], gpu)
    check(gpu["software"] == any(word in gpu["renderer"] for word in ("llvmpipe", "softpipe", "swrast")), gpu)
    sent = [result["bytes_read_back"] for result in report["results"]
            if result["path"] == "gpu" and result["changed"] == "nothing"]
    check(max(sent) < 640 * 400, sent)
else:
    check(gpu["reason"], gpu)
print("by --path=gpu:", gpu)

# By itself it takes no software renderer for a GPU, and reports what there is of a screen.
report = measure("--seconds=1")
check_results(report, "cpu")
chosen = path_of(report, "gpu")
check(not chosen["software"] or not [result for result in report["results"] if result["path"] == "gpu"], chosen)
if gpu["software"]:
    check("software" in chosen["reason"] and "--path=gpu" in chosen["reason"], chosen)
if report["frames"] == "own":
    check(report["note"].startswith("the built-in test desktop, 1920x1080; the screen is not read: "), report["note"])

status, out, err = run("--path=cpu", *OWN)
lines = out.splitlines()
check(status == 0 and err == "" and lines[0].startswith("frames: ") and lines[1].startswith("cpu: "), out)
check(lines[2].startswith("gpu: not measured: --path=cpu"), out)
check("back to back" in lines and "at 60 Hz" in lines, out)
rows = [line.split() for line in lines if line.startswith("  everything changed")]
check(len(rows) == 2 and all(len([float(word) for word in row[2:]]) == 3 for row in rows), out)

if not os.path.isdir("/dev/dri"):
    status, out, err = run("--source=kms", "--json")
    check(status == 1 and out == "" and err.startswith("zerovnc: error: "), (status, out, err))
status, out, err = run("--card=/dev/dri/card63")
check(status == 1 and out == "" and "there is no card /dev/dri/card63" in err, (status, out, err))
check(run("--seconds=0")[0] == 2, "--seconds=0 is no mistake")

# SIGINT comes after the third kind has begun, which is shown on a terminal.
ours, theirs = pty.openpty()
bench = subprocess.Popen([ZEROVNC, "bench", "--json", "--path=cpu", *OWN[:2], "--seconds=6"], stdout=subprocess.PIPE,
                         stderr=theirs, text=True)
os.close(theirs)
said = b""
while b"3 of 8" not in said:
    said += os.read(ours, 100)
bench.send_signal(signal.SIGINT)
report = json.loads(bench.communicate(timeout=60)[0])
check(bench.returncode == 0 and report["interrupted"], (bench.returncode, report))
check([result["changed"] for result in report["results"]][:2] == ["nothing", "tenth"], report["results"])
check(all(result["pace"] == "back-to-back" for result in report["results"]), report["results"])
print("passed")
