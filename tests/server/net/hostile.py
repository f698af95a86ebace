#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""hostile.py [GROUP|SCENARIO ...]: what unauthenticated clients and bad viewers can do to a server while an honest
viewer looks on.

Each scenario runs against one server. Afterwards the server must be alive, must let a new viewer in, and must have
given back memory, file descriptors and threads. The honest viewer's latency is printed, not judged."""
import contextlib
import faulthandler
import multiprocessing
import os
import random
import select
import signal
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import Bound, Eax, Gone, Peer, Server, Socket, Websocket, rsa_key, vnc_answer  # noqa: E402

ERRORS = (Gone, OSError, ssl.SSLError, AssertionError)
HELLO = b"RFB 003.008\n"
BEGIN = HELLO + b"\1\1"  # security None, ClientInit
SHORT_LOGIN = "--login-grace=8"  # a deadline for programs, so that connections left open at a dialog end while the test still looks


class Honest(threading.Thread):
    """Asks for a small refresh 50 times a second and records how long each takes."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.peer, self.times, self.wrong, self.quit = server.connect(30).join(), [], None, False

    def run(self):
        try:
            while not self.quit:
                begin = time.monotonic()
                self.peer.request(area=(0, 0, 64, 64))
                self.peer.update()
                self.times.append((time.monotonic() - begin) * 1000)
                time.sleep(0.02)
        except ERRORS as error:
            self.wrong = error

    def stop(self):
        self.quit = True
        self.join(40)
        assert not self.wrong and not self.is_alive(), f"the honest viewer was disturbed: {self.wrong!r}"
        self.peer.close()


def raw(server, data, wait=0.0):
    """Sends that and closes the connection. What comes back is read if there is time. It may be updates that never
    end."""
    peer = server.connect()
    try:
        peer.send(data)
        if wait:
            peer.layer.socket.settimeout(wait)
            end = time.monotonic() + 4 * wait
            while peer.layer.some() and time.monotonic() < end:
                pass
    except ERRORS:
        pass
    finally:
        peer.close()


MESSAGES = [
    struct.pack(">Bxxx BBBB HHH BBB xxx", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0),
    struct.pack(">BxHiii", 2, 3, 0, -312, -313),
    struct.pack(">BBHHHH", 3, 0, 0, 0, 640, 400),
    struct.pack(">BBxxI", 4, 1, 0xFF0D),
    struct.pack(">BBHH", 5, 255, 5, 5),
    struct.pack(">BxxxI", 6, 4) + b"text",
    struct.pack(">BBHHHH", 150, 1, 0, 0, 640, 400),
    struct.pack(">BxxxIB", 248, 0x80000007, 3) + b"abc",
    struct.pack(">BxHHBx IHHHHI", 251, 640, 400, 1, 1, 0, 0, 640, 400, 0),
    struct.pack(">BBHII", 255, 0, 1, 97, 30),
]


def truncated(server):
    for message in MESSAGES:
        for cut in range(len(message)):
            raw(server, BEGIN + message[:cut], 0.02)
    whole = BEGIN
    for cut in range(len(whole)):
        raw(server, whole[:cut])


def extremes(server):
    """Every length and field at its limits."""
    for payload in [
        struct.pack(">BxH", 2, 0xFFFF), struct.pack(">BxH", 2, 1025), struct.pack(">BxH", 2, 0),
        struct.pack(">BxxxI", 6, 0x7FFFFFFF), struct.pack(">BxxxI", 6, 0x80000000), struct.pack(">BxxxI", 6, 0xFFFFFFFF),
        struct.pack(">BxxxI", 6, 0), struct.pack(">BxxxIB", 248, 0xFFFFFFFF, 255), struct.pack(">BxxxIB", 248, 0xFFFFFFFF, 0),
        struct.pack(">BxHHBx", 251, 0, 0, 0), struct.pack(">BxHHBx", 251, 65535, 65535, 255) + bytes(16 * 255),
        struct.pack(">BBHHHH", 3, 0, 65535, 65535, 65535, 65535), struct.pack(">BBHHHH", 3, 0, 0, 0, 0, 0),
        struct.pack(">BBHHHH", 3, 255, 639, 399, 65535, 65535), struct.pack(">BBHHHH", 150, 1, 65535, 65535, 65535, 65535),
        struct.pack(">BBHH", 5, 255, 65535, 65535), struct.pack(">BBxxI", 4, 255, 0xFFFFFFFF),
        struct.pack(">BBHII", 255, 0, 65535, 0xFFFFFFFF, 0xFFFFFFFF), struct.pack(">BBHI", 255, 1, 1, 0),
    ] + [struct.pack(">Bxxx BBBB HHH BBB xxx", 0, *fields) for fields in (
        (32, 24, 0, 1, 0, 255, 255, 16, 8, 0), (32, 24, 0, 1, 65535, 65535, 65535, 255, 255, 255), (255, 255, 255, 255, 1, 1, 1, 0, 0, 0),
        (0, 0, 0, 0, 0, 0, 0, 0, 0, 0), (8, 8, 0, 0, 0, 0, 0, 0, 0, 0), (8, 8, 0, 1, 7, 7, 3, 0, 3, 6), (16, 16, 1, 1, 31, 63, 31, 11, 5, 0))]:
        raw(server, BEGIN + payload + struct.pack(">BBHHHH", 3, 0, 0, 0, 640, 400), 0.05)


def every_type(server):
    for kind in range(256):
        raw(server, HELLO + bytes([kind]) + os.urandom(40), 0.01)
        raw(server, BEGIN + bytes([kind]) + os.urandom(40), 0.01)


def noise(server):
    seed = random.Random(1)
    for i in range(200):
        data = seed.randbytes(seed.randrange(1, 3000))
        raw(server, data if i % 2 else BEGIN + data, 0.01)


def silent_crowd(server):
    """A thousand connections send nothing. An honest newcomer gets in all the same."""
    crowd, times = [], []
    for i in range(1000):
        try:
            crowd.append(socket.create_connection(server.address, 5))
        except OSError:
            pass
        if i % 100 == 99:
            begin = time.monotonic()
            server.connect(30).join().close()
            times.append((time.monotonic() - begin) * 1000)
    for one in crowd:
        one.close()
    return f"newcomers in after {max(times):.0f} ms at most"


def crowd_at_the_password(_):
    """A person types a password while hundreds of clients of the same user ask for the challenge and never answer it,
    and as many send nothing. The person's connection stays, and newcomers get in. The log has a few lines about it and
    the number of the rest."""
    server = Server(security="none,vncauth", passwords="secret\n")
    before, crowd = server.memory(), []

    def asks_for_password():
        peer = talk_begin(Socket(server.address, 30), 2)
        return peer, peer.exact(16)
    person, challenge = asks_for_password()
    for i in range(800):
        if i % 2:
            crowd.append(server.connect())
        else:
            try:
                crowd.append(asks_for_password()[0])
            except ERRORS:
                raise AssertionError(f"number {i} of the crowd was kept out") from None
        if i % 100 == 99:
            server.connect(30).join().close()
    grown = server.memory() - before
    person.send(vnc_answer("secret", challenge))
    person.result()
    person.enter().close()
    for one in crowd:
        one.close()
    server.stop()
    lines = [line for line in server.last if " exceeded a limit in the last" in line or "disconnected to make room" in line]
    assert 2 <= len(lines) <= 100, len(lines)
    assert any(" more connections exceeded a limit" in line for line in lines), lines
    assert grown < 64 << 20, grown
    return f"{grown >> 10} KiB for 256 strangers"


def patient_crowd(server):
    """Many wait right before they become viewers, when they no longer count as unauthenticated clients: no more become
    viewers than are allowed."""
    peers, joined = [server.connect() for _ in range(100)], 0
    for peer in peers:
        peer.send(HELLO + b"\1")
        peer.version(b"")
        peer.types()
        peer.result()
    for peer in peers:
        try:
            peer.enter()
            joined += 1
        except ERRORS:
            pass
    for peer in peers:
        peer.close()
    assert joined < 48, f"{joined} came in"  # the honest viewer is one of the 48 that one address may have
    return f"{joined} came in"


def drip(server):
    """One byte at a time, for longer than the deadline."""
    peers = [server.connect() for _ in range(20)]
    begin, gone = time.monotonic(), 0
    while peers and time.monotonic() - begin < 30:
        for peer in list(peers):
            try:
                peer.layer.socket.send(b"R")
            except OSError:
                peers.remove(peer)
                gone += 1
        time.sleep(0.5)
    for peer in peers:
        peer.close()
    assert gone == 20, f"{len(peers)} are still there"


def formats(server):
    """Formats and encodings that change while updates are under way."""
    peer = server.connect().join()
    peer.layer.socket.setblocking(False)
    seed, until = random.Random(2), time.monotonic() + 3
    wide = [(32, 24, 0, 1, 255, 255, 255, 16, 8, 0), (16, 16, 0, 1, 31, 63, 31, 11, 5, 0), (8, 8, 0, 1, 7, 7, 3, 0, 3, 6), (8, 8, 0, 0, 0, 0, 0, 0, 0, 0)]
    while time.monotonic() < until:
        data = struct.pack(">Bxxx BBBB HHH BBB xxx", 0, *seed.choice(wide))
        data += struct.pack(">BxHii", 2, 2, seed.choice([0, 2, 4, 5, 6, 7, 16]), seed.randrange(-32, -22))
        data += struct.pack(">BBHHHH", 3, seed.randrange(2), 0, 0, 640, 400)
        try:
            peer.layer.socket.send(data)
        except BlockingIOError:
            pass
        try:
            peer.layer.socket.recv(1 << 20)
        except BlockingIOError:
            time.sleep(0.001)
    peer.close()


def slow_browsers(_):
    """A file is sent over a link so slow that it takes longer than unauthenticated clients have for their handshake.
    Another client takes nothing of it at all."""
    def ask():
        browser = socket.socket()
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        browser.settimeout(40)
        browser.connect(server.address)
        browser.sendall(b"GET /page.js HTTP/1.1\r\nHost: a\r\n\r\n")
        return browser
    size, got = 1 << 20, b""
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/page.js", "wb") as file:
            file.write(bytes(size))
        server = Server(f"--web-root={folder}", security="none")  # a server that expects browsers
        fds, threads = server.fds(), server.threads()
        stuck, slow = ask(), ask()
        while data := slow.recv(size // 60):
            got += data
            time.sleep(12 * len(data) / size)
        slow.close()
        assert len(got.split(b"\r\n\r\n", 1)[1]) == size, f"{len(got)} bytes of {size}"
        settled(server, fds, threads)
        stuck.close()
        server.stop()


def relay(address):
    """Yields where to connect to a program in between. It takes what its kernel and its own buffers hold, as ssh -L or
    a proxy does."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def run():
        near, far = listener.accept()[0], socket.create_connection(address)
        listener.close()
        threading.Thread(target=pump, args=(far, near), daemon=True).start()
        pump(near, far)
    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()


