# SPDX-License-Identifier: GPL-2.0-or-later
"""A scripted peer: raw RFB over anything, with the ciphers that its security types need, and with nothing but Python's
own library. Made for tests: it is slow, and careless about its own secrets."""
import base64
import ctypes
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time

BINARY = os.environ.get("ZEROVNC", "build/zerovnc")


class Gone(Exception):
    pass


# --- ciphers ---

def mirrored(data):
    return bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)


def des(key, data):
    return subprocess.run(["openssl", "enc", "-des-ede3-ecb", "-nopad", "-K", (key * 3).hex()], input=data,
                          stdout=subprocess.PIPE, check=True).stdout


def vnc_answer(password, challenge):
    return des(mirrored(password.encode()[:8].ljust(8, b"\0")), challenge)


def _boxes():
    p = q = 1
    box = [0] * 256
    while True:
        p = p ^ (p << 1 & 0xFF) ^ (0x1B if p & 0x80 else 0)
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xFF
        if q & 0x80:
            q ^= 0x09
        x = q ^ (q << 1 | q >> 7) & 0xFF ^ (q << 2 | q >> 6) & 0xFF ^ (q << 3 | q >> 5) & 0xFF ^ (q << 4 | q >> 4) & 0xFF
        box[p] = (x ^ 0x63) & 0xFF
        if p == 1:
            break
    box[0] = 0x63
    return box


SBOX = _boxes()


def _double(x):
    return (x << 1 ^ (0x1B if x & 0x80 else 0)) & 0xFF


class Aes:
    """Encrypts one block, which is what CTR and CMAC need."""

    def __init__(self, key):
        words = [list(key[i:i + 4]) for i in range(0, len(key), 4)]
        n, rcon = len(words), 1
        self.rounds = n + 6
        for i in range(n, 4 * (self.rounds + 1)):
            word = list(words[-1])
            if i % n == 0:
                word = [SBOX[b] for b in word[1:] + word[:1]]
                word[0] ^= rcon
                rcon = _double(rcon)
            elif n > 6 and i % n == 4:
                word = [SBOX[b] for b in word]
            words.append([a ^ b for a, b in zip(words[i - n], word)])
        self.keys = [sum(words[4 * r:4 * r + 4], []) for r in range(self.rounds + 1)]

    def block(self, data):
        s = [a ^ b for a, b in zip(data, self.keys[0])]
        for r in range(1, self.rounds + 1):
            s = [SBOX[s[(i + 4 * (i % 4)) % 16]] for i in range(16)]
            if r < self.rounds:
                t = []
                for c in range(0, 16, 4):
                    col = s[c:c + 4]
                    everything = col[0] ^ col[1] ^ col[2] ^ col[3]
                    t += [col[i] ^ everything ^ _double(col[i] ^ col[(i + 1) % 4]) for i in range(4)]
                s = t
            s = [a ^ b for a, b in zip(s, self.keys[r])]
        return bytes(s)


def _xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


class Eax:
    """AES in EAX mode with a counting nonce: one direction of RSA-AES."""

    def __init__(self, key):
        self.aes, self.count = Aes(key), 0

    def _cmac(self, kind, data):
        def twice(block):
            value = int.from_bytes(block, "big") << 1
            return (value & (1 << 128) - 1 ^ (0x87 if value >> 128 else 0)).to_bytes(16, "big")
        k1 = twice(self.aes.block(bytes(16)))
        data = kind.to_bytes(16, "big") + data
        if len(data) % 16:
            data += b"\x80" + bytes(-len(data) % 16 - 1)
            last = twice(k1)
        else:
            last = k1
        state = bytes(16)
        for i in range(0, len(data), 16):
            block = data[i:i + 16]
            if i + 16 == len(data):
                block = _xor(block, last)
            state = self.aes.block(_xor(state, block))
        return state

    def _ctr(self, start, data):
        out, counter = b"", int.from_bytes(start, "big")
        for i in range(0, len(data), 16):
            out += _xor(data[i:i + 16], self.aes.block((counter % (1 << 128)).to_bytes(16, "big")))
            counter += 1
        return out

    def _nonce(self):
        nonce = self.count.to_bytes(16, "little")
        self.count += 1
        return self._cmac(0, nonce)

    def seal(self, data):
        header, nonce = struct.pack(">H", len(data)), self._nonce()
        sealed = self._ctr(nonce, data)
        return header + sealed + _xor(_xor(nonce, self._cmac(1, header)), self._cmac(2, sealed))

    def open(self, header, sealed, mac):
        nonce = self._nonce()
        if mac != _xor(_xor(nonce, self._cmac(1, header)), self._cmac(2, sealed)):
            raise Gone("a message was forged")
        return self._ctr(nonce, sealed)


# --- layers ---

