#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""other_users: the server neither asks a socket of another user of this machine, nor serves at a place of theirs, nor
uses their keys. The service is another user's, and root asks it all the same; the passwords that root writes are
for its group. If another user's program answers all the same, it cannot control the terminal on which the answer is
shown. Needs root, because it takes two users."""
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ZEROVNC = os.path.abspath(os.environ.get("ZEROVNC", "build/zerovnc"))
OTHER = 65534
GROUP = 64999  # named zerovnc here
HOSTILE = "\x1b]0;title\x07\x1b[2J\nforged line\r\x7f\u009b31m\u202egnp.exe\u2066\u2028\U000e0041"
failures = []


def check(good, words):
    if not good:
        failures.append(words)
        print("failed:", words)


def own_machine():
    """Makes a /run and a /tmp of our own, so that default places can be tried."""
    if os.geteuid() != 0:
        print("skipped: not root, which it takes to act as two users")
        sys.exit(77)
    if "OWN_MACHINE" not in os.environ:
        inside = "mount -t tmpfs -o mode=755 tmpfs /run && mount -t tmpfs -o mode=1777 tmpfs /tmp && " \
            f"{{ grep -v ^zerovnc: /etc/group; echo zerovnc:x:{GROUP}:; }} >/tmp/group && mount --bind /tmp/group /etc/group && exec \"$@\""
        os.environ["OWN_MACHINE"] = "1"
        if subprocess.run(["unshare", "-m", "--propagation", "private", "true"]).returncode:
            print("skipped: no mount namespace can be had here")
            sys.exit(77)
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", "sh", "-c", inside, "sh", sys.executable,
                              os.path.abspath(__file__)])


def run(*arguments, uid=0, **environment):
    """Runs zerovnc. Returns its exit status, its output and its errors."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("XDG_") and name != "HOME"}
    given.update(environment)
    done = subprocess.run([BINARY, *arguments], env=given, user=uid or None, extra_groups=[] if uid else None,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout, done.stderr.decode()


def fork_as(uid, work):
    """Runs `work` in a child process as that user. The child reports that it is ready by writing a byte to the
    descriptor that it is given."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
        try:
            work(theirs)
        finally:
            os._exit(0)
    os.close(theirs)
    os.read(ours, 1)
    os.close(ours)
    return child


def end(child):
    os.kill(child, 9)
    os.waitpid(child, 0)


def answer_all(listener, ready, asked=None):
    """Answers every client with a status in which every word is hostile. The first client makes the file `asked`."""
    os.write(ready, b".")
    while True:
        connection, _ = listener.accept()
        if asked:
            open(asked, "w").close()
        connection.recv(64)
        client = {"address": HOSTILE + '"} 1\n', "security": HOSTILE, "encoding": HOSTILE, "id": 1}
        status = {name: HOSTILE for name in ("output", "state", "path", "import", "renderer", "path_detail",
                                             "path_reason", "input_reason", HOSTILE)}
        status.update(clients=[client], listening=[HOSTILE])
        connection.sendall(json.dumps(status, ensure_ascii=False).encode())
        connection.close()


def listen_at(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(8)
    return listener


def read(path):
    with open(path) as file:
        return file.read()


def is_plain(text):
    """Checks that this is one line or more, and that it has only characters that show themselves."""
    try:
        characters = text.decode()
    except UnicodeDecodeError:
        return False
    return not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\U000e0000-\U000e0fff]",
                         characters)


def hostile_words_are_escaped():
    path = f"{DIR}/hostile.sock"
    child = fork_as(0, lambda ready: answer_all(listen_at(path), ready))
    for option in [], ["--json"], ["--prometheus"]:
        status, out, err = run("status", f"--control={path}", *option)
        check(status == 0 and out, f"status {option} of a hostile server: {status} {err}")
        check(is_plain(out), f"status {option} drives the terminal: {out}")
        check(option or b"\nforged" not in out, "a forged line")
        if option == ["--json"]:
            check(json.loads(out)["state"] == HOSTILE, "JSON for programs says something else than the server")
        if option == ["--prometheus"]:
            lines = out.decode().splitlines()
            labels = [line for line in lines if "address=" in line]
            check(labels and all(re.fullmatch(r'zerovnc_\w+\{viewer="1",address="([^"\\]|\\["\\n])*"\} \S+', line)
                                 for line in labels), f"labels: {labels}")
            display = [line for line in lines if line.startswith("zerovnc_display_info")]
            check(len(display) == 1 and re.fullmatch(r'zerovnc_display_info\{output="([^"\\]|\\["\\n])*",'
                                                     r'state="([^"\\]|\\["\\n])+"\} 1', display[0]), display)
            check("zerovnc_display_lit 0" in lines, "a display with a state is not lit")
    end(child)
    # what an administrator pastes is repeated without any effect
    status, _, err = run("status", f"--control=/nowhere/{HOSTILE}")
    check(status == 1 and is_plain(err.encode()) and err.count("\n") == 1, f"said: {err!r}")
    status, out, _ = run("doctor", "--source=kms", "--no-input", f"--card=/dev/dri/{HOSTILE}")
    check(is_plain(out) and b"\\x1b" in out, f"doctor: {out}")
    status, out, _ = run("doctor", "--json", "--source=kms", "--no-input", f"--card=/dev/dri/{HOSTILE}")
    check(is_plain(out), f"doctor --json: {out}")


def others_are_not_asked():
    os.mkdir(f"{DIR}/others")
    os.chown(f"{DIR}/others", OTHER, OTHER)
    os.mkdir(f"{DIR}/shared")
    os.chmod(f"{DIR}/shared", 0o1777)
    os.mkdir(f"{DIR}/open")
    os.chmod(f"{DIR}/open", 0o777)
    os.mkdir(f"{DIR}/open/mine")
    asked = f"{DIR}/shared/asked"
    places = (f"{DIR}/others/sock", "belongs to nobody"), (f"{DIR}/shared/sock", "belongs to nobody"), \
        (f"{DIR}/open/sock", "others may write"), (f"{DIR}/open/mine/sock", "others may write")
    for path, words in places:
        whose = 0 if "mine" in path else OTHER
        child = fork_as(whose, lambda ready: answer_all(listen_at(path), ready, asked))
        status, out, err = run("status", f"--control={path}")
        check(status == 1 and not out, f"asked what another owns: {path}: {out}")
        check(words in err, f"{path}: {err}")
        check(not os.path.exists(asked), f"connected to what another owns: {path}")
        # the server starts all the same: the owner of that folder must not be able to prevent it
        with open(f"{DIR}/log", "w+") as log:
            server = subprocess.Popen([BINARY, "serve", "--source=pattern", "--security=none", "--no-input", f"--listen=unix:{DIR}/vnc",
                                       f"--control={path}"], stderr=log)
            while server.poll() is None and "listening at" not in read(f"{DIR}/log"):
                time.sleep(0.01)
            server.terminate()
            said = read(f"{DIR}/log")
            check(server.wait(20) == 0 and words in said, f"served where another could: {server.returncode} {said}")
            check(not os.path.exists(asked), f"connected to what another owns: {path}")
        check(os.path.exists(path), f"took away what another owns: {path}")
        end(child)
        os.unlink(path)

    # The file is root's, but another user listens: only the kernel can tell.
    path = f"{DIR}/root.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)

    def listen(ready):
        listener.listen(8)
        answer_all(listener, ready)
    child = fork_as(OTHER, listen)
    listener.close()
    status, out, err = run("status", f"--control={path}")
    check(status == 1 and not out and "run by nobody" in err, f"heard another's answer: {out} {err}")
    end(child)


def keys_are_not_kept_with_others():
    for folder in "others", "open":
        status, _, err = run("serve", "--source=pattern", "--security=x509-none", "--no-input",
                             f"--listen=unix:{DIR}/vnc", f"--control={DIR}/control", STATE_DIRECTORY=f"{DIR}/{folder}")
        check(status == 1 and f"{DIR}/{folder}" in err, f"keys in a folder of another's: {status} {err}")
        check(os.listdir(f"{DIR}/{folder}") in ([], ["mine"]), f"wrote to {folder}")


def default_places(uid, expected, **environment):
    """Serves as that user, and finds that server by `status` without a path."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("XDG_") and name != "HOME"}
    given.update(environment)
    with open(f"{DIR}/log", "w+") as log:
        server = subprocess.Popen([BINARY, "serve", "--source=pattern", "--security=none", "--no-input",
                                   "--listen=127.0.0.1:0"], env=given, user=uid or None,
                                  extra_groups=[] if uid else None, stderr=log)
        for _ in range(200):
            if os.path.exists(expected) or server.poll() is not None:
                break
            time.sleep(0.05)
        status, out, err = run("status", uid=uid, **environment)
        check(os.path.exists(expected), f"no socket at {expected}: {open(log.name).read()}")
        check(status == 0 and b"serving" in out, f"status does not find {expected}: {err}")
        if os.path.exists(expected):
            folder = os.stat(os.path.dirname(expected))
            check(folder.st_uid == uid and folder.st_mode & 0o777 == (0o700 if uid else 0o755), f"{expected}: {folder}")
            check(os.stat(expected).st_mode & 0o777 == 0o600, f"the mode of {expected}")
        check(not [name for name in os.listdir("/tmp") if name.endswith(".sock")], f"in /tmp: {os.listdir('/tmp')}")
        server.terminate()
        check(server.wait(30) == 0, "it did not end well")
        check(not os.path.exists(expected), f"{expected} is left behind")


def root_asks_the_service():
    """Root finds the server of whom it has given the folder of sockets, but asks nobody else who sits there."""
    folder = "/run/zerovnc"
    os.mkdir(folder)
    os.chown(folder, OTHER, OTHER)
    with open(f"{DIR}/log", "w+") as log:
        server = subprocess.Popen([BINARY, "serve", "--source=pattern", "--security=none", "--no-input",
                                   f"--listen=unix:{DIR}/home/vnc"], user=OTHER, extra_groups=[], stderr=log,
                                  env={"RUNTIME_DIRECTORY": f"{folder}:/elsewhere", "HOME": f"{DIR}/home"})
        while server.poll() is None and "listening at" not in read(f"{DIR}/log"):
            time.sleep(0.01)
        for whose in [], [f"--control={folder}/control.sock"]:
            status, out, err = run("status", *whose)
            check(status == 0 and b"serving" in out, f"root does not find the service {whose}: {err}")
        status, _, err = run("status", uid=OTHER, RUNTIME_DIRECTORY=folder)
        check(status == 0, f"the service does not find itself: {err}")
        server.terminate()
        check(server.wait(30) == 0, "the service did not end well")
    child = fork_as(0, lambda ready: (listener := listen_at(f"{folder}/control.sock"),
                                      os.chown(f"{folder}/control.sock", OTHER + 1, 0), answer_all(listener, ready)))
    status, out, err = run("status")
    check(status == 1 and not out, f"asked a socket of a third user: {out}")
    end(child)
    os.unlink(f"{folder}/control.sock")
    os.chmod(folder, 0o775)
    child = fork_as(OTHER, lambda ready: answer_all(listen_at(f"{folder}/control.sock"), ready))
    status, out, err = run("status")
    check(status == 1 and not out, f"asked where a group may write: {out}")
    end(child)
    shutil.rmtree(folder)


def run_as(group, path):
    """Starts a server of the other user, in that group, and ends it as soon as it serves. Returns its exit status, and
    what it said."""
    with open(f"{DIR}/log", "w+") as log:
        server = subprocess.Popen([BINARY, "serve", "--source=pattern", "--security=vncauth", "--no-input",
                                   f"--listen=unix:{DIR}/home/vnc", f"--password-file={path}"], user=OTHER, group=group,
                                  extra_groups=[], env={"HOME": f"{DIR}/home"}, stderr=log)
        while server.poll() is None and "listening at" not in read(f"{DIR}/log"):
            time.sleep(0.01)
        server.terminate()
        return server.wait(30), read(f"{DIR}/log")


def passwords_are_for_the_service():
    """What root writes can be read by the service. What it cannot read, the error has the remedy for."""
    os.mkdir(f"{DIR}/etc")
    path = f"{DIR}/etc/passwd"

    done = subprocess.run([BINARY, "passwd", path], input=b"secret\n", stderr=subprocess.PIPE, timeout=60)
    status = os.stat(path)
    check(done.returncode == 0 and status.st_mode & 0o777 == 0o640 and (status.st_uid, status.st_gid) == (0, GROUP),
          f"root's password file: {status}")
    check(b"group zerovnc" in done.stderr, f"not told: {done.stderr}")
    for group, readable in (GROUP, True), (OTHER, False):
        code, err = run_as(group, path)
        check(readable == (code == 0), f"read by group {group}: {err}")
        check(readable or f"chgrp nogroup {path}" in err, f"no remedy: {err}")
    os.chmod(f"{DIR}/etc", 0o700)
    _, err = run_as(GROUP, path)
    check(f"the folder {DIR}/etc is closed to the user nobody" in err, f"no remedy: {err}")
    os.chmod(f"{DIR}/etc", 0o755)
    for mode, gid in (0o660, GROUP), (0o640, OTHER):
        os.chmod(path, mode)
        os.chown(path, 0, gid)
        code, err = run_as(gid, path)
        check(code == 1 and "can be read by others" in err, f"mode {mode:o}, group {gid}: {err}")


def sits_in_tmp():
    """A user who sits at a place where other servers keep their sockets is not asked."""
    path = f"/tmp/zerovnc-{OTHER}.sock"
    child = fork_as(1, lambda ready: answer_all(listen_at(path), ready))
    status, out, _ = run("status", uid=OTHER, HOME=f"{DIR}/home")
    check(status == 1 and not out, f"asked whoever sits at {path}: {out}")
    end(child)
    os.unlink(path)


def everything():
    hostile_words_are_escaped()
    others_are_not_asked()
    keys_are_not_kept_with_others()
    home = f"{DIR}/home"
    os.mkdir(home)
    os.chown(home, OTHER, OTHER)
    sits_in_tmp()
    root_asks_the_service()
    passwords_are_for_the_service()
    default_places(0, "/run/zerovnc/control.sock")
    state = f"{home}/.local/state/zerovnc/control.sock"
    default_places(OTHER, state, HOME=home)
    default_places(OTHER, state, HOME=home, XDG_RUNTIME_DIR=f"{DIR}")  # root's variables, as after su
    default_places(OTHER, state, HOME=home, XDG_RUNTIME_DIR="relative")
    runtime = f"{DIR}/runtime"
    os.mkdir(runtime, 0o700)
    os.chown(runtime, OTHER, OTHER)
    default_places(OTHER, f"{runtime}/zerovnc/control.sock", HOME=home, XDG_RUNTIME_DIR=runtime)
    os.makedirs(f"/run/user/{OTHER}")
    os.chown(f"/run/user/{OTHER}", OTHER, OTHER)
    default_places(OTHER, f"/run/user/{OTHER}/zerovnc/control.sock", HOME=home)


own_machine()
DIR = tempfile.mkdtemp()
os.chmod(DIR, 0o755)
BINARY = shutil.copy(ZEROVNC, f"{DIR}/zerovnc")  # a place that every user can reach
everything()
sys.exit(1 if failures else 0)
