//! What is pushed of series that were not in the push before, once some that ended are forgotten.

use opentelemetry_proto::tonic::metrics::v1::NumberDataPoint;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;
use prost::Message;

use super::super::super::memory::SeriesId;
use super::super::super::point::nanos;
use super::*;
use crate::catalog::Choice;

/// The device counts since then.
const SINCE: u64 = 50;

fn deltas() -> Make {
    Make { style: Style { temporality: Temporality::Delta, ..make().style }, ..make() }
}

/// Readings of a device with so many IGMP packets over IPv6, a cell that is not there before its
/// first packet, and with these sources.
fn counted(igmp: u64, sources: &[(u8, u64)], second: u64) -> Taken {
    let named = sources.iter().map(|(host, packets)| {
        let address = IpAddr::from([10, 0, 0, *host]);
        let mut named = example::named(address, *packets, packets * 100);
        named.since = example::at(SINCE + 1);
        named
    });
    let mut flow = example::of_sources(named);
    flow.since = example::at(SINCE);
    let cell = [shared::Family::Ipv6.index(), shared::Protocol::Igmp.index()];
    Arc::make_mut(&mut flow.totals).cells[cell[0]][cell[1]] =
        Count { packets: igmp, bytes: igmp * 100 };
    let snapshot = Snapshot { flows: vec![Arc::new(flow)], ..Snapshot::default() };

    taken(&Readings { snapshot: Arc::new(snapshot), ..example::readings() }, second)
}

/// A receiver that has the push, whose memory is past its bound.
fn forgetful(push: Taken) -> Delivered {
    let mut delivered = Delivered::default();
    let pushed = |identity| {
        let (since, until) = (example::at(SINCE), example::at(100 + identity));
        ((usize::MAX, identity), Pushed { since, count: 5, until })
    };
    let ended: Vec<(SeriesId, Pushed)> = (0..=1 << 16).map(pushed).collect();
    delivered.whole(push, 0, ended);

    delivered
}

/// Returns the points of a metric in which a text is.
fn points(work: &Work, name: &str, text: &str) -> Vec<NumberDataPoint> {
    let requests = work.requests.iter().map(|it| it.body.clone());
    let requests = requests.map(|body| ExportMetricsServiceRequest::decode(body).unwrap());
    let scopes = requests.flat_map(|it| it.resource_metrics).flat_map(|it| it.scope_metrics);
    let metrics = scopes.flat_map(|it| it.metrics).filter(|metric| metric.name == name);

    let points = metrics.flat_map(|metric| match metric.data {
        Some(Data::Sum(sum)) => sum.data_points,
        other => panic!("{other:?}"),
    });
    points.filter(|point| format!("{:?}", point.attributes).contains(text)).collect()
}

#[test]
fn a_cell_that_counts_for_the_first_time_is_pushed_whole_whatever_is_forgotten() {
    let delivered = forgetful(counted(0, &[], 200_000));

    let work = deltas().work(&delivered, counted(1000, &[], 200_010)).unwrap();

    let cells = points(&work, "packet.receive.packets", "igmp");
    let cell = cells.iter().find(|it| format!("{:?}", it.attributes).contains("ipv6")).unwrap();
    assert_eq!(cell.value, Some(Number::AsInt(1000)));
    let start = nanos(example::at(200_000));
    assert_eq!(cell.start_time_unix_nano, start, "it was not there in the push before");
}

#[test]
fn a_name_that_may_be_forgotten_is_not_pushed_twice() {
    let delivered = forgetful(counted(0, &[], 200_000));

    let work = deltas().work(&delivered, counted(0, &[(1, 1000)], 200_010)).unwrap();

    let points = points(&work, "packet.receive.source.packets", "10.0.0.1");
    assert_eq!(points[0].value, Some(Number::AsInt(0)));
}

#[test]
fn what_cannot_come_back_is_not_remembered() {
    let before = counted(1, &[(1, 10), (2, 20)], 100);
    let delivered = Delivered::of(before);

    let lost = deltas().work(&delivered, counted(1, &[(1, 10)], 110)).unwrap();
    let gone = deltas().work(&delivered, taken(&readings_of_none(), 110)).unwrap();

    let counts: Vec<_> = lost.ended.iter().map(|(_, pushed)| pushed.count).collect();
    assert_eq!(counts, [20, 2000], "packets and bytes of the name that was lost");
    assert_eq!(gone.ended.len(), 0, "a program that is gone");
}

/// Counts of IGMP over IPv6, and of the source 10.0.0.1.
const BOTH: [(&str, &str); 2] =
    [("packet.receive.packets", "ipv6"), ("packet.receive.source.packets", "10.0.0.1")];

#[test]
fn what_is_left_out_for_a_while_is_a_gap_and_nothing_is_pushed_twice() {
    let leaving_out = |taken: Taken| {
        let choice = Choice::without(&["packet_receive.*".parse().unwrap()]);
        Taken { readings: Readings { choice, ..taken.readings }, ..taken }
    };
    let values = |work: &Work| {
        BOTH.map(|(name, text)| {
            let points = points(work, name, text);
            let point =
                points.iter().find(|it| format!("{it:?}").contains("igmp") || name != BOTH[0].0);
            point.and_then(|point| point.value)
        })
    };

    let mut delivered = Delivered::of(counted(10, &[(1, 10)], 100));
    let without = deltas().work(&delivered, leaving_out(counted(20, &[(1, 20)], 110))).unwrap();
    let [packets, source] = values(&without);
    // What remains is that the series have ended, without a value.
    assert!(packets.is_none() && source.is_none(), "{packets:?} {source:?}");
    delivered.whole(without.taken, without.series, without.ended);
    let back = deltas().work(&delivered, counted(30, &[(1, 30)], 120)).unwrap();
    assert_eq!(values(&back), [Some(Number::AsInt(0)); 2]);
    delivered.whole(back.taken, back.series, back.ended);
    let next = deltas().work(&delivered, counted(33, &[(1, 34)], 130)).unwrap();
    assert_eq!(values(&next), [Some(Number::AsInt(3)), Some(Number::AsInt(4))]);
}

fn readings_of_none() -> Readings {
    Readings { snapshot: Arc::default(), ..example::readings() }
}
