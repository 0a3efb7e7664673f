//! Events of folds, and clients that come back.

use shared::Direction;

use super::*;
use crate::catalog::Choice;
use crate::history::{Crossing, Signal};
use crate::samples::Id;

/// Events of so many folds.
fn events(folds: u64, limit: usize) -> Events {
    let mut events = Events::new(example::at(0));
    events.limit(limit);
    for fold in 1..=folds {
        push(&mut events, fold, &[]);
    }

    events
}

fn push(events: &mut Events, fold: u64, crossings: &[(Crossing, Option<Id>)]) {
    let mut snapshot = (*example::readings().snapshot).clone();
    snapshot.health.folding.folds = fold;
    events.push(&snapshot, crossings, &Choice::default());
}

fn read(events: &Events, place: &mut Place) -> Vec<(String, Value)> {
    let text = String::from_utf8(events.next(place)).unwrap();
    let event = |text: &str| {
        let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
        let name = line("event: ").unwrap().to_owned();
        (name, serde_json::from_str(line("data: ").unwrap()).unwrap())
    };

    text.split_terminator("\n\n").map(event).collect()
}

fn folds(read: &[(String, Value)]) -> Vec<u64> {
    read.iter().filter_map(|(_, data)| data["fold"]["number"].as_u64()).collect()
}

fn id(fold: u64) -> String {
    format!("1700000000000000-{fold}")
}

#[test]
fn a_new_client_gets_the_last_fold_and_then_each_once() {
    let mut events = events(3, 1 << 20);
    let mut place = events.place(None);

    assert_eq!(folds(&read(&events, &mut place)), [3]);
    assert_eq!(events.next(&mut place), b"");
    push(&mut events, 4, &[]);
    push(&mut events, 5, &[]);
    assert_eq!(folds(&read(&events, &mut place)), [4, 5]);
}

#[test]
fn an_event_has_what_the_fold_counted() {
    let events = events(1, 1 << 20);

    let text = String::from_utf8(events.next(&mut Place::New)).unwrap();

    let expected = format!(
        "event: fold\nid: {}\ndata: {{\"fold\":{{\"number\":1,\"time\":\"2023-11-14T22:13:23.000Z\",\
         \"elapsed_seconds\":null}},\"items\":[{{\"device\":\"eth0\",\"direction\":\"receive\",\
         \"packets\":12,\"bytes\":4540,\"packets_per_second\":null,\"bytes_per_second\":null}},\
         {{\"device\":\"eth0\",\"direction\":\"transmit\",\"packets\":0,\"bytes\":0,\
         \"packets_per_second\":null,\"bytes_per_second\":null}}],\"left_out\":0}}\n\n",
        id(1)
    );
    assert_eq!(text, expected);
}

#[test]
fn a_client_that_comes_back_gets_what_it_missed_and_hears_of_what_is_gone() {
    let events = events(310, 1 << 30);

    let mut place = events.place(Some(&id(308)));
    assert_eq!(folds(&read(&events, &mut place)), [309, 310]);
    let mut place = events.place(Some(&id(310)));
    assert_eq!(events.next(&mut place), b"");

    let long_ago = read(&events, &mut events.place(Some(&id(4))));
    let missed = ("missed".to_owned(), serde_json::json!({ "folds": 6, "next": 11 }));
    assert_eq!((&long_ago[0], long_ago.len()), (&missed, 301));
    assert_eq!(read(&events, &mut events.place(Some(&id(10)))).len(), 300);
    for foreign in ["1-5", "nonsense", &id(311), "1700000000000000--1", "1700000000000000-", "é"] {
        let read = read(&events, &mut events.place(Some(foreign)));
        let missed = ("missed".to_owned(), serde_json::json!({ "folds": null, "next": 11 }));
        assert_eq!(read[0], missed, "{foreign}");
    }
    assert_eq!(folds(&read(&events, &mut events.place(Some("")))), [310]);
}

