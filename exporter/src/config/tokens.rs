//! The file of `api.token_file`: tokens by their SHA-256.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use super::file::place;
use super::text::as_text;
use crate::scope::Scope;

as_text!(Scope);

/// What the file says about a token. It has the SHA-256 of the token alone, which does not log in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// For the log; no other token of the file has it.
    #[serde(deserialize_with = "name")]
    pub name: String,
    #[serde(deserialize_with = "sha256")]
    pub sha256: [u8; 32],
    /// One at least.
    #[serde(deserialize_with = "scopes")]
    scopes: Vec<Scope>,
    /// `None` for never.
    #[serde(default, deserialize_with = "moment")]
    pub expires: Option<SystemTime>,
}

/// Why a file of tokens is refused. No value is repeated: it may be a token.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    #[error(
        "the token file `{}` is refused: line {line}: {reason}; `packet-exporter token new` prints \
         an entry as it should be",
        .path.display()
    )]
    Refused { path: PathBuf, line: usize, reason: String },

    #[error("the token file `{}` is larger than {} bytes; take out tokens that have expired", .path.display(), MOST_BYTES)]
    TooLarge { path: PathBuf },

    #[error("two tokens of the token file `{}` have the name `{name}`; rename one", .path.display())]
    Doubled { path: PathBuf, name: String },
}

/// Most bytes of the file: thousands of tokens.
const MOST_BYTES: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Token>,
}

impl Token {
    /// Returns what the token allows to do.
    pub fn scope(&self) -> Scope {
        self.scopes.iter().max().copied().unwrap_or_default()
    }

    /// Reads the text of a file of tokens.
    pub fn parse(path: &Path, text: &str) -> Result<Vec<Self>, TokensError> {
        if text.len() > MOST_BYTES {
            return Err(TokensError::TooLarge { path: path.into() });
        }
        let file: File = toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let reason = error.message().lines().next().unwrap_or_default().to_owned();
            TokensError::Refused { path: path.into(), line: place(text, start).0, reason }
        })?;

        let mut names = BTreeSet::new();
        let doubled = file.token.iter().find(|token| !names.insert(token.name.as_str()));
        match doubled.map(|token| token.name.clone()) {
            Some(name) => Err(TokensError::Doubled { path: path.into(), name }),
            None => Ok(file.token),
        }
    }
}

/// Returns whether a text can be the name of a token.
pub(super) fn is_name(text: &str) -> bool {
    let is_allowed = |it: char| it.is_ascii_alphanumeric() || "-_.@".contains(it);

    (1..=64).contains(&text.len()) && text.chars().all(is_allowed)
}

fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;

    if is_name(&text) {
        Ok(text)
    } else {
        Err(Error::custom("`name` has to be 1 to 64 letters, digits and `-_.@`"))
    }
}

fn sha256<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let digits: Option<Vec<u8>> = text.bytes().map(digit).collect();
    let pairs = digits.unwrap_or_default();
    let bytes: Vec<_> = pairs.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();

    let has_length = text.len() == 64;
    bytes
        .try_into()
        .ok()
        .filter(|_| has_length)
        .ok_or_else(|| Error::custom("`sha256` has to be 64 hexadecimal digits, not the token"))
}

fn scopes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Scope>, D::Error> {
    let scopes = Vec::<Scope>::deserialize(deserializer)?;

    if scopes.is_empty() { Err(Error::custom("`scopes` is empty")) } else { Ok(scopes) }
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    const EXPECTED: &str = "`expires` has to be a time as \"2027-01-31T00:00:00Z\", in quotes";
    let text = String::deserialize(deserializer).map_err(|_| Error::custom(EXPECTED))?;

    humantime::parse_rfc3339(&text).map(Some).map_err(|_| Error::custom(EXPECTED))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn parse(text: &str) -> Result<Vec<Token>, String> {
        Token::parse(Path::new("tokens.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_file_of_tokens_is_read() {
        let text = format!(
            "[[token]]\nname = \"grafana\"\nsha256 = \"{SHA256}\"\nscopes = [\"inspect\", \"read\"]\n\
             expires = \"2027-01-31T00:00:00Z\"\n[[token]]\nname = \"b\"\nsha256 = \"{}\"\n\
             scopes = [\"admin\"]\n",
            SHA256.to_uppercase()
        );

        let tokens = parse(&text).unwrap();

        assert_eq!(tokens[0].sha256[..2], [0xe3, 0xb0]);
        assert_eq!(tokens[0].sha256, tokens[1].sha256);
        assert_eq!((tokens[0].scope(), tokens[1].scope()), (Scope::Inspect, Scope::Admin));
        let expires = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 20_849);
        assert_eq!((tokens[0].expires, tokens[1].expires), (Some(expires), None));
        assert_eq!(parse("").unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line_and_without_its_value() {
        let entry = |line: &str| {
            let rest =
                [("name", "\"a\""), ("sha256", &format!("\"{SHA256}\"")), ("scopes", "[\"read\"]")];
            let of_line = |name: &str| line.starts_with(name);
            let rest = rest.iter().filter(|(name, _)| !of_line(name));
            let rest: Vec<_> = rest.map(|(name, value)| format!("{name} = {value}")).collect();
            format!("[[token]]\n{line}\n{}\n", rest.join("\n"))
        };
        let cases = [
            ("name = \"a secret\"", "`name` has to be 1 to 64 letters"),
            ("name = \"\"", "`name` has to be"),
            ("sha256 = \"secret\"", "`sha256` has to be 64 hexadecimal digits, not the token"),
            ("sha256 = \"zz\"", "`sha256` has to be"),
            ("scopes = []", "`scopes` is empty"),
            ("scopes = [\"root\"]", "`root` is no scope; the scopes are metrics, read,"),
            ("expires = \"secret\"", "`expires` has to be a time"),
            ("expires = 2027-01-31T00:00:00Z", "in quotes"),
            ("scope = \"read\"", "unknown field `scope`"),
        ];

        for (line, reason) in cases {
            let error = parse(&entry(line)).unwrap_err();
            assert!(error.contains(reason), "{line}: {error}");
            assert!(
                error.starts_with("the token file `tokens.toml` is refused: line 2: "),
                "{error}"
            );
            assert!(error.contains("`packet-exporter token new`"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
        let error = parse(&[entry("name = \"a\""), entry("name = \"a\"")].concat()).unwrap_err();
        assert!(error.contains("have the name `a`"), "{error}");
        assert!(parse(&" ".repeat(MOST_BYTES + 1)).unwrap_err().contains("is larger than"));
    }
}
