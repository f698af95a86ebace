#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every security type and way in, with the right password, with a wrong one, and from a browser's side."""
import faulthandler
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import BINARY, Eax, Gone, Peer, RsaAes, Sealed, Server, Socket, Tls, Websocket, rsa_key  # noqa: E402

ALL = "x509-vnc,x509-none,tls-vnc,tls-none,ra2-256,ra2,ra2ne-256,ra2ne,vncauth,none"
SECRET, LOOK, WRONG = "secret of many letters", "look only", "mistaken"
VENCRYPT = {"TLSNone": 257, "TLSVnc": 258, "X509None": 260, "X509Vnc": 261}
RSA = {"RA2": 5, "RA2ne": 6, "RA2_256": 129, "RA2ne_256": 130}


def shows(peer):
    peer.enter()
    assert (peer.width, peer.height) == (640, 400)
    # AES by Python is slow
    width, height = (32, 4) if isinstance(peer.layer, Sealed) else (640, 400)
    peer.request(area=(0, 0, width, height))
    time.sleep(0.05)  # by then more is under way than the sockets hold, and the rest waits encrypted
    assert peer.update() == width * height * 4
    peer.close()


def begin(server, kind):
    peer = server.connect()
    peer.version()
    types = peer.types()
    assert types == [19, 129, 5, 130, 6, 2, 1], types
    peer.send(bytes([kind]))
    return peer


def refused(call):
    try:
        call()
    except Gone as gone:
        assert "authentication failed" in str(gone), gone
        return
    raise AssertionError("it was let in")


def native(server):
    authority = f"{server.path}/state/tls-certificate.pem"
    for version in (b"RFB 003.003\n", b"RFB 003.007\n", b"RFB 003.008\n"):
        peer = server.connect()
        peer.version(version)
        if version[10:11] == b"3":
            assert peer.u32() == 2
        else:
            peer.types()
            peer.send(b"\2")
        peer.vnc(SECRET)
        assert peer.u32() == 0
        shows(peer)
    peer = begin(server, 1)
    peer.result()
    shows(peer)
    for name, subtype in VENCRYPT.items():
        peer = begin(server, 19)
        peer.vencrypt(subtype, SECRET, authority=authority if subtype >= 260 else None)
        shows(peer)
        if "Vnc" in name:
            peer = begin(server, 19)
            refused(lambda: peer.vencrypt(subtype, WRONG))
    for kind in RSA.values():
        for password in (SECRET, LOOK):
            peer = begin(server, kind)
            peer.rsa_aes(kind, password)
            shows(peer)
        peer = begin(server, kind)
        refused(lambda: peer.rsa_aes(kind, SECRET[:8]))
        peer = begin(server, 2)  # the right password in between, or the address would have to wait
        peer.vnc(SECRET)
        peer.result()
        peer.close()
    peer = begin(server, 5)
    peer.rsa_aes(5, SECRET, bits=3072)
    shows(peer)
    log = "\n".join(server.lines())
    for name in list(VENCRYPT) + list(RSA) + ["VncAuth", "None"]:
        assert f"(RFB 3.8, {name})" in log, name
    assert "view only" in log
    assert SECRET not in log and LOOK not in log and WRONG not in log


def forged(server):
    """One bit of the first encrypted message is flipped on its way: nothing in it may be believed."""
    for kind in RSA.values():
        peer = begin(server, kind)
        honest = Eax.seal
        try:
            Eax.seal = lambda eax, data: (lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]))(honest(eax, data))
            peer.rsa_aes(kind, SECRET)
        except Gone as gone:
            assert str(gone) == "closed", gone
        else:
            raise AssertionError("it was let in")
        finally:
            Eax.seal = honest


