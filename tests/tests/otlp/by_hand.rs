//! The receivers work, whatever becomes of our own pushes.

use std::path::Path;
use std::process::Command;

use tests::cable::{Cable, Namespace};
use tests::patience::wait_for;
use tests::receivers::collector::Collector;
use tests::receivers::oracle::{self, Oracle};
use tests::receivers::rotel::Rotel;
use tests::receivers::series::{Series, of_answer};
use tests::receivers::victoria_metrics::{self, VictoriaMetrics};
use tests::tools::tool;

use super::comparison::{self, otlp_prometheus};
use super::{COLLECTOR, PYTHON, ROTEL, VICTORIA_METRICS};

const GRPC: [&str; 2] = ["grpc", "127.0.0.1:4317"];
const QUERY: &str = "packets_total";

#[test]
fn the_judge_finds_what_is_wrong() {
    let Some(python) = tool("the_judge_finds_what_is_wrong", PYTHON) else { return };

    let output =
        Command::new(python).arg("-B").arg(oracle::folder().join("judge_test.py")).output();

    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("Ran 4 tests"), "{said}");
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn the_oracle_and_the_collectors_take_a_request_made_by_hand() {
    let test = "the_oracle_and_the_collectors_take_a_request_made_by_hand";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = Cable::lay("hand");
    let here = &cable.here;

    let oracle = Oracle::start(here, &python);
    push(here, &python, GRPC);
    push(here, &python, ["http", "http://127.0.0.1:4318/v1/metrics"]);
    assert_eq!(oracle.pushes().len(), 2);
    // Each has a start of its own, which is all that is wrong.
    assert_eq!(oracle.pushes()[0]["complaints"], serde_json::json!([]));
    drop(oracle);

    if let Some(program) = tool(test, COLLECTOR) {
        let collector = Collector::start(here, &program);
        push(here, &python, GRPC);
        wait_for("the Collector's word", || is_there(&collector.series()));
    }
    if let Some(program) = tool(test, ROTEL) {
        let rotel = Rotel::start(here, &program);
        push(here, &python, GRPC);
        wait_for("rotel's word", || is_there(&rotel.series()));
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn the_stores_take_a_request_made_by_hand() {
    let test = "the_stores_take_a_request_made_by_hand";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = Cable::lay("stores");
    let here = &cable.here;

    if let Some(prometheus) = otlp_prometheus(test, here) {
        push(here, &python, ["http", comparison::ENDPOINT]);
        wait_for("Prometheus to have it", || is_there(&of_answer(&prometheus.series(QUERY))));
    }
    if let Some(program) = tool(test, VICTORIA_METRICS) {
        let victoria = VictoriaMetrics::start(here, &program);
        push(here, &python, ["http", victoria_metrics::ENDPOINT]);
        wait_for("VictoriaMetrics to have it", || is_there(&of_answer(&victoria.series(QUERY))));
    }
}

/// Pushes one series of value 5.
fn push(here: &Namespace, python: &Path, to: [&str; 2]) {
    let hand = oracle::folder().join("hand.py");
    let [python, hand] = [python, &hand].map(|path| path.to_str().unwrap());

    here.run(python, &["-B", hand, to[0], to[1]]);
}

fn is_there(series: &Series) -> Result<(), String> {
    let found =
        series.iter().any(|(name, value)| name.starts_with("packets_total{") && *value == 5.0);

    if found { Ok(()) } else { Err(format!("{series:?}")) }
}
