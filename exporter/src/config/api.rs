//! `[api]`: who may use the REST API, and what it knows beside the present counts.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::auto::Bytes;
use super::listen_address::ListenAddress;
use super::text::one_or_many;
use super::user::User;
use crate::scope::Scope;

/// The REST API: who may use it, and what it knows beside the present counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Most memory for the history of the last 25 hours, which is taken as it comes. Where that is
    /// short, steps get longer and keys fewer before hours are lost: at least 1MiB and at most 1GiB,
    /// or "0" for no history.
    pub history_memory: Bytes,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            listen_address: Vec::new(),
            token_file: PathBuf::new(),
            users: Vec::new(),
            state_file: PathBuf::new(),
            history_memory: Bytes(16 << 20),
        }
    }
}

impl Api {
    /// Returns what a user of the web configuration may do.
    pub fn scope_of(&self, user: &str) -> Scope {
        let listed = self.users.iter().find(|it| it.name == user);

        listed.map_or(Scope::Read, |it| it.scope)
    }

    pub(super) fn refusals(&self) -> Vec<&'static str> {
        const MEMORY: RangeInclusive<Bytes> = Bytes(1 << 20)..=Bytes(1 << 30);

        let Self { listen_address: _, token_file: _, users, state_file: _, history_memory } = self;
        let is_once =
            |user: &User| users.iter().filter(|other| other.name == user.name).count() == 1;
        let is_allowed = *history_memory == Bytes(0) || MEMORY.contains(history_memory);

        super::refused([("users", users.iter().all(is_once)), ("history_memory", is_allowed)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_has_a_size_or_is_off() {
        let refusals = |bytes| Api { history_memory: Bytes(bytes), ..Api::default() }.refusals();

        for bytes in [0, 1 << 20, 16 << 20, 1 << 30] {
            assert_eq!(refusals(bytes), [""; 0], "{bytes}");
        }
        for bytes in [1, (1 << 20) - 1, (1 << 30) + 1, u64::MAX] {
            assert_eq!(refusals(bytes), ["history_memory"], "{bytes}");
        }
    }

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
