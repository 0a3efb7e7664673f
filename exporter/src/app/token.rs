//! `packet-exporter token new`: makes a token for the REST API.

use std::fmt::Write;
use std::time::SystemTime;

use crate::app::Failure;
use crate::config::{Expiry, NewToken};
use crate::http::TokenText;

/// Returns a new token in a line of its own, and then the entry for the file of tokens.
pub fn new_token(wanted: &NewToken) -> Result<String, Failure> {
    let text = TokenText::random().map_err(|error| Failure::Refused(error.into()))?;
    let expires = wanted.expires.map(|expiry| match expiry {
        Expiry::After(time) => SystemTime::now().checked_add(time),
        Expiry::At(at) => Some(at),
    });
    let expires = match expires {
        Some(None) => return Err(Failure::Refused(anyhow::anyhow!("`--expires` is too far away"))),
        Some(at) => at,
        None => None,
    };

    Ok(entry(wanted, &text, expires))
}

fn entry(wanted: &NewToken, text: &TokenText, expires: Option<SystemTime>) -> String {
    /// Digits of a name that nobody chose.
    const NAMED_BY: usize = 8;
    let sha256 = text.sha256_text();
    let name = wanted.name.clone().unwrap_or_else(|| sha256.chars().take(NAMED_BY).collect());
    let scopes: Vec<_> = wanted.scopes.iter().map(|scope| format!("\"{scope}\"")).collect();
    let expires = expires.map_or(String::new(), |at| {
        format!("expires = \"{}\"\n", humantime::format_rfc3339_seconds(at))
    });

    let mut entry = format!("{}\n\n", text.secret());
    // Writing to a text does not fail.
    let _ = write!(
        entry,
        "# The line above is the token; it is shown once. The lines below belong in the file of\n\
         # `api.token_file`.\n\
         [[token]]\nname = \"{name}\"\nsha256 = \"{sha256}\"\nscopes = [{}]\n{expires}",
        scopes.join(", ")
    );
    entry
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::*;
    use crate::config::Token;
    use crate::scope::Scope;

    #[test]
    fn the_lines_behind_the_token_are_its_entry() {
        let wanted = NewToken {
            scopes: vec![Scope::Read, Scope::Inspect],
            expires: Some(Expiry::At(SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 20_849))),
            name: None,
        };

        let printed = new_token(&wanted).unwrap();

        let (token, file) = printed.split_once('\n').unwrap();
        let tokens = Token::parse(Path::new("tokens.toml"), file).unwrap();
        assert_eq!((tokens.len(), tokens[0].scope()), (1, Scope::Inspect));
        assert!(token.starts_with("pxt_") && !file.contains(token), "{printed}");
        assert!(file.contains("expires = \"2027-01-31T00:00:00Z\"\n"), "{printed}");
    }

    #[test]
    fn an_expiry_that_no_clock_shows_is_refused() {
        let expires = Some(Expiry::After(Duration::MAX));
        let wanted = NewToken { scopes: vec![Scope::Read], expires, name: Some("a".into()) };

        assert!(new_token(&wanted).is_err());
    }
}
