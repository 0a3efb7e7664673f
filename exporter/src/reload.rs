//! The live configuration: reads it again when asked to, and has it applied whole or not at all.

mod answer;
mod entries;
mod following;
mod in_force;
mod log;
mod patching;
mod trigger;
mod watching;

use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{Instant, timeout_at};

use crate::causes::with_causes;
use crate::config::{Change, Config, ConfigError, Effective, Inputs};
use crate::health::{Configuration, ReloadOutcome, ReloadSource};

use self::answer::Applied;
use self::in_force::Tags;
use self::log::Said;

pub use self::following::follow;
pub use self::in_force::InForce;
pub use self::trigger::{Answer, Request, Requests, Trigger, channel};

/// How long an answer waits for the parts that apply the configuration.
const PATIENCE: Duration = Duration::from_secs(20);

/// Returns what is wrong with a configuration that its text does not show. May block.
pub type Check = Arc<dyn Fn(&Config) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync>;

/// Something that is waited for.
type Waited = Pin<Box<dyn Future<Output = bool> + Send>>;

/// A part that applies the configuration by itself.
pub struct Applying {
    name: &'static str,
    /// Waits until it has applied a configuration; returns whether it has.
    has_applied: Box<dyn Fn(Arc<Config>) -> Waited + Send + Sync>,
}

/// What reads the configuration again.
pub struct Reload {
    inputs: Inputs,
    in_force: InForce,
    /// What was read last, also if it was refused; the reason where nothing could be read.
    seen: Result<Option<String>, String>,
    check: Check,
    live: watch::Sender<Arc<Config>>,
    applying: Vec<Applying>,
    health: watch::Sender<Arc<Configuration>>,
    effective: watch::Sender<Arc<Effective>>,
    tags: Tags,
    said: Said,
    /// The last refusal may pass although the text stays.
    may_pass: bool,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error(transparent)]
    Config(#[from] ConfigError),

    #[error("`{path}` is empty; to go back to the defaults, leave a comment in it")]
    Emptied { path: String },

    #[error(transparent)]
    Checked(Box<dyn Error + Send + Sync>),

    #[error("reading it panicked")]
    Panicked(#[from] JoinError),
}

impl Refused {
    /// Returns whether the same text may be accepted later.
    fn may_pass(&self) -> bool {
        match self {
            Self::Checked(_) | Self::Panicked(_) => true,
            Self::Config(_) | Self::Emptied { .. } => false,
        }
    }
}

impl Applying {
    /// A part that tells of what it has applied, as `is_applied` reads it.
    pub fn of<T: Send + Sync + 'static>(
        name: &'static str,
        told: watch::Receiver<T>,
        is_applied: fn(&T, &Arc<Config>) -> bool,
    ) -> Self {
        let has_applied = move |config| -> Waited {
            let mut told = told.clone();
            Box::pin(async move { told.wait_for(|told| is_applied(told, &config)).await.is_ok() })
        };

        Self { name, has_applied: Box::new(has_applied) }
    }

    /// A part that tells of the configuration that it has applied.
    pub fn as_told(name: &'static str, told: watch::Receiver<Arc<Config>>) -> Self {
        Self::of(name, told, Arc::ptr_eq)
    }
}

impl Reload {
    /// Follows what was read at the start; the other one reads how the configuration is doing.
    pub fn new(
        in_force: InForce,
        live: watch::Sender<Arc<Config>>,
        check: Check,
    ) -> (Self, watch::Receiver<Arc<Configuration>>) {
        let health = Configuration {
            is_current: true,
            read: Some(SystemTime::now()),
            overridden: in_force.loaded.overridden().len() as u64,
            ..Configuration::default()
        };
        let (health, reader) = watch::channel(Arc::new(health));
        let (seen, inputs) = (Ok(in_force.text.clone()), in_force.inputs.clone());
        let mut tags = Tags::new();
        let effective = Arc::new(in_force.loaded.effective_as(tags.next()));
        let reload = Self {
            inputs,
            in_force,
            seen,
            check,
            live,
            applying: Vec::new(),
            health,
            effective: watch::channel(effective).0,
            tags,
            said: Said::default(),
            may_pass: false,
        };

        (reload, reader)
    }

    /// Returns what reads the settings in force.
    pub fn effective(&self) -> watch::Receiver<Arc<Effective>> {
        self.effective.subscribe()
    }

    /// Answers wait until these have applied a configuration too.
    #[must_use]
    pub fn waiting_for(mut self, applying: Vec<Applying>) -> Self {
        self.applying = applying;

        self
    }

    /// Does what was asked, and answers. What `begin` returns lives as long as a reload is under way
    /// of which something may become.
    pub async fn answer<T>(&mut self, request: Request, begin: impl Fn() -> T) {
        match request {
            Request::Reload { source, answer } => {
                trigger::tell(answer, self.reload(source, begin).await);
            }
            Request::Patch { wanted, answer } => {
                let _under_way = begin();
                trigger::tell(Some(answer), self.patch(wanted).await);
            }
        }
    }

