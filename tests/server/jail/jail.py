#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""jail PROBE LOGIN: from within a server that has the broker and the login helper, PROBE tries all that somebody would try
who has taken it over, and everything is refused. The same server still serves: by the CPU and by the GPU, by TLS, to
users whom PAM knows, to browsers, and with settings that were read again. With --no-sandbox, the attempts that need no
right are not refused, so they would be seen."""
import errno
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../net"))
from peer import BINARY, Server  # noqa: E402
from users import SCRIPT, prove, until  # noqa: E402

PROBE, LOGIN = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
NOBODY = 65534
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--bounding-set=-all", "--no-new-privs",
             "env", "HOME=/nonexistent")
# What a user without any right may do unless the server gave it up.
HARMLESS = ("execve", "execveat", "fork", "secret", "open(folder", "foreign", "hidden", "SOCK_DGRAM", "SOCK_SEQPACKET",
            "socketpair", "card0", "/tmp\"")
REFUSED = (errno.EPERM, errno.EACCES, errno.ENOSYS)
MACHINE = """
mount -t tmpfs tmpfs /etc/pam.d && mount -t tmpfs tmpfs /dev && mkdir /dev/dri || exit 77
for node in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'mem 1 1' 'uinput 10 223' 'fb0 29 0' 'dri/card0 226 0' 'dri/renderD128 226 128'; do
    set -- $node "$@"; mknod -m 666 /dev/$1 c $2 $3 || exit 77; shift 3
done
ip link set lo up && exec "$@"
"""


def own_machine():
    """Continues with devices, PAM rules and a loopback of this script's own."""
    if os.geteuid() != 0 or not shutil.which("setpriv"):
        print("skipped: not root, which it takes to make a machine of one's own, or there is no setpriv")
        sys.exit(77)
    if "OWN_MACHINE" not in os.environ:
        os.environ["OWN_MACHINE"] = "1"
        os.execvp("unshare", ["unshare", "-m", "-n", "--propagation", "private", "sh", "-c", MACHINE, "sh", sys.executable,
                              *sys.argv])


