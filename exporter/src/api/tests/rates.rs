//! What the last fold added.

use std::time::Duration;

use shared::{Count, Direction};

use super::*;
use crate::dimension::Dimension;
use crate::snapshot::{Before, Flow, Named};

const ELAPSED: Duration = Duration::from_secs(2);

/// The example two seconds after a fold that `change` made of it.
fn after(change: impl FnOnce(&mut Flow)) -> Readings {
    with(|snapshot| {
        let mut flows = snapshot.flows.clone();
        change(Arc::make_mut(&mut flows[0]));
        let before = Before {
            flows,
            folded: example::at(1),
            elapsed: ELAPSED,
            unread: BTreeSet::new(),
            unread_last: BTreeSet::new(),
        };
        snapshot.before = Some(Arc::new(before));
    })
}

fn rate(target: &str, readings: &Readings) -> [Value; 2] {
    let document = json(&ask_of(target, readings));

    ["packets_per_second", "bytes_per_second"].map(|field| document["total"][field].clone())
}

#[test]
fn a_rate_is_what_the_last_fold_added() {
    let readings = after(|flow| {
        let totals = Arc::make_mut(&mut flow.totals);
        totals.cells[0][0].packets -= 3;
        totals.cells[0][0].bytes -= 1000;
    });

    assert_eq!(rate("/api/v1/packets", &readings), [1.5, 500.0].map(Value::from));
    assert_eq!(rate("/api/v1/packets?protocol=tcp", &readings), [1.5, 500.0].map(Value::from));
    assert_eq!(rate("/api/v1/packets?protocol=udp", &readings), [0.0, 0.0].map(Value::from));
    let transmit = rate("/api/v1/packets?direction=transmit", &readings);
    assert_eq!(transmit, [0.0, 0.0].map(Value::from), "a flow without traffic is the same one");
}

#[test]
fn the_rate_of_a_flow_that_could_not_be_read_is_unknown() {
    let mut readings = after(|_| {});
    let snapshot = Arc::make_mut(&mut readings.snapshot);
    let key = (Arc::clone(&snapshot.flows[0].device), snapshot.flows[0].direction);
    Arc::make_mut(snapshot.before.as_mut().unwrap()).unread = [key].into();

    assert_eq!(rate("/api/v1/packets", &readings), [Value::Null, Value::Null]);
    let transmit = rate("/api/v1/packets?direction=transmit", &readings);
    assert_eq!(transmit, [0.0, 0.0].map(Value::from));
}

#[test]
fn without_a_fold_before_no_rate_is_known() {
    let readings = example::readings();

    assert_eq!(rate("/api/v1/packets", &readings), [Value::Null, Value::Null]);
    let document = json(&ask_of("/api/v1/packets", &readings));
    assert_eq!(document["fold"]["elapsed_seconds"], Value::Null);
}

/// Two sources: one with a count before, and one that `since` tells how old it is.
fn with_source(since: u64, has_flow: bool) -> Readings {
    let mut readings = after(|flow| {
        let sources = flow.breakdowns[Dimension::Sources].as_mut().unwrap();
        sources.named.truncate(1);
        sources.named[0].count = Count { packets: 4, bytes: 4000 };
        if !has_flow {
            flow.since = example::at(0);
        }
    });
    let snapshot = Arc::make_mut(&mut readings.snapshot);
    let flow = Arc::make_mut(&mut snapshot.flows[0]);
    let sources = flow.breakdowns[Dimension::Sources].as_mut().unwrap();
    sources.named[1] = Named { since: example::at(since), ..sources.named[1] };

    readings
}

#[test]
fn a_name_that_is_new_has_all_of_its_count_in_the_last_fold() {
    let readings = with_source(1, true);

    let known = rate("/api/v1/packets?source=192.0.2.1", &readings);
    let new = rate("/api/v1/packets?source=2001:db8::1", &readings);

    assert_eq!(known, [1.0, 0.0].map(Value::from));
    assert_eq!(new, [1.0, 118.0].map(Value::from));
}

#[test]
fn a_name_that_came_back_has_no_rate_until_the_next_fold() {
    let mut readings = with_source(1, true);
    let snapshot = Arc::make_mut(&mut readings.snapshot);
    let mut before = Before::clone(snapshot.before.as_ref().unwrap());
    before.folded = example::at(60);
    snapshot.before = Some(Arc::new(before));

    let back = rate("/api/v1/packets?source=2001:db8::1", &readings);

    assert_eq!(back, [Value::Null, Value::Null]);
    assert_eq!(rate("/api/v1/packets?source=192.0.2.1", &readings)[0], 1.0);
}

#[test]
fn a_flow_that_is_new_has_all_of_its_count_in_the_last_fold_and_an_adopted_one_no_rate() {
    let readings = with_source(1, false);
    assert_eq!(readings.snapshot.flows[0].direction, Direction::Receive);

    assert_eq!(rate("/api/v1/packets", &readings)[0], 6.0, "12 packets since it is there");

    let mut adopted = readings;
    let snapshot = Arc::make_mut(&mut adopted.snapshot);
    let mut before = Before::clone(snapshot.before.as_ref().unwrap());
    before.folded = example::at(60);
    snapshot.before = Some(Arc::new(before));
    assert_eq!(rate("/api/v1/packets", &adopted)[0], Value::Null);
}

#[test]
fn rows_are_listed_by_what_is_asked_for() {
    let readings = after(|flow| {
        let totals = Arc::make_mut(&mut flow.totals);
        totals.cells[1][1].packets -= 1;
    });
    let first = |order: &str| {
        let target = format!("/api/v1/packets?by=protocol&top=1&order={order}");
        json(&ask_of(&target, &readings))["items"][0]["labels"]["protocol"].clone()
    };

    assert_eq!(first("packets"), "tcp");
    assert_eq!(first("packet_rate"), "udp");
}
