#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""bench_net.py [FIGURE ...]: figures of the network face, each beside its baseline from the same run. It prints them
and judges nothing. It runs itself in a network namespace of its own, so that net_way can make a long way there.
BENCH_TOOLS is the folder of net_painter, net_way, net_relay and net_cipher, ZEROVNC the server."""
import json
import os
import secrets
import select
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../server/net"))
from hostile import Honest, TlsAbove, crowd_of, talk_begin  # noqa: E402
from peer import Peer, Server, Socket, own_network, rsa_key  # noqa: E402

TOOLS = os.environ.get("BENCH_TOOLS", "build/tests/bench")
NEAR, ROUND_TRIP = "10.86.0.1", 50
CONTROL = "cubic"  # Linux's own; others pace what is sent by what they have measured, which may take longer


class Painter:
    """net_painter: a picture that does not come from a screen."""

    def __init__(self, rate, *what):
        self.process = subprocess.Popen([f"{TOOLS}/net_painter", str(rate), *what], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if line.startswith("listening at "):
                self.port = line.rsplit(":", 1)[1].strip()
                break
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        self.waits = {}
        self.reader = threading.Thread(target=self.read_waits, daemon=True)
        self.reader.start()

    def read_waits(self):
        for line in self.process.stdout:
            key, waited_us = line.split()
            self.waits[int(key)] = int(waited_us) / 1000

    def stop(self):
        """Returns how long each key waited for the next beat, in milliseconds."""
        self.process.stdin.close()
        assert self.process.wait(20) == 0
        self.reader.join()
        return self.waits


def far(port, seconds, *words, round_trip=ROUND_TRIP, line=0):
    """A viewer that is `round_trip` milliseconds away, on a line of this many MB/s."""
    return json.loads(subprocess.run([f"{TOOLS}/net_way", str(round_trip), str(line), sys.executable,
                                      f"{HERE}/net_viewer.py", NEAR, port, str(seconds), *words],
                                     stdout=subprocess.PIPE, check=True).stdout)


def near(address, seconds, *words):
    return json.loads(subprocess.run([sys.executable, f"{HERE}/net_viewer.py", address[0], str(address[1]),
                                      str(seconds), *words], stdout=subprocess.PIPE, check=True).stdout)


class Drain(threading.Thread):
    """A viewer that does not look at what it gets. So it costs next to nothing, and may ask for any encoding."""

    def __init__(self, server, encoding, subtype=None):
        super().__init__(daemon=True)
        self.peer = server.connect(60)
        if subtype:
            self.peer.version()
            self.peer.types()
            self.peer.send(bytes([19]))
            self.peer.vencrypt(subtype)
            self.peer.enter()
        else:
            self.peer.join()
        self.socket = socket.socket(fileno=os.dup(self.peer.layer.socket.fileno()))  # the socket below TLS: nothing is decrypted
        self.socket.settimeout(None)
        self.peer.send(struct.pack(">Bxxx BBBB HHH BBB xxx", 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
        self.peer.encodings(encoding, -224, -313)
        self.peer.request()
        self.peer.send(struct.pack(">BBHHHH", 150, 1, 0, 0, self.peer.width, self.peer.height))
        self.start()

    def run(self):
        memory = bytearray(1 << 20)
        try:
            while self.socket.recv_into(memory):
                pass
        except OSError:
            pass

    def leave(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.join(10)
        self.socket.close()
        self.peer.close()


def cpu(server):
    """CPU seconds by thread name."""
    sums = {}
    for task in os.listdir(f"/proc/{server.process.pid}/task"):
        with open(f"/proc/{server.process.pid}/task/{task}/schedstat") as stat:
            spent = int(stat.read().split()[0]) / 1e9
        with open(f"/proc/{server.process.pid}/task/{task}/comm") as comm:
            name = comm.read().strip()
        sums[name] = sums.get(name, 0) + spent
    return sums


def spent_in(server, seconds):
    """Returns what happened in the meantime: CPU by thread, updates of each client, bytes in all, and looks at the
    screen per second."""
    before, then, begin = cpu(server), server.status(), time.monotonic()
    time.sleep(seconds)
    after, now, passed = cpu(server), server.status(), time.monotonic() - begin
    old = {client["address"]: client for client in then["clients"]}
    pairs = [(client, old[client["address"]]) for client in now["clients"] if client["address"] in old]
    return ({name: after[name] - before.get(name, 0) for name in after},
            [(client["updates"] - was["updates"]) / passed for client, was in pairs],
            sum(client["bytes_sent"] - was["bytes_sent"] for client, was in pairs),
            (now["frames"] - then["frames"]) / passed)


def newcomers():
    for name, options in (("", ()), ("with --web-root, ", ("--web-root=/",))):
        newcomers_to(name, Server(*options, security="none"))


def newcomers_to(name, server):
    def enter():
        begin = time.monotonic()
        server.connect().join().close()
        return (time.monotonic() - begin) * 1000
    alone = [enter() for _ in range(20)]
    crowd = [socket.create_connection(server.address) for _ in range(50)]
    beside = [enter() for _ in range(20)]
    print(f"{name}a newcomer is in after {statistics.median(alone):.0f} ms alone, {statistics.median(beside):.0f} ms (worst "
          f"{max(beside):.0f}) beside {len(crowd)} silent connections")
    server.stop()


def continuous():
    painter = Painter(150, "tile", "0.0.0.0")
    reply = far(painter.port, 4, "raw", "fence")["updates"]
    rate = far(painter.port, 4, "raw", "fence", "continuous")["updates"]
    here = far(painter.port, 3, "raw", "fence", "continuous", round_trip=0)["updates"]
    print(f"{ROUND_TRIP} ms round trip, a tile changes 150 times a second: {reply:.1f} updates a second by request and reply, "
          f"{rate:.1f} continuously ({rate / reply:.1f} x); without the way {here:.1f}")
    painter.stop()


def latency():
    """From a key to the whole picture that shows it, while all of 1024x768 changes. Then the same without what each key
    waited for the next beat of the screen (60 Hz), which nobody can shorten. Without the way, it tells what beat and
    encoding take by themselves. The first key is reported apart, because TCP's window and our own still grow then."""
    def spread(times):
        times = sorted(times)
        return f"{statistics.median(times):.0f} ms, 95 % within {times[int(len(times) * 0.95)]:.0f}, worst {times[-1]:.0f}"

    def say(name, rate, waits, seen, here=None):
        (_, first), *late = seen["latencies"]
        base = f"; without the way {statistics.median(took for _, took in here['latencies']):.0f} in the middle" if here else ""
        print(f"{name}, {rate} pages a second: {spread(took for _, took in late)} (of {len(late)}; the first {first:.0f}); less the beat "
              f"{spread(took - waits[key] for key, took in late)}; {seen['updates']:.0f} updates a second, {seen['mbytes']:.1f} MB/s{base}")
    with open("/proc/sys/net/ipv4/tcp_congestion_control") as control:
        own = control.read().strip()
    for control in dict.fromkeys((CONTROL, own)):
        print(f"TCP's congestion control is {control}")
        for encoding in ("tight", "zrle"):
            for rate in (10, 30, 60) if control == CONTROL else (10, 60):
                painter = Painter(rate, "full", "0.0.0.0", control)
                here = far(painter.port, 2, encoding, "continuous", "fence", "keys", round_trip=0)
                seen = far(painter.port, 8, encoding, "continuous", "fence", "keys")
                say(f"{encoding} with fences", rate, painter.stop(), seen, here)
    for line, words in ((0, ()), (5, ("fence",)), (5, ()), (2, ("fence",)), (2, ())):
        painter = Painter(60, "full", "0.0.0.0", CONTROL)
        name = f"tight {'with' if words else 'without'} fences" + (f", a line of {line} MB/s" if line else "")
        seen = far(painter.port, 5, "tight", "continuous", "keys", *words, line=line)
        say(name, 60, painter.stop(), seen)


