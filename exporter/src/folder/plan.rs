//! What the configuration asks of folding, which may change between two folds.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Config;
use crate::ledger::Rules;

/// What the configuration asks of folding.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub interval: Duration,
    pub rules: Rules,
    pub farewell: Farewell,
}

/// How long the last counts of a program that is gone are published.
#[derive(Clone, Copy, Debug)]
pub struct Farewell {
    /// Unless another one counts under the same name.
    pub most: Duration,
    pub least: Duration,
}

/// The configuration that the last fold was under.
#[derive(Clone, Debug)]
pub struct Applied {
    pub config: Arc<Config>,
    /// Programs that still count under the constants of a configuration before, because another one
    /// could not be loaded or put in their place yet.
    pub behind: usize,
}
