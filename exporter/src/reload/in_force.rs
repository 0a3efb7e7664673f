//! The configuration that is in force, as it was read.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::patching;
use crate::causes::with_causes;
use crate::config::{Config, ConfigError, Inputs, Loaded, Problem};

/// The configuration that is in force, and the file it was read from.
#[derive(Debug)]
pub struct InForce {
    pub loaded: Loaded,
    /// What the file held; `None` if there was none.
    pub(super) text: Option<String>,
    /// The inputs that it was read from, with what the API had set before.
    pub(super) inputs: Inputs,
}

/// Makes tags of settings, none twice.
#[derive(Debug)]
pub(super) struct Tags {
    start: u128,
    number: u64,
}

impl Tags {
    pub(super) fn new() -> Self {
        let start = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();

        Self { start, number: 0 }
    }

    pub(super) fn next(&mut self) -> String {
        self.number += 1;

        format!("{:x}-{}", self.start, self.number)
    }
}

impl InForce {
    /// Reads the configuration for the start.
    pub fn read(inputs: &Inputs) -> Result<Self, ConfigError> {
        let text = inputs.read_file()?;
        let loaded = Config::of(inputs, text.as_deref())?;
        let path = loaded.config.api.state_file.clone();
        let own = Self { loaded, text, inputs: inputs.clone() };
        if path.as_os_str().is_empty() {
            return Ok(own);
        }

        Ok(own.with_kept(&path))
    }

    /// Adds what the API had set before. Counting matters more than settings that cannot be read: then they
    /// are left out, and a problem says so.
    fn with_kept(mut self, path: &Path) -> Self {
        let kept = patching::kept(path).map_err(|error| with_causes(&error));
        let with = kept.and_then(|layer| {
            let inputs = self.inputs.clone().with_layer(layer.unwrap_or_default());
            let loaded = Config::of(&inputs, self.text.as_deref());
            loaded.map(|loaded| (loaded, inputs)).map_err(|error| with_causes(&error))
        });

        match with {
            Ok((loaded, inputs)) => Self { loaded, inputs, ..self },
            Err(reason) => {
                self.loaded.problems.push(Problem {
                    setting: "api.state_file".into(),
                    text: format!("`{}` is ignored, and with it all that was changed through the API: {reason}", path.display()),
                });
                self
            }
        }
    }
}