def many():
    server = Server(security="none", pattern="moving")
    drains = [Drain(server, 16)]
    time.sleep(1)
    one = spent_in(server, 3)[1]
    drains += [Drain(server, 16) for _ in range(31)]
    time.sleep(1)
    spent, rates, _, _ = spent_in(server, 4)
    print(f"ZRLE: one viewer {one[0]:.1f} updates a second, {len(rates)} at once {min(rates):.1f} to {max(rates):.1f} each; CPU in 4 s: "
          + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in sorted(spent.items())))
    for drain in drains:
        drain.leave()
    server.stop()


def sending():
    """CPU seconds that it costs to write 10^9 bytes to a TCP connection, 256 KB at a time."""
    listener = socket.create_server(("127.0.0.1", 0))
    child = os.fork()
    if not child:
        reader, memory = listener.accept()[0], bytearray(1 << 20)
        while reader.recv_into(memory):
            pass
        os._exit(0)
    with socket.create_connection(listener.getsockname()) as writer:
        memory, begin = bytes(1 << 18), time.process_time()
        for _ in range(2000):
            writer.sendall(memory)
        spent = time.process_time() - begin
    os.waitpid(child, 0)
    return spent / (2000 * len(memory)) * 1e9


def gateway():
    """What the gateway's thread takes beside the thread that encodes and writes into its pair; and what the plainest
    relay takes for the same bytes in the same rhythm, which is the least that a gateway can take. The library alone
    would have to encode and to send: what the gateway adds is what it takes beyond sending."""
    send, seconds = sending(), 4
    print(f"sending 10^9 bytes to a TCP connection costs {send:.2f} s of CPU")
    for name, number in (("Raw", 0), ("Hextile", 5), ("Tight", 7), ("ZRLE", 16)):
        server = Server("--pattern-size=1024x768", "--fps=30", security="none", pattern="full")
        drain = Drain(server, number)
        time.sleep(0.5)
        spent, rates, size, _ = spent_in(server, seconds)
        drain.leave()
        server.stop()
        encoding, ours, rate = spent["viewer"] / seconds, spent["zerovnc"] / seconds, rates[0]
        update, sent = size / seconds / rate, size / seconds * send / 1e9
        plain, waiting = (float(word) for word in subprocess.run(
            [f"{TOOLS}/net_relay", f"{update:.0f}", f"{rate:.0f}", f"{encoding / rate * 1e6:.0f}"],
            stdout=subprocess.PIPE, check=True).stdout.split())
        beyond = ours - sent

        def share(what, of=encoding):
            return f"{what:.4f} ({what / of * 100:.0f} %)"
        print(f"{name}: {rate:.1f} updates a second, {size / seconds / 1e6:.1f} MB/s; CPU-s/s: encoding {encoding:.4f}, gateway {share(ours)}; the plainest relay "
              f"{share(plain)}, one that waits for whole updates {share(waiting)}; the gateway beyond sending {beyond:.4f}, "
              f"{beyond / (encoding + sent) * 100:.0f} % of encoding and sending")


