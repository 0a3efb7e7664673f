//! Why a program does not run, and when the next attempt is due.

use std::io::ErrorKind;
use std::mem;
use std::time::Instant;

use super::better::Better;
use super::standing::Standing;
use crate::app::pause::Pause;
use crate::causes::with_causes;
use crate::datapath::{AttachError, LoadError, ShareError};
use crate::health::{AttachFailure, Hook, Running};
use crate::interfaces::Interface;

/// Why a program does not run.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAttached {
    #[error(transparent)]
    Load(#[from] LoadError),

    #[error(transparent)]
    Attach(#[from] AttachError),

    #[error(transparent)]
    Full(ShareError),

    #[error(
        "the frames of `{device}` have no Ethernet header, so XDP cannot count them; set \
         `datapath.mode` to \"tcx\" or \"auto\""
    )]
    NoEthernet { device: String },

    #[error(
        "the link layer of `{device}` is not Ethernet, so its frames cannot be parsed; exclude it \
         with `devices.exclude`"
    )]
    ForeignLinkLayer { device: String },

    #[error(
        "no program on the VRF `{device}` sees a frame; count the devices in it, and exclude it with \
         `devices.exclude`"
    )]
    Unseen { device: String },
}

impl From<ShareError> for NotAttached {
    fn from(error: ShareError) -> Self {
        match error {
            ShareError::Load(error) => Self::Load(error),
            ShareError::Attach(error) => Self::Attach(error),
            error @ ShareError::Full { .. } => Self::Full(error),
        }
    }
}

impl NotAttached {
    /// Returns whether the program may run at another place on the device.
    pub(super) fn is_of_place(&self) -> bool {
        match self {
            Self::Attach(error) => matches!(
                error,
                AttachError::Busy { .. }
                    | AttachError::BelowAnother { .. }
                    | AttachError::NoNative { .. }
                    | AttachError::Unsupported { .. }
                    | AttachError::NoIngress { .. }
                    | AttachError::NoLink { .. }
            ),
            Self::Load(_)
            | Self::Full(_)
            | Self::NoEthernet { .. }
            | Self::ForeignLinkLayer { .. }
            | Self::Unseen { .. } => false,
        }
    }

    /// Returns whether the kernel has no hook in the stack for what any device receives. Another queue
    /// discipline is in the way on its device alone.
    pub(super) fn is_without_ingress(&self) -> bool {
        matches!(
            self,
            Self::Attach(AttachError::NoIngress { source, .. })
                if source.kind() != ErrorKind::AlreadyExists
        )
    }

    /// Returns the reason under which the failure is counted.
    pub(super) fn reason(&self) -> AttachFailure {
        match self {
            Self::Load(error) => error.reason(),
            Self::Attach(error) => error.reason(),
            Self::NoEthernet { .. } | Self::ForeignLinkLayer { .. } | Self::Unseen { .. } => {
                AttachFailure::Unsupported
            }
            Self::Full(_) => AttachFailure::Memory,
        }
    }
}

/// What is known of a program that is wanted on a device that is there.
#[derive(Default)]
pub(super) struct Known {
    pub(super) running: Option<Running>,
    /// Where it runs, or was tried last.
    pub(super) hook: Option<Hook>,
    /// What others do to it where it runs.
    pub(super) standing: Standing,
    /// Whether the better hook of the device was tried where it runs at another.
    pub(super) better: Better,
    /// What the last attempt said.
    pub(super) error: Option<String>,
    /// The log has that.
    pub(super) is_said: bool,
    /// When it began to run.
    ran: Option<Instant>,
    /// How long to wait when the program is removed soon again; `None` as long as it never was.
    rest: Option<Pause>,
    pause: Pause,
    retry: Option<Instant>,
    /// The device at the last attempt: once it differs, another one is worth it.
    tried_on: Option<Interface>,
}

impl Known {
    /// Notes that the program runs. The back-off stays until it has run for a while.
    pub(super) fn runs(&mut self, hook: Hook, running: Running, now: Instant) {
        let Self { standing, better, rest, .. } = mem::take(self);

        *self = Self {
            running: Some(running),
            hook: Some(hook),
            ran: Some(now),
            standing,
            better,
            rest,
            ..Self::default()
        };
    }

    /// Notes that the program was removed. The first time it is attached again at once; where it
    /// ran for less than a minute since then, it waits, twice as long each time.
    pub(super) fn taken_off(&mut self, now: Instant) {
        let Self { hook, standing, rest, ran, .. } = mem::take(self);
        let is_short = ran.is_some_and(|ran| now < ran + Pause::LONGEST);
        let mut rest = rest.filter(|_| is_short);
        let retry = rest.as_mut().map(|rest| now + rest.longer());

        let rest = Some(rest.unwrap_or_default());
        *self = Self { hook, standing, rest, retry, ..Self::default() };
    }

    /// There is no sense in trying before a while has passed.
    pub(super) fn waiting(now: Instant) -> Self {
        Self { retry: Some(now + Pause::FIRST), ..Self::default() }
    }

    /// Returns whether the program was not tried yet.
    pub(super) fn is_untried(&self) -> bool {
        let Self { running, rest, retry, tried_on, .. } = self;

        running.is_none() && rest.is_none() && retry.is_none() && tried_on.is_none()
    }

    /// Returns whether no attempt has failed since the program ran, or since it is wanted.
    pub(super) fn is_first_attempt(&self) -> bool {
        self.retry.is_none()
    }

    /// Returns whether it is time to try.
    pub(super) fn is_due(&self, interface: &Interface, now: Instant) -> bool {
        let has_changed = self.tried_on.as_ref().is_some_and(|tried_on| tried_on != interface);
        let is_over = self.retry.is_none_or(|retry| retry <= now);

        self.running.is_none() && (is_over || has_changed)
    }

    /// Takes a failure down and plans the next attempt.
    pub(super) fn failed(&mut self, hook: Hook, failure: &NotAttached, on: &Interface) {
        self.hook = Some(hook);
        let error = with_causes(failure);
        let is_new = self.error.as_ref() != Some(&error);
        self.is_said &= !is_new;
        self.error = Some(error);
        if is_new {
            self.pause = Pause::default();
        }
        self.retry = Some(Instant::now() + self.pause.longer());
        self.tried_on = Some(on.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::health::Mode;

    #[test]
    fn what_is_taken_off_again_and_again_is_attached_less_and_less_often() {
        let running =
            || Running { mode: Some(Mode::Native), program: String::new(), tag: String::new() };
        let mut known = Known::default();
        let mut now = Instant::now();
        let mut waits = Vec::new();

        for _ in 0..9 {
            known.runs(Hook::Xdp, running(), now);
            now += Pause::FIRST;
            known.taken_off(now);
            let wait = known.retry.map_or(Duration::ZERO, |retry| retry - now);
            now += wait;
            waits.push(wait.as_secs());
        }

        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 32, 60, 60]);
        known.runs(Hook::Xdp, running(), now);
        known.taken_off(now + Pause::LONGEST);
        assert_eq!(known.retry, None, "it ran for a minute");
    }
}
