//! `[api]`: the REST API.

use serde::{Deserialize, Serialize};

use super::auto::Bytes;

/// What the REST API knows beside the present counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Api {
    /// Most memory for the history of the last 25 hours, which is taken as it comes. Where that is
    /// short, steps get longer and keys fewer before hours are lost: at least 1MiB and at most 1GiB,
    /// or "0" for no history.
    pub history_memory: Bytes,
}

impl Default for Api {
    fn default() -> Self {
        Self { history_memory: Bytes(16 << 20) }
    }
}

impl Api {
    pub(super) fn refusals(&self) -> Vec<&'static str> {
        const MEMORY: std::ops::RangeInclusive<Bytes> = Bytes(1 << 20)..=Bytes(1 << 30);

        let Self { history_memory } = self;
        let is_allowed = *history_memory == Bytes(0) || MEMORY.contains(history_memory);

        super::refused([("history_memory", is_allowed)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_has_a_size_or_is_off() {
        let refusals = |bytes| Api { history_memory: Bytes(bytes) }.refusals();

        for bytes in [0, 1 << 20, 16 << 20, 1 << 30] {
            assert_eq!(refusals(bytes), [""; 0], "{bytes}");
        }
        for bytes in [1, (1 << 20) - 1, (1 << 30) + 1, u64::MAX] {
            assert_eq!(refusals(bytes), ["history_memory"], "{bytes}");
        }
    }
}
