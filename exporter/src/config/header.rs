//! A header of every request to a receiver.

use std::fmt;
use std::str::FromStr;

use super::text::as_text;

/// A header; its value is not written anywhere but into requests.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// In lower case, as HTTP/2 has it.
    pub name: String,
    pub value: String,
}

/// Why a text is not a header. The text may hold a secret and is not repeated.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("it has no \"=\" between name and value")]
    NoValue,
    #[error("its name holds what the name of a header cannot")]
    Name,
    #[error("its value holds what the value of a header cannot")]
    Value,
    #[error("`{0}` is set by the protocol")]
    Taken(String),
}

impl Header {
    /// Headers that say how a request is made.
    const TAKEN: [&str; 8] = [
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "grpc-encoding",
        "host",
        "te",
        "transfer-encoding",
    ];

    /// Makes a header; the blanks around name and value do not count.
    pub fn new(name: &str, value: &str) -> Result<Self, HeaderError> {
        let (name, value) = (name.trim().to_ascii_lowercase(), value.trim().to_owned());
        // Source: RFC 9110, sections 5.6.2 and 5.5.
        let in_name = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it);
        let in_value = |it: u8| it.is_ascii_graphic() || matches!(it, b' ' | b'\t');

        if name.is_empty() || !name.bytes().all(in_name) {
            return Err(HeaderError::Name);
        }
        if !value.bytes().all(in_value) {
            return Err(HeaderError::Value);
        }
        if Self::TAKEN.contains(&&*name) {
            return Err(HeaderError::Taken(name));
        }

        Ok(Self { name, value })
    }
}

impl FromStr for Header {
    type Err = HeaderError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').ok_or(HeaderError::NoValue)?;

        Self::new(name, value)
    }
}

impl fmt::Display for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=<secret>", self.name)
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

as_text!(Header);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_and_its_value_is_kept_to_itself() {
        let header: Header = " Authorization = Basic a2V5OnZhbHVl= ".parse().unwrap();

        assert_eq!((&*header.name, &*header.value), ("authorization", "Basic a2V5OnZhbHVl="));
        assert_eq!(format!("{header} {header:?}"), "authorization=<secret> authorization=<secret>");
    }

    #[test]
    fn what_is_not_a_header_is_refused_without_being_repeated() {
        for text in ["secret", "a b=secret", "=secret", "a=secret\nb", "a=sécret", "Host=secret"] {
            let error = text.parse::<Header>().unwrap_err().to_string();

            assert!(!error.contains("secret"), "{error}");
        }
    }
}
