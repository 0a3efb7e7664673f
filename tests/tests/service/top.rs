//! `packet-exporter top --once` beside a running service; the suite `api` shows it in a terminal.

use std::process::Output;

use serde_json::Value;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::service::Service;
use tests::tools;

use super::cable;

fn top(cable: &Cable, arguments: &[&str]) -> Output {
    let mut command = cable.here.command(&tools::service().display().to_string());

    command.args(["top", "--once"]).args(arguments).output().unwrap()
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn top_prints_what_the_api_answers() {
    let cable = cable("top");
    // Both are read within one fold.
    let slow = ["--devices.include", Cable::DEVICE, "--datapath.interval", "5s"];
    let service = Service::start(&cable.here, &slow);
    let api = || -> Value {
        let body = service.get("/api/v1/packets?by=protocol").unwrap().body;
        serde_json::from_slice(&body).unwrap()
    };

    let (table, answer) = wait_for("a fold with packets, and both within one", || {
        cable.there.run("ping", &["-q", "-f", "-c", "50", Cable::HERE[0]]);
        let before = api();
        let table = String::from_utf8(top(&cable, &[]).stdout).unwrap();
        let answer = api();
        // The first fold has no rates.
        let has_rates = answer["total"]["packets_per_second"].is_f64();
        let is_same = has_rates && before["fold"] == answer["fold"];
        if is_same && table.contains("\nprotocol") { Ok((table, answer)) } else { Err(table) }
    });

    let icmp = answer["items"].as_array().unwrap();
    let icmp = icmp.iter().find(|item| item["labels"]["protocol"] == "icmp").unwrap();
    let rate = icmp["counts"]["packets_per_second"].as_f64().unwrap();
    let row: Vec<_> = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|row| row[..2] == ["protocol", "icmp"])
        .unwrap_or_else(|| panic!("{table}"));
    assert_eq!(row[2], format!("{rate:.1}"), "{table}");
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn top_says_why_it_shows_nothing() {
    let cable = cable("top-refused");
    let _service = Service::start(&cable.here, &["--devices.include", Cable::DEVICE]);
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--url", "http://127.0.0.1:1"], 1, "Connection refused"),
        (&["--url", "localhost:10199"], 2, "is not the URL of a server"),
        (&["--url", "http://localhost:10199/metrics"], 1, "there is no packet-exporter"),
        (&["--device", "eth9"], 1, "`eth9` is not counted now"),
        (&["--headers-file", "/nowhere"], 2, "cannot read `/nowhere`"),
    ];

    for (arguments, code, sentence) in cases {
        let Output { status, stdout, stderr } = top(&cable, arguments);
        let said = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.starts_with("packet-exporter: ") && said.contains(sentence), "{said}");
        assert_eq!(stdout, b"", "{arguments:?}");
    }
}
