# SPDX-License-Identifier: GPL-2.0-or-later
"""A system bus of a test's own with a made-up logind on it (logind.c)."""
import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time

OPEN_TO_ALL = """<busconfig><type>system</type><listen>unix:path={}/bus</listen><auth>EXTERNAL</auth><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>"""


class Logind:
    """Nobody is at the screen at first. Servers that are started from now on find it. `program`: logind.c."""

    def __init__(self, program):
        if not shutil.which("dbus-daemon"):
            print("skipped: there is no dbus-daemon (Debian: dbus)")
            sys.exit(77)
        self.folder = tempfile.TemporaryDirectory(prefix="zerovnc-bus-", ignore_cleanup_errors=True)
        os.chmod(self.folder.name, 0o755)
        with open(f"{self.folder.name}/conf", "w") as file:
            file.write(OPEN_TO_ALL.format(self.folder.name))
        self.daemon = subprocess.Popen(["dbus-daemon", "--nofork", f"--config-file={self.folder.name}/conf"])
        while not os.path.exists(f"{self.folder.name}/bus"):
            time.sleep(0.02)
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = f"unix:path={self.folder.name}/bus"
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        for process in self.daemon, self.process:
            atexit.register(process.kill)  # they must not outlive a test that fails
        assert self.process.stdout.readline() == "ready\n"

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        return self.process.stdout.readline()

    def sits(self, uid, idle=False, locked=False, kind="user"):
        """This user's session is active from now on. None: nobody's."""
        assert self.ask("nobody" if uid is None else f"{uid} {kind} {idle:d} {locked:d}") == "done\n"

    def locked(self):
        """The sessions that were told to lock."""
        return self.ask("locked").split()

    def end(self):
        self.process.kill()
        self.daemon.kill()
        self.process.wait()
        self.daemon.wait()
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nowhere"
