//! A clause that is dropped and a threshold that is wrong are noticed by a scenario.

use super::mentions::mentions;
use super::programs::{Scratch, promtool};
use super::scenario::Scenario;
use super::*;

#[test]
fn no_clause_of_an_alert_can_be_dropped_and_no_threshold_be_wrong() {
    let test = "no_clause_of_an_alert_can_be_dropped_and_no_threshold_be_wrong";
    let Some(promtool) = promtool(test) else { return };
    let mut survived = Vec::new();
    let mut tried = 0;

    for alert in alerts() {
        let own = |it: &&Scenario| it.of.contains(&alert.name);
        let scenarios: Vec<_> = scenarios::ALL.iter().copied().flatten().filter(own).collect();
        assert!(passes(&promtool, alert, alert.expr, &scenarios), "{}", alert.name);
        for mutant in mutants(alert.expr) {
            tried += 1;
            if passes(&promtool, alert, &mutant, &scenarios) {
                survived.push(format!("{}:\n{mutant}", alert.name));
            }
        }
    }

    assert!(survived.is_empty(), "no scenario notices\n\n{}", survived.join("\n\n"));
    assert!(tried > 2 * alerts().count(), "{tried}");
}

#[test]
fn no_part_of_a_baseline_can_be_left_out() {
    let test = "no_part_of_a_baseline_can_be_left_out";
    let Some(promtool) = promtool(test) else { return };
    let surge = alerts().find(|alert| alert.name == "PacketReceiveSurge").unwrap();
    let own = |it: &&Scenario| it.of.contains(&surge.name);
    let scenarios: Vec<_> = scenarios::ALL.iter().copied().flatten().filter(own).collect();
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
        let mut rules = rules_of(surge.name, surge.expr);
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

fn passes(promtool: &Path, alert: &Alert, expr: &str, scenarios: &[&Scenario]) -> bool {
    pass(promtool, &rules_of(alert.name, expr), alert, scenarios)
}

/// Returns whether the scenarios find that alert right in these rules.
fn pass(promtool: &Path, rules: &[Made], alert: &Alert, scenarios: &[&Scenario]) -> bool {
    let scratch = Scratch::new();
    scratch.write(rules);
    let tests = scenario::file_of(scenarios.iter().copied(), alert.name);
    scratch.write(&[Made { path: "tests/rules.yml".into(), text: tests }]);
    let (is_good, printed) = scratch.run(promtool, &["check", "rules", "rules/traffic.yml"]);
    assert!(is_good, "a mutant is no rule: {printed}");

    scratch.run(promtool, &["test", "rules", "tests/rules.yml"]).0
}

/// Returns one alert with another query, and the records that it is made of.
fn rules_of(name: &str, expr: &str) -> Vec<Made> {
    let settings = Settings::default();
    let fill = |text: &str| settings.fill(text, Setting::plain);
    let mut wanted = vec![fill(expr)];
    let mut records = Vec::new();
    for record in GROUPS[0].records().collect::<Vec<_>>().into_iter().rev() {
        let is_used = |text: &String| mentions(text).iter().any(|it| it.name == record.name);
        if wanted.iter().any(is_used) {
            let query = fill(&record.expr.text(record.name));
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
