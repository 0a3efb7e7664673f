//! What a query yields: its labels and its quantity, from those of the metrics in it.

mod metrics;
mod operators;

use std::collections::BTreeSet;

use promql_parser::parser::{
    self, AggregateExpr, Call, Expr, MatrixSelector, ParenExpr, UnaryExpr, VectorSelector,
};
use promql_parser::util::visitor::{ExprVisitor, walk_expr};

pub(super) use metrics::{Metric, metric};

/// What a part of a query yields.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    /// `None` for a scalar.
    pub(super) labels: Option<BTreeSet<String>>,
    /// `None` for a number, which goes with every quantity.
    pub(super) quantity: Option<Quantity>,
    /// Of a number that is written down.
    value: Option<f64>,
    /// A counter of which nobody took the rate.
    is_raw: bool,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Quantity {
    pub(super) what: What,
    pub(super) per_second: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A count or a share.
    Nothing,
    Packets,
    Bytes,
    Bits,
    Seconds,
    Milliseconds,
}

impl Quantity {
    pub(super) const NOTHING: Self = Self { what: What::Nothing, per_second: false };
}

impl Found {
    fn scalar(quantity: Option<Quantity>, value: Option<f64>) -> Self {
        Self { labels: None, quantity, value, is_raw: false }
    }

    fn vector(labels: BTreeSet<String>, quantity: Option<Quantity>) -> Self {
        Self { labels: Some(labels), quantity, value: None, is_raw: false }
    }

    /// The labels of a vector.
    fn vector_labels(&self) -> Result<&BTreeSet<String>, String> {
        self.labels.as_ref().ok_or_else(|| "a scalar where a vector should be".to_owned())
    }
}

/// Returns what a query of a dashboard yields, or why it is not sound.
pub(super) fn found(query: &str) -> Result<Found, String> {
    let found = of(&parsed(query)?)?;
    if found.is_raw {
        return Err("a counter is shown as it is".to_owned());
    }

    Ok(found)
}

/// Returns every selector of a query.
pub(super) fn selectors(query: &str) -> Vec<VectorSelector> {
    #[derive(Default)]
    struct Selectors(Vec<VectorSelector>);

    impl ExprVisitor for Selectors {
        type Error = String;

        fn pre_visit(&mut self, expr: &Expr) -> Result<bool, String> {
            if let Expr::VectorSelector(selector)
            | Expr::MatrixSelector(MatrixSelector { vs: selector, .. }) = expr
            {
                self.0.push(selector.clone());
            }

            Ok(true)
        }
    }

    let mut selectors = Selectors::default();
    walk_expr(&mut selectors, &parsed(query).unwrap()).unwrap();

    selectors.0
}

/// Grafana replaces its intervals before it asks.
fn parsed(query: &str) -> Result<Expr, String> {
    parser::parse(&query.replace("$__rate_interval", "5m").replace("$__range", "1h"))
}

fn of(expr: &Expr) -> Result<Found, String> {
    match expr {
        Expr::NumberLiteral(number) => Ok(Found::scalar(None, Some(number.val))),
        Expr::Paren(ParenExpr { expr }) | Expr::Unary(UnaryExpr { expr }) => of(expr),
        Expr::VectorSelector(selector)
        | Expr::MatrixSelector(MatrixSelector { vs: selector, .. }) => {
            let Metric { labels, quantity, is_counter, .. } = metric(selector)?;
            Ok(Found { is_raw: is_counter, ..Found::vector(labels, Some(quantity)) })
        }
        Expr::Call(Call { func, args }) => call(func.name, &args.args),
        Expr::Aggregate(aggregate) => aggregated(aggregate),
        Expr::Binary(binary) => operators::of(binary),
        Expr::StringLiteral(_) | Expr::Subquery(_) | Expr::Extension(_) => {
            Err(format!("nothing here checks {expr}"))
        }
    }
}

