"""Receives OTLP and says on standard output, one line of JSON for each request, what came and what
is wrong with it. Knows the messages from their publisher's package alone.

Sources: opentelemetry-proto, metrics/v1/metrics.proto and docs/specification.md; the OpenTelemetry
specification, metrics/data-model.md and metrics/api.md (syntax of names).

usage: oracle.py GRPC_PORT HTTP_PORT whole|parts [CERTIFICATE KEY]
`parts`: what is pushed at a time may come in several requests.
"""

import gzip
import json
import sys
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2_grpc as logs_grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as metrics_grpc

from judge import Judge, attributes

GZIP = {"", "identity", "gzip"}
PROTOBUF, JSON = "application/x-protobuf", "application/json"

judge = Judge(in_parts=sys.argv[3] == "parts")
one_at_a_time = threading.Lock()


def take_metrics(request, way):
    with one_at_a_time:
        pushed, complaints = judge.request(request)
        say({"signal": "metrics", "complaints": complaints, **way, **pushed})


def take_logs(request, way):
    with one_at_a_time:
        for resource in request.resource_logs:
            records = [
                {
                    "severity": record.severity_text,
                    "body": record.body.string_value,
                    "time": record.time_unix_nano or record.observed_time_unix_nano,
                    "attributes": attributes(record.attributes, []),
                }
                for scope in resource.scope_logs
                for record in scope.log_records
            ]
            of = attributes(resource.resource.attributes, [])
            say({"signal": "logs", "complaints": [], **way, "resource": of, "records": records})


def say(what):
    print(json.dumps(what), flush=True)


class Metrics(metrics_grpc.MetricsServiceServicer):
    def Export(self, request, context):
        take_metrics(request, called(context))
        return metrics.ExportMetricsServiceResponse()


class Logs(logs_grpc.LogsServiceServicer):
    def Export(self, request, context):
        take_logs(request, called(context))
        return logs.ExportLogsServiceResponse()


def called(context):
    headers = {key: value for key, value in context.invocation_metadata() if type(value) is str}
    return {"transport": "grpc", "headers": headers}


class Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    paths = {
        "/v1/metrics": (
            metrics.ExportMetricsServiceRequest,
            metrics.ExportMetricsServiceResponse,
            take_metrics,
        ),
        "/v1/logs": (logs.ExportLogsServiceRequest, logs.ExportLogsServiceResponse, take_logs),
    }

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        kind, encoding = self.headers["Content-Type"], self.headers.get("Content-Encoding", "")
        if self.path not in self.paths or kind not in (PROTOBUF, JSON) or encoding not in GZIP:
            say({"signal": "none", "complaints": [f"{self.path}, {kind}, {encoding}: not served"]})
            return self.answer(404, "text/plain", b"")
        request, response, take = self.paths[self.path]
        if encoding == "gzip":
            body = gzip.decompress(body)
        if kind == JSON:
            message, answer = json_format.Parse(body, request()), b"{}"
        else:
            message, answer = request.FromString(body), response().SerializeToString()
        headers = {key.lower(): value for key, value in self.headers.items()}
        take(message, {"transport": "http", "headers": headers})
        self.answer(200, kind, answer)

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """What is said is said on standard output."""


def main(grpc_port, http_port, _, *certificate_and_key):
    # A port in use is an error and not shared.
    server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.so_reuseport", 0)])
    metrics_grpc.add_MetricsServiceServicer_to_server(Metrics(), server)
    logs_grpc.add_LogsServiceServicer_to_server(Logs(), server)
    http = ThreadingHTTPServer(("127.0.0.1", int(http_port)), Http)
    address = f"127.0.0.1:{grpc_port}"
    if certificate_and_key:
        import ssl

        certificate, key = (open(path, "rb").read() for path in certificate_and_key)
        credentials = grpc.ssl_server_credentials([(key, certificate)])
        server.add_secure_port(address, credentials)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate_and_key)
        http.socket = context.wrap_socket(http.socket, server_side=True)
    else:
        server.add_insecure_port(address)
    server.start()
    say({"signal": "listening", "complaints": [], "version": grpc.__version__})
    http.serve_forever()


main(*sys.argv[1:])
