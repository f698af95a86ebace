#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Users log in with their own names and passwords, through PAM rules of this test's own: who gets in and what they may
do, and that the log names everybody at the moment of the decision."""
import concurrent.futures
import faulthandler
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import BINARY, Gone, Peer, Server, Socket, rsa_key  # noqa: E402

TYPES = "x509-plain,tls-plain,ra2-256,ra2"
NUMBERS = {"X509Plain": 262, "TLSPlain": 259, "RA2": 5, "RA2_256": 129}
SCRIPT = """#!/bin/sh
IFS= read -r password || :
echo "$PAM_USER $PAM_RHOST $PAM_TTY" >>{folder}/asked
[ "$PAM_USER:$password" = "alice:her password" ] || [ "$PAM_USER:$password" = "carol:her own" ]
"""


def own_rules():
    """Continues in a mount namespace of this script's own, which has its own PAM rules. Ends it with 77 if none can be
    made."""
    over = ["mount", "-t", "tmpfs", "tmpfs", "/etc/pam.d"]
    if "OWN_RULES" not in os.environ:
        alone = ["unshare", "-m" if os.geteuid() == 0 else "-rm"]
        if not shutil.which("unshare") or subprocess.run([*alone, *over], stderr=subprocess.DEVNULL).returncode:
            print("skipped: no mount namespace can be made here, or there is no /etc/pam.d")
            sys.exit(77)
        os.environ["OWN_RULES"] = "1"
        os.execvp("unshare", [*alone, sys.executable, *sys.argv])
    subprocess.run(over, check=True)


def write_rules(folder):
    with open(f"{folder}/check", "w") as file:
        file.write(SCRIPT.format(folder=folder))
    os.chmod(f"{folder}/check", 0o700)
    with open("/etc/pam.d/zerovnc", "w") as file:
        file.write(f"auth [success=done default=ignore] pam_exec.so expose_authtok quiet {folder}/check\n"
                   "auth required pam_deny.so\naccount required pam_permit.so\n")
    if subprocess.run(["find", "/lib", "/usr/lib", "/usr/lib64", "-name", "pam_exec.so"], stdout=subprocess.PIPE,
                      stderr=subprocess.DEVNULL).stdout == b"":
        print("skipped: this machine's PAM has no pam_exec")
        sys.exit(77)


def prove(peer, name, user, password):
    """Runs a login up to the server's answer."""
    kind = NUMBERS[name]
    peer.version()
    peer.types()
    if kind > 255:
        peer.send(b"\x13")
        peer.vencrypt(kind, password, user)
    else:
        peer.send(bytes([kind]))
        peer.rsa_aes(kind, password, user)


def until(what):
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def lines_with(server, *texts):
    """The log without the user of this machine that connected: doors.py checks those."""
    lines = (re.sub(r", connected by .*| \([a-z0-9, ]*\)(?= left| came)", "", line) for line in server.lines())
    return [line for line in lines if all(text in line for text in texts)]


def comes_in(server):
    for name in NUMBERS:
        for user, password, more in (("alice", "her password", ""), ("carol", "her own", " (view only)")):
            peer = server.connect()
            port = peer.layer.socket.getsockname()[1]
            prove(peer, name, user, password)
            # at the moment of the decision, not only when the viewer continues
            assert lines_with(server, f'{name}: user "{user}" from 127.0.0.1:{port} let in{more}'), server.lines()
            assert not lines_with(server, f":{port} came in")
            peer.enter()
            status = json.loads(subprocess.run([BINARY, "status", "--json", f"--control={server.path}/control"],
                                               stdout=subprocess.PIPE, check=True).stdout)
            assert [client["view_only"] for client in status["clients"]] == [bool(more)], status["clients"]
            peer.close()
            until(lambda: lines_with(server, f"127.0.0.1:{port} left"))
            view = ", view only" if more else ""
            assert lines_with(server, f'user "{user}" from 127.0.0.1:{port} came in (RFB 3.8, {name}{view})')
    with open(f"{server.path}/asked") as asked:
        assert {line.strip() for line in asked} == {"alice 127.0.0.1 vnc", "carol 127.0.0.1 vnc"}


def is_refused(server, name, user, password, why, shown, by_unix):
    peer = Peer(Socket(f"{server.path}/socket" if by_unix else server.address, 60))
    try:
        prove(peer, name, user, password)
    except Gone as gone:
        assert "authentication failed" in str(gone), gone
    else:
        raise AssertionError(f"{user} was let in")
    said = [line for line in lines_with(server, f'{name}: user "{shown}" from {"unix" if by_unix else "127.0.0.1:"}')
            if "let in" not in line.replace(shown, "")]
    assert len(said) == 1 and said[0].endswith(f" refused: {why}"), said
    peer.close()


