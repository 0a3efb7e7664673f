//! Windows of counts, and series for charts.

use super::*;
use crate::history::View;

const GROUPS: [&str; 14] = [
    "device,direction",
    "device,direction,family,protocol",
    "size",
    "cast",
    "flags",
    "family,icmp",
    "family,fragment",
    "malformed",
    "encapsulation",
    "protocol,port",
    "source",
    "vlan",
    "dscp",
    "ecn",
];

/// The answer where there is this history.
fn ask_with(target: &str, history: Option<&View>) -> Answer {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let query: Vec<_> = pairs.map(|(name, value)| (name.into(), value.into())).collect();
    let facts = || Facts {
        readings: example::readings(),
        history: history.map(|it| Arc::new(it.clone())),
        ready: Ok(()),
        now: example::at(5),
    };

    answered_from(found(path).0, &Asked { query: &query, ..Asked::default() }, &facts)
}

fn rows(document: &Value) -> Vec<[Value; 3]> {
    let items = document["items"].as_array().unwrap();
    let row = |item: &Value| {
        [item["labels"].clone(), item["counts"]["packets"].clone(), item["counts"]["bytes"].clone()]
    };

    items.iter().map(row).filter(|[_, packets, _]| *packets != 0).collect()
}

#[test]
fn a_window_that_has_everything_counts_as_there_is_since_counting_began() {
    for by in GROUPS {
        let ever = json(&ask(&format!("/api/v1/packets?by={by}&top=100")));
        let window = json(&ask(&format!("/api/v1/packets?by={by}&top=100&window=1s")));

        assert!(!rows(&ever).is_empty(), "{by}");
        assert_eq!(rows(&window), rows(&ever), "{by}");
        for field in ["packets", "bytes"] {
            assert_eq!(window["total"][field], ever["total"][field], "{by}");
            assert_eq!(window["other"]["counts"][field], ever["other"]["counts"][field], "{by}");
        }
        assert_eq!(window["other"]["reasons"], ever["other"]["reasons"], "{by}");
        // It took a second.
        let [rate, packets] =
            ["packets_per_second", "packets"].map(|it| window["total"][it].as_f64());
        assert_eq!(rate, packets, "{by}");
        assert_eq!(ever["window"], Value::Null);
    }
}

#[test]
fn a_window_says_what_it_is_and_whether_something_is_missing() {
    let answer = json(&ask("/api/v1/packets?by=source&window=5m"));

    let expected = serde_json::json!({
        "asked_seconds": 300.0,
        "begin": "2023-11-14T22:13:22.000Z",
        "end": "2023-11-14T22:13:23.000Z",
        "seconds": 1.0,
        "step_seconds": 1.0,
        "folds": 1,
        "missing_folds": 0,
        "is_whole": false,
        "unread": [],
        "keys_kept": 20,
        "not_kept": { "packets": 0, "bytes": 0 },
    });
    assert_eq!(answer["window"], expected);
    assert_eq!(answer["fold"]["number"], 2);
    let plain = json(&ask("/api/v1/packets?by=protocol&window=1s"));
    assert_eq!(plain["window"]["not_kept"], Value::Null, "no key is asked for");
    assert_eq!(plain["window"]["is_whole"], true);
}

#[test]
fn what_could_not_be_read_is_named_and_has_no_rate() {
    let mut history = kept();
    let last = example::readings().snapshot;
    let mut now = (*last).clone();
    let key = (Arc::clone(&now.flows[0].device), now.flows[0].direction);
    now.health.folding.folds += 1;
    now.before = Some(Arc::new(Before {
        flows: last.flows.clone(),
        folded: example::at(3),
        elapsed: Duration::from_secs(1),
        unread: [key.clone()].into(),
        unread_last: [key].into(),
    }));
    history.fold(&last, &now);

    let [packets, series] = ["packets", "history"].map(|path| {
        json(&ask_with(&format!("/api/v1/{path}?by=device&window=1s"), Some(&history.view())))
    });

    assert_eq!(packets["window"]["unread"], serde_json::json!(["eth0 receive"]));
    assert_eq!(packets["total"]["packets_per_second"], Value::Null);
    assert_eq!(series["series"][0]["packets"], serde_json::json!([null]));
}

