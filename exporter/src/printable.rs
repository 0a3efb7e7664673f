//! Text for people: control characters escaped, sizes in their units.

use std::borrow::Cow;

/// Returns `text` with control characters as Rust writes them, as in `\u{1b}`; lines stay lines.
///
/// Names of devices may hold any control character that is no blank.
pub fn printable(text: &str) -> Cow<'_, str> {
    let controls = |it: char| it.is_control() && it != '\n';
    if !text.contains(controls) {
        return Cow::Borrowed(text);
    }

    let mut printable = String::with_capacity(text.len());
    for it in text.chars() {
        if controls(it) {
            printable.extend(it.escape_unicode());
        } else {
            printable.push(it);
        }
    }

    Cow::Owned(printable)
}

/// Returns bytes as mebibytes with one digit behind the point.
pub fn mebibytes(bytes: u64) -> String {
    let tenths = u128::from(bytes) * 10 / (1 << 20);

    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_digit_behind_the_point() {
        assert_eq!(mebibytes(3 << 19), "1.5 MiB");
        assert_eq!(mebibytes(u64::MAX), "17592186044415.9 MiB");
    }

    #[test]
    fn what_controls_a_terminal_is_written_out() {
        assert_eq!(printable("\u{1b}[31mred\u{9b}0m"), "\\u{1b}[31mred\\u{9b}0m");
        assert_eq!(printable("häß\n  \"a\\b\""), "häß\n  \"a\\b\"");
    }
}
