//! Every panel of every dashboard, drawn while hosts have ordinary traffic, and while they are attacked.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::Signal;
use tests::dashboards::bed::{Bed, SCRAPE_INTERVAL};
use tests::dashboards::{Artist, Dashboard, Drawing, Empty, Job, all, folder};
use tests::patience::{Reason, let_pass, wait_for};
use tests::receivers::oracle::Oracle;
use tests::receivers::prometheus::Prometheus;
use tests::tools::tool;

/// How long the time is that is shown.
const SHOWN: Duration = Duration::from_secs(80);
/// A scrape that began before the end of that time is over by now.
const MARGIN: u64 = 3;
/// Panels that have nothing to show of ordinary traffic: no alert fires, and the rest is opt-in.
const EMPTY_WHEN_QUIET: &[Empty] = &[
    ("packet-exporter-fleet", "Alerts that fire"),
    ("packet-exporter-devices", "Received packets by VLAN"),
    ("packet-exporter-devices", "Received packets by DSCP"),
    ("packet-exporter-devices", "Received packets by ECN"),
    ("packet-exporter-self", "Pushes"),
    ("packet-exporter-self", "Pushed points"),
    ("packet-exporter-self", "Duration of pushes"),
];

const FLEET: &str = "packet-exporter-fleet";
const DEVICES: &str = "packet-exporter-devices";
/// One host and two of its devices.
const CHOSEN: [(&str, &[&str]); 2] = [("instance", &["web-1"]), ("device", &["eth0", "eth1"])];
/// What can be wrong with a dashboard: the panel, a place in it, the JSON that is there then, and words of
/// what is to be told of the panel.
const WRONG: [[&str; 4]; 9] = [
    ["Exporters", "/targets/0/expr", r#""packet_no_such_metric""#, "is empty"],
    ["Devices", "/type", r#""guage""#, "no panel guage"],
    ["Alerts", "/fieldConfig/overrides", OVERRIDES, "sets colour"],
    ["Received packets", "/fieldConfig/defaults/unit", r#""bps""#, "is not among"],
    ["Sent packets", "/targets/0/expr", r#""sum(rate(""#, "parse error"],
    ["Sent bits", "/targets/0/expr", r#""up{instance=~'$instanse'}""#, "$instanse"],
    ["Packets", "/targets/1/legendFormat", r#""sent""#, "the legend has"],
    ["Busiest hosts", "/transformations/0/id", r#""merg""#, "merg"],
    ["Received packets by host", "/targets/0/expr", r#""up[1m]""#, "range vector"],
];
const OVERRIDES: &str = r#"[{
    "matcher": { "id": "byName", "options": "Alerts" },
    "properties": [{ "id": "colour", "value": 1 }]
}]"#;

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
    let chosen =
        Job { chosen: CHOSEN.map(|(name, values)| (name, values.to_vec())).into(), ..job.clone() };
    let of_chosen = tools.artist.within("chosen").draw(&bed.here, &[dashboard(DEVICES)], &chosen);
    let of_wrong = tools.artist.within("wrong").draw(&bed.here, &[wrong()], &job);

    assert_none(&strays(&drawings, &prometheus, &job, EMPTY_WHEN_QUIET));
    assert_none(&strays(&of_chosen, &prometheus, &chosen, EMPTY_WHEN_QUIET));
    assert_only_chosen(&of_chosen[0]);
    // The same, held against what was meant.
    let meant = [Drawing { dashboard: dashboard(FLEET), ..of_wrong[0].clone() }];
    assert_all_seen(&strays(&meant, &prometheus, &job, EMPTY_WHEN_QUIET));
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
        for exporter in &exporters {
            exporter.signal(Signal::HUP);
        }
        let_pass(SHOWN, Reason::Traffic);
        wait_for("an alert to fire", || {
            let firing = prometheus.series(r#"ALERTS{alertstate="firing"}"#);
            if firing.is_empty() { Err("none".to_owned()) } else { Ok(()) }
        });
    });

    let job = job(vec![]);
    let drawings = tools.artist.draw(&bed.here, &all(), &job);

    assert_none(&strays(&drawings, &prometheus, &job, &[]));
    let silent = drawings.iter().flat_map(Drawing::panels).flat_map(|it| it.silent_queries());
    assert_none(&silent.collect::<Vec<_>>());
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

fn dashboard(name: &str) -> Dashboard {
    all().into_iter().find(|it| it.name == name).unwrap()
}

/// Returns a dashboard of which a lot is wrong.
fn wrong() -> Dashboard {
    let mut dashboard = dashboard(FLEET);
    let panels = dashboard.json["panels"].as_array_mut().unwrap();
    for [title, place, json, _] in WRONG {
        let panel = panels.iter_mut().find(|it| it["title"] == title).unwrap();
        *panel.pointer_mut(place).unwrap() = serde_json::from_str(json).unwrap();
    }

    dashboard
}

#[track_caller]
fn assert_only_chosen(drawing: &Drawing) {
    for panel in drawing.panels() {
        let seen = panel.seen.to_string();
        assert!(seen.contains(r#"instance=~\"web-1\""#), "{}: {seen}", panel.name());
        assert!(!seen.contains("db-1") && !seen.contains("eth2"), "{}: {seen}", panel.name());
    }
}

#[track_caller]
fn assert_all_seen(strays: &[String]) {
    for [title, _, _, words] in WRONG {
        let name = format!("{FLEET} / {title}");
        let is_told = |it: &&String| it.contains(&name) && it.contains(words);
        assert!(strays.iter().any(|it| is_told(&it)), "{name}: {words}, in\n{}", strays.join("\n"));
    }
}

#[track_caller]
fn assert_none(strays: &[String]) {
    assert!(strays.is_empty(), "\n{}", strays.join("\n"));
}
