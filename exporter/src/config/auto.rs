//! Values that the program chooses itself unless they are set, and sizes in bytes.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::text::Text;

const AUTO: &str = "auto";
/// Units of sizes, the largest first.
const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// A value, or `auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auto<T> {
    Auto,
    Set(T),
}

/// A size in bytes, written with its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// Why a text is no size.
#[derive(Debug, thiserror::Error)]
#[error("it has to be a number with its unit, as in \"64MiB\"")]
pub struct BytesError;

impl<T> Auto<T> {
    /// Returns the value, if one is set.
    pub fn set(self) -> Option<T> {
        match self {
            Self::Auto => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl<T> Auto<T> {
    /// Returns whether a value that is set is as it has to be; `auto` is.
    pub(super) fn allows(self, is_allowed: impl FnOnce(T) -> bool) -> bool {
        self.set().is_none_or(is_allowed)
    }
}

impl<T: Display> Display for Auto<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str(AUTO),
            Self::Set(value) => value.fmt(f),
        }
    }
}

impl<T: Display> Serialize for Auto<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Auto<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;

        match text.as_str() {
            AUTO => Ok(Self::Auto),
            text => text.parse().map(Self::Set).map_err(D::Error::custom),
        }
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(text) = Text::deserialize(deserializer)?;

        text.parse().map_err(D::Error::custom)
    }
}

impl FromStr for Bytes {
    type Err = BytesError;

    fn from_str(text: &str) -> Result<Self, BytesError> {
        if text == "0" {
            return Ok(Self(0));
        }
        let with_unit = |(unit, bytes)| Some((text.strip_suffix(unit)?, bytes));
        let (number, unit) = UNITS.into_iter().find_map(with_unit).ok_or(BytesError)?;
        let number: u64 = number.trim_end().parse().map_err(|_| BytesError)?;

        number.checked_mul(unit).map(Self).ok_or(BytesError)
    }
}

impl Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(bytes) = self;
        let divides = |(_, unit): &&(&str, u64)| *bytes > 0 && bytes.is_multiple_of(*unit);
        match UNITS.iter().find(divides) {
            Some((unit, size)) => write!(f, "{}{unit}", bytes / size),
            None => write!(f, "{bytes}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_number_and_a_unit() {
        let cases = [
            ("64MiB", Some(64 << 20)),
            ("64 MiB", Some(64 << 20)),
            ("1GiB", Some(1 << 30)),
            ("512KiB", Some(512 << 10)),
            ("0", Some(0)),
            ("64", None),
            ("MiB", None),
            ("-1MiB", None),
            ("1.5GiB", None),
            ("99999999999999GiB", None),
        ];

        for (text, bytes) in cases {
            assert_eq!(text.parse().ok(), bytes.map(Bytes), "{text:?}");
        }
    }

    #[test]
    fn a_size_is_written_in_its_largest_unit() {
        for text in ["64MiB", "1GiB", "1536MiB", "12KiB", "0"] {
            assert_eq!(text.parse::<Bytes>().unwrap().to_string(), text);
        }
    }
}
