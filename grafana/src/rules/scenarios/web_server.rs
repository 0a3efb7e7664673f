//! A web server with 2,000 new connections a second.

use super::super::scenario::{Phase, Values, phase};

const USUAL: Values = &[
    ("tcp", 80_000.0),
    ("syn", 2000.0),
    ("ack", 60_000.0),
    ("psh_ack", 15_000.0),
    ("fin_ack", 2000.0),
    ("sent tcp", 80_000.0),
    ("sent syn_ack", 2000.0),
    ("sent ack", 60_000.0),
    ("sources", 40_000.0),
    ("syn sources", 400.0),
    ("source", 2000.0),
];

/// Returns a phase in which this much is different on it.
pub(super) const fn on_web_server(minutes: u32, changes: Values) -> Phase {
    phase(minutes, changes).on(USUAL)
}
