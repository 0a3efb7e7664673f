//! What promtool and jsonnet say.

use std::cmp::Reverse;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{iter, process};

use super::mutations::each_at_once;
use super::*;

/// Returns promtool. Prints that `test` is skipped if there is none.
pub(super) fn promtool(test: &str) -> Option<PathBuf> {
    let found = env::var_os("PACKET_EXPORTER_PROMTOOL").map(PathBuf::from);
    if found.is_none() {
        skipped(test, "PACKET_EXPORTER_PROMTOOL is not set");
    }

    found
}

#[expect(clippy::print_stdout, reason = "xtask reads it")]
fn skipped(test: &str, why: &str) {
    println!("SKIPPED {test}: {why}; `cargo xtask setup` installs it");
}

/// A folder that is removed when it is dropped.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("packet-rules-{}-{number}", process::id()));
        fs::create_dir_all(&path).unwrap();

        Self(path)
    }

    pub(super) fn write(&self, made: &[Made]) {
        crate::write(&self.0, made).unwrap();
    }

    /// Runs a program here; returns whether it succeeded, and what it printed.
    pub(super) fn run(&self, program: &Path, arguments: &[&str]) -> (bool, String) {
        let mut command = Command::new(program);
        // A third of the time of promtool went to collecting what is no longer used.
        command.args(arguments).current_dir(&self.0).env("GOGC", "800");
        let output = command.output().unwrap();
        let printed = [output.stdout, output.stderr].concat();

        (output.status.success(), String::from_utf8_lossy(&printed).into_owned())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_rules_pass_promtool() {
    let Some(promtool) = promtool("the_rules_pass_promtool") else { return };

    for scale in [Scale::SHIPPED, Scale(30)] {
        let scratch = Scratch::new();
        scratch.write(&made(&Settings::default(), scale));

        let arguments = [
            "check",
            "rules",
            "--lint=all",
            "--lint-fatal",
            "rules/traffic.yml",
            "rules/exporter.yml",
        ];
        let (is_good, printed) = scratch.run(&promtool, &arguments);

        assert!(is_good, "{scale:?}: {printed}");
    }
}

#[test]
fn each_scenario_fires_what_it_says_and_nothing_else() {
    let Some(promtool) = promtool("each_scenario_fires_what_it_says_and_nothing_else") else {
        return;
    };
    let scratch = Scratch::new();
    scratch.write(&all(&Settings::default()));
    let mut scenarios: Vec<_> = scenarios::ALL.iter().copied().flatten().collect();
    // The longest begin first, each by itself: no CPU waits long at the end.
    scenarios.sort_by_key(|scenario| Reverse(scenario.minutes()));
    let tests = scenarios.iter().enumerate().map(|(number, scenario)| {
        let path = PathBuf::from(format!("tests/{number}.yml"));
        scratch.write(&[Made { path: path.clone(), text: scenario::file(iter::once(*scenario)) }]);
        path
    });
    let tests: Vec<_> = tests.collect();

    let printed = Mutex::new(String::new());
    let passed = each_at_once(&tests, |path| {
        let (is_good, text) = scratch.run(&promtool, &["test", "rules", path.to_str().unwrap()]);
        printed.lock().unwrap().push_str(if is_good { "" } else { &text });
        is_good
    });

    let failed = scenarios.iter().zip(passed).filter(|(_, passes)| !passes);
    let failed: Vec<_> = failed.map(|(scenario, _)| scenario.name).collect();
    assert!(failed.is_empty(), "{failed:#?}\n{}", printed.into_inner().unwrap());
}

#[test]
fn descriptions_name_the_top_source_and_a_query() {
    let Some(promtool) = promtool("descriptions_name_the_top_source_and_a_query") else { return };
    let tests = folder().join("tests/descriptions.yml");

    let (is_good, printed) =
        Scratch::new().run(&promtool, &["test", "rules", tests.to_str().unwrap()]);

    assert!(is_good, "{printed}");
}

#[test]
fn jsonnet_makes_the_same_rules_of_the_mixin() {
    let mut paths =
        env::var_os("PATH").into_iter().flat_map(|it| env::split_paths(&it).collect::<Vec<_>>());
    let Some(jsonnet) = paths.find_map(|it| Some(it.join("jsonnet")).filter(|it| it.is_file()))
    else {
        skipped("jsonnet_makes_the_same_rules_of_the_mixin", "jsonnet is not in PATH");
        return;
    };
    let scratch = Scratch::new();
    scratch.write(&all(&Settings::default()));
    let made = |config: &str| {
        let code = format!(
            "((import 'mixin/mixin.libsonnet') + {{ _config+:: {{ {config} }} }}).prometheusAlerts"
        );
        let (is_good, printed) = scratch.run(&jsonnet, &["-e", &code]);
        assert!(is_good, "{printed}");
        serde_json::from_str::<serde_json::Value>(&printed).unwrap()
    };

    assert_eq!(made(""), expected(&Settings::default()));
    let settings = Settings::default().with("syn_flood_packets", Value::Number(50.0)).unwrap();
    assert_eq!(made("syn_flood_packets: 50"), expected(&settings));
}

/// Returns all groups as the mixin should have them.
fn expected(settings: &Settings) -> serde_json::Value {
    let fill = |text: &str| settings.fill(text, Setting::plain);
    let group = |group: &Group| {
        let records = group.records().map(|record| {
            serde_json::json!({ "record": record.name, "expr": fill(&record.expr.text(record.name)) })
        });
        let alerts = group.alerts().map(|alert| {
            serde_json::json!({
                "alert": alert.name,
                "expr": fill(alert.expr),
                "for": alert.hold,
                "labels": { "severity": alert.severity.label() },
                "annotations": {
                    "summary": fill(alert.summary),
                    "description": fill(&alert.text()),
                    "runbook_url": fill(&alert.runbook()),
                },
            })
        });
        let rules: Vec<_> = records.chain(alerts).collect();
        serde_json::json!({ "name": group.name, "interval": INTERVAL, "rules": rules })
    };

    serde_json::json!({ "groups": GROUPS.iter().map(group).collect::<Vec<_>>() })
}
