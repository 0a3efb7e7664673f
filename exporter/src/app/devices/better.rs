//! Whether the better hook of a device was tried, where it is counted at another one.

use std::time::Instant;

use crate::app::pause::Pause;
use crate::interfaces::Interface;

/// Whether the better hook of a device was tried.
#[derive(Default)]
pub(super) struct Better {
    /// The device at the last attempt: once it differs, another one is worth it.
    tried_on: Option<Interface>,
    /// The kernel's number of a program of ours that was there in vain: the list of devices may still
    /// have it.
    ours: Option<u32>,
    /// When to try again on the same device.
    retry: Option<Instant>,
    pause: Pause,
    /// Why it failed last, which the log has.
    error: Option<String>,
}

impl Better {
    /// Notes a device whose better hook was tried.
    pub(super) fn tried(&mut self, on: &Interface) {
        self.tried_on = Some(on.clone());
        self.retry = None;
    }

    /// Another attempt is worth it: the one before was given up for something else.
    pub(super) fn interrupted(ours: u32) -> Self {
        Self { ours: Some(ours), ..Self::default() }
    }

    /// Notes that a program of ours was there in vain.
    pub(super) fn was_there(&mut self, ours: u32) {
        self.ours = Some(ours);
    }

    /// Returns whether it is time to try: what stood in the way may be gone.
    pub(super) fn is_due(&mut self, interface: &Interface, now: Instant) -> bool {
        if interface.xdp_program.is_some() {
            if interface.xdp_program != self.ours {
                self.tried(interface);
            }
            return false;
        }
        let has_changed = self.tried_on.as_ref() != Some(interface);

        has_changed || self.retry.is_some_and(|retry| retry <= now)
    }

    /// Notes why it failed; returns whether that is news.
    pub(super) fn failed(&mut self, error: &str) -> bool {
        let is_new = self.error.as_deref() != Some(error);
        if is_new {
            self.pause = Pause::default();
        }
        self.error = Some(error.to_owned());

        is_new
    }

    /// Plans another attempt on the same device, where the list of devices may not show what is in the
    /// way.
    pub(super) fn try_again(&mut self, now: Instant) {
        self.retry = Some(now + self.pause.longer());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::app::devices::start::tests::interface;

    #[test]
    fn a_hook_is_tried_once_what_was_in_the_way_is_gone() {
        let free = interface("eth0", 1, None, None);
        let with = |program| Interface { xdp_program: Some(program), ..free.clone() };
        let now = Instant::now();
        let mut better = Better::default();
        better.tried(&with(7));

        assert!(!better.is_due(&with(7), now), "it is there");
        assert!(better.is_due(&free, now));
        better.tried(&free);
        assert!(!better.is_due(&free, now), "it was tried");
        better.was_there(8);
        assert!(!better.is_due(&with(8), now));
        assert!(!better.is_due(&free, now), "what was there was ours");
        assert!(better.is_due(&Interface { mtu: 9000, ..free.clone() }, now));
        assert!(!better.is_due(&with(9), now));
        assert!(better.is_due(&free, now), "another one came and went");
    }

    #[test]
    fn a_hook_that_seems_free_and_is_not_is_tried_less_and_less_often() {
        let free = interface("eth0", 1, None, None);
        let begun = Instant::now();
        let mut better = Better::default();
        let mut tried = Vec::new();

        for second in 0..100 {
            let now = begun + Duration::from_secs(second);
            if better.is_due(&free, now) {
                better.tried(&free);
                better.try_again(now);
                tried.push(second);
            }
        }

        assert_eq!(tried, [0, 1, 3, 7, 15, 31, 63]);
    }
}
