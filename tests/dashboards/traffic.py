"""Ordinary traffic of a host, and a scan; each goes on until the input ends.

traffic.py serve                    HTTP on port 80, and on UDP port 53 what sends every datagram back
traffic.py use HOST...              asks these hosts for both, twenty times a second
traffic.py scan FROM TO             connects from an address to ports on which nothing listens
"""

import http.server
import itertools
import socket
import socketserver
import sys
import threading
import urllib.request

# Without the proxies of whoever runs the tests.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

PORTS = range(2000, 2200)
QUESTION = bytes.fromhex("0001010000010000000000000765786d61706c6503636f6d0000010001")


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(bytes(4000))

    def log_message(self, *_):
        pass


class Http(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        datagram, server = self.request
        server.sendto(datagram, self.client_address)


class Datagrams(socketserver.UDPServer):
    address_family = socket.AF_INET6


def serve(ended):
    for server in Http(("::", 80), Page), Datagrams(("::", 53), Echo):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    ended.wait()


def use(ended, *hosts):
    for host in itertools.cycle(hosts):
        if ended.wait(0.05):
            return
        name = f"[{host}]" if ":" in host else host
        try:
            DIRECT.open(f"http://{name}/", timeout=2).read()
            with socket.create_connection((host, 80)):
                pass
            with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM) as asking:
                asking.settimeout(2)
                asking.sendto(QUESTION, (host, 53))
                asking.recv(512)
        except OSError:
            # Too busy, or not up yet.
            pass


def scan(ended, source, host):
    for port in itertools.cycle(PORTS):
        if ended.wait(0.01):
            return
        with socket.socket() as probe:
            probe.bind((source, 0))
            probe.settimeout(1)
            probe.connect_ex((host, port))


ended = threading.Event()
task = threading.Thread(target={"serve": serve, "use": use, "scan": scan}[sys.argv[1]], args=[ended, *sys.argv[2:]])
task.start()
sys.stdin.read()
ended.set()
