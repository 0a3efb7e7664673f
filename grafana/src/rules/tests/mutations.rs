//! A clause that is dropped and a threshold that is wrong are noticed by a scenario.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::mentions::mentions;
use super::programs::{Scratch, promtool};
use super::scenario::Scenario;
use super::*;

#[test]
fn no_clause_of_an_alert_can_be_dropped_and_no_threshold_be_wrong() {
    let test = "no_clause_of_an_alert_can_be_dropped_and_no_threshold_be_wrong";
    let Some(promtool) = promtool(test) else { return };
    let mut tries = Vec::new();

    for alert in alerts() {
        tries.extend(mutants(alert.expr).into_iter().map(|mutant| (alert, mutant)));
        tries.push((alert, alert.expr.to_owned()));
    }
    let passed = each_at_once(&tries, |(alert, expr)| {
        pass(&promtool, &rules_of(alert.name, expr, None), alert, &scenarios_of(alert))
    });
    let survived: Vec<_> = tries
        .iter()
        .zip(passed)
        .filter(|((alert, expr), passes)| *passes == (*expr != alert.expr))
        .map(|((alert, expr), _)| format!("{}:\n{expr}", alert.name))
        .collect();

    assert!(survived.is_empty(), "no scenario notices\n\n{}", survived.join("\n\n"));
    assert!(tries.len() > 3 * alerts().count(), "{}", tries.len());
}

#[test]
fn no_part_of_a_baseline_can_be_left_out() {
    let test = "no_part_of_a_baseline_can_be_left_out";
    let Some(promtool) = promtool(test) else { return };
    let surge = alerts().find(|alert| alert.name == "PacketReceiveSurge").unwrap();
    let scenarios = scenarios_of(surge);
    let baseline = "device:packet_receive_packets:baseline";
    let rate = "device:packet_receive_packets:rate5m";
    let before = format!("last_over_time({baseline}[1h])");
    let mutations = [
        // Without what it was before a gap.
        (before.clone(), baseline.to_owned()),
        // Without the limit of what an attack teaches.
        ("4 * clamp_min".to_owned(), "4000 * clamp_min".to_owned()),
        // Without what lets it leave 0.
        (format!("clamp_min({before}, 2000)"), before),
        // Without a rate to learn from.
        (format!(" and {rate})"), ")".to_owned()),
        // Without the time in which the range of the rate fills.
        (
            format!("{rate} unless last_over_time({baseline}[1h] offset 5m)"),
            format!("{rate} unless last_over_time({baseline}[1h])"),
        ),
    ];

    for (from, to) in mutations {
        let mut rules = rules_of(surge.name, surge.expr, None);
        let mutant = rules[0].text.replace(&from, &to);
        assert_ne!(mutant, rules[0].text, "{from} is not there");
        rules[0].text = mutant;
        assert!(!pass(&promtool, &rules, surge, &scenarios), "no scenario notices {to} for {from}");
    }
}

/// Returns the query with each clause left out, and with each threshold far too low and too high.
fn mutants(expr: &str) -> Vec<String> {
    let lines: Vec<_> = expr.lines().collect();
    let begins =
        |line: &str| ["and ", "or ", "unless "].iter().any(|it| line.trim_start().starts_with(it));
    let depth = |line: &str| {
        let count = |it| line.matches(it).count();
        count('(').wrapping_sub(count(')'))
    };
    let without = (0..lines.len()).filter(|at| begins(lines[*at])).map(|from| {
        let mut open = depth(lines[from]);
        let mut to = from + 1;
        // A clause goes on in brackets, or with a comparison on a line of its own.
        while to < lines.len() && (open != 0 || lines[to].trim_start().starts_with(['>', '<', '*']))
        {
            open = open.wrapping_add(depth(lines[to]));
            to += 1;
        }
        [&lines[..from], &lines[to..]].concat().join("\n")
    });
    let settings = Settings::default();
    let marks = settings.iter().map(|setting| format!("${{{}}}", setting.name));
    let wrong = marks
        .filter(|mark| expr.contains(mark))
        .flat_map(|mark| ["0", "1e9"].map(|value| expr.replace(&mark, value)));

    without.chain(wrong).collect()
}

