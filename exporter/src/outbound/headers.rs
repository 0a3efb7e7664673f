//! Headers that are secret, and are therefore in a file.

use std::path::Path;

use super::error::OutboundError;
use crate::config::Header;
use crate::files;

/// Reads a file of headers. Blocks.
pub fn headers_in(path: &Path) -> Result<Vec<Header>, OutboundError> {
    let text = files::text(path)
        .map_err(|source| OutboundError::Unreadable { path: path.into(), source })?;
    let header = |(number, line): (usize, &str)| {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let refused = |source| OutboundError::Header { path: path.into(), line: number, source };
        Header::new(name, value).map_err(refused)
    };

    (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(header)
        .collect()
}