class Socket:
    """`receive`: how many bytes the kernel keeps for it."""

    def __init__(self, address, timeout=10, receive=None):
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            self.socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
            self.socket.settimeout(timeout)
            if receive:
                self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
            self.socket.connect(address)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data):
        self.socket.sendall(data)

    def some(self):
        return self.socket.recv(65536)

    def close(self):
        self.socket.close()


class Bound(Socket):
    """Connects from that address."""

    def __init__(self, address, source):
        self.socket = socket.create_connection(address, 10, (source, 0))


class Websocket:
    def __init__(self, below, host="localhost", origin=None, path="/websockify", extra=""):
        self.below, self.buffer = below, b""
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        origin = f"Origin: {origin}\r\n" if origin else ""
        below.send((f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{origin}Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
                    f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: binary\r\n{extra}\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.status = int(head.split()[1])
        if self.status == 101:
            expected = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
            assert expected in head and b"\r\nsec-websocket-accept:" in head.lower(), head  # proxies may spell it differently

    def _more(self):
        data = self.below.some()
        if not data:
            raise Gone("closed")
        self.buffer += data

    def frame(self, data, opcode=2, fin=1, mask=True, rsv=0):
        head = bytes([fin << 7 | rsv << 4 | opcode])
        length = len(data)
        bit = 0x80 if mask else 0
        if length < 126:
            head += bytes([bit | length])
        elif length < 65536:
            head += bytes([bit | 126]) + struct.pack(">H", length)
        else:
            head += bytes([bit | 127]) + struct.pack(">Q", length)
        if not mask:
            return head + data
        key = secrets.token_bytes(4)
        return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(data))

    def send(self, data):
        self.below.send(self.frame(data))

    def read_frame(self):
        def need(n):
            while len(self.buffer) < n:
                self._more()
        need(2)
        opcode, length, at = self.buffer[0] & 15, self.buffer[1], 2
        if length == 126:
            need(4)
            length, at = struct.unpack(">H", self.buffer[2:4])[0], 4
        elif length == 127:
            need(10)
            length, at = struct.unpack(">Q", self.buffer[2:10])[0], 10
        need(at + length)
        data, self.buffer = self.buffer[at:at + length], self.buffer[at + length:]
        return opcode, data

    def some(self):
        while True:
            opcode, data = self.read_frame()
            if opcode == 8:
                return b""
            if opcode == 2:
                return data

    def close(self):
        self.below.close()


class Tls:
    def __init__(self, below, anonymous=False, authority=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if anonymous:
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers("ADH:AECDH:@SECLEVEL=0")
        elif authority:
            context.load_verify_locations(authority)
            context.verify_mode = ssl.CERT_REQUIRED
        self.socket = context.wrap_socket(below.socket, server_hostname="localhost")

    def send(self, data):
        self.socket.sendall(data)

    def some(self):
        return self.socket.recv(65536)

    def close(self):
        self.socket.close()


class Sealed:
    """The messages of RSA-AES; `outer` is the peer below."""

    def __init__(self, outer, keys):
        self.exact, self.raw_send, self.close = outer.exact, outer.send, outer.close
        self.outgoing, self.incoming = (Eax(key) for key in keys)

    def send(self, data):
        self.raw_send(self.outgoing.seal(data))

    def some(self):
        header = self.exact(2)
        size = struct.unpack(">H", header)[0]
        return self.incoming.open(header, self.exact(size), self.exact(16))


class RsaAes:
    """The steps of RSA-AES's key exchange, for a viewer that has read the list of types. `theirs`: the server's key as
    it came."""

    def __init__(self, peer, kind, bits=2048):
        self.peer, self.numbers, self.size = peer, rsa_key(bits), bits // 8
        self.sha, self.wide = (hashlib.sha1, hashlib.sha256)[kind > 128], (16, 32)[kind > 128]
        self.ours, self.random = self.wire(bits, *self.numbers[:2]), secrets.token_bytes(self.wide)
        length = peer.u32()
        size = (length + 7) // 8
        self.theirs = struct.pack(">I", length) + peer.exact(2 * size)
        self.their_bits, self.their_size = length, size
        self.their_n, self.their_e = int.from_bytes(self.theirs[4:4 + size], "big"), int.from_bytes(self.theirs[4 + size:], "big")

    @staticmethod
    def wire(bits, n, e):
        size = (bits + 7) // 8
        return struct.pack(">I", bits) + n.to_bytes(size, "big") + e.to_bytes(size, "big")

    def send_key(self, wire):
        self.peer.send(wire)

    def send_random(self, random):
        size = self.their_size
        padding = bytes(secrets.choice(range(1, 256)) for _ in range(size - 3 - len(random)))
        padded = b"\0\2" + padding + b"\0" + random
        self.peer.send(struct.pack(">H", size) + pow(int.from_bytes(padded, "big"), self.their_e, self.their_n).to_bytes(size, "big"))

    def read_random(self):
        n, _, d = self.numbers
        assert self.peer.u16() == self.size
        opened = pow(int.from_bytes(self.peer.exact(self.size), "big"), d, n).to_bytes(self.size, "big")
        assert opened[:2] == b"\0\2"
        self.their_random = opened[opened.index(0, 2) + 1:]
        assert len(self.their_random) == self.wide
        return self.their_random

    def hash(self, first, second):
        return self.sha(first + second).digest()

    def seal(self):
        """From here on everything is encrypted."""
        key = self.wide
        keys = self.hash(self.their_random, self.random)[:key], self.hash(self.random, self.their_random)[:key]
        self.below, self.outer = self.peer.layer, Peer(self.peer.layer)
        self.outer.buffer, self.peer.buffer = self.peer.buffer, b""
        self.peer.layer = Sealed(self.outer, keys)

    def unseal(self):
        self.peer.layer, self.peer.buffer = self.below, self.outer.buffer


# --- a viewer ---

class Peer:
    def __init__(self, layer):
        self.layer, self.buffer = layer, b""

    def send(self, data):
        self.layer.send(data)

    def exact(self, size):
        while len(self.buffer) < size:
            data = self.layer.some()
            if not data:
                raise Gone("closed")
            self.buffer += data
        data, self.buffer = self.buffer[:size], self.buffer[size:]
        return data

    def u8(self):
        return self.exact(1)[0]

    def u16(self):
        return struct.unpack(">H", self.exact(2))[0]

    def u32(self):
        return struct.unpack(">I", self.exact(4))[0]

    def close(self):
        self.layer.close()

    def version(self, version=b"RFB 003.008\n"):
        assert self.exact(12) == b"RFB 003.008\n"
        self.send(version)

    def types(self):
        count = self.u8()
        if not count:
            raise Gone(self.exact(self.u32()).decode())
        return list(self.exact(count))

    def result(self):
        if self.u32():
            raise Gone(self.exact(self.u32()).decode())

    def vnc(self, password):
        self.send(vnc_answer(password, self.exact(16)))

    def vencrypt(self, subtype, password=None, user=None, authority=None):
        assert self.exact(2) == b"\0\2"
        self.send(b"\0\2")
        assert self.u8() == 0
        offered = [self.u32() for _ in range(self.u8())]
        assert subtype in offered, offered
        self.send(struct.pack(">I", subtype))
        if subtype != 256:
            assert self.u8() == 1
            below = self.layer if hasattr(self.layer, "socket") else None
            assert below and not self.buffer
            self.layer = Tls(below, anonymous=subtype < 260, authority=authority)
        if subtype in (258, 261):
            self.vnc(password)
        elif subtype in (256, 259, 262):
            self.send(struct.pack(">II", len(user.encode()), len(password.encode())) + user.encode() + password.encode())
        self.result()

    def rsa_aes(self, kind, password, user="", bits=2048):
        """Types 5, 6, 129 and 130. Our key is rsa_key(), which takes a while the first time."""
        rsa = RsaAes(self, kind, bits)
        rsa.send_key(rsa.ours)
        rsa.send_random(rsa.random)
        rsa.read_random()
        rsa.seal()
        self.send(rsa.hash(rsa.ours, rsa.theirs))
        assert self.exact(rsa.sha().digest_size) == rsa.hash(rsa.theirs, rsa.ours)
        subtype = self.u8()
        assert subtype == (1 if user else 2), subtype
        self.send(bytes([len(user)]) + user.encode() + bytes([len(password)]) + password.encode())
        if kind in (6, 130):
            rsa.unseal()
        self.result()

    def enter(self):
        self.send(b"\1")
        self.width, self.height = self.u16(), self.u16()
        self.exact(16)
        self.name = self.exact(self.u32()).decode()
        return self

    def guess(self):
        """Tries VncAuth with a password that should be wrong. Gone says why it is refused, unless it is the right
        one."""
        self.version()
        self.types()
        self.send(b"\2")
        self.exact(16)
        self.send(os.urandom(16))
        self.result()

    def join(self):
        """The whole handshake, with security None."""
        self.version()
        assert 1 in self.types()
        self.send(b"\1")
        self.result()
        return self.enter()

    def request(self, incremental=0, area=None):
        self.send(struct.pack(">BBHHHH", 3, incremental, *(area or (0, 0, self.width, self.height))))

    def encodings(self, *numbers):
        self.send(struct.pack(">BxH", 2, len(numbers)) + b"".join(struct.pack(">i", n) for n in numbers))

    def update(self):
        """Reads to the end of one update (Raw and pseudo-encodings). Returns the bytes of its pixels."""
        while True:
            kind = self.u8()
            if kind == 150:
                continue
            if kind == 248:
                self.exact(3)
                flags, payload = self.u32(), self.exact(self.u8())
                if flags & 0x80000000:
                    self.send(struct.pack(">B3xIB", 248, flags & 3, len(payload)) + payload)
                continue
            assert kind == 0, kind
            self.exact(1)
            pixels = 0
            for _ in range(self.u16()):
                _, _, width, height, encoding = struct.unpack(">HHHHi", self.exact(12))
                if encoding == 0:
                    pixels += len(self.exact(width * height * 4))
                elif encoding == -307:
                    self.exact(self.u32())
                else:
                    assert encoding < 0, encoding
            return pixels


_keys = {}


def rsa_key(bits):
    """Returns modulus and exponents. openssl makes them once, and they are kept."""
    if bits not in _keys:
        text = subprocess.run(["openssl", "genrsa", "-traditional", str(bits)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=True).stdout.decode()
        der = base64.b64decode("".join(line for line in text.splitlines() if "-" not in line))
        numbers, at = [], 4
        while len(numbers) < 4:
            length, at = der[at + 1], at + 2
            if length & 0x80:
                more = length & 0x7F
                length, at = int.from_bytes(der[at:at + more], "big"), at + more
            numbers.append(int.from_bytes(der[at:at + length], "big"))
            at += length
        _keys[bits] = numbers[1:]
    return _keys[bits]


# --- the server ---

def own_network():
    """Continues in a network namespace of this script's own, whose loopback is up. Ends it with 77 if none can be
    made."""
    if "OWN_NETWORK" not in os.environ:
        # root needs no user namespace, which a mere chroot could not have
        alone = ["unshare", "-n" if os.geteuid() == 0 else "-rn"]
        if not shutil.which("ip") or subprocess.run([*alone, "true"], stderr=subprocess.DEVNULL).returncode:
            print("no network namespace can be made here, or ip (iproute2) is missing")
            sys.exit(77)
        os.environ["OWN_NETWORK"] = "root" if os.geteuid() == 0 else "user"  # who started it
        os.execvp("unshare", [*alone, sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Server:
    """`host`: where it listens, by TCP at any port and at the unix socket `path`/socket; None: at its default places.
    `runner`: the command that runs it, as the user `owner`. `fds`: descriptors that it is given. `state`: the folder in
    which it keeps its keys."""

    def __init__(self, *options, security=None, pattern="still", passwords=None, host="127.0.0.1", runner=(), owner=0, fds=(), state=None):
        self.folder = tempfile.TemporaryDirectory(prefix="zerovnc-net-", ignore_cleanup_errors=True)
        self.path = self.folder.name
        if owner:
            os.chown(self.path, owner, owner)
        self.log = open(f"{self.path}/log", "w+")
        environment = dict(os.environ, STATE_DIRECTORY=state or f"{self.path}/state")
        command = [*runner, BINARY, "--source=pattern", "--path=cpu", f"--pattern={pattern}", "--pattern-size=640x400", "--no-input",
                   f"--control={self.path}/control"]
        if host:
            command += [f"--listen={host}:0", f"--listen=unix:{self.path}/socket"]
        if security:
            command.append(f"--security={security}")
        if passwords:
            subprocess.run([BINARY, "passwd", f"{self.path}/passwords"], input=passwords.encode(), check=True)
            command.append(f"--password-file={self.path}/passwords")
        # it must not outlive a test that is killed
        self.process = subprocess.Popen(command + list(options), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.log, env=environment, pass_fds=fds,
                                        preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))
        self.address = None
        end = time.monotonic() + 60
        while not self.address:
            assert self.process.poll() is None and time.monotonic() < end, self.lines()
            for line in self.lines():
                if f"listening at {host or '127.0.0.1'}:" in line:
                    self.address = ((host or "127.0.0.1").strip("[]"), int(line.rsplit(":", 1)[1]))
            time.sleep(0.01)

    def lines(self):
        with open(f"{self.path}/log") as log:
            return log.read().splitlines()

    def connect(self, timeout=10):
        return Peer(Socket(self.address, timeout))

    def status(self):
        return json.loads(subprocess.run([BINARY, "status", "--json", f"--control={self.path}/control"], stdout=subprocess.PIPE,
                                         check=True).stdout)

    def memory(self):
        with open(f"/proc/{self.process.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")

    def fds(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def threads(self):
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def stop(self):
        self.process.terminate()
        status = self.process.wait(20)
        lines = self.last = self.lines()
        self.log.close()
        self.folder.cleanup()
        bad = [line for line in lines if "ERROR: " in line or "runtime error" in line or "left on the event loop" in line]
        assert status == 0 and not bad, (status, bad, lines[-20:])