/// Returns the scenarios that are about an alert.
pub(super) fn scenarios_of(alert: &Alert) -> Vec<&'static Scenario> {
    let own = |it: &&Scenario| it.of.contains(&alert.name);

    scenarios::ALL.iter().copied().flatten().filter(own).collect()
}

/// Tries all, as many at once as there are processors; returns the results in order.
pub(super) fn each_at_once<T: Sync>(tries: &[T], passes: impl Fn(&T) -> bool + Sync) -> Vec<bool> {
    let next = AtomicUsize::new(0);
    let results: Vec<_> = tries.iter().map(|_| AtomicBool::new(false)).collect();
    let work = || {
        while let Some((one, result)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            tries.get(at).zip(results.get(at))
        } {
            result.store(passes(one), Ordering::Relaxed);
        }
    };
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..processors {
            scope.spawn(work);
        }
    });

    results.into_iter().map(AtomicBool::into_inner).collect()
}

/// Returns whether the scenarios find that alert right in these rules.
pub(super) fn pass(
    promtool: &Path,
    rules: &[Made],
    alert: &Alert,
    scenarios: &[&Scenario],
) -> bool {
    let scratch = Scratch::new();
    scratch.write(rules);
    let tests = scenario::file_of(scenarios.iter().copied(), alert.name);
    scratch.write(&[Made { path: "tests/rules.yml".into(), text: tests }]);
    let (is_good, printed) = scratch.run(promtool, &["check", "rules", "rules/traffic.yml"]);
    assert!(is_good, "a mutant is no rule: {printed}");

    scratch.run(promtool, &["test", "rules", "tests/rules.yml"]).0
}

/// Returns one alert with another query, and the records that it is made of, of which one may have
/// another query too.
pub(super) fn rules_of(name: &str, expr: &str, changed: Option<(&str, &str)>) -> Vec<Made> {
    let settings = Settings::default();
    let fill = |text: &str| settings.fill(text, Setting::plain);
    let mut wanted = vec![fill(expr)];
    let mut records = Vec::new();
    for record in GROUPS[0].records().collect::<Vec<_>>().into_iter().rev() {
        let is_used = |text: &String| mentions(text).iter().any(|it| it.name == record.name);
        if wanted.iter().any(is_used) {
            let query = match changed {
                Some((name, query)) if name == record.name => fill(query),
                _ => fill(&record.expr.text(record.name)),
            };
            wanted.push(query.clone());
            records.push((record.name, query));
        }
    }

    let mut yaml = yaml::Yaml::default();
    yaml.line(0, "groups:");
    yaml.line(0, "- name: packet-traffic");
    yaml.line(2, "rules:");
    for (name, query) in records.into_iter().rev() {
        yaml.line(2, &format!("- record: {name}"));
        yaml.text(4, "expr", &query);
    }
    yaml.line(2, &format!("- alert: {name}"));
    yaml.text(4, "expr", &fill(expr));
    let hold = alerts().find(|alert| alert.name == name).unwrap().hold;
    yaml.line(4, &format!("for: {hold}"));

    vec![
        Made { path: "rules/traffic.yml".into(), text: yaml.into_text() },
        Made { path: "rules/exporter.yml".into(), text: "groups: []\n".to_owned() },
    ]
}

#[test]
fn a_clause_ends_where_its_brackets_and_comparisons_do() {
    let expr = "a > 1\nand (\n  b > 2\n  or c > 3\n)\nand d\n  > e\nunless f";

    let found = mutants(expr);

    assert_eq!(
        found,
        [
            "a > 1\nand d\n  > e\nunless f",
            "a > 1\nand (\n  b > 2\n)\nand d\n  > e\nunless f",
            "a > 1\nand (\n  b > 2\n  or c > 3\n)\nunless f",
            "a > 1\nand (\n  b > 2\n  or c > 3\n)\nand d\n  > e",
        ]
    );
}
