#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""announce.py: --announce, with a real avahi-daemon and its own D-Bus, in a network of its own: what avahi-browse sees of
a server, under which name and port, and when it is gone."""
import fcntl
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../net"))
from peer import Server  # noqa: E402

OURS = "192.0.2.2"
# Avahi does not send a goodbye right behind an announcement, and then finds what it has said in its own cache.
SETTLED_S = 4
NEEDED = "avahi-daemon", "avahi-browse", "avahi-publish", "dbus-daemon", "ip", "unshare"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={0}/bus</listen><policy context="default"><allow user="*"/><allow own="*"/>
<allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>"""
AVAHI = "[server]\nhost-name=desk\nallow-interfaces=quiet\nuse-ipv4=yes\nuse-ipv6=no\nenable-dbus=yes\n"


def skip(words):
    print("skipped:", words)
    sys.exit(77)


def own_machine():
    """Continues in a network and a /run of this script's own."""
    for program in NEEDED:
        if not shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin"):
            skip(f"there is no {program}")
    if "OWN_MACHINE" not in os.environ:
        alone = ["unshare", "-nm", "--propagation=private"]
        if os.geteuid() or subprocess.run([*alone, "true"], stderr=subprocess.DEVNULL).returncode:
            skip("it needs root, and namespaces of its own")
        os.execvpe("unshare", [*alone, sys.executable, *sys.argv], {**os.environ, "OWN_MACHINE": "yes", "PATH": os.environ["PATH"] + ":/usr/sbin"})
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    os.mkdir("/run/avahi-daemon")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def make_interface():
    """A network card whose cable ends nowhere."""
    IFF_TAP, IFF_NO_PI, TUNSETIFF = 2, 0x1000, 0x400454CA
    try:
        tap = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"quiet", IFF_TAP | IFF_NO_PI))
    except OSError as error:
        skip(f"no tap device can be made here: {error}")
    for command in f"addr add {OURS}/24 dev quiet", "link set quiet up":
        subprocess.run(["ip", *command.split()], check=True)
    return tap


def until(what, words):
    end = time.monotonic() + 40
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.1)
    raise AssertionError(f"waited in vain: {words}: {browse()}")


def browse():
    """Names and ports."""
    done = subprocess.run(["avahi-browse", "-rtp", "_rfb._tcp"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
    fields = [line.split(";") for line in done.stdout.splitlines() if line.startswith("=")]
    return sorted((field[3].replace("\\032", " ").replace("\\035", "#"), field[7], int(field[8])) for field in fields)


def start_avahi(folder):
    with open(f"{folder}/avahi.conf", "w") as file:
        file.write(AVAHI)
    log = open(f"{folder}/avahi.log", "w")
    return subprocess.Popen(["avahi-daemon", "--no-drop-root", "--no-chroot", "--no-rlimits", "-f", f"{folder}/avahi.conf"],
                            stdout=log, stderr=log)


def log_has(server, words):
    return any(words in line for line in server.lines())


def a_server_is_seen(folder):
    server = Server("--announce=yes", "--name=The desk", security="none", host=OURS)
    port = server.address[1]
    until(lambda: browse() == [("The desk", OURS, port)], "it is announced")
    assert log_has(server, f'announced on the network as "The desk", port {port}')
    second = Server("--announce", "--name=The desk", security="none", host="0.0.0.0")
    until(lambda: browse() == sorted([("The desk", OURS, port), ("The desk #2", OURS, second.address[1])]), "another one has another name")
    assert log_has(second, '"The desk" is taken on the network: this server is called "The desk #2" there')
    server.stop()
    until(lambda: browse() == [("The desk #2", OURS, second.address[1])], "it is withdrawn when it ends")
    return second


def avahi_comes_back(folder, avahi, server):
    avahi.terminate()
    avahi.wait(20)
    until(lambda: log_has(server, "Avahi has ended"), "it notices that")
    avahi = start_avahi(folder)
    until(lambda: [seen[2] for seen in browse()] == [server.address[1]], "it is announced again")
    time.sleep(SETTLED_S)
    server.process.kill()
    until(lambda: browse() == [], "it is withdrawn when it was killed")
    return avahi


def reload(server):
    time.sleep(SETTLED_S)
    subprocess.run([os.environ["ZEROVNC"], "reload", f"--control={server.path}/control"], check=True, stdout=subprocess.DEVNULL)


def a_name_may_change(folder):
    path = f"{folder}/zerovnc.conf"
    with open(path, "w") as file:
        file.write("announce = yes\nname = one\n")
    server = Server(f"--config={path}", security="none", host=OURS)
    until(lambda: [seen[0] for seen in browse()] == ["one"], "its first name")
    with open(path, "w") as file:
        file.write("announce = yes\nname = two\n")
    reload(server)
    until(lambda: [seen[0] for seen in browse()] == ["two"], "its second name")
    for text, seen in ("announce = no\nname = two\n", []), ("announce = yes\nname = two\n", ["two"]):
        with open(path, "w") as file:
            file.write(text)
        reload(server)
        until(lambda: [found[0] for found in browse()] == seen, text)
    server.stop()


def loopback_is_not_announced():
    server = Server("--announce", security="none")
    assert log_has(server, "--announce has no effect")
    quiet = Server(security="none", host=OURS)
    time.sleep(2)
    assert browse() == []
    quiet.stop()
    server.stop()


def it_serves_without_avahi(folder, avahi):
    avahi.terminate()
    avahi.wait(20)
    server = Server("--announce", security="none", host=OURS)
    until(lambda: log_has(server, "there is no Avahi yet"), "it says so")
    server.connect().join()
    avahi = start_avahi(folder)
    until(lambda: [seen[2] for seen in browse()] == [server.address[1]], "it is announced when Avahi comes")
    server.stop()
    os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nowhere"
    server = Server("--announce", security="none", host=OURS)
    assert log_has(server, "the system's D-Bus cannot be reached")
    server.connect().join()
    server.stop()
    return avahi


def main():
    own_machine()
    tap = make_interface()
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/bus.conf", "w") as file:
            file.write(BUS.format(folder))
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={folder}/bus"
        bus = subprocess.Popen(["dbus-daemon", f"--config-file={folder}/bus.conf", "--nofork", "--nopidfile"], stderr=subprocess.DEVNULL)
        avahi = None
        try:
            until(lambda: os.path.exists(f"{folder}/bus"), "D-Bus is there")
            avahi = start_avahi(folder)
            until(lambda: "Server startup complete" in open(f"{folder}/avahi.log").read(), "Avahi is there")
            loopback_is_not_announced()
            avahi = avahi_comes_back(folder, avahi, a_server_is_seen(folder))
            a_name_may_change(folder)
            avahi = it_serves_without_avahi(folder, avahi)
        finally:
            for process in filter(None, (avahi, bus)):
                process.kill()
    os.close(tap)
    print("it was announced, and withdrawn")


if __name__ == "__main__":
    main()
