#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""ClientInit's shared flag and --sharing: which viewers stay, which are disconnected, and what the log says about
it."""
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import BINARY, Gone, Peer, Server, Socket, Tls, Websocket  # noqa: E402

FULL, LOOK = "secret", "look"


class Party:
    """The viewers of one server, who log in with a password."""

    def __init__(self, *options):
        self.server = Server(*options, security="vncauth", passwords=f"{FULL}\n{LOOK}\n")

    def come(self, shared, password=FULL, layer=None):
        peer = Peer(layer or Socket(self.server.address))
        peer.version()
        peer.types()
        peer.send(b"\2")
        peer.vnc(password)
        peer.result()
        peer.send(bytes([shared]))
        return peer

    def is_in(self, peer):
        """It has had its ServerInit, or gets it now, and is answered."""
        if not hasattr(peer, "width"):
            peer.width, peer.height = peer.u16(), peer.u16()
            peer.exact(16)
            peer.exact(peer.u32())
        peer.request(area=(0, 0, 1, 1))
        return peer.update() == 4

    def ends(self, peer):
        try:
            while True:
                peer.exact(1)
        except (Gone, ConnectionError):
            peer.close()

    def log(self, text):
        for _ in range(200):
            if any(text in line for line in self.server.lines()):
                return True
            time.sleep(0.02)
        raise AssertionError(f"'{text}' is not in the log: {self.server.lines()[-5:]}")

    def clients(self):
        asked = subprocess.run([BINARY, "status", "--json", f"--control={self.server.path}/control"], stdout=subprocess.PIPE, check=True)
        return json.loads(asked.stdout)["clients"]

    def end(self):
        self.server.stop()


def as_the_viewer_asks():
    party = Party()
    first, second = party.come(1), party.come(255)
    assert party.is_in(first) and party.is_in(second)
    looker = party.come(0, LOOK)  # this one may not disconnect them
    assert party.is_in(looker) and party.is_in(first) and party.is_in(second)
    party.log("it may only look")
    alone = party.come(0)
    assert party.is_in(alone)
    for other in (first, second, looker):
        party.ends(other)
    party.log("has the desktop alone now")
    late = party.come(1)  # a viewer that shares may join later
    assert party.is_in(late) and party.is_in(alone)
    # a connection that has not authenticated disturbs nobody, whatever it sends
    stranger = Peer(Socket(party.server.address))
    stranger.version()
    stranger.types()
    stranger.send(b"\2" + bytes(16) + b"\0")
    party.ends(stranger)
    assert party.is_in(late) and party.is_in(alone)
    party.end()


def is_gone_at_once():
    """Nothing remains of a viewer that was disconnected, and its keys are released (gateway_events.left)."""
    party = Party()
    first, second = party.come(1), party.come(1)
    assert party.is_in(first) and party.is_in(second) and len(party.clients()) == 2
    alone = party.come(0)
    assert party.is_in(alone)
    party.ends(first)
    party.ends(second)
    assert len(party.clients()) == 1, party.clients()
    party.end()


def browsers():
    """They are told in the way of their protocol: by a WebSocket's Close, behind TLS too."""
    party = Party("--web-root=/usr")
    plain = Websocket(Socket(party.server.address), host="localhost")
    sealed = Websocket(Tls(Socket(party.server.address)), host="localhost")
    first, second = party.come(1, layer=plain), party.come(1, layer=sealed)
    assert party.is_in(first) and party.is_in(second)
    alone = party.come(0)
    for websocket in (plain, sealed):
        while websocket.read_frame()[0] != 8:
            pass
    assert party.is_in(alone)
    party.end()


def always():
    party = Party("--sharing=always")
    first, second = party.come(0), party.come(0)
    assert party.is_in(first) and party.is_in(second)
    party.end()


def never():
    party = Party("--sharing=never")
    first = party.come(0)
    assert party.is_in(first)
    looker = party.come(1, LOOK)
    party.ends(looker)
    party.log("refused: somebody who may type is there")
    assert party.is_in(first)
    second = party.come(1)
    assert party.is_in(second)
    party.ends(first)
    party.end()


def refuse():
    party = Party("--sharing=refuse")
    first, second = party.come(0), party.come(1)
    assert party.is_in(first) and party.is_in(second)
    third = party.come(0)
    party.ends(third)
    party.log("refused: it asks to be alone")
    assert party.is_in(first) and party.is_in(second)
    party.end()


def view_only():
    """If no viewer may type, none disconnects another."""
    party = Party("--view-only")
    first, second = party.come(0), party.come(0)
    assert party.is_in(first) and party.is_in(second)
    party.end()


def main():
    for scenario in (as_the_viewer_asks, is_gone_at_once, browsers, always, never, refuse, view_only):
        scenario()
        print(scenario.__name__, flush=True)


if __name__ == "__main__":
    main()
