//! Which variable of OpenTelemetry a refusal is due to.
//!
//! They may be set for every program of a host: none of them keeps this one from counting.

use std::collections::BTreeMap;

use super::inputs::Inputs;
use super::problem::Problem;
use super::refusal::Refusal;
use super::setting::{Origin, Setting};
use super::{Attempt, otel};

/// Returns a variable without which less is refused, and what is refused with it.
///
/// It sets what is refused, or something that does not go together with it.
pub(super) fn variable(
    refusals: &[Refusal],
    settings: &BTreeMap<String, Setting>,
    inputs: &Inputs,
    attempt: impl Fn(&Inputs) -> Attempt,
) -> Option<Problem> {
    let itself = refusals.iter().find_map(|refusal| {
        let variable = of_otel(&refusal.origin)?;
        Some(ignored(variable, refusal))
    });

    itself.or_else(|| {
        settings.values().find_map(|setting| {
            let variable = of_otel(&setting.origin)?;
            let left = attempt(&without(inputs, &setting.key, &attempt)).refusals;
            let solved = refusals.iter().find(|refusal| !left.contains(refusal))?;
            (left.len() < refusals.len()).then(|| ignored(variable, solved))
        })
    })
}

fn of_otel(origin: &Origin) -> Option<&str> {
    if let Origin::Variable(name) = origin
        && otel::is_otel(name)
    {
        Some(name)
    } else {
        None
    }
}

fn ignored(variable: &str, Refusal { key, origin: _, reason }: &Refusal) -> Problem {
    Problem::new(variable, format!("it is ignored: with it, `{key}` {reason}"))
}

/// Takes every variable of OpenTelemetry away that would set the key.
fn without(inputs: &Inputs, key: &str, attempt: impl Fn(&Inputs) -> Attempt) -> Inputs {
    let mut inputs = inputs.clone();
    while let Some(setting) = attempt(&inputs).settings.get(key)
        && let Some(variable) = of_otel(&setting.origin)
    {
        inputs.leave_out(variable);
    }

    inputs
}
