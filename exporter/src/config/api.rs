//! `[api]`: who may use the REST API, and what it knows beside the present counts.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::auto::Bytes;
use super::client_name::{AlternativeName, ClientName};
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
    /// Scopes of clients by a name in their certificate, which the web configuration verifies, or by its
    /// SHA-256. Of several names, the one with the highest scope counts, and a certificate without a name of
    /// the list is no login: "kind:name=scope", the kind dns, email, uri, ip or sha256, or a list of them.
    #[serde(deserialize_with = "one_or_many")]
    pub client_names: Vec<ClientName>,
    /// Gateways by a name in their certificate or its SHA-256, as clients, and the most that who asks through
    /// each may do. A gateway names who asks in the header X-Caller-Arn: "kind:name=scope", as for
    /// `client_names`, or a list of them.
    #[serde(deserialize_with = "one_or_many")]
    pub gateway_names: Vec<ClientName>,
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
            client_names: Vec::new(),
            gateway_names: Vec::new(),
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

    /// Returns the name of a certificate that may do most, with what it may do; `None` where none is
    /// listed.
    pub fn client_name(&self, names: &[AlternativeName]) -> Option<&ClientName> {
        let listed = self.client_names.iter().filter(|it| names.contains(&it.name));

        listed.max_by_key(|it| it.scope)
    }

    /// Returns the gateway that has a certificate with one of these names; of several, the one with the
    /// lowest scope.
    pub fn gateway(&self, names: &[AlternativeName]) -> Option<&ClientName> {
        let listed = self.gateway_names.iter().filter(|it| names.contains(&it.name));

        listed.min_by_key(|it| it.scope)
    }

    pub(super) fn refusals(&self) -> Vec<&'static str> {
        const MEMORY: RangeInclusive<Bytes> = Bytes(1 << 20)..=Bytes(1 << 30);

        let Self {
            listen_address: _,
            token_file: _,
            users,
            client_names,
            gateway_names,
            state_file: _,
            history_memory,
        } = self;
        let is_once =
            |user: &User| users.iter().filter(|other| other.name == user.name).count() == 1;
        let is_name_once = |it: &ClientName| {
            let all = client_names.iter().chain(gateway_names);
            all.filter(|other| other.name == it.name).count() == 1
        };
        let is_allowed = *history_memory == Bytes(0) || MEMORY.contains(history_memory);

        super::refused([
            ("users", users.iter().all(is_once)),
            ("client_names", client_names.iter().all(is_name_once)),
            ("gateway_names", gateway_names.iter().all(is_name_once)),
            ("history_memory", is_allowed),
        ])
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

    #[test]
    fn of_the_names_of_a_certificate_the_one_that_may_do_most_counts() {
        let names = |texts: &[&str]| Api {
            client_names: texts.iter().map(|text| text.parse().unwrap()).collect(),
            ..Api::default()
        };
        let api = names(&["dns:a=read", "uri:b=admin", "email:a=metrics"]);
        let scope = |shown: &[&str]| {
            let shown: Vec<_> = shown.iter().map(|text| text.parse().unwrap()).collect();
            api.client_name(&shown).map(|it| it.scope)
        };

        assert_eq!(scope(&["dns:A"]), Some(Scope::Read));
        assert_eq!(scope(&["dns:a", "uri:b"]), Some(Scope::Admin));
        assert_eq!(scope(&["uri:a", "dns:b", "ip:192.0.2.1"]), None, "kinds are no others");
        assert_eq!(api.refusals(), [""; 0]);
        assert_eq!(names(&["dns:a=read", "dns:A=admin"]).refusals(), ["client_names"]);
    }

    #[test]
    fn a_gateway_is_known_by_its_name_and_is_no_client() {
        let names = |texts: &[&str]| texts.iter().map(|it| it.parse().unwrap()).collect::<Vec<_>>();
        let api = Api { gateway_names: names(&["dns:a=admin", "dns:b=read"]), ..Api::default() };
        let shown = ["dns:a", "dns:b"].map(|it| it.parse().unwrap());

        assert_eq!(api.gateway(&shown).map(|it| it.scope), Some(Scope::Read));
        assert_eq!(api.gateway(&[]), None);
        assert_eq!(api.client_name(&shown), None);
        assert_eq!(api.refusals(), [""; 0]);
        let both = Api { client_names: names(&["dns:a=read"]), ..api };
        assert_eq!(both.refusals(), ["client_names", "gateway_names"]);
    }
}
