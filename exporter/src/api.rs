//! The REST API: one table of operations, from which routes, documents and answers come; pure.

mod answer;
mod aws;
mod blocks;
mod change;
mod devices;
mod document;
mod events;
mod fold;
mod health;
mod inspection;
mod kind;
mod moment;
mod operation;
mod operations;
mod packets;
mod page;
mod parameter;
mod parameters;
mod path;
mod points;
mod problem;
mod reference;
mod samples;
mod schemas;
mod settings;
mod signal_history;
mod signals;
#[cfg(test)]
mod tests;
mod window;
mod yaml;

use std::sync::Arc;
use std::time::SystemTime;

use crate::catalog::Readings;
use crate::config::{Effective, Gateway, Patched, Unpatched, Wanted};
use crate::history::View;
use crate::samples::{Bounded, Seen};

pub use self::answer::{Answer, Asked, Told};
pub use self::aws::aws;
pub use self::document::document;
pub use self::events::{Events, Place, no_history};
pub use self::inspection::{Inspect, MOST_PACKETS, MOST_UNPACKED, another_inspection};
pub use self::kind::Kind;
pub use self::operation::{Body, Example, Method, Operation, Output};
pub use self::operations::OPERATIONS;
pub use self::packets::encoded;
pub use self::path::{BASE, CURRENT};
pub use self::problem::Problem;
pub use self::yaml::yaml;

use self::answer::accepts;
use self::devices::Devices;
use self::health::Health;
use self::operation::Serves;
use self::parameter::Given;
use self::samples::list::Samples;
use self::samples::packet::Packet;
use self::samples::recordings::Recordings;
use self::settings::Settings;
use self::signal_history::signal_history;
use self::signals::Signals;

/// The version of the API, which changes with what is in it.
pub const VERSION: &str = "1.1.0";

/// What answers are made from.
#[derive(Debug)]
pub struct Facts {
    pub readings: Readings,
    /// `None` where it is switched off.
    pub history: Option<Arc<View>>,
    /// Why the exporter is not ready, if it is not.
    pub ready: Result<(), String>,
    pub now: SystemTime,
}

/// What reads and changes what requests are about. Each is called only where an answer needs it.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    pub facts: &'a dyn Fn() -> Facts,
    pub settings: &'a dyn Fn() -> Arc<Effective>,
    pub patch: &'a dyn Fn(Wanted) -> Result<Patched, Unpatched>,
    /// Returns what there is of sampled packets.
    pub samples: &'a dyn Fn() -> Seen,
    /// Begins a capture; returns whether none is running.
    pub capture: &'a dyn Fn(Bounded) -> bool,
    pub inspect: Inspect<'a>,
}

/// Answers a request.
pub fn answer(operation: &'static Operation, asked: &Asked<'_>, sources: Sources<'_>) -> Answer {
    try_to_answer(operation, asked, sources).unwrap_or_else(|problem| problem.answer(asked.told()))
}

fn try_to_answer(
    operation: &'static Operation,
    asked: &Asked<'_>,
    Sources { facts, settings, patch, inspect, samples, capture }: Sources<'_>,
) -> Result<Answer, Problem> {
    let content_type = operation.output.content_type();
    if !accepts(asked.accept, content_type) {
        return Err(Problem::unacceptable(content_type));
    }
    let given = Given::read(operation.parameters, asked.path, asked.query)?;
    // What the address of a next page begins with.
    let own = || format!("{}{}", asked.base, operation.path);

    Ok(match operation.serves {
        Serves::Packets => {
            let packets = packets::packets(&own(), &given, &facts())?;
            Answer::json(Answer::JSON, &packets)
        }
        Serves::History => Answer::json(Answer::JSON, &packets::history(&given, &facts())?),
        Serves::SignalHistory => Answer::json(Answer::JSON, &signal_history(&given, &facts())?),
        // They are sent as they come.
        Serves::Events => Answer { content_type, ..Answer::page(String::new()) },
        Serves::Devices => Answer::json(Answer::JSON, &Devices::of(&facts().readings)),
        Serves::Signals => Answer::json(Answer::JSON, &Signals::of(&facts().readings, &given)?),
        Serves::Health => {
            let Facts { readings, ready, now, .. } = facts();
            Answer::json(Answer::JSON, &Health::of(&readings, ready, now))
        }
        Serves::Settings => {
            let settings = settings();
            Answer::json(Answer::JSON, &Settings::of(&settings)).tagged(&settings.tag)
        }
        Serves::Change => change::change(asked, &given, patch)?,
        Serves::Inspection => inspection::inspection(asked, &given, inspect)?,
        Serves::Document => Answer::json(Answer::JSON, &document(asked.base)),
        Serves::AwsDocument => Answer::json(Answer::JSON, &aws(&Gateway::default())),
        Serves::Reference => Answer::page(reference::page(asked.base)),
        Serves::ProblemPage => {
            let name = given.text("name").unwrap_or_default();
            Answer::page(
                reference::problem_page(name, asked.base).ok_or_else(Problem::no_such_kind)?,
            )
        }
        Serves::Samples => Answer::json(Answer::JSON, &Samples::of(&own(), &given, &samples())?),
        Serves::Packet => {
            Answer::json(Answer::JSON, &Packet::of(&given, &samples(), &facts().readings)?)
        }
        Serves::Capture => samples::capture::capture(&given, &samples(), capture)?,
        Serves::Recordings => Answer::json(Answer::JSON, &Recordings::of(&samples(), facts().now)?),
        Serves::Recording => samples::recordings::recording(&given, &samples(), facts().now)?,
    })
}
