"""Checks requests of OTLP metrics field by field, and each against those before it."""

import re
import time

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_./-]{0,254}")
CUMULATIVE, DELTA = 2, 1
TEMPORALITIES = {CUMULATIVE: "cumulative", DELTA: "delta"}
NO_RECORDED_VALUE = 1
MOST_POINTS = 8192
# How far the clock of a request may be from ours, in nanoseconds.
CLOCK = 120 * 10**9
# Marks of identity that each resource is to have.
IDENTITY = ["service.name", "service.version", "service.instance.id", "host.name", "os.type"]


class Judge:
    """Where each push is one request, as long as it has few points, a series may be missing in
    the next one only after a point that says so."""

    def __init__(self, in_parts=False):
        self.streams = {}
        self.in_parts = in_parts
        self.present = set()

    def request(self, request):
        """Gives what the request says in plain values, and a list of what is wrong with it."""
        wrong, described, points = [], [], 0
        if len(request.resource_metrics) != 1:
            wrong.append(f"{len(request.resource_metrics)} resources in a request")
        resource, scope, seen = {}, {}, set()
        for of_resource in request.resource_metrics:
            resource = attributes(of_resource.resource.attributes, wrong)
            for key in IDENTITY:
                if not resource.get(key):
                    wrong.append(f"the resource has no {key}: {resource}")
            for of_scope in of_resource.scope_metrics:
                scope = {"name": of_scope.scope.name, "version": of_scope.scope.version}
                if not scope["name"] or not scope["version"]:
                    wrong.append(f"a scope without name or version: {scope}")
                for metric in of_scope.metrics:
                    if metric.name in seen:
                        wrong.append(f"{metric.name}: twice in a request")
                    seen.add(metric.name)
                    described.append(self.metric(metric, wrong))
                    points += len(described[-1]["points"])
        if points > MOST_POINTS:
            wrong.append(f"{points} points in a request")
        self.check_presence(described, wrong)
        return {"resource": resource, "scope": scope, "metrics": described}, wrong

    def metric(self, metric, wrong):
        kind = metric.WhichOneof("data")
        own = lambda complaint: wrong.append(f"{metric.name}: {complaint}")
        if not NAME.fullmatch(metric.name):
            own("not a name of an instrument")
        if not metric.description.endswith("."):
            own(f"described as {metric.description!r}")
        if kind not in ("sum", "gauge", "histogram", "exponential_histogram"):
            own(f"is a {kind}")
            return {"name": metric.name, "kind": kind, "points": []}
        data = getattr(metric, kind)
        facts = {"name": metric.name, "unit": metric.unit, "kind": kind}
        if kind != "gauge":
            facts["temporality"] = TEMPORALITIES.get(data.aggregation_temporality)
            if facts["temporality"] is None:
                own("has no temporality")
        if kind == "sum":
            facts["monotonic"] = data.is_monotonic
        if not data.data_points:
            own("has no points")
        points, seen = [], set()
        for point in data.data_points:
            complain = lambda complaint: own(f"{complaint} in {dict(described)}")
            described = {"attributes": attributes(point.attributes, wrong)}
            key = (metric.name, tuple(sorted(described["attributes"].items())))
            if key in seen:
                own(f"two points of {key}")
            seen.add(key)
            described |= number(point) if kind in ("sum", "gauge") else distribution(point, kind)
            described |= {
                "start": point.start_time_unix_nano,
                "time": point.time_unix_nano,
                "ended": bool(point.flags & NO_RECORDED_VALUE),
            }
            check_point(point, kind, facts, described, complain)
            self.check_stream(key, facts, described, complain)
            points.append(described)
        return {**facts, "description": metric.description, "points": points}

    def check_presence(self, described, wrong):
        present, ended = set(), set()
        for metric in described:
            for point in metric["points"]:
                key = (metric["name"], tuple(sorted(point["attributes"].items())))
                (ended if point["ended"] else present).add(key)
        if not self.in_parts:
            gone = self.present - present - ended
            wrong.extend(f"{key} is gone without a word" for key in sorted(gone))
            wrong.extend(f"{key} ends twice" for key in sorted(ended - self.present))
        self.present = present

    def check_stream(self, key, facts, point, complain):
        """Holds a point against the one before it. Source: data-model.md, "Stream
        Manipulations" and "Resets and Gaps"."""
        if key not in self.streams:
            self.streams[key] = (facts, point)
            return
        before_facts, before = self.streams[key]
        # A point without a value leaves the last one as it is.
        last = {name: before[name] for name in ("value", "count") if name in before}
        self.streams[key] = (facts, {**point, **last} if point["ended"] else point)
        if before_facts != facts:
            complain(f"was {before_facts} and is {facts}")
        if point["time"] < before["time"]:
            complain(f"before the point before it, of {before['time']}")
        if point["ended"] or facts["kind"] == "gauge":
            return
        # A sum over all time may go on as it was: the gap is no beginning.
        goes_on = facts["temporality"] == "cumulative" and point["start"] == before["start"]
        if before["ended"] and not goes_on:
            if point["start"] < before["time"]:
                complain("goes on after it ended")
            return
        if facts["temporality"] == "delta":
            if point["start"] != before["time"]:
                complain(f"does not begin where the one before ended, at {before['time']}")
        elif point["start"] == before["start"]:
            falls = [name for name in ("value", "count") if before.get(name) is not None]
            falls = [name for name in falls if point[name] < before[name]]
            if falls and facts.get("monotonic", True):
                complain(f"falls from {before}")
        elif point["start"] < before["time"]:
            complain(f"begins anew, but before its last point of {before['time']}")