fn call(name: &str, args: &[Box<Expr>]) -> Result<Found, String> {
    let found = args.iter().map(|arg| of(arg)).collect::<Result<Vec<_>, _>>()?;

    match (name, found.as_slice()) {
        ("time", []) => {
            Ok(Found::scalar(Some(Quantity { what: What::Seconds, per_second: false }), None))
        }
        ("vector", [scalar]) => Ok(Found::vector(BTreeSet::new(), scalar.quantity)),
        ("rate" | "increase", [counter]) if counter.is_raw => {
            let quantity = counter.quantity.map(|it| Quantity { per_second: name == "rate", ..it });
            Ok(Found::vector(counter.vector_labels()?.clone(), quantity))
        }
        ("rate" | "increase", _) => Err(format!("{name} of what is no counter")),
        ("last_over_time", [vector]) | ("clamp_min", [vector, _]) => Ok(vector.clone()),
        ("histogram_quantile", [_, buckets]) => {
            let mut labels = buckets.vector_labels()?.clone();
            if !labels.remove("le") {
                return Err("a quantile of what has no `le`".to_owned());
            }
            let quantity = buckets.quantity.map(|it| Quantity { per_second: false, ..it });
            Ok(Found::vector(labels, quantity))
        }
        _ => Err(format!("nothing here checks {name}")),
    }
}

fn aggregated(AggregateExpr { op, expr, modifier, .. }: &AggregateExpr) -> Result<Found, String> {
    let inner = of(expr)?;
    let labels = inner.vector_labels()?;
    let kept: BTreeSet<String> = match modifier {
        Some(modifier) if !modifier.is_include() => return Err("`without`".to_owned()),
        Some(modifier) => modifier.labels().labels.iter().cloned().collect(),
        None => BTreeSet::new(),
    };
    if !kept.is_subset(labels) {
        return Err(format!("{op} by {kept:?} of what has {labels:?}"));
    }

    match op.to_string().as_str() {
        "count" | "group" => Ok(Found::vector(kept, Some(Quantity::NOTHING))),
        "sum" | "max" | "min" | "avg" => Ok(Found { labels: Some(kept), ..inner }),
        "topk" => Ok(inner),
        other => Err(format!("nothing here checks {other}")),
    }
}

#[test]
fn what_is_wrong_in_a_query_is_found() {
    let cases = [
        ("sum(rate(packet_receive_packets_totl[5m]))", "no metric"),
        ("sum by (flags) (rate(packet_receive_packets_total[5m]))", "by"),
        ("sum(packet_receive_packets_total)", "as it is"),
        ("rate(packet_receive_distinct_sources[5m])", "no counter"),
        ("sum(rate(packet_receive_tcp_packets_total{flag=\"syn\"}[5m]))", "no label"),
        ("sum(rate(packet_receive_tcp_packets_total{flags=\"sin\"}[5m]))", "no value"),
        ("sum(rate(packet_receive_tcp_packets_total{flags=~\"syn|sin\"}[5m]))", "no value"),
        (
            "sum(rate(packet_receive_packets_total[5m])) + sum(rate(packet_receive_bytes_total[5m]))",
            "Packets",
        ),
        (
            "rate(packet_receive_packets_total[5m]) / rate(packet_receive_tcp_packets_total[5m])",
            "labels",
        ),
        (
            "sum by (device) (rate(packet_receive_packets_total[5m])) \
             * on (job) group_left () packet_exporter_build_info",
            "on",
        ),
        ("histogram_quantile(0.5, sum(rate(packet_receive_frame_size_bytes_bucket[5m])))", "le"),
        ("sum(rate(packet_receive_packets_total[5m])", "parse"),
    ];

    for (query, expected) in cases {
        let error = found(query).unwrap_err();
        // The words of the parser are its own.
        assert!(expected == "parse" || error.contains(expected), "{query}: {error}");
    }
}

#[test]
fn quantities_follow_from_those_of_the_metrics() {
    let rate = |what| Quantity { what, per_second: true };
    let cases = [
        ("rate(packet_receive_bytes_total[5m]) * 8", rate(What::Bits)),
        ("sum(rate(packet_receive_packets_total[5m]))", rate(What::Packets)),
        (
            "sum(rate(packet_receive_bytes_total[5m])) / sum(rate(packet_receive_packets_total[5m]))",
            Quantity { what: What::Bytes, per_second: false },
        ),
        ("packet_exporter_map_entries / packet_exporter_map_entries_limit", Quantity::NOTHING),
        (
            "packet_exporter_config_last_reload_success_timestamp_seconds * 1000",
            Quantity { what: What::Milliseconds, per_second: false },
        ),
        ("count(packet_exporter_program_attached == 0) or vector(0)", Quantity::NOTHING),
    ];

    for (query, expected) in cases {
        assert_eq!(found(query).unwrap().quantity, Some(expected), "{query}");
    }
}