def tls():
    """In turns. The cipher is also measured on bytes that come like the gateway's: after a pause nothing is in a
    cache."""
    costs = {"none": [], "x509-none": []}
    for security, subtype in (("none", None), ("x509-none", 260)) * 3:
        server = Server("--pattern-size=1920x1080", "--fps=60", security=security, pattern="full")
        drain = Drain(server, 0, subtype)
        time.sleep(0.5)
        spent, rates, size, _ = spent_in(server, 3)
        costs[security].append(spent["zerovnc"] / size * 1e9)
        cipher = drain.peer.layer.socket.cipher()[0] if subtype else None
        drain.leave()
        server.stop()
    name = "CHACHA20-POLY1305" if "CHACHA" in cipher else "AES-256-GCM" if "256" in cipher else "AES-128-GCM"
    alone = subprocess.run([f"{TOOLS}/net_cipher", name, f"{size / 3 / rates[0]:.0f}", f"{rates[0]:.0f}"],
                           stdout=subprocess.PIPE, check=True).stdout.split()
    clear, sealed = (statistics.median(costs[security]) for security in costs)
    print(f"Raw, gateway's CPU for 10^9 bytes: {clear:.2f} s in the clear, {sealed:.2f} s by TLS ({cipher}): {sealed - clear:.2f} s more; the "
          f"cipher alone ({name}) {float(alone[0]):.2f} s on one record over and over, {float(alone[1]):.2f} s on bytes that come as these do")


