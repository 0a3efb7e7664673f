//! What the text reads as.

use super::*;

/// As both print it, shortened.
const TEXT: &str = "\
2026-11-24T20:09:17.219Z\tinfo\tMetrics\t{\"data points\": 4}
2026-11-24T20:09:17.219Z\tinfo\tResourceMetrics #0
Resource SchemaURL: \nResource attributes:
     -> service.name: Str(packet-exporter)
ScopeMetrics #0
InstrumentationScope packet-exporter 1
Metric #0
Descriptor:
     -> Name: hand.packets
     -> Description: By hand.
     -> Unit: {packet}
     -> DataType: Sum
     -> IsMonotonic: true
     -> AggregationTemporality: AGGREGATION_TEMPORALITY_CUMULATIVE
NumberDataPoints #0
Data point attributes:
     -> device: Str(veth0)
StartTimestamp: 1795550956949428598
Timestamp: 1795550957949428598
Value: 5
NumberDataPoints #1
StartTimestamp: 1795550956949428598
Timestamp: 1795550957949428598
Metric #1
Descriptor:
     -> Name: hand.size
     -> DataType: Histogram
     -> AggregationTemporality: Delta
HistogramDataPoints #0
Count: 3
Sum: 30.000000
ExplicitBounds #0: 10.000000
Buckets #0, Count: 1
Buckets #1, Count: 2
\t{\"otelcol.signal\": \"metrics\"}
ResourceMetrics #0
";

#[test]
fn a_dump_is_read_point_by_point() {
    let requests = requests(TEXT);

    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].resource["service.name"], "packet-exporter");
    let [valued, ended, histogram] = &requests[0].points[..] else { panic!("{requests:#?}") };
    assert_eq!((valued.name.as_str(), valued.unit.as_str()), ("hand.packets", "{packet}"));
    assert_eq!((valued.kind.as_str(), valued.temporality.as_str()), ("Sum", "Cumulative"));
    assert!(valued.is_monotonic);
    assert_eq!(valued.attributes["device"], "veth0");
    assert_eq!((valued.value, ended.value), (Some(5.0), None));
    assert!(ended.attributes.is_empty());
    assert_eq!((histogram.count, histogram.sum), (Some(3.0), Some(30.0)));
    assert_eq!((histogram.temporality.as_str(), &histogram.buckets), ("Delta", &vec![1.0, 2.0]));
    let series: Vec<_> = requests[0].series().into_iter().collect();
    let expected = [
        ("hand_packets_total{device=\"veth0\"}", 5.0),
        ("hand_size_bucket{le=\"10\"}", 1.0),
        ("hand_size_bucket{le=\"inf\"}", 3.0),
        ("hand_size_count{}", 3.0),
        ("hand_size_sum{}", 30.0),
    ];
    assert_eq!(series, expected.map(|(name, value)| (name.to_owned(), value)));
    assert!(last_request(TEXT).is_some_and(|last| last.points.is_empty()));
}
