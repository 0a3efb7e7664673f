//! Names of what is kept: each of one run of the process, and of no other.

use std::fmt::{self, Display, Formatter};

/// The name of something that is kept, as `{start}-{number}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id {
    /// When the process started, in microseconds since 1970.
    pub start: u64,
    /// From 1 on, and never given twice.
    pub number: u64,
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found<T> {
    Here(T),
    /// It was there, or belongs to another run.
    Gone,
    /// Nothing had this name yet.
    Unknown,
}

impl<T> Found<T> {
    /// Changes what was found.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Found<U> {
        match self {
            Self::Here(here) => Found::Here(change(here)),
            Self::Gone => Found::Gone,
            Self::Unknown => Found::Unknown,
        }
    }
}

impl Id {
    /// Reads a name; `None` where the text is none.
    pub fn read(text: &str) -> Option<Self> {
        let (start, number) = text.split_once('-')?;
        let number_of = |text: &str| {
            let is_plain = text.bytes().all(|it| it.is_ascii_digit())
                && (text == "0" || !text.starts_with('0'));
            is_plain.then(|| text.parse().ok()).flatten()
        };

        Some(Self { start: number_of(start)?, number: number_of(number)? })
    }

    /// Sorts the outcome of a search among what this run has named so far, of which `next` is the
    /// next number.
    pub(super) fn found<T>(self, start: u64, next: u64, here: Option<T>) -> Found<T> {
        match here {
            Some(here) if self.start == start => Found::Here(here),
            _ if self.start == start && (self.number == 0 || self.number >= next) => Found::Unknown,
            _ => Found::Gone,
        }
    }
}

impl Display for Id {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { start, number } = self;

        write!(f, "{start}-{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written_and_in_no_other_way() {
        let id = Id { start: 1_700_000_000_000_000, number: 42 };

        assert_eq!(Id::read(&id.to_string()), Some(id));
        for text in [
            "",
            "-",
            "1",
            "1-",
            "-1",
            "+1-2",
            "1-+2",
            "01-2",
            "1-02",
            "1-2-3",
            "1-99999999999999999999999",
        ] {
            assert_eq!(Id::read(text), None, "{text}");
        }
    }
}