def inside_tls(address):
    """Returns a viewer and the socket below its TLS, so that what arrives need not be decrypted."""
    peer = Peer(Socket(address))
    peer.version()
    peer.types()
    peer.send(b"\x13")
    peer.vencrypt(260)
    return peer.enter(), socket.socket(fileno=os.dup(peer.layer.socket.fileno()))


def sluggish(_):
    """Viewers that read nothing, or a byte a second, are disconnected. Those that read 1.1 KB a second are not,
    although over some links it takes a minute until our kernel learns that they have read anything."""
    server = Server("--pattern-size=1920x1080", security="none,x509-none")
    viewers = {}  # by their numbers in the status: by which way, bytes in a quarter of a second, and the socket

    def numbers():
        return {client["id"] for client in server.status()["clients"]}

    def add(way, rate, peer, below):
        peer.request()
        viewers[max(numbers())] = (way, rate, below)

    def join(way, rate, layer, below=None):
        add(way, rate, Peer(layer).join(), (below or layer).socket)
    add("TLS", 275, *inside_tls(server.address))
    below = Socket(server.address)
    join("a WebSocket", 275, Websocket(below), below)
    join("a program between", 275, Socket(relay(server.address)))
    for rate in (275, 0.25, 0):
        join("TCP", rate, Socket(server.address))
        join("TCP, little room", rate, Socket(server.address, receive=4096))
        join("a unix socket", rate, Socket(f"{server.path}/socket"))
    slow = {number for number, (_, rate, _) in viewers.items() if rate > 1}
    begin = time.monotonic()
    for tick in range(600):
        for way, rate, one in viewers.values():
            if rate * 4 >= 1 and (rate >= 1 or tick % 4 == 0):
                with contextlib.suppress(OSError):
                    one.recv(max(1, int(rate)), socket.MSG_DONTWAIT)
        if tick % 4 == 0 and not numbers() - slow:
            break
        time.sleep(0.25)
    there = numbers()
    server.stop()
    lost, stayed = ([f"{viewers[number][0]} at {viewers[number][1] * 4:.0f} bytes a second" for number in some]
                    for some in (slow - there, there - slow))
    assert not lost, f"let go: {lost}"
    assert not stayed, f"still there: {stayed}"
    return f"it took {time.monotonic() - begin:.0f} s"


