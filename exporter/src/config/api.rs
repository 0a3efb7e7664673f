//! `[api]`: who may use the REST API, and for what.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::listen_address::ListenAddress;
use super::text::one_or_many;
use super::user::User;
use crate::scope::Scope;

/// Who may use the REST API, and for what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Api {
    /// Addresses for the API alone, as of `web.listen_address`. Where there are some, all that needs more
    /// than the scope metrics is answered there, and 404 elsewhere: an address, or a list of them.
    /// Needs a restart.
    #[serde(deserialize_with = "one_or_many")]
    pub listen_address: Vec<ListenAddress>,
    /// File of tokens, to which `packet-exporter token new` prints the entries. Only its owner may be able to
    /// write it. The exporter reads the file again when it changes. Empty means none: a path.
    /// Needs a restart.
    pub token_file: PathBuf,
    /// Scopes of users of the web configuration: metrics, read, inspect, propose or admin. Each
    /// includes those before it, and a user that is not listed has read: "name=scope", or a list of
    /// them.
    #[serde(deserialize_with = "one_or_many")]
    pub users: Vec<User>,
    /// File that keeps what the API changes for the next start. Without it, changes end with the process.
    /// Empty means none: a path.
    /// Needs a restart.
    pub state_file: PathBuf,
}

impl Api {
    /// Returns what a user of the web configuration may do.
    pub fn scope_of(&self, user: &str) -> Scope {
        let listed = self.users.iter().find(|it| it.name == user);

        listed.map_or(Scope::Read, |it| it.scope)
    }

    pub(super) fn refusals(&self) -> Vec<&'static str> {
        let Self { listen_address: _, token_file: _, users, state_file: _ } = self;
        let is_once =
            |user: &User| users.iter().filter(|other| other.name == user.name).count() == 1;

        super::refused([("users", users.iter().all(is_once))])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_the_scope_that_is_listed_and_is_listed_once() {
        let users = |texts: &[&str]| Api {
            users: texts.iter().map(|text| text.parse().unwrap()).collect(),
            ..Api::default()
        };
        let api = users(&["ann=admin", "bob=metrics"]);

        let scopes = ["ann", "bob", "carol"].map(|name| api.scope_of(name));

        assert_eq!(scopes, [Scope::Admin, Scope::Metrics, Scope::Read]);
        assert_eq!(api.refusals(), [""; 0]);
        assert_eq!(users(&["ann=admin", "ann=read"]).refusals(), ["users"]);
    }
}