def reflected(server):
    """What the server sent is sent back to it. It must not take its own words for a viewer's."""
    def attempt(kind, act, why=""):
        peer = begin(server, kind)
        before = len(server.lines())
        try:
            act(RsaAes(peer, kind), peer)
            heard = peer.exact(1)
        except Gone as gone:
            assert str(gone) in ("closed", "a message was forged"), gone
        else:
            raise AssertionError(f"{act.__name__}: it went on with {heard}")
        peer.close()
        assert not why or any(f" refused: {why}" in line for line in server.lines()[before:]), server.lines()[before:]

    def own_key(rsa, peer):
        rsa.send_key(rsa.theirs)

    def own_modulus(exponent):
        def act(rsa, peer):
            rsa.send_key(rsa.wire(rsa.their_bits, rsa.their_n, exponent))
        return act

    def multiple(rsa, peer):
        n = rsa.their_n * 0x10001
        rsa.send_key(rsa.wire(n.bit_length(), n, 65537))

    def longer(rsa, peer):
        rsa.send_key(rsa.wire(rsa.their_bits + 8, rsa.their_n, rsa.their_e))

    def own_random(rsa, peer):
        rsa.send_key(rsa.ours)
        rsa.random = rsa.read_random()
        rsa.send_random(rsa.random)
        rsa.seal()
        peer.send(rsa.hash(rsa.ours, rsa.theirs))

    def own_hash(rsa, peer):
        rsa.send_key(rsa.ours)
        rsa.send_random(rsa.random)
        rsa.read_random()
        rsa.seal()
        peer.send(peer.exact(rsa.sha().digest_size))

    def own_messages(after):
        """Sends encrypted messages back as they came: that of the hash, or that which asks for the credentials."""
        def act(rsa, peer):
            rsa.send_key(rsa.ours)
            rsa.send_random(rsa.random)
            rsa.read_random()
            if after:
                rsa.seal()
                peer.send(rsa.hash(rsa.ours, rsa.theirs))
                peer.exact(rsa.sha().digest_size)
                peer.layer, peer.buffer = rsa.below, rsa.outer.buffer
            header = peer.exact(2)
            peer.send(header + peer.exact(struct.unpack(">H", header)[0] + 16))
        return act
    for kind in RSA.values():
        attempt(kind, own_key, "the viewer sent this server's own RSA key back")
        attempt(kind, own_random, "the viewer sent this server's own random number back")
        attempt(kind, own_hash, "the viewer saw different RSA keys")
        for after in (False, True):
            attempt(kind, own_messages(after))
    for exponent in (3, 17, 0x10001, 0xFFFFFFFF):
        attempt(RSA["RA2"], own_modulus(exponent), "the viewer sent this server's own RSA key back")
    attempt(RSA["RA2"], multiple, "the viewer sent this server's own RSA key back")
    attempt(RSA["RA2"], longer, "the viewer's RSA key is not valid")


def browsers(server):
    host = f"127.0.0.1:{server.address[1]}"
    for secure in (False, True):
        layer = Socket(server.address)
        if secure:
            layer = Tls(layer, authority=f"{server.path}/state/tls-certificate.pem")
        websocket = Websocket(layer, host=host, origin=f"http{'s' if secure else ''}://{host}")
        assert websocket.status == 101
        peer = Peer(websocket)
        peer.version()
        types = peer.types()
        assert (19 in types) != secure and 2 in types, types  # inside TLS there is no TLS
        peer.send(b"\2")
        peer.vnc(SECRET)
        peer.result()
        shows(peer)
    # RFB directly inside TLS, without HTTP
    peer = Peer(Tls(Socket(server.address)))
    peer.join()
    peer.close()
    # other people's pages, and names that others can point here while no password is required
    for host_said, origin, status in ((host, "http://evil.example", 403), ("evil.example", "http://evil.example", 403),
                                      (host, None, 101), ("localhost:5900", "http://localhost:5900", 101), ("", None, 403)):
        websocket = Websocket(Socket(server.address), host=host_said, origin=origin)
        assert websocket.status == status, (host_said, origin, websocket.status)
        websocket.close()


def farewells(server):
    """A client that is refused is told in the way of each layer that this is the end."""
    for secure in (False, True):
        layer = Socket(server.address)
        if secure:
            layer = Tls(layer)
            layer.socket.suppress_ragged_eofs = False
        websocket = Websocket(layer, host="localhost")
        peer = Peer(websocket)
        refused(peer.guess)
        assert websocket.read_frame()[0] == 8
        assert not layer.some()
        layer.close()


