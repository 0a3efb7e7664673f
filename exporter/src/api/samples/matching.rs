//! Parameters that select sampled packets.

use shared::Direction;

use super::protocols::protocol;
use crate::api::parameter::Given;
use crate::samples::Matching;

/// Returns what packets are asked for.
pub(super) fn matching(given: &Given) -> Matching {
    let direction = |text| Direction::ALL.iter().copied().find(|it| it.label() == text);

    Matching {
        device: given.text("device").map(Into::into),
        direction: given.text("direction").and_then(direction),
        prefix: given.text("prefix").and_then(|text| text.parse().ok()),
        port: given.text("port").and_then(|text| text.parse().ok()),
        protocol: given.text("protocol").and_then(protocol),
        malformed: given.text("malformed") == Some("true"),
    }
}
