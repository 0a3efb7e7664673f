//! The REST API: one table of operations, from which routes, documents and answers come; pure.

mod answer;
mod blocks;
mod devices;
mod document;
mod fold;
mod health;
mod kind;
mod moment;
mod operation;
mod operations;
mod packets;
mod page;
mod parameter;
mod path;
mod problem;
mod reference;
mod schemas;
mod signals;
#[cfg(test)]
mod tests;
mod yaml;

use std::time::SystemTime;

use crate::catalog::Readings;

pub use self::answer::{Answer, Asked};
pub use self::document::document;
pub use self::operation::{Example, Method, Operation, Output, Scope};
pub use self::operations::OPERATIONS;
pub use self::path::{BASE, CURRENT};
pub use self::problem::Problem;
pub use self::yaml::yaml;

use self::answer::accepts;
use self::devices::Devices;
use self::health::Health;
use self::operation::Serves;
use self::parameter::Given;
use self::signals::Signals;

/// The version of the API, which changes with what is in it.
pub const VERSION: &str = "1.0.0";

/// What answers are made from.
#[derive(Debug)]
pub struct Facts {
    pub readings: Readings,
    /// Why the exporter is not ready, if it is not.
    pub ready: Result<(), String>,
    pub now: SystemTime,
}

/// Answers a request; `facts` reads what only some answers need.
pub fn answer(
    operation: &'static Operation,
    asked: &Asked<'_>,
    facts: &dyn Fn() -> Facts,
) -> Answer {
    try_to_answer(operation, asked, facts).unwrap_or_else(Problem::answer)
}

fn try_to_answer(
    operation: &'static Operation,
    asked: &Asked<'_>,
    facts: &dyn Fn() -> Facts,
) -> Result<Answer, Problem> {
    let content_type = operation.output.content_type();
    if !accepts(asked.accept, content_type) {
        return Err(Problem::unacceptable(content_type));
    }
    let given = Given::read(operation.parameters, asked.path, asked.query)?;

    Ok(match operation.serves {
        Serves::Packets => {
            let packets = packets::packets(operation.path, &given, &facts().readings)?;
            Answer::json(Answer::JSON, &packets)
        }
        Serves::Devices => Answer::json(Answer::JSON, &Devices::of(&facts().readings)),
        Serves::Signals => Answer::json(Answer::JSON, &Signals::of(&facts().readings, &given)?),
        Serves::Health => {
            let Facts { readings, ready, now } = facts();
            Answer::json(Answer::JSON, &Health::of(&readings, ready, now))
        }
        Serves::Document => Answer::json(Answer::JSON, &document()),
        Serves::Reference => Answer::page(reference::page()),
        Serves::ProblemPage => {
            let name = given.text("name").unwrap_or_default();
            Answer::page(reference::problem_page(name).ok_or_else(Problem::no_such_kind)?)
        }
    })
}