def close_codes(server):
    """A browser is told what it did wrong, or gets its own code back (RFC 6455, 7.4)."""
    frames = {
        1002: [dict(data=b"a", mask=False), dict(data=b"a", rsv=4), dict(data=b"a", opcode=3), dict(data=b"a", opcode=11),
               dict(data=b"a", opcode=0), dict(data=b"", opcode=9, fin=0), dict(data=126 * b"a", opcode=9), dict(data=b"a", opcode=8),
               dict(data=struct.pack(">H", 1005), opcode=8), dict(data=struct.pack(">H", 999), opcode=8)],
        1003: [dict(data=b"RFB 003.008\n", opcode=1)],
        1000: [dict(data=struct.pack(">H", 1000) + b"bye", opcode=8), dict(data=b"", opcode=8)],
        1001: [dict(data=struct.pack(">H", 1001), opcode=8)],
        4321: [dict(data=struct.pack(">H", 4321), opcode=8)],
    }
    for code, list_of_frames in frames.items():
        for frame in list_of_frames:
            websocket = Websocket(Socket(server.address), host="localhost")
            websocket.below.send(websocket.frame(**frame))
            opcode, data = 0, b""
            while opcode != 8:
                opcode, data = websocket.read_frame()
            assert struct.unpack(">H", data)[0] == code, (frame, data)
            websocket.close()
    # a second message must not begin within the first, and pieces of one may come in any number of frames
    websocket = Websocket(Socket(server.address), host="localhost")
    for piece, opcode, fin in ((b"RFB ", 2, 0), (b"", 0, 0), (b"003.", 0, 0), (b"008\n", 0, 1)):
        websocket.below.send(websocket.frame(piece, opcode, fin))
    assert Peer(websocket).exact(13)[:12] == b"RFB 003.008\n"
    websocket.below.send(websocket.frame(b"", 2, 0) + websocket.frame(b"", 2, 1))
    opcode, data = websocket.read_frame()
    while opcode != 8:
        opcode, data = websocket.read_frame()
    assert struct.unpack(">H", data)[0] == 1002
    websocket.close()


def files(server, folder):
    def get(path, method="GET", version="1.1", extra=""):
        peer = server.connect()
        peer.send(f"{method} {path} HTTP/{version}\r\nHost: localhost\r\n{extra}\r\n".encode())
        data = b""
        try:
            while True:
                data += peer.exact(1) + peer.buffer
                peer.buffer = b""
        except Gone:
            pass
        head, body = data.split(b"\r\n\r\n", 1)
        return int(head.split()[1]), head, body
    big = os.urandom(3 << 20)
    with open(f"{folder}/big.bin", "wb") as file:
        file.write(big)
    with open(f"{folder}/vnc.html", "w") as file:
        file.write("<title>page</title>")
    os.symlink("/etc/passwd", f"{folder}/link")
    os.symlink("/etc", f"{folder}/folder")
    os.symlink("vnc.html", f"{folder}/inside.html")
    os.mkfifo(f"{folder}/pipe")
    with open(f"{folder}/../outside", "w") as file:
        file.write("outside")
    status, head, body = get("/vnc.html?autoconnect=1")
    assert (status, body) == (200, b"<title>page</title>") and b"text/html" in head
    assert get("/inside.html")[2] == b"<title>page</title>"
    status, head, _ = get("/")
    assert status == 302 and b"Location: zerovnc.html\r\n" in head  # relative, for proxies that serve us below a path
    assert b"Location: zerovnc.html?autoconnect=1&a=%20\r\n" in get("/?autoconnect=1&a=%20")[1]
    status, head, body = get("/zerovnc.html")
    assert status == 200 and b"text/html" in head and b"vnc.html" in body
    assert get("/big.bin")[2] == big
    status, head, body = get("/big.bin", "HEAD")
    assert status == 200 and body == b"" and f"Content-Length: {len(big)}".encode() in head
    for path in ("/link", "/folder/passwd", "/../outside", "/%2e%2e/outside", "/..%2foutside", "//etc/passwd", "/./../outside",
                 "/pipe", "/none", "/vnc.html/", "/vnc.html%2f.."):
        status, _, body = get(path)
        assert status in (403, 404) and body in (b"403 Forbidden\n", b"404 Not Found\n"), (path, status, body)
    for path in ("/%00", "/%0", "/%zz", "none", "/" + 2000 * "a"):
        assert get(path)[0] == 400, path
    assert get("/vnc.html", extra="Content-Length: 5\r\n")[0] == 400
    for value in ("a\x1b[2Jb", "a\x9bb", "a\x7f"):
        assert get("/vnc.html", extra=f"Origin: {value}\r\n")[0] == 400, value
    assert get("/vnc.html", version="2.0")[0] == 505
    for method in ("POST", "PUT", "DELETE", "PROPFIND"):
        status, head, body = get("/vnc.html", method)
        assert status == 405 and b"Allow: GET, HEAD, OPTIONS\r\n" in head, (method, status)
    # what load balancers ask to find out whether a server is healthy
    for path in ("/", "*", "/none"):
        status, head, body = get(path, "OPTIONS", "1.0")
        assert (status, body) == (204, b"") and b"Allow: GET, HEAD, OPTIONS\r\n" in head and b"Content-Length" not in head
    assert get("/vnc.html", "HEAD", "1.0")[::2] == (200, b"")
    assert get("/vnc.html", extra="X: " + 9000 * "y" + "\r\n")[0] == 431