class Foreign:
    """What belongs to others: a folder with a file, and two sockets."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="foreign-")
        os.chmod(self.folder, 0o777)
        self.sockets = []
        for family, address in ((socket.AF_UNIX, f"{self.folder}/socket"),
                                (socket.AF_UNIX, b"\0zerovnc-jail".ljust(108, b"\0"))):
            listener = socket.socket(family)
            listener.bind(address)
            listener.listen(100)
            self.sockets.append(listener)
        os.chmod(f"{self.folder}/socket", 0o777)
        self.log = f"{self.folder}/log"
        self.clear()

    def environment(self):
        return {"PROBE_FOREIGN": self.folder, "PROBE_LOG": self.log}

    def clear(self):
        """As if nothing had been tried yet."""
        made = f"{self.folder}/made"
        if os.path.isdir(made):
            os.rmdir(made)
        elif os.path.lexists(made):
            os.unlink(made)
        for name, text in ("secret", "secret"), ("log", ""):
            with open(f"{self.folder}/{name}", "w") as file:
                file.write(text)
            os.chmod(file.name, 0o666)

    def attempts(self, server):
        """Has the server try everything. Returns what it tried, with the error."""
        self.clear()
        server.process.send_signal(signal.SIGUSR2)
        until(lambda: open(self.log).read().endswith("end\n"))
        with open(self.log) as log:
            return {name: int(error) for name, error in (line.rsplit(" ", 1) for line in log.read().splitlines()[:-1])}


def serve(foreign, *options, **more):
    os.environ.update(foreign.environment())
    return Server("--broker=/nowhere/broker", *options, runner=(*AS_NOBODY, f"LD_PRELOAD={PROBE}"), owner=NOBODY, **more)


def all_is_refused(foreign, server):
    attempts = foreign.attempts(server)
    done = {name: os.strerror(error) for name, error in attempts.items() if error not in REFUSED}
    landlock = "Landlock" in "".join(line for line in server.lines() if "sandbox: no capabilities" in line)
    if not landlock:
        print("this kernel has no Landlock: files are not tried")
        done = {name: error for name, error in done.items() if "open" not in name}
    assert not done, done
    assert len(attempts) > 50, attempts
    return attempts


def all_would_be_seen(foreign):
    server = serve(foreign, "--no-sandbox", security="none")
    attempts = foreign.attempts(server)
    for word in HARMLESS:
        found = {name: error for name, error in attempts.items() if word in name}
        assert found and any(error not in REFUSED for error in found.values()), (word, found)
    server.stop()


def is_restricted(status_file):
    with open(status_file) as file:
        status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
    assert status["NoNewPrivs"] == "1" and status["Seccomp"] == "2" and status["CapPrm"] == status["CapBnd"] == "0" * 16, status
    return int(status.get("Seccomp_filters", 0))


def every_thread_is_restricted(server):
    process = f"/proc/{server.process.pid}/task"
    assert len({is_restricted(f"{process}/{thread}/status") for thread in os.listdir(process)}) == 1


def left_behind(server):
    """The processes that do for it what it may not."""
    found = subprocess.run(["pgrep", "-l", "-P", str(server.process.pid)], stdout=subprocess.PIPE, text=True).stdout.split()
    assert sorted(found[1::2]) == ["zerovnc-porter", "zerovnc-probe"], found
    for number in found[::2]:
        is_restricted(f"/proc/{number}/status")
    return found[::2]


def shows_all(peer):
    """A whole picture comes."""
    peer.request()
    assert peer.update() >= peer.width * peer.height * 4


def by_each_path(foreign):
    for path in "cpu", "gpu":
        server = serve(foreign, f"--path={path}", security="none", pattern="moving")
        peer = server.connect(60).join()
        shows_all(peer)
        report = server_report(server)
        assert f"path {path}" in report, report
        every_thread_is_restricted(server)
        all_is_refused(foreign, server)
        shows_all(peer)
        peer.close()
        helpers = left_behind(server)
        server.stop()
        until(lambda: not any(os.path.exists(f"/proc/{number}") for number in helpers))
        print("served, and refused everything, by", path)


def server_report(server):
    until(lambda: any("path " in line for line in server.lines()))
    return "\n".join(server.lines())


def write_rules(folder):
    with open(f"{folder}/check", "w") as file:
        file.write(SCRIPT.format(folder=folder))
    os.chmod(f"{folder}/check", 0o700)
    with open("/etc/pam.d/zerovnc", "w") as file:
        file.write(f"auth [success=done default=ignore] pam_exec.so expose_authtok quiet {folder}/check\n"
                   "auth required pam_deny.so\naccount required pam_permit.so\n")


def replace(path, text):
    """As editors do: another file in its place."""
    with open(f"{path}.new", "w") as file:
        file.write(text)
    os.chown(f"{path}.new", NOBODY, NOBODY)
    os.rename(f"{path}.new", path)


def users_browsers_and_settings(foreign):
    place = tempfile.mkdtemp(prefix="place-")
    os.chmod(place, 0o755)
    write_rules(place)
    os.mkdir(f"{place}/web")
    with open(f"{place}/web/index.html", "w") as file:
        file.write("hello")
    replace(f"{place}/conf", "plain-users = alice\n")
    login = subprocess.Popen([LOGIN, f"--socket={place}/login", "--user=nobody"])
    until(lambda: os.path.exists(f"{place}/login"))
    server = serve(foreign, f"--config={place}/conf", f"--login-helper={place}/login", f"--web-root={place}/web",
                   security="x509-plain,tls-plain")
    for name in "X509Plain", "TLSPlain":
        peer = server.connect(60)
        prove(peer, name, "alice", "her password")
        peer.enter()
        shows_all(peer)
        peer.close()
    page = urllib.request.urlopen(f"http://127.0.0.1:{server.address[1]}/", timeout=60).read()
    assert page == b"hello", page
    replace(f"{place}/conf", "plain-users = bob\nname = another\n")
    server.process.send_signal(signal.SIGHUP)
    until(lambda: any("were read again; changed: plain-users, name" in line for line in server.lines()))
    login.kill()
    login.wait()
    login = subprocess.Popen([LOGIN, f"--socket={place}/login", "--user=nobody"])  # the server finds the next one, too
    time.sleep(0.5)
    peer = server.connect(60)
    try:
        prove(peer, "TLSPlain", "bob", "her password")
        raise AssertionError("bob has another password")
    except Exception as refused:  # pylint: disable=broad-except
        assert "authentication failed" in str(refused), refused
    assert any('user "bob"' in line and "refused: wrong name or password" in line for line in server.lines()), server.lines()
    all_is_refused(foreign, server)
    server.stop()
    login.terminate()
    assert login.wait(60) == 0
    print("users, browsers and new settings came through")


def main():
    own_machine()
    foreign = Foreign()
    all_would_be_seen(foreign)
    by_each_path(foreign)
    users_browsers_and_settings(foreign)


if __name__ == "__main__":
    main()
