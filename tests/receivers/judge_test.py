"""The judge lets a good request pass and finds what is wrong with each bad one."""

import unittest

from opentelemetry.proto.metrics.v1 import metrics_pb2 as metrics

from hand import attribute, request
from judge import Judge

def metric_of(made):
    return made.resource_metrics[0].scope_metrics[0].metrics[0]


def point_of(made):
    metric = metric_of(made)
    return getattr(metric, metric.WhichOneof("data")).data_points[0]


def judged(*requests):
    judge = Judge()
    return [complaint for made in requests for complaint in judge.request(made)[1]]


class Tests(unittest.TestCase):
    def test_good_requests_pass(self):
        ended = request(at=1)
        point_of(ended).ClearField("as_int")
        point_of(ended).flags = 1
        good = [request(at=-1), ended, request(at=2, start=1, value=1)]
        self.assertEqual(judged(*good), [])
        gap = [request(at=-1, value=5), ended, request(at=2, value=5)]
        self.assertEqual(judged(*gap), [])
        self.assertEqual(judged(request(kind="histogram"), request(1, kind="histogram")), [])

    def test_each_fault_of_a_request_is_found(self):
        def no_service(made):
            del made.resource_metrics[0].resource.attributes[0]

        def set_point(**fields):
            return lambda made: [setattr(point_of(made), *it) for it in fields.items()]

        def twice(made):
            data = metric_of(made).sum.data_points
            data.add().CopyFrom(data[0])

        faults = {
            "the resource has no": no_service,
            "two points": twice,
            "no temporality": lambda it: metric_of(it).sum.ClearField("aggregation_temporality"),
            "not a name": lambda it: setattr(metric_of(it), "name", "1 packets"),
            "described as": lambda it: setattr(metric_of(it), "description", "packets"),
            "does not begin": set_point(start_time_unix_nano=0),
            "of another time": set_point(time_unix_nano=7),
            "flags": set_point(flags=4),
            "both a value and none": set_point(flags=1),
            "below 0": set_point(as_int=-1),
            "no value": lambda it: point_of(it).ClearField("as_int"),
            "or twice": lambda it: attribute(point_of(it).attributes, "device", "veth0"),
        }
        for complaint, spoil in faults.items():
            made = request()
            spoil(made)
            with self.subTest(complaint):
                self.assertIn(complaint, "\n".join(judged(made)))

    def test_each_fault_of_a_histogram_is_found(self):
        faults = {
            "do not fit": lambda it: point_of(it).bucket_counts.append(0),
            "do not rise": lambda it: point_of(it).explicit_bounds.__setitem__(1, 8),
            "hold 4 of 3": lambda it: point_of(it).bucket_counts.__setitem__(2, 1),
            "no sum": lambda it: point_of(it).ClearField("sum"),
        }
        for complaint, spoil in faults.items():
            made = request(kind="histogram")
            spoil(made)
            with self.subTest(complaint):
                self.assertIn(complaint, "\n".join(judged(made)))

    def test_each_fault_between_requests_is_found(self):
        delta = [request(at, start=at - 1) for at in (0, 2)]
        ended_delta = [request(at=0), request(at=2, start=-1)]
        point_of(ended_delta[0]).ClearField("as_int")
        point_of(ended_delta[0]).flags = 1
        for made in delta + ended_delta:
            metric_of(made).sum.aggregation_temporality = metrics.AGGREGATION_TEMPORALITY_DELTA
        ended = request()
        point_of(ended).ClearField("as_int")
        point_of(ended).flags = 1
        other = request(at=1)
        metric_of(other).unit = "By"
        renamed = request(at=1)
        metric_of(renamed).name = "frames"
        cases = {
            "falls": [request(value=5), request(at=1, value=4)],
            "does not begin where": delta,
            "begins anew, but before": [request(), request(at=1, start=-5)],
            "before the point before": [request(), request(at=-1)],
            "goes on after it ended": [ended, request(at=1, start=-5)],
            "was {": [request(), other],
            "gone without a word": [request(), renamed],
            "ends twice": [ended],
        }
        for complaint, requests in cases.items():
            with self.subTest(complaint):
                self.assertIn(complaint, "\n".join(judged(*requests)))
        falls = judged(request(at=-1, value=5), ended, request(at=2, value=4))
        self.assertIn("falls", "\n".join(falls))
        overlaps = judged(*ended_delta)
        self.assertIn("goes on after it ended", "\n".join(overlaps))


unittest.main()