def leaves_early(server):
    """The password was wrong, whatever follows."""
    peer = server.connect()
    try:
        peer.layer.socket.settimeout(1)
        prove(peer, "TLSPlain", "alice", "a guess")
        raise AssertionError("it was let in")
    except TimeoutError:
        pass  # the server makes it wait
    peer.close()
    until(lambda: lines_with(server, 'TLSPlain: user "alice" from', " refused: wrong name or password"))


def refusals(server):
    # what the client pretends to be, and what would push the verdict out of the line, stays within its quotes
    pretence, shown = 'x" from 192.0.2.9:1 let in\n<3>zerovnc: \x1b[2J', r'x\" from 192.0.2.9:1 let in\x0a<3>zerovnc: \x1b[2J'
    forged, shown = pretence + 200 * "\1", shown + (64 - len(pretence)) * r"\x01" + "..."
    with open(f"{server.path}/asked", "w"):
        pass
    with concurrent.futures.ThreadPoolExecutor() as pool:  # because the server takes its time
        attempts = [pool.submit(is_refused, server, *row) for row in (
            ("X509Plain", "root", "wrong", "not among --plain-users, --view-users or --rights", "root", False),
            ("TLSPlain", forged, "wrong", "not among --plain-users, --view-users or --rights", shown, False),
            ("RA2", "bob", "her password", "wrong name or password", "bob", True))]
        for attempt in attempts:
            attempt.result()
    with open(f"{server.path}/asked") as asked:
        assert sorted(line.strip() for line in asked) == ["bob localhost vnc", "not:listed 127.0.0.1 vnc", "not:listed 127.0.0.1 vnc"]


def rights_are_as_written():
    """alice is named by a short form, carol and everybody else by the long one, which a reload changes under her."""
    with tempfile.TemporaryDirectory() as folder:
        def write(rights):
            with open(f"{folder}/conf", "w") as file:
                file.write(f"security = {TYPES}\nplain-users = alice,carol\nrights = {rights}\n")

        def rights():
            asked = subprocess.run([BINARY, "viewers", "--json", f"--control={server.path}/control"], stdout=subprocess.PIPE, check=True)
            return {viewer["account"]: "+".join(viewer["rights"]) for viewer in json.loads(asked.stdout)["viewers"]}

        write("carol:view, *:none")
        server = Server(f"--config={folder}/conf", security=None)
        peers = {}
        for user, password in ("alice", "her password"), ("carol", "her own"):
            peers[user] = server.connect()
            prove(peers[user], "RA2", user, password)
            peers[user].enter()
        until(lambda: rights() == {"alice": "view+type", "carol": "view"})
        assert lines_with(server, 'user "carol" from ', " let in (view only)") and lines_with(server, 'user "alice" from ', " let in")
        for words, now in ("carol:type,alice:view", {"alice": "view", "carol": "view+type"}), ("alice:none", {"carol": "view+type"}):
            write(words)
            subprocess.run([BINARY, "reload", f"--control={server.path}/control"], stdout=subprocess.DEVNULL, check=True)
            until(lambda: rights() == now)
        until(lambda: lines_with(server, "left: its user may not view this screen"))
        server.stop()


def needs_somebody():
    """A type by which nobody could log in is refused at the start: root is not a default name."""
    for command in ("serve", "doctor"):
        for security in ("x509-plain", "none,tls-plain", "ra2"):
            said = subprocess.run([BINARY, command, "--source=pattern", "--path=cpu", "--no-input", "--listen=127.0.0.1:0",
                                   f"--security={security}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            assert said.returncode == (2 if command == "serve" else 1) and b"--plain-users=NAME" in said.stdout, said
    Server("--view-users=carol", security="x509-plain,ra2").stop()


def main():
    own_rules()
    faulthandler.dump_traceback_later(280, exit=True)
    rsa_key(2048)  # making one may take longer than the server waits for a person
    server = Server("--plain-users=alice,bob", "--view-users=carol", security=TYPES)
    write_rules(server.path)
    comes_in(server)
    refusals(server)
    leaves_early(server)
    for secret in ("her password", "her own", "a guess"):
        assert not lines_with(server, secret)
    rights_are_as_written()
    server.stop()
    needs_somebody()
    print("users came in as they should, nobody else did, and the log names them all")


if __name__ == "__main__":
    main()