#[test]
fn series_add_up_to_the_window() {
    for by in GROUPS.map(|by| format!("by={by}")).iter().chain([&String::new()]) {
        let window = json(&ask(&format!("/api/v1/packets?{by}&top=100&window=1h")));
        let history = json(&ask(&format!("/api/v1/history?{by}&top=100")));

        let series = history["series"].as_array().unwrap();
        let sum = |series: &Value| -> u64 {
            series["packets"].as_array().unwrap().iter().filter_map(Value::as_u64).sum()
        };
        let of_series: u64 = series.iter().map(sum).sum();
        let other = window["other"]["counts"]["packets"].as_u64().unwrap_or(0);
        assert_eq!(Some(of_series + other), window["total"]["packets"].as_u64(), "{by}");
        assert_eq!(history["points"]["ends"], serde_json::json!([1_700_000_003.0]));
        assert_eq!(history["points"]["seconds"], serde_json::json!([1.0]));
        assert_eq!(history["window"]["asked_seconds"], 3600.0);
    }
}

#[test]
fn only_the_busiest_series_are_there_and_the_others_are_counted() {
    let history = json(&ask("/api/v1/history?by=protocol&top=1"));

    assert_eq!(history["series"].as_array().unwrap().len(), 1);
    assert_eq!(history["series"][0]["labels"]["protocol"], "tcp");
    assert!(history["series_left_out"].as_u64() > Some(0), "{history}");
}

#[test]
fn signals_over_time_are_those_of_the_signals() {
    let history = json(&ask("/api/v1/history/signals?direction=receive"));

    let series = history["series"].as_array().unwrap();
    let value = |signal: &str| {
        let it = series.iter().find(|it| it["signal"] == signal).unwrap();
        it["values"].clone()
    };
    assert_eq!(value("distinct_addresses"), serde_json::json!([3.25]));
    assert_eq!(value("syn_addresses"), serde_json::json!([2.0]));
    assert_eq!(value("port_entropy"), serde_json::json!([null]));
    let (kind, _) = problem(&ask("/api/v1/history/signals?device=eth7"));
    assert_eq!(kind, "unknown-device");
}

#[test]
fn a_window_is_refused_that_is_none_or_too_long() {
    let bad = ["", "0s", "5", "s", "-5m", "1d", "61m", "2h", "3601s", "99999h", "999999s", "1.5m"];
    for window in bad {
        let (kind, document) = problem(&ask(&format!("/api/v1/packets?window={window}")));
        assert_eq!(kind, "invalid-parameter", "{window}");
        assert_eq!(document["errors"][0]["parameter"], "window", "{window}");
    }
    for window in ["26h", "1501m", "90001s", "0h"] {
        let (kind, _) = problem(&ask(&format!("/api/v1/history?window={window}")));
        assert_eq!(kind, "invalid-parameter", "{window}");
    }
    for window in ["1s", "3600s", "60m", "1h", "00060s"] {
        assert_eq!(ask(&format!("/api/v1/packets?window={window}")).status, 200, "{window}");
    }
    assert_eq!(ask("/api/v1/history?window=25h").status, 200);
}

#[test]
fn what_was_not_counted_together_is_refused_in_windows_too() {
    for target in ["packets?window=1m&by=source,port", "history?by=source,port"] {
        let (kind, document) = problem(&ask(&format!("/api/v1/{target}")));
        assert_eq!(kind, "not-counted-together");
        assert!(document["detail"].as_str().unwrap().contains("direction, device, source"));
    }
}

#[test]
fn without_a_history_windows_are_not_counted_and_without_steps_not_ready() {
    for path in ["packets?window=1m", "history", "history/signals"] {
        let off = ask_with(&format!("/api/v1/{path}"), None);
        let (kind, document) = problem(&off);
        assert_eq!(kind, "not-counted", "{path}");
        assert!(document["detail"].as_str().unwrap().contains("`api.history_memory`"));

        let empty = ask_with(&format!("/api/v1/{path}"), Some(&History::new(1 << 20).view()));
        assert_eq!(problem(&empty).0, "not-ready", "{path}");
    }
    assert_eq!(ask_with("/api/v1/packets", None).status, 200);
    assert_eq!(problem(&no_history(Told::default())).0, "not-counted");
}
