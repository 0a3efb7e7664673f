//! The tokens as their file is now.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use std::{io, mem};

use subtle::ConstantTimeEq;

use super::token::TokenText;
use crate::causes::with_causes;
use crate::config::{Token, TokensError};
use crate::files;

/// The file of `api.token_file`, read again with every request that has a token.
///
/// So a token that is taken out counts no more. A file that cannot be used leaves the tokens before it
/// in force; one that is gone leaves none.
#[derive(Debug)]
pub struct TokenFile {
    path: PathBuf,
    last: Mutex<Reading>,
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokenFileError {
    #[error("cannot read the token file `{}`", .path.display())]
    Unreadable { path: PathBuf, source: io::Error },

    #[error(transparent)]
    Refused(#[from] TokensError),
}

/// What a token is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    Valid(Token),
    /// It was valid until then.
    Expired(SystemTime),
    Unknown,
}

/// What was read last, and the last tokens that could be used.
#[derive(Debug)]
struct Reading {
    text: Result<String, io::ErrorKind>,
    tokens: Vec<Token>,
}

impl TokenFile {
    /// How long is waited for a file that was read before.
    const PATIENCE: Duration = Duration::from_secs(1);

    /// Reads the file for the first time.
    pub fn open(path: &Path) -> Result<Self, TokenFileError> {
        let text = files::guarded_text(path, files::PATIENCE)
            .map_err(|source| TokenFileError::Unreadable { path: path.into(), source })?;
        let tokens = Token::parse(path, &text)?;

        Ok(Self { path: path.into(), last: Mutex::new(Reading { text: Ok(text), tokens }) })
    }

    /// Returns what a token is worth now. Blocks.
    pub(super) fn worth(&self, text: &TokenText, now: SystemTime) -> Worth {
        let read = files::guarded_text(&self.path, Self::PATIENCE);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.follow(read, &self.path);

        last.worth(text, now)
    }
}

impl Reading {
    /// Takes what was read, and logs what is new about it.
    fn follow(&mut self, read: io::Result<String>, path: &Path) {
        let text = read.as_ref().map(Clone::clone).map_err(io::Error::kind);
        if mem::replace(&mut self.text, text) == self.text {
            return;
        }

        let is_gone = read.as_ref().is_err_and(|it| it.kind() == io::ErrorKind::NotFound);
        let parsed = read
            .map_err(|source| TokenFileError::Unreadable { path: path.into(), source })
            .and_then(|text| Ok(Token::parse(path, &text)?));
        match parsed {
            Ok(tokens) => {
                tracing::info!(path = %path.display(), tokens = tokens.len(), "Tokens have changed");
                self.tokens = tokens;
            }
            Err(error) if is_gone => {
                let error = with_causes(&error);
                tracing::error!(error, "The token file is gone; no token is valid");
                self.tokens.clear();
            }
            Err(error) => {
                let error = with_causes(&error);
                tracing::error!(
                    error,
                    "Cannot use the token file; the tokens before it stay valid"
                );
            }
        }
    }

    /// Looks at all tokens, however soon one fits: nobody learns from the time it takes.
    fn worth(&self, text: &TokenText, now: SystemTime) -> Worth {
        let sha256 = text.sha256();
        let mut found = None;
        for token in &self.tokens {
            if bool::from(token.sha256.ct_eq(&sha256)) {
                found = Some(token);
            }
        }

        match found {
            None => Worth::Unknown,
            Some(Token { expires: Some(expires), .. }) if *expires <= now => {
                Worth::Expired(*expires)
            }
            Some(token) => Worth::Valid(token.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use tempfile::TempDir;

    use super::*;

    fn entry(name: &str, text: &TokenText, more: &str) -> String {
        let sha256 = text.sha256_text();

        format!(
            "[[token]]\nname = \"{name}\"\nsha256 = \"{sha256}\"\nscopes = [\"read\"]\n{more}\n"
        )
    }

    #[test]
    fn a_token_is_worth_what_the_file_says_at_the_moment() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("tokens.toml");
        let [one, other] = [0; 2].map(|_| TokenText::random().unwrap());
        let expires = "expires = \"2027-01-31T00:00:00Z\"";
        fs::write(&path, [entry("one", &one, ""), entry("other", &other, expires)].concat())
            .unwrap();
        let file = TokenFile::open(&path).unwrap();
        let after = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 20_849);
        let before = after - Duration::from_secs(1);
        let is_valid = |text| matches!(file.worth(text, before), Worth::Valid(_));

        assert!(is_valid(&one) && is_valid(&other));
        assert_eq!(file.worth(&other, after), Worth::Expired(after));
        assert_eq!(file.worth(&TokenText::random().unwrap(), before), Worth::Unknown);
        // What cannot be used leaves what was before.
        fs::write(&path, "[[token]]\nname = 5\n").unwrap();
        assert!(is_valid(&one));
        fs::write(&path, entry("other", &other, "")).unwrap();
        assert!(!is_valid(&one) && is_valid(&other));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(is_valid(&other));
        fs::remove_file(&path).unwrap();
        assert!(!is_valid(&one) && !is_valid(&other));
    }

    #[test]
    fn a_file_that_others_may_write_is_refused_with_the_remedy() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("tokens.toml");
        fs::write(&path, "").unwrap();

        for (mode, is_fine) in [(0o600, true), (0o644, true), (0o620, false), (0o602, false)] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let opened = TokenFile::open(&path);
            assert_eq!(opened.is_ok(), is_fine, "{mode:o}");
            if let Err(error) = opened {
                let error = with_causes(&error);
                assert!(error.contains(&format!("(mode {mode:04o}); `chmod go-w`")), "{error}");
            }
        }
    }
}
