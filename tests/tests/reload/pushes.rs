//! Receivers that come, change and go.

use tests::cable::Cable;
use tests::patience::wait_for;
use tests::programs;

use super::house::{House, Settings};
use super::receiver::Receiver;

const FIRST: &str = "http://127.0.0.1:4318";
const SECOND: &str = "http://127.0.0.1:4319";
const PACKETS: &str = "packet.receive.packets";
const EXPORTS: &str = "packet_exporter_otlp_exports_total";

fn pushing(endpoints: &[&str]) -> Settings {
    let endpoints = format!("{endpoints:?}");

    Settings::usual().with(&[
        ("otlp.endpoints", &endpoints),
        ("otlp.protocol", "'http/json'"),
        ("otlp.interval", "'200ms'"),
        ("otlp.temporality", "'delta'"),
    ])
}

#[track_caller]
fn wait_for_requests(receiver: &Receiver, more: usize) {
    let before = receiver.requests().len();

    wait_for("requests", || match receiver.requests().len() {
        now if now >= before + more => Ok(()),
        now => Err(format!("{now}, {before} before")),
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn a_receiver_that_stays_keeps_its_connection_beside_one_that_comes_changes_and_goes() {
    let cable = Cable::lay("rlkeep");
    cable.plug_in();
    let (first, second) = (Receiver::start(&cable.here, 4318), Receiver::start(&cable.here, 4319));
    let house = House::start(&cable, &pushing(&[FIRST]), &[]);
    wait_for_requests(&first, 2);
    assert_eq!((first.connections(), second.connections()), (1, 0));

    house.apply(&pushing(&[FIRST, SECOND]));
    wait_for_requests(&second, 2);
    house.apply(&pushing(&[FIRST]));
    let ended = second.requests().len();
    wait_for_requests(&first, 3);

    assert_eq!(first.connections(), 1, "the connection of the one that stays");
    assert_eq!(second.requests().len(), ended, "nothing comes after the end");
    let exports = |endpoint: &str| {
        let endpoint = format!("{endpoint}/v1/metrics");
        house.service.scrape().find(EXPORTS, &[("endpoint", &endpoint)])
    };
    assert_eq!(exports(SECOND), None, "what is not pushed to has no series");
    assert!(exports(FIRST) >= Some(5));

    let changed = pushing(&[FIRST]).with(&[("otlp.headers", "['x-test=1']")]);
    let before = exports(FIRST);
    house.apply(&changed);
    wait_for_requests(&first, 2);
    assert!(exports(FIRST) > before, "counts never fall");
    assert!(first.requests().last().unwrap().head.contains("x-test: 1"));
    house.apply(&pushing(&[FIRST, SECOND]));
    wait_for_requests(&second, 2);
    assert!(exports(SECOND) >= Some(4), "{:?}", exports(SECOND));
}

/// Of deltas nothing is lost and nothing comes twice, whatever changes about a push.
#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn deltas_add_up_over_changes_of_everything_that_all_pushes_share() {
    let cable = Cable::lay("rldelta");
    cable.plug_in();
    let first = Receiver::start(&cable.here, 4318);
    let house = House::start(&cable, &pushing(&[FIRST]), &[]);
    let changes: [&[(&str, &str)]; 5] = [
        &[("otlp.interval", "'300ms'")],
        &[("otlp.max_points", "50")],
        &[("otlp.headers", "['x-test=1']")],
        &[("otlp.timeout", "'3s'")],
        &[],
    ];

    for change in changes {
        programs::ping(&cable, Cable::THERE[0], 20, 56);
        house.apply(&pushing(&[FIRST]).with(change));
        programs::ping(&cable, Cable::THERE[1], 20, 56);
    }

    let counted = |house: &House<'_>| house.service.scrape().received("", &[]).packets;
    wait_for("all of it", || match (first.sum(PACKETS), counted(&house)) {
        (pushed, counted) if pushed == counted && counted >= 200 => Ok(()),
        (pushed, counted) => Err(format!("{pushed} of {counted}")),
    });
    wait_for_requests(&first, 2);
    assert_eq!(first.sum(PACKETS), counted(&house), "nothing came twice");
}

/// Two receivers may stand before one store: what the one had, the next does not get again.
#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn deltas_go_on_at_another_receiver_where_they_ended() {
    let cable = Cable::lay("rlmove");
    cable.plug_in();
    let (first, second) = (Receiver::start(&cable.here, 4318), Receiver::start(&cable.here, 4319));
    let house = House::start(&cable, &pushing(&[FIRST]), &[]);
    programs::ping(&cable, Cable::THERE[0], 50, 56);
    wait_for("the first counts", || match first.sum(PACKETS) {
        0 => Err("none".to_owned()),
        _ => Ok(()),
    });

    house.apply(&pushing(&[SECOND]));
    programs::ping(&cable, Cable::THERE[1], 50, 56);

    let counted = || house.service.scrape().received("", &[]).packets;
    wait_for("all of it", || match (first.sum(PACKETS) + second.sum(PACKETS), counted()) {
        (pushed, counted) if pushed == counted && counted >= 100 => Ok(()),
        (pushed, counted) => Err(format!("{pushed} of {counted}")),
    });
    assert!(second.sum(PACKETS) >= 50 && first.sum(PACKETS) > 0);
}

/// What was pushed as a sum is not pushed again as a difference.
#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn the_first_delta_after_sums_begins_with_the_last_of_them() {
    let cable = Cable::lay("rltemporal");
    cable.plug_in();
    let first = Receiver::start(&cable.here, 4318);
    let sums = pushing(&[FIRST]).with(&[("otlp.temporality", "'cumulative'")]);
    let house = House::start(&cable, &sums, &[]);
    programs::ping(&cable, Cable::THERE[0], 100, 56);
    wait_for_requests(&first, 3);
    house.service.scrape();

    house.apply(&pushing(&[FIRST]));
    wait_for_requests(&first, 4);

    programs::ping(&cable, Cable::THERE[1], 20, 56);
    let pushed = || {
        let requests = first.requests().into_iter();
        let deltas = requests.filter(|it| {
            String::from_utf8_lossy(&it.body).contains("\"aggregationTemporality\":1")
        });
        deltas
            .map(|it| super::receiver::sum(&serde_json::from_slice(&it.body).unwrap(), PACKETS))
            .sum::<u64>()
    };
    wait_for("the deltas of what came after the sums", || match pushed() {
        sum if sum >= 20 => Ok(()),
        sum => Err(format!("{sum} packets")),
    });
    wait_for_requests(&first, 2);
    let sum = pushed();
    assert!(sum < 70, "{sum} packets, and 100 had been pushed before");
}
