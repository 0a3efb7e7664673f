//! What queries ask for: metrics and labels of the catalogue, in units that fit.

use std::collections::BTreeMap;

use exporter::catalog::families;
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::VectorSelector;

use super::promql::{Metric, Quantity, What, found, metric, selectors};
use super::*;
use crate::dashboards::unit::Unit;

/// Metrics of the catalogue that no dashboard shows, and why.
const NOT_SHOWN: [(&str, &str); 7] = [
    ("packet_receive_verdicts_total", "an observer lets every packet pass"),
    ("packet_transmit_verdicts_total", "an observer lets every packet pass"),
    (
        "packet_transmit_malformed_packets_total",
        "what this host sends malformed, it malforms itself",
    ),
    ("packet_transmit_fragments_total", "what this host fragments, it chose to"),
    ("packet_transmit_distinct_ports", "ports of clients, for the most part"),
    ("process_virtual_memory_max_bytes", "without a limit, as a rule"),
    (
        "packet_transmit_vlan_packets_total packet_transmit_dscp_packets_total packet_transmit_ecn_packets_total",
        "opt-in; what is received tells the same",
    ),
];

/// Labels in a legend or a title, written as `{{label}}`.
pub(super) fn named_in(template: &str) -> impl Iterator<Item = &str> {
    template.split("{{").skip(1).filter_map(|rest| rest.split("}}").next())
}

/// Every query of every panel.
fn each_target(mut check: impl FnMut(&str, &Value, &Value)) {
    each_panel(|name, panel| {
        for target in list(&panel["targets"]) {
            check(&format!("{name} {}", text(&target["refId"])), panel, target);
        }
    });
}

fn expr(target: &Value) -> &str {
    text(&target["expr"])
}

#[test]
fn queries_are_sound_and_their_metrics_and_labels_are_in_the_catalogue() {
    let mut errors = Vec::new();

    each_target(|name, _, target| {
        if let Err(error) = found(expr(target)) {
            errors.push(format!("{name}: {error}\n    {}", expr(target)));
        }
    });

    assert!(errors.is_empty(), "\n{}", errors.join("\n"));
}

#[test]
fn units_are_those_of_what_is_asked_for() {
    each_target(|name, panel, target| {
        let quantity = found(expr(target)).unwrap().quantity.unwrap_or(Quantity::NOTHING);
        let units: Vec<_> = if panel["type"] == "table" {
            column_unit(panel, target).into_iter().collect()
        } else {
            vec![text(&panel["fieldConfig"]["defaults"]["unit"])]
        };

        for id in units {
            let unit = Unit::ALL.into_iter().find(|unit| unit.id() == id).unwrap();
            assert!(fits(unit, quantity), "{name}: {unit:?} for {quantity:?}: {}", expr(target));
        }
    });
}

fn fits(unit: Unit, Quantity { what, per_second }: Quantity) -> bool {
    match unit {
        Unit::PacketsPerSecond => what == What::Packets && per_second,
        Unit::EventsPerSecond => matches!(what, What::Packets | What::Nothing) && per_second,
        Unit::BitsPerSecond => what == What::Bits && per_second,
        Unit::Bytes => what == What::Bytes && !per_second,
        Unit::Seconds => what == What::Seconds && !per_second,
        Unit::Share => what == What::Nothing && !per_second || what == What::Seconds && per_second,
        Unit::Count => what == What::Nothing && !per_second,
        Unit::Moment => what == What::Milliseconds && !per_second,
        Unit::Text => false,
    }
}

/// The unit of the column that shows the values of a query, if one does.
fn column_unit<'a>(panel: &'a Value, target: &Value) -> Option<&'a str> {
    let organize =
        list(&panel["transformations"]).iter().find(|it| it["id"] == "organize").unwrap();
    let names = &organize["options"]["renameByName"];
    let title = names
        .get(format!("Value #{}", text(&target["refId"])))
        .or_else(|| names.get("Value"))
        .map(text)?;
    let own = list(&panel["fieldConfig"]["overrides"])
        .iter()
        .filter(|it| it["matcher"]["options"] == title)
        .flat_map(|it| list(&it["properties"]))
        .find(|property| property["id"] == "unit");

    // That of the table is for texts.
    Some(text(&own.unwrap_or_else(|| panic!("{title} has no unit"))["value"]))
}

