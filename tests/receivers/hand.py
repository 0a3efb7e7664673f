"""Requests made by hand, which show that a receiver works before anything else pushes to it.

usage: hand.py grpc HOST:PORT | hand.py http URL
"""

import sys
import time
import urllib.request

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as collector
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2_grpc as collector_grpc
from opentelemetry.proto.metrics.v1 import metrics_pb2 as metrics

from judge import IDENTITY

SECOND = 10**9
NOW = time.time_ns()


def request(at=0, start=-10, value=5, kind="sum"):
    """A request whose point ends `at` seconds after the start of the test."""
    made = collector.ExportMetricsServiceRequest()
    of_resource = made.resource_metrics.add()
    for key in IDENTITY:
        attribute(of_resource.resource.attributes, key, "x")
    of_scope = of_resource.scope_metrics.add()
    of_scope.scope.name = of_scope.scope.version = "x"
    metric = of_scope.metrics.add(name="packets", unit="{packet}", description="Packets.")
    data = getattr(metric, kind)
    data.aggregation_temporality = metrics.AGGREGATION_TEMPORALITY_CUMULATIVE
    point = data.data_points.add()
    point.start_time_unix_nano = NOW + start * SECOND
    point.time_unix_nano = NOW + at * SECOND
    attribute(point.attributes, "device", "veth0")
    if kind == "sum":
        data.is_monotonic = True
        point.as_int = value
    else:
        point.count, point.sum = 3, 30
        point.explicit_bounds.extend([8, 16])
        point.bucket_counts.extend([1, 2, 0])
    return made


def attribute(attributes, key, value):
    attributes.add(key=key).value.string_value = value


def main(way, to):
    made = request()
    if way == "grpc":
        stub = collector_grpc.MetricsServiceStub(grpc.insecure_channel(to))
        return stub.Export(made, timeout=10)
    headers = {"Content-Type": "application/x-protobuf"}
    sent = urllib.request.Request(to, made.SerializeToString(), headers)
    return urllib.request.urlopen(sent, timeout=10).read()


if __name__ == "__main__":
    main(*sys.argv[1:])
