//! What operators make of two sides.

use std::collections::BTreeSet;

use promql_parser::parser::{BinModifier, BinaryExpr, LabelModifier, VectorMatchCardinality};

use super::{Found, Quantity, What, of as found_of};

type Labels = BTreeSet<String>;

pub(super) fn of(binary: &BinaryExpr) -> Result<Found, String> {
    let BinaryExpr { op, lhs, rhs, modifier } = binary;
    let (left, right) = (found_of(lhs)?, found_of(rhs)?);
    let op = op.to_string();

    match op.as_str() {
        "and" | "or" | "unless" => set(&op, left, &right, modifier.as_ref()),
        "==" | "!=" | ">" | "<" | ">=" | "<=" => {
            same(left.quantity, right.quantity)?;
            if right.labels.is_some() {
                return Err("nothing here compares vectors".to_owned());
            }
            Ok(left)
        }
        "+" | "-" | "*" | "/" => {
            let quantity = match op.as_str() {
                "*" => product(&left, &right)?,
                "/" => quotient(left.quantity, right.quantity)?,
                _ => same(left.quantity, right.quantity)?,
            };
            if left.is_raw || right.is_raw {
                return Err(format!("{op} with a counter as it is"));
            }
            let labels = labels(&left, &right, modifier.as_ref())?;
            Ok(Found { labels, quantity, value: None, is_raw: false })
        }
        other => Err(format!("nothing here checks {other}")),
    }
}

/// The left side, chosen or completed by the right one.
fn set(
    op: &str,
    left: Found,
    right: &Found,
    modifier: Option<&BinModifier>,
) -> Result<Found, String> {
    matching(left.vector_labels()?, right.vector_labels()?, modifier)?;
    if op != "or" {
        return Ok(left);
    }
    let quantity = same(left.quantity, right.quantity)?;
    if left.labels != right.labels {
        return Err(format!("`or` of the labels {:?} and {:?}", left.labels, right.labels));
    }

    Ok(Found { quantity, ..left })
}

/// Returns the labels by which series of both sides meet.
fn matching(
    left: &Labels,
    right: &Labels,
    modifier: Option<&BinModifier>,
) -> Result<Labels, String> {
    match modifier.and_then(|it| it.matching.as_ref()) {
        Some(LabelModifier::Include(on)) => {
            let on: Labels = on.labels.iter().cloned().collect();
            if on.is_subset(left) && on.is_subset(right) {
                Ok(on)
            } else {
                Err(format!("on {on:?} of {left:?} and {right:?}"))
            }
        }
        Some(LabelModifier::Exclude(ignored)) => {
            let without = |labels: &Labels| -> Labels {
                labels.iter().filter(|label| !ignored.labels.contains(label)).cloned().collect()
            };
            equal(&without(left), &without(right))
        }
        None => equal(left, right),
    }
}

/// Without `on`, series meet only if they have the same labels.
fn equal(left: &Labels, right: &Labels) -> Result<Labels, String> {
    if left == right {
        Ok(left.clone())
    } else {
        Err(format!("labels {left:?} and {right:?} never meet"))
    }
}

/// Returns the labels of what arithmetic yields.
fn labels(
    left: &Found,
    right: &Found,
    modifier: Option<&BinModifier>,
) -> Result<Option<Labels>, String> {
    let (Some(left), Some(right)) = (&left.labels, &right.labels) else {
        return Ok(left.labels.clone().or_else(|| right.labels.clone()));
    };
    let met = matching(left, right, modifier)?;
    let with = |many: &Labels, one: &Labels, added: &[String]| {
        let added: Labels = added.iter().cloned().collect();
        if added.is_subset(one) {
            Ok(Some(many.union(&added).cloned().collect()))
        } else {
            Err(format!("{added:?} of what has {one:?}"))
        }
    };

    match modifier.map(|it| &it.card) {
        Some(VectorMatchCardinality::ManyToOne(added)) => with(left, right, &added.labels),
        Some(VectorMatchCardinality::OneToMany(added)) => with(right, left, &added.labels),
        Some(VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany) | None => {
            Ok(Some(met))
        }
    }
}

fn same(left: Option<Quantity>, right: Option<Quantity>) -> Result<Option<Quantity>, String> {
    match (left, right) {
        (Some(left), Some(right)) if left != right => Err(format!("{left:?} with {right:?}")),
        _ => Ok(left.or(right)),
    }
}

fn product(left: &Found, right: &Found) -> Result<Option<Quantity>, String> {
    let (Some(quantity), Some(factor)) = (left.quantity, right.quantity) else {
        let quantity = left.quantity.or(right.quantity);
        let factor = left.value.or(right.value);
        return Ok(quantity.map(|it| Quantity { what: converted(it.what, factor), ..it }));
    };

    match (quantity, factor) {
        (quantity, Quantity::NOTHING) | (Quantity::NOTHING, quantity) => Ok(Some(quantity)),
        _ => Err(format!("{quantity:?} times {factor:?}")),
    }
}

/// Bytes have eight bits, seconds a thousand milliseconds.
fn converted(what: What, factor: Option<f64>) -> What {
    match (what, factor) {
        (What::Bytes, Some(8.0)) => What::Bits,
        (What::Seconds, Some(1000.0)) => What::Milliseconds,
        _ => what,
    }
}

fn quotient(left: Option<Quantity>, right: Option<Quantity>) -> Result<Option<Quantity>, String> {
    let (Some(left), Some(right)) = (left, right) else { return Ok(left) };
    let what = match (left.what, right.what) {
        (what, What::Nothing | What::Packets) if what != right.what => what,
        (what, of) if what == of => What::Nothing,
        _ => return Err(format!("{left:?} over {right:?}")),
    };
    if right.per_second && !left.per_second {
        return Err(format!("{left:?} over {right:?}"));
    }

    Ok(Some(Quantity { what, per_second: left.per_second && !right.per_second }))
}
