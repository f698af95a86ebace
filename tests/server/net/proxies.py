#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Real nginx and haproxy in front of the server, set up in the usual ways: the page, the WebSocket, health checks."""
import faulthandler
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import Peer, Server, Socket, Websocket, own_network  # noqa: E402

DEFAULT_HOST, HOST, HTTP_HOST, PREFIX, OLD, TLS, HAPROXY = range(7001, 7008)

NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  proxy_http_version 1.1;
  server {{ listen 127.0.0.1:{DEFAULT_HOST}; location / {{ {upgrade} proxy_pass http://{server}; }} }}
  server {{ listen 127.0.0.1:{HOST}; location / {{ {upgrade} proxy_set_header Host $host; proxy_pass http://{server}; }} }}
  server {{ listen 127.0.0.1:{HTTP_HOST}; location / {{ {upgrade} proxy_set_header Host $http_host; proxy_pass http://{server}; }} }}
  server {{ listen 127.0.0.1:{PREFIX};
    location /the/desk/ {{ {upgrade} proxy_set_header Host $http_host; proxy_pass http://{server}/; }} }}
  server {{ listen 127.0.0.1:{OLD}; location / {{ {upgrade} proxy_http_version 1.0; proxy_pass http://{server}; }} }}
  server {{ listen 127.0.0.1:{TLS}; location / {{ {upgrade} proxy_pass https://{server}; }} }}
}}
"""
UPGRADE = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;"

CHECKS = {"options": "", "head": "http-check send meth HEAD uri /", "page": "http-check send meth GET uri /vnc.html"}
BACKEND = """
backend {name}
  mode http
  option httpchk
  {check}
  server desk {server} check inter 100ms fall 1 rise 1
"""
HAPROXY_CONF = """
global
  stats socket {folder}/stats
defaults
  timeout connect 5s
  timeout check 20s
  timeout client 60s
  timeout server 60s
  timeout tunnel 60s
frontend web
  mode http
  bind 127.0.0.1:{HAPROXY}
  default_backend options
"""


def start(folder, name, text, *command):
    with open(f"{folder}/{name}.conf", "w") as file:
        file.write(text)
    with open(f"{folder}/{name}.out", "w") as log:
        return subprocess.Popen([*command, f"{folder}/{name}.conf"], stdout=log, stderr=log)


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def sees(port, host, origin, path="/websockify"):
    """A browser's WebSocket through the proxy, until it gets pixels."""
    websocket = Websocket(Socket(("127.0.0.1", port)), host=host, origin=origin, path=path)
    assert websocket.status == 101, (port, host, origin, websocket.status)
    peer = Peer(websocket).join()
    peer.encodings(0)
    peer.request()
    assert peer.update() == 640 * 400 * 4
    peer.close()


def get(url, **headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=10) as answer:
            return answer.status, answer.url, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, url, error.read().decode()


def behind_nginx(server, folder):
    text = NGINX.format(folder=folder, server="%s:%d" % server.address, upgrade=UPGRADE, **globals())
    nginx = start(folder, "nginx", text, "nginx", "-c")
    until(lambda: answers(TLS))
    for port in (DEFAULT_HOST, HOST, HTTP_HOST, TLS):
        sees(port, f"127.0.0.1:{port}", f"http://127.0.0.1:{port}")
        sees(port, f"localhost:{port}", f"http://localhost:{port}")
        sees(port, "desk.example.org", "https://desk.example.org")
        status, _, page = get(f"http://127.0.0.1:{port}/")
        assert status == 200 and "vnc.html" in page
    # below a path
    sees(PREFIX, f"127.0.0.1:{PREFIX}", f"http://127.0.0.1:{PREFIX}", "/the/desk/websockify")
    status, url, page = get(f"http://127.0.0.1:{PREFIX}/the/desk/?autoconnect=1")
    assert (status, url) == (200, f"http://127.0.0.1:{PREFIX}/the/desk/zerovnc.html?autoconnect=1"), (status, url)
    assert get(f"http://127.0.0.1:{PREFIX}/the/desk/vnc.html")[2] == "the page"
    # a client that is refused is told what helps, and so is the log
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
               "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    status, _, body = get(f"http://127.0.0.1:{DEFAULT_HOST}/websockify", Origin="https://evil.example", **upgrade)
    assert status == 403 and "--web-origin=evil.example" in body, (status, body)
    assert any("--web-origin=evil.example" in line for line in server.lines())
    status, _, body = get(f"http://127.0.0.1:{OLD}/websockify", **upgrade)
    assert status == 426 and "proxy_http_version" in body, (status, body)
    nginx.terminate()
    nginx.wait()
    print("nginx: as it names the host by itself, with $host, with $http_host, below a path, over TLS", flush=True)


def behind_haproxy(server, folder):
    address = "%s:%d" % server.address
    text = HAPROXY_CONF.format(folder=folder, **globals())
    for name, check in CHECKS.items():
        text += BACKEND.format(name=name, check=check, server=address)
    haproxy = start(folder, "haproxy", text, "haproxy", "-db", "-f")
    until(lambda: answers(HAPROXY))

    def health():
        with socket.socket(socket.AF_UNIX) as stats:
            stats.connect(f"{folder}/stats")
            stats.sendall(b"show stat\n")
            rows = [line.split(",") for line in stats.makefile().read().splitlines() if line]
        at = rows[0].index("check_status")
        return {row[0]: row[at].lstrip("* ") for row in rows if row[1] == "desk"}
    until(lambda: all(status.startswith("L7") for status in health().values()))
    assert health() == dict.fromkeys(CHECKS, "L7OK"), health()
    sees(HAPROXY, f"127.0.0.1:{HAPROXY}", f"http://127.0.0.1:{HAPROXY}")
    sees(HAPROXY, "desk.example.org", "https://desk.example.org")
    assert health() == dict.fromkeys(CHECKS, "L7OK"), health()
    haproxy.terminate()
    haproxy.wait()
    print(f"haproxy: healthy by {', '.join(CHECKS)}", flush=True)


def main():
    faulthandler.dump_traceback_later(280, exit=True)
    own_network()
    os.environ["PATH"] += ":/usr/sbin"
    missing = [tool for tool in ("nginx", "haproxy") if not shutil.which(tool)]
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        with open(f"{folder}/vnc.html", "w") as page:
            page.write("the page")
        server = Server(f"--web-root={folder}", "--web-origin=desk.example.org", security="none")
        if "nginx" not in missing:
            behind_nginx(server, folder)
        if "haproxy" not in missing:
            behind_haproxy(server, folder)
        server.stop()
    if missing:
        print(f"skipped: {' and '.join(missing)} (packaging/packages has the names) are missing")
    sys.exit(77 if missing else 0)


if __name__ == "__main__":
    main()