def late_browsers(server):
    """Connections that browsers open in advance, before they know what to ask."""
    peer = server.connect()
    assert peer.exact(12) == b"RFB 003.008\n"  # it was silent for too long
    for first, said in ((b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "a browser, but"), (b"\x16\3\1\0\5hello", "TLS, but")):
        peer = server.connect()
        assert peer.exact(12) == b"RFB 003.008\n"
        peer.send(first)
        try:
            raise AssertionError(f"it was told {peer.exact(1)}")
        except Gone:
            assert any(said in line for line in server.lines())
    # now that a browser was seen, clients from there get more time
    peer = server.connect()
    time.sleep(0.3)
    peer.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert peer.exact(9) == b"HTTP/1.1 "
    peer.close()


def browsers_of_a_server_that_paused(server):
    """What arrived while the server could not look does not count as silence."""
    peer = server.connect()
    time.sleep(0.05)  # the connection is accepted, and the time for its first bytes runs
    server.process.send_signal(signal.SIGSTOP)
    os.waitpid(server.process.pid, os.WUNTRACED)  # it is stopped
    peer.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
    time.sleep(0.3)
    server.process.send_signal(signal.SIGCONT)
    assert peer.exact(9) == b"HTTP/1.1 "
    peer.close()


def keys_are_private():
    """A key that everybody can read is not secret: the server says so and does not start with it."""
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = f"{folder}/key.pem", f"{folder}/certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=a", "-keyout", key, "-out", certificate],
                       stderr=subprocess.DEVNULL, check=True)
        for mode, good in ((0o604, False), (0o640, True)):
            os.chmod(key, mode)
            try:
                server = Server(f"--tls-key={key}", f"--tls-certificate={certificate}", security="x509-none")
            except AssertionError as error:
                assert not good and f"chmod o= {key}" in str(error), error
                continue
            assert good
            server.stop()
    server = Server("--plain-users=alice", security="x509-none,ra2")
    for name, mode in (("tls-key.pem", 0o600), ("rsa-key.pem", 0o600), ("tls-certificate.pem", 0o644)):
        assert os.stat(f"{server.path}/state/{name}").st_mode & 0o777 == mode, name
    server.stop()


