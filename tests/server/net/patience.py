#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""patience.py: viewers may take their time while they show a dialog, but not in steps that a program does by itself.

Each handshake stops at one point. Those that stop in a program's step are disconnected. After that, those that stop at
a dialog continue and get in. A server with a short --login-grace disconnects those too, and says why."""
import contextlib
import faulthandler
import os
import select
import ssl
import struct
import sys
import tempfile
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import Gone, Peer, Server, Socket, Tls, Websocket, rsa_key  # noqa: E402

SECRET = "secret of many letters"
ALL = "x509-plain,x509-vnc,x509-none,tls-plain,tls-vnc,tls-none,ra2-256,ra2,ra2ne-256,ra2ne,vncauth,none"


class Stopping(Peer):
    """A viewer that stops before its n-th message (`before`), or where stop() is called, until it may continue. `part`:
    it sends this many bytes of that message first."""

    def __init__(self, layer, before=None, part=0):
        super().__init__(layer)
        self.left, self.part = before, part
        self.there, self.go_on = threading.Event(), threading.Event()
        self.fd = os.dup(layer.socket.fileno())  # a layer takes the socket itself away
        self.name = f"127.0.0.1:{layer.socket.getsockname()[1]}"

    def stop(self):
        self.there.set()
        assert self.go_on.wait(120)

    def send(self, data):
        if self.left is not None:
            self.left -= 1
            if not self.left:
                if self.part:
                    super().send(data[:self.part])
                    data = data[self.part:]
                self.stop()
        super().send(data)

    def until_closed(self, timeout):
        """Returns what the server sends until it closes the connection; None: it does not close it."""
        said = b""
        while select.select([self.fd], [], [], timeout)[0]:
            with contextlib.suppress(ConnectionResetError):
                if data := os.read(self.fd, 65536):
                    said += data
                    continue
            return said
        return None


# --- conversations ---

def begin(peer, kind, version=b"RFB 003.008\n"):
    peer.version(version)
    if version == b"RFB 003.003\n":
        assert peer.u32() == kind
    else:
        assert kind in peer.types()
        peer.send(bytes([kind]))


def vnc(peer, version):
    begin(peer, 2, version)
    peer.vnc(SECRET)
    assert peer.u32() == 0
    peer.enter()


def none(peer):
    begin(peer, 1)
    peer.result()
    peer.enter()


def vencrypt(peer, subtype):
    begin(peer, 19)
    if subtype in (259, 262):
        try:
            peer.vencrypt(subtype, "wrong", "nobody-of-that-name")
        except Gone as gone:
            assert "authentication failed" in str(gone), gone
            return
        raise AssertionError("it was let in")
    peer.vencrypt(subtype, SECRET)
    peer.enter()


def vencrypt_begin(peer, subtype):
    begin(peer, 19)
    peer.exact(2)
    peer.send(b"\0\2")
    assert peer.u8() == 0
    peer.exact(4 * peer.u8())
    peer.send(struct.pack(">I", subtype))
    assert peer.u8() == 1


def before_tls(peer, subtype):
    """Remmina asks for the certificate's authority at this point."""
    vencrypt_begin(peer, subtype)
    peer.stop()
    peer.layer = Tls(peer.layer)
    peer.result()
    peer.enter()


def client_hello():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing)
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return tls, incoming, outgoing


def inside_tls(peer):
    """TigerVNC's Java viewer asks at this point whether it may trust the certificate."""
    vencrypt_begin(peer, 260)
    tls, incoming, outgoing = client_hello()
    Peer.send(peer, outgoing.read())
    peer.stop()
    while True:
        incoming.write(peer.layer.some())
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
            break
    Peer.send(peer, outgoing.read())
    tls.write(b"\1")  # ClientInit
    Peer.send(peer, outgoing.read())
    said = b""
    while len(said) < 4 + 24:  # the result and ServerInit
        try:
            said += tls.read(65536)
        except ssl.SSLWantReadError:
            incoming.write(peer.layer.some())
    assert said[:4] == bytes(4)


def half_client_hello(peer, browser):
    if not browser:
        vencrypt_begin(peer, 260)
    Peer.send(peer, client_hello()[2].read()[:100])
    peer.stop()


def rsa(peer, kind):
    begin(peer, kind)
    peer.rsa_aes(kind, SECRET)
    peer.enter()


def words(peer, data):
    peer.send(data)
    peer.stop()


def websocket(peer, secure):
    """Version and type through a browser's layers, and then the password."""
    layer = Websocket(Tls(peer.layer) if secure else peer.layer)
    assert layer.status == 101
    peer.layer = layer
    vnc(peer, b"RFB 003.008\n")


