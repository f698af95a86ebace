#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""environment MARKER: a user without capabilities runs a copy of the server that has file capabilities. Nothing in that
user's environment may choose what this copy loads with a capability that the user lacks, or where its keys go. A copy
without capabilities shows that each variable has its effect otherwise."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

ZEROVNC = os.path.abspath(os.environ.get("ZEROVNC", "build/zerovnc"))
MARKER = os.path.abspath(sys.argv[1])
OTHER = 65534
LOADED = "the marker was loaded"
failures = []


def check(good, words):
    if not good:
        failures.append(words)
        print("failed:", words)


def skip(words):
    print("skipped:", words)
    sys.exit(77)


def give_capability(path):
    if not shutil.which("setcap"):
        skip("there is no setcap (libcap2-bin)")
    done = subprocess.run(["setcap", "cap_sys_admin+ep", path], stderr=subprocess.PIPE, text=True)
    if done.returncode:
        skip(f"file capabilities cannot be set in {DIR}: {done.stderr.strip()}")


def run(program, *arguments, **environment):
    """Runs the server as a user without privileges. Returns the exit status and everything that it printed. Without the
    leak check, which would have to trace more than that user may."""
    environment.setdefault("ASAN_OPTIONS", "detect_leaks=0")
    done = subprocess.run([program, *arguments], env=environment, user=OTHER, extra_groups=[], text=True,
                          errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    return done.returncode, done.stdout


def prepare():
    """Puts the marker under each name by which some variable would have it loaded."""
    os.mkdir(f"{DIR}/vendors")
    for name in "swrast_dri.so", "kms_swrast_dri.so", "virtio_gpu_dri.so", "libEGL.so.1", "marker_gbm.so":
        shutil.copy(MARKER, f"{DIR}/{name}")
    for name in "vendor.json", "vendors/10_marker.json":
        with open(f"{DIR}/{name}", "w", encoding="ascii") as file:
            json.dump({"file_format_version": "1.0.0", "ICD": {"library_path": MARKER_COPY}}, file)
    return {
        "__EGL_VENDOR_LIBRARY_FILENAMES": f"{DIR}/vendor.json",
        "__EGL_VENDOR_LIBRARY_DIRS": f"{DIR}/vendors",
        "LIBGL_DRIVERS_PATH": DIR,
        "GBM_DRIVERS_PATH": DIR,
        "GBM_BACKENDS_PATH": DIR,
        "GBM_BACKEND": "marker",
        "LD_LIBRARY_PATH": DIR,
        "LD_PRELOAD": MARKER_COPY,
    }


def nothing_is_loaded():
    variables = prepare()
    doctor = ["doctor", "--source=pattern", "--path=gpu", "--no-input"]
    effective = []
    for name, value in variables.items():
        if LOADED in run(PLAIN, *doctor, **{name: value})[1]:
            effective.append(name)
            said = run(CAPABLE, *doctor, **{name: value})[1]
            check(LOADED not in said, f"{name} chooses what is loaded with a capability: {said}")
    check(LOADED not in run(CAPABLE, *doctor, **variables)[1], "all of them together choose what is loaded")
    print("have something loaded without capabilities:", " ".join(effective))
    if not set(effective) & {"__EGL_VENDOR_LIBRARY_FILENAMES", "LIBGL_DRIVERS_PATH"}:
        skip("there is no libEGL here that the environment would mislead (libegl1, libgl1-mesa-dri)")


def no_folder_is_chosen():
    # this fails at something that is checked after the keys
    serve = ["serve", "--source=pattern", "--security=x509-none", "--no-input", "--listen=127.0.0.1:0",
             "--web-root=/nowhere"]
    for program in PLAIN, CAPABLE:
        for name in "STATE_DIRECTORY", "XDG_STATE_HOME", "HOME":
            own = tempfile.mkdtemp(dir=DIR)
            os.chown(own, OTHER, OTHER)
            status, said = run(program, *serve, **{name: own})
            check(status == 1, f"it did not end: {said}")
            check(bool(os.listdir(own)) == (program == PLAIN), f"{name} of {program}: {os.listdir(own)}; {said}")


if os.geteuid() != 0:
    skip("not root, which it takes to give capabilities")
DIR = tempfile.mkdtemp()
os.chmod(DIR, 0o755)
MARKER_COPY = shutil.copy(MARKER, DIR)
PLAIN = shutil.copy(ZEROVNC, f"{DIR}/plain")
CAPABLE = shutil.copy(ZEROVNC, f"{DIR}/capable")
give_capability(CAPABLE)
probe = shutil.copy(shutil.which("cat"), f"{DIR}/cat")
give_capability(probe)
if "CapEff:\t0000000000200000" not in run(probe, "/proc/self/status")[1]:
    skip(f"file capabilities are not heeded in {DIR} (nosuid?)")
nothing_is_loaded()
no_folder_is_chosen()
shutil.rmtree(DIR)
sys.exit(1 if failures else 0)
