//! The history of a running service: windows, series and events.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use rustix::process::Signal;
use serde_json::Value;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::service::Service;

use super::{ON_CABLE, cable, quick};

#[track_caller]
fn json(service: &Service<'_>, target: &str) -> Result<Value, String> {
    let answer = service.get(&format!("/api/v1/{target}")).unwrap();

    if answer.status == 200 {
        Ok(serde_json::from_slice(&answer.body).unwrap())
    } else {
        Err(answer.text())
    }
}

/// The events of a stream, as they come.
struct Events(BufReader<TcpStream>);

impl Events {
    fn open(service: &Service<'_>, header: &str) -> Self {
        let mut stream = service.connect().unwrap();
        let head = format!("GET /api/v1/events HTTP/1.1\r\nHost: test\r\n{header}\r\n");
        stream.write_all(head.as_bytes()).unwrap();

        Self(BufReader::new(stream))
    }

    /// Reads to the next line that begins so; `None` at the end.
    fn line(&mut self, begin: &str) -> Option<String> {
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            if let Some(rest) = line.trim_end().strip_prefix(begin) {
                return Some(rest.to_owned());
            }
        }
    }

    /// Reads the name and the data of the next fold.
    fn fold(&mut self) -> (String, Value) {
        let id = self.line("id: ").unwrap();

        (id, serde_json::from_str(&self.line("data: ").unwrap()).unwrap())
    }
}

fn number(data: &Value) -> u64 {
    data["fold"]["number"].as_u64().unwrap()
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_window_and_its_series_count_what_was_sent() {
    let cable = cable("history-sent");
    let service = quick(&cable);
    wait_for("a first step", || json(&service, "packets?window=1s"));
    cable.there.run("ping", &["-q", "-f", "-c", "200", Cable::HERE[0]]);

    let echo = "direction=receive&icmp=echo_request";
    let window = wait_for("all that was sent", || {
        let window = json(&service, &format!("packets?{echo}&window=5m"))?;
        if window["total"]["packets"] == 200 { Ok(window) } else { Err(window.to_string()) }
    });
    let sources = json(&service, "packets?by=source&window=5m").unwrap();
    let history = json(&service, &format!("history?{echo}&window=5m")).unwrap();

    assert_eq!(window["window"]["missing_folds"], 0, "{window}");
    assert_eq!(window["window"]["unread"], Value::Array(Vec::new()), "{window}");
    let sender = sources["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["labels"]["source"] == Cable::THERE[0]);
    assert!(sender.unwrap()["counts"]["packets"].as_u64() >= Some(200), "{sources}");
    assert_eq!(sources["window"]["not_kept"]["packets"], 0, "{sources}");
    let points = history["series"][0]["packets"].as_array().unwrap();
    assert_eq!(points.iter().filter_map(Value::as_u64).sum::<u64>(), 200, "{history}");
    // When all of it was long ago, a short window has nothing of it.
    wait_for("a window without them", || {
        let window = json(&service, &format!("packets?{echo}&window=1s"))?;
        if window["total"]["packets"] == 0 { Ok(()) } else { Err(window.to_string()) }
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn events_come_with_each_fold_and_again_for_who_comes_back() {
    let cable = cable("history-events");
    let mut service = quick(&cable);
    service.wait_for_fold();

    let mut events = Events::open(&service, "");
    let (first, data) = events.fold();
    let folds: Vec<_> = (0..5).map(|_| number(&events.fold().1)).collect();
    drop(events);
    let mut again = Events::open(&service, &format!("Last-Event-ID: {first}\r\n"));
    let repeated: Vec<_> = (0..5).map(|_| number(&again.fold().1)).collect();
    let mut lost = Events::open(&service, "Last-Event-ID: 1-1\r\n");

    let begin = number(&data);
    assert_eq!(folds, (begin + 1..begin + 6).collect::<Vec<_>>());
    assert_eq!(repeated, folds);
    assert_eq!(data["items"][0]["device"], Cable::DEVICE);
    assert_eq!(lost.line("event: ").as_deref(), Some("missed"));
    service.signal(Signal::TERM);
    assert!(service.end().success(), "streams do not hold up the stop");
    assert_eq!(again.line("nothing begins so"), None);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_history_that_is_switched_off_is_not_there() {
    let cable = cable("history-off");
    let off = [&ON_CABLE[..], &["--api.history-memory", "0"]].concat();
    let mut service = Service::start(&cable.here, &off);
    service.wait_for_fold();

    for path in ["packets?window=1m", "history", "history/signals", "events"] {
        let answer = service.get(&format!("/api/v1/{path}")).unwrap();
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
        assert!(answer.text().contains("api.history_memory"), "{path}: {}", answer.text());
    }
    let of_history = [("part", "history")];
    assert_eq!(service.scrape().find("packet_exporter_memory_bytes", &of_history), None);
}