# The conversation, where it stops, how much of that message it sends first, and what it waited for as the log names it.
A_PASSWORD, USER, CERTIFICATE, RSA_KEY = "a password", "a user name and password", "server's certificate", "server's RSA key"
PEOPLE = [
    (lambda p: vnc(p, b"RFB 003.008\n"), 3, 0, A_PASSWORD),
    (lambda p: vnc(p, b"RFB 003.007\n"), 3, 0, A_PASSWORD),
    (lambda p: vnc(p, b"RFB 003.003\n"), 2, 0, A_PASSWORD),
    (lambda p: vencrypt(p, 258), 5, 0, A_PASSWORD),
    (lambda p: vencrypt(p, 261), 5, 0, A_PASSWORD),
    (lambda p: vencrypt(p, 259), 5, 0, USER),
    (lambda p: vencrypt(p, 262), 5, 0, USER),
    (lambda p: vencrypt(p, 260), 5, 0, CERTIFICATE),  # before ClientInit
    (lambda p: before_tls(p, 260), None, 0, CERTIFICATE),
    (inside_tls, None, 0, CERTIFICATE),
    (lambda p: websocket(p, False), 3, 0, A_PASSWORD),
    (lambda p: websocket(p, True), 3, 0, A_PASSWORD),
] + [(lambda p, kind=kind: rsa(p, kind), number, 0, what) for kind in (5, 6, 129, 130) for number, what in ((3, RSA_KEY), (6, USER))]
PROGRAMS = [
    (lambda p: none(p), 1, 0, "the viewer's RFB version"),
    (lambda p: none(p), 1, 5, "the viewer's RFB version"),
    (lambda p: none(p), 2, 0, "the viewer's choice of a security type"),
    (lambda p: none(p), 3, 0, "ClientInit"),
    (lambda p: vnc(p, b"RFB 003.003\n"), 3, 0, "ClientInit"),
    (lambda p: vnc(p, b"RFB 003.008\n"), 3, 9, "the rest of the viewer's message"),
    (lambda p: vencrypt(p, 258), 3, 0, "the viewer's choice of a VeNCrypt type"),
    (lambda p: vencrypt(p, 258), 4, 1, "the viewer's choice of a VeNCrypt type"),
    (lambda p: vencrypt(p, 262), 5, 9, "the rest of the viewer's message"),
    (lambda p: vencrypt(p, 257), 5, 0, "ClientInit"),  # anonymous TLS: there is nothing to ask a person about
    (lambda p: before_tls(p, 257), None, 0, "the rest of the TLS handshake"),
    (lambda p: half_client_hello(p, False), None, 0, "the rest of the TLS handshake"),
    (lambda p: rsa(p, 129), 3, 100, "RSA-AES key exchange"),
    (lambda p: rsa(p, 5), 3, 2, "the rest of the viewer's message"),
    (lambda p: rsa(p, 5), 4, 0, "RSA-AES key exchange"),
    (lambda p: rsa(p, 6), 5, 0, "RSA-AES key exchange"),
    (lambda p: half_client_hello(p, True), None, 0, "the rest of the TLS handshake"),
    (lambda p: words(p, b"GET / HTTP/1.1\r\nHost: a\r\n"), None, 0, "the rest of the HTTP request"),
]


assert len(PEOPLE) <= 20 and len(PROGRAMS) <= 20, "the log shows 20 of a kind a minute"


class Talk:
    def __init__(self, server, talk, before, part, what):
        self.what, self.wrong = what, None
        self.peer = Stopping(Socket(server.address, 120), before, part)
        self.thread = threading.Thread(target=self.run, args=(talk,), daemon=True)
        self.thread.start()

    def stops(self):
        while not self.peer.there.wait(0.05):
            assert self.thread.is_alive(), f"{what}: it never came so far: {self.wrong!r}"

    def run(self, talk):
        try:
            talk(self.peer)
        except Exception as error:  # noqa: B902: of whatever kind, it is told
            self.wrong = error

    def goes_on(self):
        self.peer.go_on.set()
        self.thread.join(60)
        assert not self.thread.is_alive() and not self.wrong, f"{self.what}: {self.wrong!r}"
        self.peer.close()

    def times_out(self, server, helps):
        said = self.peer.until_closed(60)
        assert said is not None, f"{self.what}: it is still there"
        lines = [line for line in server.lines() if f"{self.peer.name} " in line]
        assert any("timed out" in line and self.what in line and helps in line for line in lines), (self.what, lines)
        return said


def talks(server, rows):
    begun = [Talk(server, *row) for row in rows]
    for talk in begun:
        talk.stops()
    return begun


def people_have_time(folder):
    server = Server(f"--web-root={folder}", "--plain-users=root", security=ALL, passwords=f"{SECRET}\n")
    people = talks(server, PEOPLE)
    for talk in talks(server, PROGRAMS):
        talk.times_out(server, "viewers send this without asking anybody")
    for talk in people:
        talk.goes_on()
    assert "--login-grace" not in "\n".join(server.lines())
    server.stop()


def not_for_ever(folder):
    server = Server(f"--web-root={folder}", "--login-grace=12", "--plain-users=root", security=ALL, passwords=f"{SECRET}\n")
    said = [talk.times_out(server, "--login-grace") for talk in talks(server, PEOPLE)]
    reason = b"timed out: waited for a password, and a login may take 12 seconds (the server's --login-grace); connect again"
    assert said[0].endswith(struct.pack(">II", 1, len(reason)) + reason), said[0]
    assert said[1].endswith(struct.pack(">I", 1)) and said[2].endswith(struct.pack(">I", 1)), said[1:3]
    server.stop()


def main():
    faulthandler.dump_traceback_later(280, exit=True)
    rsa_key(2048)
    with tempfile.TemporaryDirectory() as folder:  # for a server that waits for browsers
        people_have_time(folder)
        not_for_ever(folder)
    print(f"the server waited for {len(PEOPLE)} dialogs, and not for {len(PROGRAMS)} programs")


if __name__ == "__main__":
    main()
