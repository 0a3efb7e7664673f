//! What holds for every rule.

mod matchers;
mod mentions;
mod mutations;
mod names;
mod numbers;
mod programs;
mod runbooks;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use super::*;

/// The folder `grafana`.
fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns every query of the rules, with where it is.
fn queries() -> Vec<(&'static str, String)> {
    let settings = Settings::default();
    let records = GROUPS.iter().flat_map(Group::records);
    let records = records.map(|record| (record.name, record.expr.text(record.name)));
    let alerts = alerts()
        .flat_map(|alert| [alert.expr.to_owned(), alert.text()].map(|text| (alert.name, text)));

    records.chain(alerts).map(|(name, text)| (name, settings.fill(&text, Setting::plain))).collect()
}

#[test]
fn the_committed_files_are_those_that_are_made() {
    let update = env::var_os("UPDATE_GOLDEN").is_some();
    let mut differ = Vec::new();

    for Made { path, text } in all(&Settings::default()) {
        let committed = folder().join(&path);
        if update {
            fs::create_dir_all(committed.parent().unwrap()).unwrap();
            fs::write(&committed, &text).unwrap();
        } else if fs::read_to_string(&committed).ok() != Some(text) {
            differ.push(path);
        }
    }

    assert!(differ.is_empty(), "`cargo run -p grafana` rewrites {differ:?}");
}

#[test]
fn nothing_else_is_among_the_committed_files() {
    let made = all(&Settings::default());
    let made: BTreeSet<PathBuf> = made.into_iter().map(|made| folder().join(made.path)).collect();

    for of_rules in ["rules", "kubernetes", "mixin"] {
        for file in fs::read_dir(folder().join(of_rules)).unwrap() {
            let path = file.unwrap().path();
            assert!(made.contains(&path), "{} is made by nothing", path.display());
        }
    }
}

#[test]
fn alerts_are_worded_alike() {
    let mut names = BTreeSet::new();

    for Alert { name, summary, description, .. } in alerts() {
        assert!(names.insert(name), "{name} is there twice");
        assert!(name.starts_with("Packet"), "{name}");
        assert!(name.chars().all(|it| it.is_ascii_alphanumeric()), "{name}");
        assert!(summary.ends_with('.') && !summary.contains("{{"), "{name}: {summary}");
        assert!(description.ends_with('.'), "{name}: {description}");
        assert!(description.contains("{{ $labels.instance }}"), "{name}: {description}");
    }
}

#[test]
fn every_setting_is_used_and_every_one_that_is_used_is_there() {
    let texts: Vec<_> = GROUPS
        .iter()
        .flat_map(Group::records)
        .map(|record| record.expr.text(record.name))
        .chain(alerts().flat_map(|it| [it.expr.to_owned(), it.text(), it.runbook()]))
        .collect();
    let settings = Settings::default();

    for setting in settings.iter() {
        let mark = format!("${{{}}}", setting.name);
        assert!(texts.iter().any(|text| text.contains(&mark)), "{} is not used", setting.name);
        assert!(setting.meaning.ends_with('.'), "{}", setting.meaning);
    }
    for text in &texts {
        let filled = settings.fill(text, Setting::plain);
        assert!(!filled.contains("${"), "{filled}");
    }
}

#[test]
fn a_setting_changes_the_rules_that_use_it() {
    let settings = Settings::default().with("syn_flood_packets", Value::Number(50.0)).unwrap();

    let text = files::prometheus(&GROUPS[0], &settings, Scale::SHIPPED);

    assert!(text.contains("device:packet_receive_syn_packets:rate5m > 50\n"));
    assert_eq!(Settings::default().with("no_such_setting", Value::Number(1.0)), None);
}

#[test]
fn a_shorter_scale_changes_every_time_and_no_weight() {
    let shipped = made(&Settings::default(), Scale::SHIPPED);
    let short = made(&Settings::default(), Scale(30));

    assert_eq!(shipped, all(&Settings::default())[..shipped.len()]);
    for Made { text, .. } in &short {
        assert!(text.contains("interval: 2s"), "{text}");
        assert!(!text.contains("[5m]"), "{text}");
        assert!(!text.contains("for: 2m"), "{text}");
    }
    let weight = |made: &[Made]| made[0].text.matches("0.005").count();
    assert_eq!(weight(&shipped), weight(&short));
}

#[test]
fn objects_of_the_operator_have_the_same_groups() {
    let settings = Settings::default();

    for group in &GROUPS {
        let object = files::operator(group, &settings, Scale::SHIPPED);
        let (_, spec) = object.split_once("spec:\n").unwrap();
        let spec: Vec<_> = spec.lines().map(|line| line.strip_prefix("  ").unwrap()).collect();
        let file = files::prometheus(group, &settings, Scale::SHIPPED);
        let lines: Vec<_> = file.lines().skip(1).collect();

        assert_eq!(spec, lines);
    }
}

#[test]
fn every_alert_is_seen_to_fire_and_every_scenario_is_of_something() {
    let known: BTreeSet<_> = alerts().map(|alert| alert.name).collect();
    let scenarios = scenarios::ALL.iter().copied().flatten();
    let mut fired = BTreeSet::new();

    for scenario in scenarios {
        for name in scenario.of {
            assert!(known.contains(name), "{} is of {name}", scenario.name);
        }
        for (_, alerts) in scenario.fires {
            fired.extend(alerts.iter().copied());
        }
        for values in scenario.phases.iter().flat_map(scenario::Phase::values) {
            let keys: BTreeSet<_> = values.iter().map(|(key, _)| *key).collect();
            for key in &keys {
                let is_known = *key == "*" || scenarios::world().any(|it| it.key == *key);
                assert!(is_known, "{} names {key}", scenario.name);
            }
            assert_eq!(keys.len(), values.len(), "{} names a key twice", scenario.name);
        }
    }

    assert_eq!(known, fired);
}

#[test]
fn every_alert_has_a_scenario_in_which_it_stays_silent() {
    for Alert { name, .. } in alerts() {
        let mut own =
            scenarios::ALL.iter().copied().flatten().filter(|scenario| scenario.of.contains(name));
        let is_silent = |it: &scenario::Scenario| it.fires.iter().all(|(_, it)| !it.contains(name));

        assert!(own.any(is_silent), "{name} fires in each of its scenarios");
    }
}