#[test]
fn events_never_take_more_than_the_limit() {
    let limit = 2000;
    let mut events = events(50, limit);

    assert!(events.bytes() <= limit && events.bytes() > limit / 2, "{}", events.bytes());
    let slow = read(&events, &mut Place::Fold(1));
    assert_eq!(slow[0].0, "missed");
    assert_eq!(folds(&slow).last(), Some(&50));
    events.limit(0);
    assert_eq!((events.bytes(), events.next(&mut Place::New)), (0, Vec::new()));
}

#[test]
fn a_crossing_is_an_event_of_its_own() {
    let crossing = |is_raised, value| Crossing {
        device: "eth0".into(),
        direction: Direction::Receive,
        signal: Signal::SynAddresses,
        is_raised,
        value,
        mean: 2.5,
    };
    let mut events = events(1, 1 << 20);

    let recording = Some(Id { start: 7, number: 1 });
    push(&mut events, 2, &[(crossing(true, 900.0), recording), (crossing(false, 3.0), None)]);

    let read = read(&events, &mut Place::Fold(1));
    let names: Vec<_> = read.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["signal", "signal", "fold"]);
    let expected = serde_json::json!({
        "fold": 2, "device": "eth0", "direction": "receive", "signal": "syn_addresses",
        "state": "raised", "value": 900.0, "mean": 2.5, "recording": "7-1",
    });
    assert_eq!(read[0].1, expected);
    assert_eq!(read[1].1["state"], "usual");
}

#[test]
fn what_is_not_exposed_is_not_in_events() {
    let crossing = |direction| Crossing {
        device: "eth0".into(),
        direction,
        signal: Signal::SynAddresses,
        is_raised: true,
        value: 900.0,
        mean: 2.5,
    };
    let excluded = ["packet_transmit_.*", "packet_receive_bytes_total"];
    let choice = Choice::without(&excluded.map(|text| text.parse().unwrap()));
    let snapshot = example::readings().snapshot;
    let mut events = Events::new(example::at(0));
    events.limit(1 << 20);

    let crossings = [Direction::Receive, Direction::Transmit].map(|it| (crossing(it), None));
    events.push(&snapshot, &crossings, &choice);

    let read = read(&events, &mut Place::New);
    let (fold, signals) = read.split_last().unwrap();
    assert_eq!(signals.len(), 1);
    assert_eq!(signals[0].1["direction"], "receive");
    let items = fold.1["items"].as_array().unwrap();
    assert!(!items.is_empty() && items.len() < snapshot.flows.len(), "{items:?}");
    for item in items {
        assert_eq!(item["direction"], "receive");
        let names: Vec<_> = item.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["device", "direction", "packets", "packets_per_second"]);
    }
}

#[test]
fn only_the_busiest_of_many_flows_are_in_an_event() {
    let mut snapshot = (*example::readings().snapshot).clone();
    snapshot.flows = (0..100)
        .map(|number| Arc::new(example::empty(&format!("veth{number:02}"), Direction::Receive)))
        .collect();
    let mut busy = (*snapshot.flows[90]).clone();
    Arc::make_mut(&mut busy.totals).cells[0][0].packets = 7;
    let before = Before {
        flows: snapshot.flows.clone(),
        folded: example::at(2),
        elapsed: Duration::from_secs(2),
        unread: BTreeSet::new(),
        unread_last: BTreeSet::new(),
    };
    snapshot.before = Some(Arc::new(before));
    snapshot.flows[90] = Arc::new(busy);
    let mut events = Events::new(example::at(0));
    events.limit(1 << 20);

    events.push(&snapshot, &[], &Choice::default());

    let (_, data) = &read(&events, &mut Place::New)[0];
    assert_eq!((&data["left_out"], data["items"].as_array().unwrap().len()), (&36.into(), 64));
    assert_eq!(data["items"][0]["device"], "veth90");
    assert_eq!(data["items"][0]["packets_per_second"], 3.5);
}