def exchange(address, kind):
    """An unauthenticated client's key exchange and no more: RSA-AES (5), or VeNCrypt's TLSNone (257) or X509None
    (260)."""
    peer = talk_begin(Socket(address), 5 if kind == 5 else 19)
    if kind == 5:
        modulus, exponent, _ = rsa_key(2048)
        size = (peer.u32() + 7) // 8
        peer.exact(2 * size)
        peer.send(struct.pack(">I", 2048) + modulus.to_bytes(256, "big") + exponent.to_bytes(256, "big"))
        peer.send(struct.pack(">H", size) + b"\0" + secrets.token_bytes(size - 1))
        peer.exact(2 + 256 + 2 + 20 + 16)  # its random number, and its hash, encrypted
    else:
        peer.exact(2)
        peer.send(b"\0\2")
        peer.exact(1)
        peer.exact(4 * peer.u8())
        peer.send(struct.pack(">I", kind))
        peer.u8()
        TlsAbove(peer.layer, kind < 260)
    peer.close()


def exchange_for_ever(address, kind):
    while True:
        exchange(address, kind)


def strangers():
    """What a key exchange takes of the loop, and what a viewer notices beside processes that never stop asking for
    one."""
    server = Server(security="none,tls-none,x509-none,ra2", passwords="secret\nlook\n", pattern="moving")
    rsa_key(2048)
    for name, kind in (("RSA-AES", 5), ("anonymous TLS", 257), ("X509", 260)):
        exchange(server.address, kind)
        before = cpu(server)["zerovnc"]
        for _ in range(40):
            exchange(server.address, kind)
        cost = (cpu(server)["zerovnc"] - before) / 40 * 1000
        honest = Honest(server)
        honest.start()
        with crowd_of(32, exchange_for_ever, server.address, kind):
            time.sleep(3)
        honest.stop()
        print(f"{name}: a key exchange takes {cost:.2f} ms of the loop; beside 32 strangers who ask for nothing else a viewer is answered "
              f"after {statistics.median(honest.times):.0f} ms, {max(honest.times):.0f} at worst")
    server.stop()


def stopped():
    """A viewer that a SIGSTOP stopped in the middle, beside one that continues, in turns with the latter alone."""
    results = {False: [], True: []}
    server = Server(security="none", pattern="moving")
    drain = Drain(server, 16)
    time.sleep(1)
    for _ in range(3):
        results[False].append(spent_in(server, 3))
        child = os.fork()
        if not child:
            Drain(server, 0).join()
            os._exit(0)
        time.sleep(0.7)
        os.kill(child, signal.SIGSTOP)
        time.sleep(0.5)
        results[True].append(spent_in(server, 3) + (server.memory(),))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        time.sleep(0.3)

    def middle(beside, what):
        return statistics.median(what(result) for result in results[beside])
    for name, what in (("updates a second", lambda result: max(result[1])), ("looks at the screen a second", lambda result: result[3])):
        alone, beside = middle(False, what), middle(True, what)
        print(f"beside a stopped viewer: {beside:.1f} {name}, {alone:.1f} without it ({(beside / alone - 1) * 100:+.1f} %)")
    print(f"the server then holds {max(result[4] for result in results[True]) / 1e6:.0f} MB")
    drain.leave()
    server.stop()


class At:
    """Where a server that we do not run can be reached."""

    def __init__(self, port):
        self.address = ("127.0.0.1", int(port))

    def connect(self):
        return Peer(Socket(self.address))


