//! Users and passwords: bcrypt, as of Prometheus' exporter-toolkit (web/handler.go).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bcrypt::HashParts;
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Deserializer};

/// The bcrypt hash of a password.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Hash {
    text: String,
    cost: u32,
}

/// A name and a password, as a request has them.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    name: String,
    password: String,
}

/// Remembers which passwords were right, because bcrypt takes its time on purpose.
///
/// Wrong passwords are not remembered, so guessing stays expensive and cannot displace correct
/// ones.
#[derive(Debug, Default)]
pub(super) struct Verified(Mutex<BTreeSet<[u8; 32]>>);

impl Credentials {
    /// Reads the value of an Authorization header. Source: RFC 7617.
    pub(super) fn parse(authorization: &str) -> Option<Self> {
        let (scheme, value) = authorization.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
        let (name, password) = decoded.split_once(':')?;

        Some(Self { name: name.to_owned(), password: password.to_owned() })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Verified {
    /// Most that is remembered, as there.
    const MOST: usize = 100;

    /// Returns whether one of `users` has the password; takes as long if there is no such user.
    ///
    /// Blocks for as long as bcrypt takes.
    pub(super) fn verify(&self, credentials: &Credentials, users: &BTreeMap<String, Hash>) -> bool {
        let Credentials { name, password } = credentials;
        let user = users.get(name);
        let dearest = || users.values().max_by_key(|hash| hash.cost);
        let Some(hash) = user.or_else(dearest) else { return false };

        let is_right = bcrypt::verify(password, &hash.text).unwrap_or(false);
        let is_verified = is_right && user.is_some();
        if is_verified {
            let mut verified = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if verified.len() >= Self::MOST {
                verified.clear();
            }
            verified.insert(fingerprint(credentials, hash));
        }

        is_verified
    }

    /// Returns whether the password was right before, and the user's hash is still the same.
    pub(super) fn knows(&self, credentials: &Credentials, users: &BTreeMap<String, Hash>) -> bool {
        let Some(hash) = users.get(&credentials.name) else { return false };
        let verified = self.0.lock().unwrap_or_else(PoisonError::into_inner);

        verified.contains(&fingerprint(credentials, hash))
    }
}

/// Hashes the parts with their lengths, so that none can pass for the beginning of the next.
fn fingerprint(Credentials { name, password }: &Credentials, hash: &Hash) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in [name, &hash.text, password] {
        context.update(&part.len().to_le_bytes());
        context.update(part.as_bytes());
    }

    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(context.finish().as_ref());

    fingerprint
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: String = Option::deserialize(deserializer)?.unwrap_or_default();
        // The text is not repeated: who put a password there by mistake finds it in the log.
        let parts: HashParts = text.parse().map_err(|_| {
            serde::de::Error::custom("the password of a user has to be a bcrypt hash")
        })?;

        Ok(Self { text, cost: parts.get_cost() })
    }
}

/// Hides the secret.
impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<secret>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(of: &[(&str, &str)]) -> BTreeMap<String, Hash> {
        let hash = |password: &&str| {
            let text = bcrypt::hash_with_salt(password, 4, [7; 16]).unwrap().to_string();
            Hash { text, cost: 4 }
        };

        of.iter().map(|(name, password)| ((*name).to_owned(), hash(password))).collect()
    }

    fn credentials(text: &str) -> Credentials {
        Credentials::parse(&format!("Basic {}", STANDARD.encode(text))).unwrap()
    }

    #[test]
    fn who_has_the_password_is_verified_and_known_from_then_on() {
        let users = users(&[("alice", "one:two"), ("bob", "three")]);
        let verified = Verified::default();
        let cases = [
            ("alice:one:two", true),
            ("bob:three", true),
            ("bob:one:two", false),
            ("alice:", false),
            ("carol:three", false),
            (":", false),
        ];

        for (text, is_right) in cases {
            let credentials = credentials(text);
            assert!(!verified.knows(&credentials, &users), "{text}");
            assert_eq!(verified.verify(&credentials, &users), is_right, "{text}");
            assert_eq!(verified.knows(&credentials, &users), is_right, "{text}");
        }
    }

    #[test]
    fn a_new_hash_ends_what_was_known() {
        let verified = Verified::default();
        let alice = credentials("alice:old");
        assert!(verified.verify(&alice, &users(&[("alice", "old")])));

        let known = verified.knows(&alice, &users(&[("alice", "new")]));

        assert!(!known);
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let verified = Verified::default();

        for number in 0..=Verified::MOST {
            let name = format!("user{number}");
            let users = users(&[(&name, "x")]);
            assert!(verified.verify(&credentials(&format!("{name}:x")), &users));
        }

        assert!(verified.0.lock().unwrap().len() <= Verified::MOST);
    }

    #[test]
    fn a_header_that_is_not_basic_auth_has_no_credentials() {
        for header in ["", "Basic", "Basic !", "Bearer YTpi", "Basic YWI=", "Basic /w=="] {
            assert!(Credentials::parse(header).is_none(), "{header}");
        }
    }
}
