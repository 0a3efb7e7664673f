//! IP packets by traffic class.

use std::sync::Arc;
use std::time::SystemTime;

use shared::TRAFFIC_CLASSES;

use super::begun::Begun;
use crate::interval::add;
use crate::snapshot::TrafficClasses;

/// The counts by traffic class since the attach, or since they were switched on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Classes {
    /// Readers share it until there is more; `None` when they are switched off.
    packets: Option<Arc<[u64; TRAFFIC_CLASSES]>>,
    begun: Begun,
}

impl Classes {
    pub(super) fn new(is_enabled: bool) -> Self {
        let packets = is_enabled.then(|| Arc::new([0; TRAFFIC_CLASSES]));

        Self { packets, begun: Begun::WithFlow }
    }

    /// Goes on; begins anew where they are switched on or off.
    pub(super) fn with_rules(self, is_enabled: bool) -> Self {
        if is_enabled != self.packets.is_some() {
            return Self { begun: Begun::WithNext, ..Self::new(is_enabled) };
        }

        self
    }

    /// Adds what an interval counted that began at `began`.
    pub(super) fn fold(mut self, more: &[u64; TRAFFIC_CLASSES], began: SystemTime) -> Self {
        if let Some(packets) = &mut self.packets
            && more.iter().any(|packets| *packets > 0)
        {
            add(&mut Arc::make_mut(packets)[..], more);
        }
        self.begun.fold(began);

        self
    }

    /// Returns what readers see; `None` when they are switched off. Their flow began to count at
    /// `flow_since`.
    pub(super) fn seen(&self, flow_since: SystemTime) -> Option<TrafficClasses> {
        let Self { packets, begun } = self;

        packets.as_ref().map(|packets| TrafficClasses {
            since: begun.since(flow_since),
            packets: Arc::clone(packets),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn classes_that_are_switched_on_begin_with_the_next_interval() {
        let at = |second| UNIX_EPOCH + Duration::from_secs(second);
        let mut packets = [0; TRAFFIC_CLASSES];
        packets[184] = 3;
        let counting = Classes::new(true).fold(&packets, at(1)).fold(&packets, at(2));
        let seen = |classes: &Classes| classes.seen(at(0)).map(|it| (it.since, it.packets[184]));

        assert_eq!(seen(&counting), Some((at(0), 6)));
        let off = counting.with_rules(false);
        assert_eq!(seen(&off), None);
        let again = off.with_rules(true).fold(&packets, at(3)).with_rules(true);
        assert_eq!(seen(&again), Some((at(3), 3)));
    }
}