def check_point(point, kind, facts, described, complain):
    if point.flags not in (0, NO_RECORDED_VALUE):
        complain(f"flags {point.flags}")
    if abs(point.time_unix_nano - time.time_ns()) > CLOCK:
        complain("of another time")
    if kind != "gauge" and not 0 < point.start_time_unix_nano <= point.time_unix_nano:
        complain("does not begin before it ends")
    if kind in ("sum", "gauge"):
        has_value = point.WhichOneof("value") is not None
        if has_value == described["ended"]:
            complain("both a value and none" if has_value else "no value")
        if facts.get("monotonic") and described["value"] is not None and described["value"] < 0:
            complain("a sum that only rises, below 0")
    elif not described["ended"]:
        check_distribution(point, kind, complain)


def check_distribution(point, kind, complain):
    if not point.HasField("sum"):
        complain("no sum")
    if kind == "histogram":
        bounds, counts = list(point.explicit_bounds), list(point.bucket_counts)
        if len(counts) != len(bounds) + 1:
            complain("buckets do not fit their bounds")
        if any(low >= high for low, high in zip(bounds, bounds[1:])):
            complain("bounds do not rise")
        counted = sum(counts)
    else:
        counted = point.zero_count + sum(point.positive.bucket_counts)
        counted += sum(point.negative.bucket_counts)
    if counted != point.count:
        complain(f"buckets hold {counted} of {point.count}")
    if point.count == 0 and point.sum != 0:
        complain("a sum of nothing")


def number(point):
    which = point.WhichOneof("value")
    return {"value": getattr(point, which) if which else None, "type": which}


def distribution(point, kind):
    facts = {"count": point.count, "sum": point.sum}
    if kind == "histogram":
        return {
            **facts,
            "bounds": list(point.explicit_bounds),
            "counts": list(point.bucket_counts),
        }
    return {
        **facts,
        "scale": point.scale,
        "zeros": point.zero_count,
        "offset": point.positive.offset,
        "counts": list(point.positive.bucket_counts),
    }


def attributes(pairs, wrong):
    found = {}
    for pair in pairs:
        which = pair.value.WhichOneof("value")
        if not pair.key or pair.key in found:
            wrong.append(f"an attribute without a name, or twice: {pair.key!r}")
        if which not in ("string_value", "bool_value", "int_value", "double_value"):
            wrong.append(f"the attribute {pair.key} is a {which}")
        found[pair.key] = getattr(pair.value, which) if which else None
    return found
