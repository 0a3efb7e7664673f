//! TODO

use crate::Made;

/// Returns every file.
pub fn all() -> Vec<Made> {
    Vec::new()
}
