//! When counts began that may be switched on later than their flow.

use std::time::SystemTime;

/// When counts began that may be switched on later than their flow.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Begun {
    /// With those of the flow.
    WithFlow,
    /// With the interval that is folded next.
    WithNext,
    At(SystemTime),
}

impl Begun {
    /// Notes an interval that began at `began`.
    pub(super) fn fold(&mut self, began: SystemTime) {
        if *self == Self::WithNext {
            *self = Self::At(began);
        }
    }

    /// Returns when that was, of a flow that began to count at `flow_since`.
    pub(super) fn since(self, flow_since: SystemTime) -> SystemTime {
        match self {
            Self::WithFlow | Self::WithNext => flow_since,
            Self::At(since) => since,
        }
    }
}
