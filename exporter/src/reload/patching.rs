//! Changes through the API: whole or not at all, kept in the file of state, told in the log.

use std::path::Path;

use tokio::task::spawn_blocking;

use super::answer::{Applied, joined};
use super::{Refused, Reload};
use crate::causes::with_causes;
use crate::config::{
    Change, Changed, ConfigError, Fault, Layer, Patched, Refusal, Unpatched, Wanted,
};
use crate::files;
use crate::health::{ReloadOutcome, ReloadSource};

impl Reload {
    /// Changes what is asked, and logs who asked and what became of it.
    pub(super) async fn patch(&mut self, wanted: Wanted) -> Result<Patched, Unpatched> {
        let (by, dry_run) = (wanted.by.clone(), wanted.dry_run);
        let patched = self.try_to_patch(wanted).await;

        match &patched {
            Ok(_) if dry_run => tracing::debug!(by, "A change through the API is tried"),
            Ok(Patched { live, waiting, .. }) => {
                let changes: Vec<_> = live.iter().chain(waiting).map(told).collect();
                let changes = joined(&changes);
                tracing::info!(by, changes, "Settings are changed through the API");
            }
            Err(error) => {
                let error = with_causes(error);
                tracing::warn!(by, error, "A change through the API is refused");
                if !dry_run {
                    self.note(ReloadSource::Api, ReloadOutcome::Refused, |_| ());
                }
            }
        }
        patched
    }

    async fn try_to_patch(&mut self, wanted: Wanted) -> Result<Patched, Unpatched> {
        let Wanted { patch, dry_run, if_match, by: _ } = wanted;
        let tag = self.effective.borrow().tag.clone();
        if if_match.is_some_and(|tags| !tags.contains(&tag)) {
            return Err(Unpatched::Stale { tag });
        }
        let layer = self.inputs.layer().clone().patched(patch)?;
        let inputs = self.inputs.clone().with_layer(layer.clone());
        let text = self.in_force.text.clone();
        let (change, text) = self.change(&inputs, text).await.map_err(|it| unpatched(&it))?;
        let Change { live, waiting, .. } = &change;
        let (live, waiting) = (live.clone(), waiting.clone());

        let state_file = self.in_force.loaded.config.api.state_file.clone();
        let is_kept = !state_file.as_os_str().is_empty();
        if dry_run {
            return Ok(Patched { live, waiting, late: Vec::new(), tag, is_kept });
        }
        if is_kept && layer != *self.inputs.layer() {
            keep(&state_file, &layer).await?;
        }
        self.inputs = inputs;
        let Applied { late, .. } = self.apply(change, text, ReloadSource::Api).await;
        let tag = self.effective.borrow().tag.clone();

        Ok(Patched { live, waiting, late, tag, is_kept })
    }
}

/// Reads what the API had set before the process ended; `None` where nothing is kept.
pub(super) fn kept(path: &Path) -> Result<Option<Layer>, Unpatched> {
    match files::read(path) {
        Ok(text) => Layer::parse(&text).map(Some),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Unpatched::NotKept(error)),
    }
}

async fn keep(path: &Path, layer: &Layer) -> Result<(), Unpatched> {
    let (path, json) = (path.to_owned(), layer.json());
    let written = spawn_blocking(move || files::replace(&path, json)).await;

    match written {
        Ok(written) => written.map_err(Unpatched::NotKept),
        Err(panicked) => Err(Unpatched::Refused(panicked.to_string())),
    }
}

/// Returns why a configuration with the patch is refused.
fn unpatched(refused: &Refused) -> Unpatched {
    if let Refused::Config(ConfigError::Refused(refusals)) = refused {
        let fault = |it: &Refusal| Fault::of(&it.key, &it.reason.to_string());
        return Unpatched::Faults(refusals.iter().map(fault).collect());
    }

    Unpatched::Refused(with_causes(refused))
}

/// Returns the old and the new value of a key.
fn told(Changed { key, value, was, origin: _ }: &Changed) -> String {
    format!("{key}: {was} -> {value}")
}