def keys_of_servers_that_start_at_once():
    """They keep one key, and what they make with it fits together."""
    for _ in range(20):
        with tempfile.TemporaryDirectory() as folder:
            environment = dict(os.environ, STATE_DIRECTORY=f"{folder}/state")
            servers = [subprocess.Popen([BINARY, "--source=pattern", "--path=cpu", "--no-input", f"--control={folder}/control{i}",
                                         "--security=x509-none", "--listen=127.0.0.1:0"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment) for i in range(2)]
            try:
                for server in servers:
                    lines = []
                    while not lines or "listening at" not in lines[-1]:
                        lines.append(server.stderr.readline().decode())
                        assert lines[-1], lines
            finally:
                for server in servers:
                    server.kill()
                    server.communicate()


def listeners_that_are_shut_down():
    """The process that handed it over closes it: that is logged once, and the loop does not spin on it."""
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
        server = subprocess.Popen([BINARY, "--source=pattern", "--path=cpu", "--no-input", f"--control={folder}/control",
                                   "--security=none", f"--listen=fd:{listener.fileno()}"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, pass_fds=[listener.fileno()])
        said = b""
        try:
            Peer(Socket(listener.getsockname())).join().close()
            listener.shutdown(socket.SHUT_RDWR)
            while b"no longer listening" not in said:
                assert (data := os.read(server.stderr.fileno(), 4096)), said
                said += data
            said += server.communicate(timeout=60)[1]  # it ends by itself
        finally:
            server.kill()
        assert server.returncode == 0 and said.count(b"no longer listening") == 1, (server.returncode, said)


def connections_that_are_handed_over():
    """They are all that there is to serve: the server takes them over, keeps no second descriptor, and ends with the
    last of them."""
    for as_stdin in (False, True):
        with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
            ours, theirs = Socket(listener.getsockname()), listener.accept()[0]
            inode, number = f"socket:[{os.fstat(theirs.fileno()).st_ino}]", 0 if as_stdin else theirs.fileno()
            server = subprocess.Popen([BINARY, "--source=pattern", "--path=cpu", "--no-input", f"--control={folder}/control",
                                       "--security=none", f"--listen=fd:{number}"], stdin=theirs if as_stdin else subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, pass_fds=[] if as_stdin else [number])
            theirs.close()
            try:
                peer = Peer(ours).join()
                fds = [os.readlink(f"/proc/{server.pid}/fd/{fd}") for fd in ("0", *os.listdir(f"/proc/{server.pid}/fd"))]
                assert fds.count(inode) == 1 and fds[0] == "/dev/null", fds
                peer.close()
                said = server.communicate(timeout=30)[1]
            finally:
                server.kill()
            assert server.returncode == 0 and b"nothing to listen at" in said, said


def tls_that_fails_says_why(server):
    host, port = server.address
    for options, alert in ((["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "alert protocol version"),
                           (["-tls1_2", "-cipher", "ADH:@SECLEVEL=0"], "alert handshake failure")):
        openssl = subprocess.run(["openssl", "s_client", "-connect", f"{host}:{port}"] + options, stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        assert alert in openssl.stdout.decode(), openssl.stdout


def looking_does_not_excuse_guessing(server):
    """Wrong passwords are not forgotten because the view-only password was right."""
    def attempt(password):
        peer = server.connect()
        try:
            peer.version()
            peer.types()
            peer.send(b"\2")
            peer.vnc(password)
            peer.result()
            peer.send(b"\1")
            peer.u16()
        except Gone as gone:
            return str(gone)
        finally:
            peer.close()
        return "in"
    answers = [attempt(password) for password in (WRONG, WRONG, LOOK, WRONG, WRONG, LOOK, WRONG, WRONG)]
    assert answers[2] == answers[5] == "in" and "wait" in answers[7], answers


def main():
    faulthandler.dump_traceback_later(280, exit=True)
    for bits in (2048, 3072):
        rsa_key(bits)  # making one may take longer than the server waits for a person
    server = Server(security=ALL, passwords=f"{SECRET}\n{LOOK}\n")
    native(server)
    forged(server)
    reflected(server)
    server.stop()
    with tempfile.TemporaryDirectory() as parent:
        folder = f"{parent}/web"
        os.mkdir(folder)
        server = Server(f"--web-root={folder}", security=ALL, passwords=f"{SECRET}\n{LOOK}\n")
        browsers_of_a_server_that_paused(server)
        late_browsers(server)
        browsers(server)
        farewells(server)
        close_codes(server)
        files(server, folder)
        server.stop()
    keys_are_private()
    keys_of_servers_that_start_at_once()
    listeners_that_are_shut_down()
    connections_that_are_handed_over()
    server = Server(security="vncauth", passwords=f"{SECRET}\n{LOOK}\n")
    looking_does_not_excuse_guessing(server)
    server.stop()
    with tempfile.TemporaryDirectory() as folder:  # a server that waits for browsers, even while this machine is busy
        server = Server(f"--web-root={folder}", security="x509-none")
        tls_that_fails_says_why(server)
        server.stop()
    print("every type let in whom it should and nobody else")


if __name__ == "__main__":
    main()
