//! Every panel of every dashboard, drawn while hosts have ordinary traffic, and while they are attacked.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::Signal;
use tests::dashboards::bed::{Bed, SCRAPE_INTERVAL};
use tests::dashboards::{Artist, Drawing, Empty, Job, all, folder};
use tests::patience::{Reason, let_pass, wait_for};
use tests::receivers::oracle::Oracle;
use tests::receivers::prometheus::Prometheus;
use tests::tools::tool;

/// How long the time is that is shown.
const SHOWN: Duration = Duration::from_secs(80);
/// A scrape that began before the end of that time is over by now.
const MARGIN: u64 = 3;
/// Panels that have nothing to show of ordinary traffic: what is opt-in, and what does not happen.
const EMPTY_WHEN_QUIET: &[Empty] = &[];

/// What the tests have to have.
struct Tools {
    prometheus: PathBuf,
    artist: Artist,
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite dashboards`"]
fn quiet_traffic_is_drawn_as_prometheus_has_it() {
    let Some(tools) = tools("quiet_traffic_is_drawn_as_prometheus_has_it", "quiet") else { return };
    let bed = Bed::lay("quiet");
    let _exporters = bed.exporters(&[]);
    let prometheus = bed.prometheus(&tools.prometheus);
    let _traffic = bed.ordinary_traffic();
    let_pass(SHOWN, Reason::Traffic);

    let job = job(vec![]);
    let drawings = tools.artist.draw(&bed.here, &all(), &job);

    assert_none(&strays(&drawings, &prometheus, &job, EMPTY_WHEN_QUIET));
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite dashboards`"]
fn attacks_fill_every_panel() {
    let Some(tools) = tools("attacks_fill_every_panel", "attacked") else { return };
    let Some(python) = tool("attacks_fill_every_panel", "PACKET_EXPORTER_PYTHON") else { return };
    let bed = Bed::lay("attacked");
    let _oracle = Oracle::start(&bed.here, &python);
    let exporters = bed.exporters(&[
        "--vlans.enabled",
        "true",
        "--dscp.enabled",
        "true",
        "--otlp.endpoints",
        "http://127.0.0.1:4318",
        "--otlp.protocol",
        "http/protobuf",
        "--otlp.interval",
        "1s",
    ]);
    let prometheus = bed.prometheus(&tools.prometheus);
    let _traffic = bed.ordinary_traffic();
    thread::scope(|scope| {
        scope.spawn(|| bed.odd_frames(SHOWN));
        scope.spawn(|| bed.floods(SHOWN));
        let _scans = bed.scans();
        exporters.iter().for_each(|it| it.signal(Signal::HUP));
        let_pass(SHOWN, Reason::Traffic);
        wait_for("an alert to fire", || {
            let firing = prometheus.series(r#"ALERTS{alertstate="firing"}"#);
            if firing.is_empty() { Err("none".to_owned()) } else { Ok(()) }
        });
    });

    let job = job(vec![]);
    let drawings = tools.artist.draw(&bed.here, &all(), &job);

    assert_none(&strays(&drawings, &prometheus, &job, &[]));
}

fn tools(test: &str, scenario: &str) -> Option<Tools> {
    let folder = folder(Path::new(env!("CARGO_TARGET_TMPDIR")), scenario);

    Some(Tools {
        prometheus: tool(test, "PACKET_EXPORTER_PROMETHEUS")?,
        artist: Artist {
            browser: tool(test, "PACKET_EXPORTER_BROWSER")?,
            components: tool(test, "PACKET_EXPORTER_COMPONENTS")?,
            folder,
        },
    })
}

/// Returns the time up to now, aligned as Grafana aligns it: to the step.
fn job(chosen: Vec<(&'static str, Vec<&'static str>)>) -> Job {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let to = (now - MARGIN) / SCRAPE_INTERVAL * SCRAPE_INTERVAL;

    Job { from: to - SHOWN.as_secs(), to, chosen }
}

/// Returns what is wrong with drawings of which these panels are to be empty, and no other.
fn strays(
    drawings: &[Drawing],
    prometheus: &Prometheus<'_>,
    job: &Job,
    empty: &[Empty],
) -> Vec<String> {
    let mut strays: Vec<_> = drawings.iter().flat_map(Drawing::strays).collect();
    for panel in drawings.iter().flat_map(Drawing::panels) {
        match (panel.is_empty(), panel.is_one_of(empty)) {
            (true, false) => strays.push(format!("{} is empty", panel.name())),
            (false, true) => strays.push(format!("{} is not empty", panel.name())),
            _ => {}
        }
        strays.extend(panel.strays(prometheus, job));
    }

    strays
}

#[track_caller]
fn assert_none(strays: &[String]) {
    assert!(strays.is_empty(), "\n{}", strays.join("\n"));
}
