//! A label that is not compared, or with what is wrong, is noticed by a scenario.

use super::mentions::mentions;
use super::mutations::{each_at_once, pass, rules_of, scenarios_of};
use super::programs::promtool;
use super::*;

/// What may be left out of a record without a difference: a comparison of records goes by port, so
/// others than those of the left side are never looked at.
const NO_DIFFERENCE: (&str, &str) = (
    "device_port:packet_transmit_amplifier_bytes:rate5m",
    r#"packet_transmit_port_bytes_total{protocol="udp"}"#,
);

/// A query of a record or alert that is tried in place of the right one.
struct Try {
    /// The record or alert that it is of.
    of: &'static str,
    query: String,
    /// Those that may notice: the alert, or all that are made of the record.
    alerts: Vec<&'static Alert>,
    /// Whether it is the right one, which must pass.
    is_right: bool,
}

#[test]
fn no_label_that_a_rule_compares_can_be_left_out_or_wrong() {
    let test = "no_label_that_a_rule_compares_can_be_left_out_or_wrong";
    let Some(promtool) = promtool(test) else { return };
    let of_alerts = alerts().flat_map(|alert| tries(alert.name, alert.expr, &[alert]));
    let of_records = GROUPS.iter().flat_map(Group::records).flat_map(|record| {
        tries(record.name, &record.expr.text(record.name), &made_of(record.name))
    });
    let (record, harmless) = NO_DIFFERENCE;
    let differs = |it: &Try| it.is_right || it.of != record || !it.query.contains(harmless);
    let tries: Vec<_> = of_alerts.chain(of_records).filter(differs).collect();

    let passed = each_at_once(&tries, |Try { of, query, alerts, .. }| {
        alerts.iter().all(|alert| {
            let is_own = alert.name == *of;
            let (expr, record) =
                if is_own { (query.as_str(), None) } else { (alert.expr, Some((*of, &**query))) };
            pass(&promtool, &rules_of(alert.name, expr, record), alert, &scenarios_of(alert))
        })
    });

    let astray = tries.iter().zip(passed).filter(|(it, passes)| *passes != it.is_right);
    let astray: Vec<_> = astray
        .map(|(it, _)| format!("{} (right: {}):\n{}", it.of, it.is_right, it.query))
        .collect();
    assert!(astray.is_empty(), "the scenarios misjudge\n\n{}", astray.join("\n\n"));
    let wrong = tries.iter().filter(|it| !it.is_right).count();
    assert!(wrong > 50, "{wrong}");
}

/// Returns each wrong query, and beside them the right one, which is the control.
fn tries(of: &'static str, query: &str, alerts: &[&'static Alert]) -> Vec<Try> {
    let one = |query, is_right| Try { of, query, alerts: alerts.to_vec(), is_right };
    let wrong: Vec<_> = mutants(query).into_iter().map(|mutant| one(mutant, false)).collect();
    let right = (!wrong.is_empty()).then(|| one(query.to_owned(), true));

    wrong.into_iter().chain(right).collect()
}

/// Returns the alerts that a record is in, directly or by other records, the quickest to try first.
fn made_of(record: &str) -> Vec<&'static Alert> {
    let uses = |text: &str, name: &str| mentions(text).iter().any(|it| it.name == name);
    let mut names = vec![record];
    for later in GROUPS.iter().flat_map(Group::records) {
        let text = later.expr.text(later.name);
        if later.name != record && names.iter().any(|name| uses(&text, name)) {
            names.push(later.name);
        }
    }

    let mut found: Vec<_> =
        alerts().filter(|alert| names.iter().any(|name| uses(alert.expr, name))).collect();
    let minutes =
        |alert: &&Alert| -> u32 { scenarios_of(alert).iter().map(|it| it.minutes()).sum() };
    found.sort_by_key(minutes);

    found
}

/// Returns the query with each comparison of a label left out, with a value that no series has, and
/// with each of several values left out.
fn mutants(query: &str) -> Vec<String> {
    let mut mutants = Vec::new();
    let mut from = 0;
    while let Some((begin, end)) = selector(query, from) {
        let compared: Vec<_> = query[begin..end].split("\",").collect();
        for (at, one) in compared.iter().enumerate() {
            let one = one.trim_end_matches('"');
            let Some((left, value)) = one.split_once('"') else { continue };
            let with = |new: Option<String>| {
                let mut all: Vec<_> =
                    compared.iter().map(|it| format!("{}\"", it.trim_end_matches('"'))).collect();
                match new {
                    Some(value) => all[at] = format!("{left}\"{value}\""),
                    None => drop(all.remove(at)),
                }
                format!("{}{}{}", &query[..begin], all.join(","), &query[end..])
            };
            mutants.push(with(None));
            if !left.contains('!') {
                mutants.push(with(Some("nothing".to_owned())));
            }
            let values: Vec<_> = value.split('|').filter(|_| value.contains('|')).collect();
            for without in &values {
                let others: Vec<_> = values.iter().filter(|it| it != &without).copied().collect();
                mutants.push(with(Some(others.join("|"))));
            }
        }
        from = end;
    }

    mutants
}

/// Returns where the next selector has its comparisons: in braces that are not those of a setting.
fn selector(query: &str, from: usize) -> Option<(usize, usize)> {
    let is_setting = |at: usize| query[..at].ends_with('$');
    let mut braces = query[from..].match_indices('{').map(|(at, _)| from + at);
    let begin = braces.find(|at| !is_setting(*at))? + 1;
    // A setting in it has braces of its own.
    let end = query[begin..].find("\"}").map(|at| begin + at + 1)?;

    Some((begin, end))
}

#[test]
fn each_comparison_is_left_out_and_spoilt() {
    let found = mutants(r#"rate(a{b="c",d=~"e|f"}[5m]) > ${x} * g{h!="${i}"}"#);

    let rest = r#"[5m]) > ${x} * g{h!="${i}"}"#;
    let expected = [
        r#"d=~"e|f""#,
        r#"b="nothing",d=~"e|f""#,
        r#"b="c""#,
        r#"b="c",d=~"nothing""#,
        r#"b="c",d=~"f""#,
        r#"b="c",d=~"e""#,
    ];
    let mut expected: Vec<_> =
        expected.iter().map(|compared| format!("rate(a{{{compared}}}{rest}")).collect();
    expected.push(r#"rate(a{b="c",d=~"e|f"}[5m]) > ${x} * g{}"#.to_owned());
    assert_eq!(found, expected);
}