    /// Reads the configuration again, and has it applied. A file that is as it was is not read as a
    /// new one only because something about it changed; but what was wrong beside its text may have
    /// been mended.
    async fn reload<T>(&mut self, source: ReloadSource, begin: impl Fn() -> T) -> Answer {
        let is_asked = source != ReloadSource::File;
        let mut under_way = is_asked.then(&begin);
        let read = self.read().await;
        let seen = match &read {
            Ok(text) => Ok(text.clone()),
            Err(refused) => Err(with_causes(refused)),
        };
        let is_seen = std::mem::replace(&mut self.seen, seen) == self.seen;
        let is_again = is_seen && !is_asked;
        if is_again && !self.may_pass {
            return self.said.again();
        }

        if !is_again {
            under_way = under_way.or_else(|| Some(begin()));
        }
        let changed = match read {
            Ok(text) => self.change(&self.inputs, text).await,
            Err(refused) => Err(refused),
        };
        self.may_pass = changed.as_ref().is_err_and(Refused::may_pass);
        match changed {
            Ok((change, text)) => {
                let _under_way = under_way.or_else(|| Some(begin()));
                Ok(self.apply(change, text, source).await.to_string())
            }
            Err(refused) => Err(self.refuse(&refused, source, is_again)),
        }
    }

    /// Reads the text of the file, which must not go missing.
    async fn read(&self) -> Result<Option<String>, Refused> {
        let is_there = self.in_force.text.is_some();
        let inputs = self.inputs.clone();
        let inputs = if is_there { inputs.with_a_file() } else { inputs };

        let text = spawn_blocking(move || inputs.read_file()).await??;
        // A full disk leaves an empty file, and so does a program that is about to write.
        let is_empty = |text: &String| text.trim().is_empty();
        let was_empty = self.in_force.text.as_ref().is_none_or(is_empty);
        if !was_empty && text.as_ref().is_some_and(is_empty) {
            return Err(Refused::Emptied { path: self.inputs.file.path().display().to_string() });
        }
        Ok(text)
    }

    /// Returns what changes with these inputs and this text, if all of it may.
    async fn change(
        &self,
        inputs: &Inputs,
        text: Option<String>,
    ) -> Result<(Change, Option<String>), Refused> {
        let inputs = inputs.clone();
        let loaded = self.in_force.loaded.clone();
        let check = Arc::clone(&self.check);

        let changed = spawn_blocking(move || {
            let new = Config::of(&inputs, text.as_deref())?;
            let change = loaded.followed_by(&new)?;
            check(&new.config).map_err(Refused::Checked)?;
            Ok((change, text))
        });
        changed.await?
    }

    async fn apply(
        &mut self,
        change: Change,
        text: Option<String>,
        source: ReloadSource,
    ) -> Applied {
        let Change { next, live, waiting, shadowed } = change;
        let late = if live.is_empty() { Vec::new() } else { self.publish(&next.config).await };
        let problems = next.problems.clone();
        let inputs = self.inputs.clone();
        let before = std::mem::replace(&mut self.in_force, InForce { loaded: next, text, inputs });
        if self.in_force.loaded.effective() != before.loaded.effective() || !live.is_empty() {
            let effective = self.in_force.loaded.effective_as(self.tags.next());
            self.effective.send_replace(Arc::new(effective));
        }
        let applied = Applied { live, waiting, shadowed, late };

        let outcome = self.said.applied(source, &applied, &before.loaded.problems, &problems);
        let overridden = self.in_force.loaded.overridden().len() as u64;
        self.note(source, outcome, |health| {
            health.is_current = true;
            health.read = Some(SystemTime::now());
            health.waiting = applied.waiting.len() as u64;
            health.overridden = overridden;
        });
        applied
    }

    /// Notes a refusal, which counts unless it was there before and nobody asked.
    fn refuse(&mut self, refused: &Refused, source: ReloadSource, is_again: bool) -> String {
        let reason = with_causes(refused);

        let is_new = self.said.refused(source, &reason);
        if is_new || !is_again {
            self.note(source, ReloadOutcome::Refused, |health| health.is_current = false);
        }
        reason
    }

    /// Hands a configuration to all parts. Returns those that have not applied it in time.
    async fn publish(&self, config: &Config) -> Vec<&'static str> {
        let config = Arc::new(config.clone());
        self.live.send_replace(Arc::clone(&config));
        let deadline = Instant::now() + PATIENCE;
        let mut late = Vec::new();

        for Applying { name, has_applied } in &self.applying {
            let has_applied = has_applied(Arc::clone(&config));
            if !timeout_at(deadline, has_applied).await.unwrap_or(false) {
                late.push(*name);
            }
        }

        late
    }

    fn note(
        &self,
        source: ReloadSource,
        outcome: ReloadOutcome,
        change: impl FnOnce(&mut Configuration),
    ) {
        self.health.send_modify(|health| {
            let health = Arc::make_mut(health);
            *health.reloads.entry((source, outcome)).or_default() += 1;
            change(health);
        });
    }
}

#[cfg(test)]
mod tests;
