//! Why a program does not run, and when the next attempt is due.

use std::time::{Duration, Instant};

use super::front::Standing;
use crate::causes::with_causes;
use crate::datapath::{AttachError, LoadError};
use crate::health::{AttachFailure, Running};
use crate::interfaces::Interface;

/// After a failed attempt the next one waits this long, and twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// Why a program does not run.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Load(#[from] LoadError),

    #[error(transparent)]
    Attach(#[from] AttachError),

    #[error(
        "the frames of `{device}` have no Ethernet header, so they cannot be parsed; leave it out \
         with `devices.exclude`"
    )]
    NoEthernet { device: String },
}

impl Failure {
    /// Gives the reason under which the failure is counted.
    pub(super) fn reason(&self) -> AttachFailure {
        match self {
            Self::Load(LoadError::NotPermitted { .. } | LoadError::Filtered { .. }) => {
                AttachFailure::Permission
            }
            Self::Load(LoadError::NoFeature { .. }) | Self::NoEthernet { .. } => {
                AttachFailure::Unsupported
            }
            Self::Load(_) => AttachFailure::Other,
            Self::Attach(error) => error.reason(),
        }
    }
}

/// What is known of a program that is wanted on a device that is there.
#[derive(Default)]
pub(super) struct Known {
    pub(super) running: Option<Running>,
    /// What others do to it where it runs.
    pub(super) standing: Standing,
    /// What the last attempt said.
    pub(super) error: Option<String>,
    /// The log has that.
    pub(super) is_said: bool,
    pause: Duration,
    retry: Option<Instant>,
    /// The device at the last attempt: once it differs, another one is worth it.
    tried_on: Option<Interface>,
}

impl Known {
    pub(super) fn runs(running: Running) -> Self {
        Self { running: Some(running), ..Self::default() }
    }

    /// There is no sense in trying before a while has passed.
    pub(super) fn waiting(now: Instant) -> Self {
        Self { retry: Some(now + FIRST_PAUSE), ..Self::default() }
    }

    /// Says whether it is time to try.
    pub(super) fn is_due(&self, interface: &Interface, now: Instant) -> bool {
        let has_changed = self.tried_on.as_ref().is_some_and(|tried_on| tried_on != interface);
        let is_over = self.retry.is_none_or(|retry| retry <= now);

        self.running.is_none() && (is_over || has_changed)
    }

    /// Takes a failure down and plans the next attempt.
    pub(super) fn failed(&mut self, failure: &Failure, on: &Interface) {
        let error = with_causes(failure);
        let is_new = self.error.as_ref() != Some(&error);
        self.is_said &= !is_new;
        self.error = Some(error);
        let pause = if is_new { Duration::ZERO } else { self.pause * 2 };
        self.pause = pause.clamp(FIRST_PAUSE, LONGEST_PAUSE);
        self.retry = Some(Instant::now() + self.pause);
        self.tried_on = Some(on.clone());
    }
}