def unhurried(server):
    """More viewers than pictures may be held are in the middle of long updates, which they read at 16 KB a second. They
    hold no picture, but the bytes of one update each, and a viewer beside them that reads is served."""
    server = Server("--pattern-size=1920x1080", security="none", pattern="busy")
    before, slow, held, pictures = server.memory(), [], 0, 0
    honest = Honest(server)
    honest.start()
    for _ in range(24):
        peer = Peer(Socket(server.address, receive=65536)).join()
        peer.request()
        slow.append(peer.layer.socket)
        peer.exact(16)  # its update has begun
    for _ in range(20):
        status = server.status()
        held, pictures = max(held, status["pictures_held"]), max(pictures, status["pictures"])
        for one in select.select(slow, [], [], 0)[0]:
            assert one.recv(4096), "a viewer that reads 16 KB a second was let go"
        time.sleep(0.25)
    grown = server.memory() - before
    honest.stop()
    for one in slow:
        one.close()
    server.stop()
    assert held <= 3 and pictures <= 8 and not status["pictures_taken_away"], (held, pictures, status)
    assert status["pictures_held"] <= 1 and grown < len(slow) * (9 << 20) + (64 << 20), (status, grown)
    return f"{len(slow)} viewers and pictures of 8 MiB: {grown >> 20} MiB more"


