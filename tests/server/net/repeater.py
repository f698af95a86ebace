#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""repeater.py SERVER_PORT VIEWER_PORT: a repeater as UltraVNC describes its mode II, for tests. It is written from that
description and not from its source: a server connects to one port and says "ID:NAME" in 250 bytes, filled up with zeros. A
viewer connects to the other port, is greeted with "RFB 000.000\\n", and says the same in the same way. Whoever has said the
same ID is joined: from then on, the repeater passes bytes in both directions. What a server says before its viewer is
there waits."""
import socket
import sys
import threading

ID_SIZE, GREETING = 250, b"RFB 000.000\n"


def exact(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def listen(port, host="127.0.0.1"):
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(8)
    return listener


def pass_on(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in source, sink:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


class Repeater:
    def __init__(self, server_port=0, viewer_port=0):
        self.servers, self.viewers = listen(server_port), listen(viewer_port)
        self.server_port, self.viewer_port = (listener.getsockname()[1] for listener in (self.servers, self.viewers))
        self.said = []  # by servers, byte by byte
        self.waiting, self.changed = {}, threading.Condition()
        for listener, meet in (self.servers, self.meet_server), (self.viewers, self.meet_viewer):
            threading.Thread(target=self.accept, args=(listener, meet), daemon=True).start()

    @staticmethod
    def accept(listener, meet):
        while True:
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=meet, args=(connection,), daemon=True).start()

    def meet_server(self, connection):
        said = exact(connection, ID_SIZE)
        with self.changed:
            self.said.append(said)
            self.waiting.setdefault(said.rstrip(b"\0"), []).append(connection)
            self.changed.notify_all()

    def meet_viewer(self, connection):
        connection.sendall(GREETING)
        name = exact(connection, ID_SIZE).split(b"\0")[0]
        with self.changed:
            self.changed.wait_for(lambda: self.waiting.get(name))
            server = self.waiting[name].pop(0)
        threading.Thread(target=pass_on, args=(server, connection), daemon=True).start()
        pass_on(connection, server)

    def has(self, name, seconds=20):
        """Waits until a server is there that said so."""
        with self.changed:
            return self.changed.wait_for(lambda: self.waiting.get(name), seconds)

    def send_away(self, name):
        """Disconnects a server that waits."""
        with self.changed:
            self.waiting[name].pop(0).close()


if __name__ == "__main__":
    Repeater(*map(int, sys.argv[1:]))
    print("ready", flush=True)
    threading.Event().wait()
