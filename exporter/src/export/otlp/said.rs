//! Texts from receivers, shortened for the log.

/// Returns the beginning of a text of the receiver's, on one line.
pub(super) fn shortened(text: &str) -> String {
    const LONGEST: usize = 300;

    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect()
}
