#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Certificates, as openssl, Python's TLS and GnuTLS's own client see them: names and addresses, renewal with the same
key, and pairs that are replaced under a running server, whose viewers stay connected."""
import ctypes
import faulthandler
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import BINARY, Server, own_network  # noqa: E402

CLONE_NEWUTS = 0x04000000


def openssl(*arguments, **options):
    done = subprocess.run(["openssl", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **options)
    assert done.returncode == 0, done
    return done.stdout.decode()


def make_pair(certificate, key, days=300, name="given.example", kind="rsa", new_key=True):
    if new_key:
        openssl("genpkey", "-algorithm", *(["RSA", "-pkeyopt", "rsa_keygen_bits:2048"] if kind == "rsa" else
                                           ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]), "-out", key)
        os.chmod(key, 0o600)
    openssl("req", "-x509", "-new", "-key", key, "-days", str(days), "-subj", f"/CN={name}", "-addext",
            f"subjectAltName=DNS:{name}", "-out", certificate)


def fingerprint(pem):
    return openssl("x509", "-noout", "-fingerprint", "-sha256", input=pem.encode()).split("=")[1].strip()


def public_key(pem):
    return openssl("x509", "-noout", "-pubkey", input=pem.encode())


def lasts(pem, days):
    return subprocess.run(["openssl", "x509", "-noout", "-checkend", str(days * 86400)], input=pem.encode(),
                          stdout=subprocess.DEVNULL).returncode == 0


def read(path):
    with open(path) as file:
        return file.read()


def presented(server, host=None):
    """Returns the certificate that a newcomer gets."""
    return ssl.get_server_certificate((host or server.address[0], server.address[1]))


def viewer(server):
    peer = server.connect()
    peer.version()
    peer.types()
    peer.send(b"\x13")
    peer.vencrypt(260)
    return peer.enter()


def still_sees(peer):
    peer.request(area=(0, 0, 64, 64))
    assert peer.update() == 64 * 64 * 4


def count(server, text):
    return sum(text in line for line in server.lines())


class Serving(Server):
    """Listens at every address, with None over TLS. `state`: the folder that is kept from one server to the next."""

    def __init__(self, state=None, *options):
        # A server that waits for browsers also waits for the clients here, which speak first, on a busy machine.
        self.web = tempfile.TemporaryDirectory()
        super().__init__(f"--web-root={self.web.name}", *options, security="x509-none", host="0.0.0.0", state=state)
        self.address = ("127.0.0.1", self.address[1])


def names_and_addresses():
    """The names and addresses of this machine satisfy clients that check them."""
    socket.sethostname("front.example.org")
    subprocess.run(["ip", "address", "add", "192.0.2.1/32", "dev", "lo"], check=True)
    with tempfile.TemporaryDirectory() as state:
        server = Serving(state)
        path, port = f"{state}/tls-certificate.pem", server.address[1]
        assert count(server, f"certificate: SHA-256 {fingerprint(read(path))}, valid until ") == 1, server.lines()
        for kind, values in (("host", ("front.example.org", "front", "front.local", "localhost")),
                             ("ip", ("127.0.0.1", "::1", "192.0.2.1"))):
            for value in values:
                assert "does match" in openssl("x509", "-in", path, "-noout", f"-check{kind}", value), value
        assert "does NOT match" in openssl("x509", "-in", path, "-noout", "-checkip", "192.0.2.9")
        for check in (["-verify_hostname", "front.local"], ["-verify_ip", "192.0.2.1"]):
            said = openssl("s_client", "-connect", f"192.0.2.1:{port}", "-CAfile", path, "-verify_return_error", *check,
                           stdin=subprocess.DEVNULL)
            assert "Verify return code: 0 (ok)" in said, said
        context = ssl.create_default_context(cafile=path)
        for name in ("localhost", "127.0.0.1", "192.0.2.1"):
            with socket.create_connection((name, port)) as bare, context.wrap_socket(bare, server_hostname=name) as tls:
                days = (ssl.cert_time_to_seconds(tls.getpeercert()["notAfter"]) - time.time()) / 86400
                assert 365 < days <= 825, days  # Apple's systems accept no more
        server.stop()
        # nothing is missing, so nothing changes; then the machine gets another name, and is reached by another address
        before = read(path)
        Serving(state).stop()
        assert read(path) == before
        socket.sethostname("back")
        server = Serving(state)
        after = read(path)
        assert after != before and public_key(after) == public_key(before) and count(server, "it lacks the name back") == 1
        held = viewer(server)
        subprocess.run(["ip", "address", "add", "192.0.2.2/32", "dev", "lo"], check=True)
        assert presented(server) == after
        newest = presented(server, "192.0.2.2")
        assert "does match" in openssl("x509", "-noout", "-checkip", "192.0.2.2", input=newest.encode())
        assert presented(server) == newest and public_key(newest) == public_key(before)
        assert count(server, "it lacks the address 192.0.2.2") == 1
        assert count(server, f"new connections get this certificate: SHA-256 {fingerprint(newest)}") == 1
        still_sees(held)
        # an address that belongs to no interface is not a reason
        assert presented(server, "127.0.0.9") == newest
        held.close()
        server.stop()


def almost_expired():
    """At the start and while running, the server makes another one for the same key. Clients that remember the key take
    it for the same server."""
    with tempfile.TemporaryDirectory() as state, tempfile.TemporaryDirectory() as home:
        path, key = f"{state}/tls-certificate.pem", f"{state}/tls-key.pem"

        def remembered(server):
            """GnuTLS's list of known hosts, which TigerVNC's viewer uses too, has the first key."""
            port = server.address[1]
            os.makedirs(f"{home}/.gnutls", exist_ok=True)
            with open(f"{home}/.gnutls/known_hosts", "w") as known:
                known.write(f"|g0|localhost|{port}|0|{''.join(public_key(first).splitlines()[1:-1])}\n")
            said = subprocess.run(["gnutls-cli", "--no-ca-verification", "--strict-tofu", "--port", str(port), "localhost"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60,
                                  env=dict(os.environ, HOME=home))
            return b"Handshake was completed" in said.stdout
        make_pair(path, key, days=300, name="back", kind="ec")
        first = read(path)
        server = Serving(state)
        server.stop()
        make_pair(path, key, days=5, name="back", new_key=False)
        server = Serving(state)
        second = read(path)
        assert lasts(second, 700) and public_key(second) == public_key(first)
        assert count(server, "for the same key: it expires soon") == 1 and presented(server) == second
        held = viewer(server)
        make_pair(f"{state}/new", key, days=5, name="back", new_key=False)
        os.rename(f"{state}/new", path)
        third = presented(server)
        assert lasts(third, 700) and third not in (first, second) and public_key(third) == public_key(first)
        assert read(path) == third and count(server, f"SHA-256 {fingerprint(third)}") == 1
        if shutil.which("gnutls-cli"):
            assert remembered(server)
            os.rename(key, f"{key}.old")
            os.unlink(path)
            server.stop()
            server = Serving(state)
            assert not remembered(server)  # with another key: so it does check
        else:
            still_sees(held)
        held.close()
        server.stop()
    return bool(shutil.which("gnutls-cli"))


def own_pair_that_is_no_pair():
    """What cannot be used is replaced, unless somebody else has signed it."""
    with tempfile.TemporaryDirectory() as state:
        path, key = f"{state}/tls-certificate.pem", f"{state}/tls-key.pem"
        Serving(state).stop()
        first = read(path)
        with open(path, "w") as file:
            file.write(first[:100])
        Serving(state).stop()
        assert public_key(read(path)) == public_key(first)
        os.unlink(key)
        Serving(state).stop()
        assert public_key(read(path)) != public_key(first)
        # signed by an authority, and about to expire: it belongs to the administrator
        make_pair(f"{state}/ca.pem", f"{state}/ca.key", kind="ec", name="authority")
        openssl("req", "-new", "-key", key, "-subj", "/CN=front", "-out", f"{state}/request")
        openssl("x509", "-req", "-in", f"{state}/request", "-CA", f"{state}/ca.pem", "-CAkey", f"{state}/ca.key", "-days", "5",
                "-out", path)
        signed = read(path)
        server = Serving(state)
        assert presented(server) == signed == read(path) and count(server, f"{path} expires soon") == 1
        server.stop()
        with open(f"{state}/other.key", "w"):
            make_pair(f"{state}/other.pem", f"{state}/other.key", kind="ec")
        os.rename(f"{state}/other.key", key)
        said = subprocess.run([BINARY, "--source=pattern", "--no-input", "--listen=127.0.0.1:0", "--security=x509-none"],
                              stderr=subprocess.PIPE, env=dict(os.environ, STATE_DIRECTORY=state), timeout=60)
        assert said.returncode and b"cannot use the certificate" in said.stderr and read(path) == signed, said


def replaced(folder, step_by_step):
    """A pair is replaced while connections come. `step_by_step(old, new)` replaces it, and says before each step what
    newcomers get in the meantime."""
    certificate, key = f"{folder}/live.pem", f"{folder}/live.key"
    pairs = []
    for i, kind in enumerate(("rsa", "ec", "rsa")):
        make_pair(f"{folder}/{i}.pem", f"{folder}/{i}.key", kind=kind, name=f"number{i}.example")
        pairs.append((f"{folder}/{i}.pem", f"{folder}/{i}.key"))
    step_by_step(pairs[0], (certificate, key), lambda: None)
    server = Serving(None, f"--tls-certificate={certificate}", f"--tls-key={key}")
    viewers = [viewer(server)]
    for i in range(3):
        last, current = read(pairs[i - 1][0]) if i else None, read(pairs[i][0])

        def meanwhile():
            for _ in range(3):
                assert presented(server) == last
            assert count(server, "new connections get the previous certificate") == i, server.lines()
        if i:
            step_by_step(pairs[i], (certificate, key), meanwhile)
        assert presented(server) == current
        assert count(server, f"SHA-256 {fingerprint(current)}, valid until") == 1, server.lines()
        viewers.append(viewer(server))
        for one in viewers:
            still_sees(one)
    for one in viewers:
        one.close()
    server.stop()


def begun_before(folder):
    """A handshake that begins before a pair is replaced and ends after it uses the previous pair."""
    for name in "ab":
        make_pair(f"{folder}/{name}.pem", f"{folder}/{name}.key", kind="ec", name=f"{name}.example")
    first, second = read(f"{folder}/a.pem"), read(f"{folder}/b.pem")
    server = Serving(None, f"--tls-certificate={folder}/a.pem", f"--tls-key={folder}/a.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    said, heard = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(heard, said)
    with socket.create_connection(server.address) as bare:
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            pass
        hello = said.read()
        bare.sendall(hello[:20])
        assert presented(server) == first  # earlier connections have been handled by now
        os.rename(f"{folder}/b.pem", f"{folder}/a.pem")
        os.rename(f"{folder}/b.key", f"{folder}/a.key")
        assert presented(server) == second
        bare.sendall(hello[20:])
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                bare.sendall(said.read())
                heard.write(bare.recv(65536))
        assert ssl.DER_cert_to_PEM_cert(tls.getpeercert(True)).split() == first.split()
    server.stop()


def by_renaming(pair, live, meanwhile):
    """Certificate first, then the key."""
    for source, target, last in zip(pair, live, (False, True)):
        shutil.copy(source, f"{target}.new")
        os.rename(f"{target}.new", target)
        if not last:
            meanwhile()


def by_writing(pair, live, meanwhile):
    """In place: the key first, and at first only half of each."""
    for source, target in reversed(list(zip(pair, live))):
        text = read(source)
        with open(target, "w") as file:
            file.write(text[:len(text) // 2])
            file.flush()
            os.chmod(target, 0o600)
            meanwhile()
            file.write(text[len(text) // 2:])
        if target == live[1]:
            meanwhile()


def by_switching(pair, live, meanwhile):
    """Symbolic links, as certbot makes them."""
    for source, target in zip(pair, live):
        if os.path.lexists(target):
            os.unlink(target)
            meanwhile()
        os.symlink(source, target)
        if target == live[0]:
            meanwhile()


def open_to_everybody(folder):
    """A new key that everybody can read is not used, and the log says why. Nor is something that is not a file."""
    make_pair(f"{folder}/a.pem", f"{folder}/a.key", kind="ec")
    first = read(f"{folder}/a.pem")
    server = Serving(None, f"--tls-certificate={folder}/a.pem", f"--tls-key={folder}/a.key")
    make_pair(f"{folder}/b.pem", f"{folder}/b.key", kind="ec")
    os.chmod(f"{folder}/b.key", 0o644)
    os.rename(f"{folder}/b.key", f"{folder}/a.key")
    os.rename(f"{folder}/b.pem", f"{folder}/a.pem")
    second = read(f"{folder}/a.pem")
    assert presented(server) == first and count(server, f"chmod o= {folder}/a.key") == 1
    os.chmod(f"{folder}/a.key", 0o640)
    assert presented(server) == second
    os.unlink(f"{folder}/a.pem")
    os.mkfifo(f"{folder}/a.pem")
    assert presented(server) == second and count(server, "is no PEM file") == 1
    server.stop()


def doctor_knows(folder):
    def says(*options):
        done = subprocess.run([BINARY, "doctor", "--source=pattern", "--path=cpu", "--no-input", "--listen=127.0.0.1:0",
                               "--security=x509-none", *options], stdout=subprocess.PIPE,
                              env=dict(os.environ, STATE_DIRECTORY=f"{folder}/state"), timeout=60)
        lines = [line for line in done.stdout.decode().splitlines() if " certificate " in line]
        assert done.returncode == 0 and len(lines) == 1, done
        return lines[0]
    os.mkdir(f"{folder}/state")
    assert says().startswith("ok ") and "made at the first start" in says()
    Serving(f"{folder}/state").stop()
    pem = read(f"{folder}/state/tls-certificate.pem")
    year = openssl("x509", "-noout", "-enddate", "-dateopt", "iso_8601", input=pem.encode()).split("=")[1].split()[0] \
        if "-dateopt" in subprocess.run(["openssl", "x509", "-help"], stderr=subprocess.PIPE).stderr.decode() else ""
    line = says()
    assert line.startswith("ok ") and fingerprint(pem) in line and f"until {year}" in line and "localhost, 127.0.0.1, ::1" in line, line
    make_pair(f"{folder}/given.pem", f"{folder}/given.key", days=5)
    given = (f"--tls-certificate={folder}/given.pem", f"--tls-key={folder}/given.key")
    line = says(*given)
    assert line.startswith("warning ") and "expires soon" in line and "for given.example" in line, line
    make_pair(f"{folder}/given.pem", f"{folder}/given.key", days=100, new_key=False)
    assert says(*given).startswith("ok ")


def main():
    own_network()
    if ctypes.CDLL(None).unshare(CLONE_NEWUTS):
        print("skipped: no namespace can be made here in which the host has another name")
        sys.exit(77)
    faulthandler.dump_traceback_later(280, exit=True)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    names_and_addresses()
    remembered = almost_expired()
    own_pair_that_is_no_pair()
    for step_by_step in (by_renaming, by_writing, by_switching):
        with tempfile.TemporaryDirectory() as folder:
            replaced(folder, step_by_step)
    for scenario in (begun_before, open_to_everybody, doctor_knows):
        with tempfile.TemporaryDirectory() as folder:
            scenario(folder)
    if not remembered:
        print("skipped: a client that remembers keys: gnutls-cli is missing")
        sys.exit(77)
    print("certificates hold what they should, for as long as they should, and are replaced without a loss")


if __name__ == "__main__":
    main()
