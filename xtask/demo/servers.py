"""The servers of the demo: HTTP on port 80 and DNS on port 53, both IPv4 and IPv6."""

import http.server
import socket
import socketserver
import threading


class Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = b"packet-exporter demo\n" * 400
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Http(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET


class Answer(socketserver.BaseRequestHandler):
    """Answers every question with one A record."""

    def handle(self):
        query, server = self.request
        record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x01"
        head = query[:2] + b"\x81\x80" + query[4:6] + b"\x00\x01\x00\x00\x00\x00"
        server.sendto(head + query[12:] + record, self.client_address)


class Dns(socketserver.UDPServer):
    address_family = Http.address_family


threading.Thread(target=Dns(("", 53), Answer).serve_forever, daemon=True).start()
Http(("", 80), Page).serve_forever()