#[test]
fn legends_name_labels_that_are_there_and_tell_series_apart() {
    each_target(|name, panel, target| {
        if panel["type"] == "table" {
            return;
        }
        let legend = text(&target["legendFormat"]);
        let labels = found(expr(target)).unwrap().labels.unwrap_or_default();
        let named: BTreeSet<_> = named_in(legend).map(str::to_owned).collect();

        assert!(!legend.is_empty(), "{name}");
        assert!(named.is_subset(&labels), "{name}: {legend}, but there are {labels:?}");
        // Jobs are chosen, and their hosts have names of their own.
        let unnamed: Vec<_> = labels.difference(&named).filter(|label| *label != "job").collect();
        assert!(unnamed.is_empty(), "{name}: {legend} lacks {unnamed:?}");
    });
}

#[test]
fn queries_of_a_panel_have_legends_of_their_own() {
    each_panel(|name, panel| {
        if panel["type"] == "table" {
            return;
        }
        let targets = list(&panel["targets"]);
        let legends: BTreeSet<_> =
            targets.iter().map(|target| text(&target["legendFormat"])).collect();

        assert_eq!(legends.len(), targets.len(), "{name}: {legends:?}");
    });
}

/// Source: the rules `target-job-rule` and `target-instance-rule` of dashboard-linter.
#[test]
fn every_selector_has_what_is_chosen() {
    let has = |selector: &VectorSelector, name: &str, values: &[&str]| {
        let is = |Matcher { op, name: own, value }: &Matcher| {
            matches!(op, MatchOp::Re(_)) && own == name && values.contains(&value.as_str())
        };
        selector.matchers.matchers.iter().any(is)
    };

    each_target(|name, _, target| {
        for selector in selectors(expr(target)) {
            let Metric { labels, .. } = metric(&selector).unwrap();
            assert!(has(&selector, "job", &["$job"]), "{name}: {selector}");
            assert!(has(&selector, "instance", &["$instance"]), "{name}: {selector}");
            let about_device = labels.contains("device");
            assert_eq!(
                has(&selector, "device", &["$device", "$device|"]),
                about_device,
                "{name}: {selector}"
            );
        }
    });
}

/// Other programs have `up` and `process_*` too, and a choice of all jobs is a choice of theirs.
#[test]
fn what_others_have_too_is_taken_of_exporters_alone() {
    each_target(|name, _, target| {
        let names: Vec<_> = selectors(expr(target)).into_iter().filter_map(|it| it.name).collect();
        let is_shared = names.iter().any(|name| name == "up" || name.starts_with("process_"));
        let is_bound = names.iter().any(|name| name == "packet_exporter_build_info");

        assert!(!is_shared || is_bound, "{name}: {}", expr(target));
    });
}

/// Source: the rule `target-rate-interval-rule` of dashboard-linter.
#[test]
fn rates_are_over_the_interval_that_grafana_computes() {
    each_target(|name, _, target| {
        let expr = expr(target);
        for rate in expr.split("rate(").skip(1) {
            let range = rate.split('[').nth(1).unwrap().split(']').next().unwrap();
            assert_eq!(range, "$__rate_interval", "{name}: {expr}");
        }
    });
}

#[test]
fn every_metric_is_shown_or_left_out_for_a_reason() {
    let mut shown = BTreeSet::new();
    each_target(|_, _, target| {
        for selector in selectors(expr(target)) {
            shown.insert(metric(&selector).unwrap().name);
        }
    });
    let left_out: BTreeMap<_, _> = NOT_SHOWN
        .iter()
        .flat_map(|(names, why)| names.split_whitespace().map(move |name| (name, *why)))
        .collect();

    for family in families() {
        let name = family.stored_name();
        let is_left_out = left_out.contains_key(name.as_str());
        assert_ne!(shown.contains(&name), is_left_out, "{name} is shown, or in NOT_SHOWN");
    }
    let known: BTreeSet<_> = families().map(|family| family.stored_name()).collect();
    assert!(left_out.keys().all(|name| known.contains(*name)), "{left_out:?}");
}

#[test]
fn tables_and_bars_ask_for_the_end_alone() {
    each_target(|name, panel, target| {
        let is_instant = ["table", "bargauge"].contains(&text(&panel["type"]));

        assert_eq!(target["instant"], is_instant, "{name}");
        assert_eq!(target["range"], !is_instant, "{name}");
    });
}