class Sponge:
    """Viewers that take updates as they come, as fast as they can, and look at nothing."""

    def __init__(self, server, count, *encodings):
        self.sockets = []
        for _ in range(count):
            peer = server.connect().join()
            peer.encodings(*encodings, -313)
            peer.exact(1)  # EndOfContinuousUpdates
            peer.send(struct.pack(">BBHHHH", 150, 1, 0, 0, peer.width, peer.height))
            self.sockets.append(peer.layer.socket)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        memory, wait = bytearray(1 << 20), select.epoll()
        for one in self.sockets:
            wait.register(one.fileno(), select.EPOLLIN)
        while True:
            for number, _ in wait.poll():
                os.readv(number, [memory])


def first():
    """From a change of all of a page of text, 1080p, to the first byte in the socket, in milliseconds: in the middle
    and within which 95 % are; and the processor time of the server until then, and of the whole update. Encoders take
    turns."""
    for name, encodings in (("Tight, lossless", (7, -224, -255)), ("Tight q6", (7, -26, -224, -255)), ("ZRLE", (16, -255)), ("Raw", (0,))):
        pages = {"library": [], "own": []}
        for which in list(pages) * 3:
            process = subprocess.Popen([f"{TOOLS}/net_first", which, "30"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            port = next(line.rsplit(":", 1)[1] for line in process.stderr if line.startswith("listening at "))
            Sponge(At(port), 1, *encodings)
            rows = [[int(number) / 1000 for number in line.split()] for line in process.stdout]
            assert process.wait(20) == 0
            pages[which] += rows[2:]
        for which, rows in pages.items():
            clock, until, whole, copying = (sorted(row[i] for row in rows) for i in range(4))
            middle = len(rows) // 2
            print(f"{name}, {'libvncserver' if which == 'library' else 'ours'}: {clock[middle]:.2f} ms, 95 % within "
                  f"{clock[int(len(rows) * 0.95)]:.2f}, of which copying the page {copying[middle]:.2f}; CPU {until[middle]:.2f} ms of "
                  f"{whole[middle]:.2f}")


def crowd():
    """Processor time of the whole server in 6 s, while a picture of 1080p moves at 30 frames a second."""
    for name, encodings in (("Tight q6", (7, -26, -224, -255)), ("Tight, lossless", (7, -224, -255)), ("ZRLE", (16, -255))):
        for encoder in ("libvncserver", "auto"):
            figures = []
            for count in (1, 8, 16):
                server = Server("--pattern-size=1920x1080", f"--encoder={encoder}", security="none", pattern="moving")
                Sponge(server, count, *encodings)
                time.sleep(2)
                seconds, rates, _, _ = spent_in(server, 6)
                figures.append(f"{count}: {sum(seconds.values()):.2f} s ({min(rates):.0f} to {max(rates):.0f})")
                server.process.kill()
                server.process.wait()
            print(f"{name}, {encoder}: viewers: CPU in 6 s (updates a second): {', '.join(figures)}")


def quality():
    """A photograph that is moved 30 times a second, to a viewer that takes JPEG of level 6: at the quality that it wishes,
    and at one that follows the line, by turns."""
    for line in (0.125, 0.625, 1.25, 12.5):
        for words in (("fence", "continuous"), ()):
            figures = []
            for what in ("video-as-wished", "video"):
                painter = Painter(30, what, "0.0.0.0", CONTROL)
                seen = far(painter.port, 10, "tight", "q6", *words, line=line)
                painter.stop()
                figures.append(f"{seen['updates']:.1f} updates a second, {seen['mbytes'] / seen['updates'] * 1000:.1f} KB each")
            print(f"a line of {line * 8:g} Mbit/s, {' and '.join(words) or 'without fences'}: {figures[0]}; following it: {figures[1]}, "
                  f"of qualities {' '.join(str(one) for one in seen['qualities'])}", flush=True)


FIGURES = (newcomers, continuous, latency, quality, stopped, many, crowd, first, gateway, tls, strangers)

if __name__ == "__main__":
    own_network()
    for figure in FIGURES:
        if figure.__name__ in sys.argv[1:] or len(sys.argv) == 1:
            figure()
            sys.stdout.flush()