def floods(server):
    for message in (MESSAGES[3], MESSAGES[4], MESSAGES[0], MESSAGES[2], MESSAGES[7]):
        peer = server.connect().join()
        peer.layer.socket.setblocking(False)
        until = time.monotonic() + 1
        while time.monotonic() < until:
            try:
                peer.layer.socket.send(message * 500)
            except BlockingIOError:
                time.sleep(0.001)
            except OSError:
                break
        peer.close()


def pour(address, message):
    """Sends as fast as this machine can, for ever."""
    peer = Peer(Socket(address)).join()
    peer.layer.socket.settimeout(None)
    data = message * (1000000 // len(message))
    while True:
        peer.layer.socket.sendall(data)


@contextlib.contextmanager
def crowd_of(count, what, *arguments):
    """Runs this many processes that do this until the block ends."""
    processes = [multiprocessing.Process(target=what, args=arguments) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.join()


def torrents(server):
    """Processes always have more to say than can be read. The others have their turn all the same, and what the library
    has not taken yet is not kept."""
    before, fewest = server.memory(), []
    for message in (MESSAGES[0], MESSAGES[1], MESSAGES[3], MESSAGES[4], MESSAGES[5]):
        honest = Honest(server)
        honest.start()
        with crowd_of(2, pour, server.address, message):
            time.sleep(0.7)
            answered = len(honest.times)
            time.sleep(1)
            fewest.append(len(honest.times) - answered)
            grown = server.memory() - before
        honest.stop()
        assert fewest[-1] >= 3, f"beside torrents of message {message[0]} a viewer was answered {fewest[-1]} times in a second"
        assert grown < 48 << 20, f"{grown} bytes more are held in torrents of message {message[0]}"
    return f"a viewer was answered {min(fewest)} times a second at least"


def deaf(server):
    """Viewers ask for everything and read nothing. They are disconnected after a while."""
    before, peers = server.memory(), [server.connect().join() for _ in range(10)]
    for peer in peers:
        peer.send(struct.pack(">BBHHHH", 150, 1, 0, 0, 640, 400))
        for _ in range(200):
            peer.request()
    time.sleep(2)
    grown = server.memory() - before
    for peer in peers:
        peer.close()
    assert grown < 10 << 22, f"{grown >> 10} KiB more for ten viewers"
    return f"{grown / 10 / 1024:.0f} KiB each"


def vanishing(server):
    for i in range(100):
        peer = server.connect()
        peer.send(BEGIN + MESSAGES[i % len(MESSAGES)] + struct.pack(">BBHHHH", 3, 0, 0, 0, 640, 400))
        if i % 2:
            peer.layer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if i % 3 == 0:
            time.sleep(0.005)
        peer.close()


def tls_garbage(server):
    for i in range(60):
        raw(server, b"\x16\x03\x01" + os.urandom(random.Random(i).randrange(1, 600)), 0.01)
        raw(server, HELLO + b"\x13\0\2" + struct.pack(">I", 257 if i % 2 else 260) + os.urandom(300), 0.02)
    # cut off in the middle of the handshake
    for size in (1, 5, 50, 200):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            context.wrap_bio(inside, outside).do_handshake()
        except ssl.SSLWantReadError:
            pass
        raw(server, outside.read()[:size], 0.05)


def key_exchanges(server):
    """Many unauthenticated clients ask for a key exchange at the same moment. A viewer need not wait until all of them
    have theirs: it asks after them and has its update while others still wait."""
    n, e, _ = rsa_key(2048)
    peers = [talk_begin(Socket(server.address), 129) for _ in range(100)]  # 4 ms each, and 10 s for all
    for peer in peers:
        size = (peer.u32() + 7) // 8
        peer.exact(2 * size)
    for peer in peers:  # from here on the deadline for programs runs
        peer.send(struct.pack(">I", 2048) + n.to_bytes(256, "big") + e.to_bytes(256, "big"))
    for peer in peers:
        peer.exact(2 + 256)
    viewer = server.connect(30).join()
    server.process.send_signal(signal.SIGSTOP)  # so that all of it has arrived at once
    for peer in peers:
        peer.send(struct.pack(">H", size) + b"\0" + os.urandom(size - 1))
    viewer.request(area=(0, 0, 16, 16))
    server.process.send_signal(signal.SIGCONT)
    viewer.update()
    answered = len(select.select([peer.layer.socket for peer in peers], [], [], 0)[0])
    for peer in peers:
        peer.exact(2 + 32 + 16)  # in the end all of them get theirs
        peer.close()
    viewer.close()
    assert answered < len(peers) * 0.9, f"{answered} of {len(peers)} strangers came first"
    return f"{answered} of {len(peers)} came before a viewer"


def rsa_garbage(server):
    for kind in (5, 6, 129, 130):
        start = HELLO + bytes([kind])
        for bits in (0, 1, 1023, 1024, 4096, 4097, 0xFFFFFFFF):
            raw(server, start + struct.pack(">I", bits) + os.urandom(2048), 0.02)
        even = bytearray(os.urandom(256))
        even[0], even[-1] = 0x80, 0
        raw(server, start + struct.pack(">I", 2048) + bytes(even) + bytes(255) + b"\3" + os.urandom(800), 0.02)
        odd = bytearray(even)
        odd[-1] = 1
        raw(server, start + struct.pack(">I", 2048) + bytes(odd) + bytes(255) + b"\3" + os.urandom(800), 0.05)
        raw(server, start + struct.pack(">I", 2048) + bytes(odd) + b"\xff" * 256 + os.urandom(800), 0.05)


def websocket_garbage(server):
    def each(*frames):
        websocket = Websocket(Socket(server.address), host="localhost")
        assert websocket.status == 101
        try:
            for frame in frames:
                websocket.below.send(frame(websocket))
            websocket.below.socket.settimeout(0.05)
            while websocket.below.some():
                pass
        except ERRORS:
            pass
        websocket.close()
    for opcode in range(16):
        for fin in (0, 1):
            each(lambda w: w.frame(HELLO, opcode=opcode, fin=fin))
            each(lambda w: w.frame(os.urandom(200), opcode=opcode, fin=fin))
    each(lambda w: w.frame(HELLO, mask=False))
    each(lambda w: w.frame(HELLO, rsv=4))
    each(lambda w: b"\x82\xff" + b"\xff" * 8 + b"abcd" + bytes(1000))
    each(lambda w: b"\x82\xff" + b"\x7f" + b"\xff" * 7 + b"abcd" + bytes(1000))
    each(*[lambda w: w.frame(b"", fin=0, opcode=0)] * 2000)
    each(*[lambda w: w.frame(b"x" * 125, opcode=9)] * 2000)
    each(lambda w: b"".join(w.frame(bytes([byte])) for byte in BEGIN))
    for head in (b"GET", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 5000, b"G" * 20000, b"GET \0 HTTP/1.1\r\n\r\n",
                 b"HEAD / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n\r\n\r\n"):
        raw(server, head, 0.1)


def wrong_passwords(server):
    """One user makes many attempts at once: few are checked, and the user has to wait, from whichever of loopback's
    addresses it connects."""
    answers = []

    def attempt(address):
        peer = Peer(Bound(server.address, address))
        try:
            peer.guess()
        except Gone as gone:
            answers.append(str(gone))
        except ERRORS as error:
            answers.append(repr(error))
        peer.close()

    threads = [threading.Thread(target=attempt, args=("127.0.0.9",)) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    looked_at = sum("authentication failed" in answer for answer in answers)
    waited = sum("wait" in answer for answer in answers)
    assert looked_at <= 5 and waited >= 35, answers
    answers.clear()
    for i in range(300):
        attempt(f"127.0.{i % 7}.{i % 250 + 1}")
    waited = sum("wait" in answer for answer in answers)
    assert waited >= 290, answers
    return f"{looked_at} of 40 and {300 - waited} of 300 checked"


class Cut(Exception):
    pass


class Cutting(Socket):
    """Lets this many bytes out in all, and no more."""

    def __init__(self, address, limit):
        super().__init__(address, 10)
        self.limit, self.sent, self.strange = limit, 0, 0

    def send(self, data):
        part = data[:self.limit - self.sent]
        super().send(part)
        self.sent += len(part)
        if len(part) < len(data) or self.sent == self.limit:
            raise Cut


class TlsAbove:
    """TLS in memory, so that what it sends can be cut."""

    def __init__(self, below, anonymous):
        self.below, self.incoming, self.outgoing = below, ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if anonymous:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers("ADH:AECDH:@SECLEVEL=0")
        self.tls = context.wrap_bio(self.incoming, self.outgoing)
        self.do(self.tls.do_handshake)

    def do(self, call, *arguments):
        while True:
            try:
                result = call(*arguments)
            except ssl.SSLWantReadError:
                result = None
            if self.outgoing.pending:
                self.below.send(self.outgoing.read())
            if result is not None or call == self.tls.do_handshake and self.tls.version() and not self.wants():
                return result
            data = self.below.some()
            if not data:
                raise Gone("closed")
            self.incoming.write(data)

    def wants(self):
        try:
            self.tls.do_handshake()
        except ssl.SSLWantReadError:
            return True
        return False

    def send(self, data):
        self.do(self.tls.write, data)

    def some(self):
        return self.do(self.tls.read, 65536)


def talk_begin(socket, kind):
    peer = Peer(socket)
    peer.send(HELLO)  # sent before it is asked for, which saves the time that the server waits for browsers
    peer.exact(12)
    peer.types()
    peer.send(bytes([kind]))
    return peer


def talk_end(peer, socket):
    socket.strange = socket.sent  # it has not joined before one more byte is sent
    peer.enter()
    peer.request(area=(0, 0, 16, 16))
    peer.update()


def talk_tls(socket, subtype):
    peer = talk_begin(socket, 19)
    assert peer.exact(2) == b"\0\2"
    peer.send(b"\0\2")
    peer.exact(1)
    peer.exact(4 * peer.u8())
    peer.send(struct.pack(">I", subtype))
    assert peer.u8() == 1
    peer.layer = TlsAbove(socket, subtype < 260)
    peer.result()
    talk_end(peer, socket)


def talk_rsa(socket, kind):
    peer = talk_begin(socket, kind)
    peer.rsa_aes(kind, "secret")
    talk_end(peer, socket)


def talk_websocket(socket, secure):
    websocket = Websocket(TlsAbove(socket, False) if secure else socket, host="localhost")
    assert websocket.status == 101
    peer = talk_begin(websocket, 1)
    peer.result()
    talk_end(peer, socket)


def cut_everywhere(server, talk, *arguments):
    """Runs the whole conversation once. Then it ends after each of its bytes, and the connection is closed or, before
    authentication, left open: a hundred at a time, and the last hundred until the server's deadline."""
    whole = Cutting(server.address, 1 << 30)
    talk(whole, *arguments)
    whole.close()
    left = []
    for limit in range(1, whole.sent):
        for leave in (False, True):
            socket = Cutting(server.address, limit)
            try:
                talk(socket, *arguments)
            except Cut:
                pass
            else:
                raise AssertionError(f"{talk.__name__} went on beyond byte {limit}")
            if leave and limit <= whole.strange:
                left.append(socket)
            else:
                socket.close()
            if len(left) > 100:
                left.pop(0).close()
    for socket in left:
        assert ended(socket), "one that was left open is still there"
    return whole.sent


def ended(socket):
    """The server has closed it, or closes it within its deadline."""
    try:
        while socket.some():
            pass
    except TimeoutError:
        return False
    except OSError:
        pass
    socket.close()
    return True


def tls_truncated(server):
    sent = [cut_everywhere(server, talk_tls, subtype) for subtype in (257, 260)]
    return f"{sum(sent)} bytes"


def rsa_truncated(server):
    rsa_key(2048)  # outside of the conversation, which has a deadline
    sent = [cut_everywhere(server, talk_rsa, kind) for kind in (5, 130)]
    return f"{sum(sent)} bytes"


def websocket_truncated(_):
    with tempfile.TemporaryDirectory() as folder:  # a server that waits for browsers, even while this machine is busy
        server = Server(f"--web-root={folder}", SHORT_LOGIN, security="none")
        sent = [cut_everywhere(server, talk_websocket, secure) for secure in (False, True)]
        server.stop()
    return f"{sum(sent)} bytes"


def renegotiation(server):
    """TLS that asks to renegotiate is ended: each time would cost us a key exchange."""
    host, port = server.address
    process = subprocess.Popen(["openssl", "s_client", "-connect", f"{host}:{port}", "-tls1_2"], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    process.stdin.write(b"R\n")
    process.stdin.flush()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError("it was let") from None
    said = process.stdout.read()
    assert b"RENEGOTIATING" in said and b"RFB" not in said, said[-500:]


def empty_floods(server):
    """Frames, messages and warnings without contents come faster than they can be looked at. They end their connection
    before they keep all others waiting."""
    def flood(layer, data):
        until = time.monotonic() + 5
        try:
            while time.monotonic() < until:
                layer.send(data)
        except OSError:
            return
        raise AssertionError("it may go on for ever")

    def websocket():
        websocket = Websocket(Socket(server.address), host="localhost")
        assert websocket.status == 101
        return websocket
    for opcode, fin in ((0, 0), (2, 0), (9, 1), (10, 1)):
        one = websocket()
        flood(one.below, one.frame(b"", opcode=opcode, fin=fin) * 10000)
    for subtype in (257, 260):
        peer = server.connect()
        peer.version()
        peer.types()
        peer.send(b"\x13\0\2" + struct.pack(">I", subtype))
        flood(peer.layer, b"\x15\x03\x03\0\2\1\x5a" * 10000)  # "user cancelled", a warning
    peer = server.connect()
    peer.version()
    peer.types()
    peer.send(b"\x05")
    seal = Eax.seal
    Eax.seal = lambda eax, data: b"".join(seal(eax, b"") for _ in range(200)) + seal(eax, data)
    try:
        peer.rsa_aes(5, "secret")
    except ERRORS:
        return
    finally:
        Eax.seal = seal
    raise AssertionError("it was let in")


GROUPS = {
    "slow": [drip, slow_browsers, sluggish],
    "cut": [truncated, tls_truncated, rsa_truncated, websocket_truncated],
    "attacks": [extremes, every_type, noise, silent_crowd, crowd_at_the_password, patient_crowd, formats, floods, torrents, deaf,
                unhurried, vanishing,
                tls_garbage, renegotiation, key_exchanges, rsa_garbage, websocket_garbage, empty_floods, wrong_passwords],
}


def settled(server, fds, threads):
    """What the last scenario left behind is given back within moments."""
    for _ in range(300):
        if server.fds() <= fds and server.threads() <= threads:
            return
        time.sleep(0.05)
    raise AssertionError(f"{server.fds()} file descriptors instead of {fds}, {server.threads()} threads instead of {threads}")


def main():
    faulthandler.dump_traceback_later(580, exit=True)
    chosen = [scenario for group, scenarios in GROUPS.items() for scenario in scenarios
              if not sys.argv[1:] or {group, scenario.__name__} & set(sys.argv[1:])]
    assert chosen, f"no such scenario or group: {sys.argv[1:]}"
    # random bytes may say that the client wants the desktop to itself
    options = ["--sharing=always"] + ([SHORT_LOGIN] if set(GROUPS["cut"]) & set(chosen) else [])
    server = Server(*options, security="none,vncauth,x509-none,tls-none,ra2,ra2ne,ra2-256,ra2ne-256", passwords="secret\nlook\n",
                    pattern="moving")
    server.connect().join().close()
    time.sleep(0.3)
    fds, threads, memory = server.fds(), server.threads(), []
    for scenario in chosen:
        honest = Honest(server)
        honest.start()
        time.sleep(0.2)
        note = scenario(server)
        honest.stop()
        server.connect(30).join().close()
        settled(server, fds, threads)
        memory.append(server.memory())
        print(f"{scenario.__name__:18} honest viewer: median {statistics.median(honest.times):5.1f} ms, worst "
              f"{max(honest.times):6.1f} ms; server {memory[-1] >> 20} MiB{'; ' + note if note else ''}", flush=True)
    server.stop()


if __name__ == "__main__":
    main()
