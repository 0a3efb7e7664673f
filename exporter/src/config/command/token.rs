//! `token new`: makes a token for the REST API.

use std::time::{Duration, SystemTime};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::config::tokens::is_name;
use crate::scope::Scope;

pub(super) const TOKEN: &str = "token";
const NEW: &str = "new";
const SCOPE: &str = "scope";
const EXPIRES: &str = "expires";
const NAME: &str = "name";

/// `token new`: makes a token for the REST API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewToken {
    /// One at least.
    pub scopes: Vec<Scope>,
    /// `None` for never.
    pub expires: Option<Expiry>,
    pub name: Option<String>,
}

/// When a token expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// After it was made.
    After(Duration),
    At(SystemTime),
}

impl NewToken {
    /// Reads the arguments behind `token`.
    pub(super) fn new(matches: &ArgMatches) -> Self {
        let own = matches.subcommand().map_or(matches, |(_, own)| own);
        let scopes = own.get_many::<String>(SCOPE).into_iter().flatten();

        Self {
            scopes: scopes.filter_map(|text| text.parse().ok()).collect(),
            expires: own.get_one(EXPIRES).copied(),
            name: own.get_one(NAME).cloned(),
        }
    }
}

pub(super) fn token() -> Command {
    let scope = Arg::new(SCOPE)
        .long(SCOPE)
        .value_name("SCOPE")
        .required(true)
        .action(ArgAction::Append)
        .value_parser(PossibleValuesParser::new(Scope::ALL.map(Scope::name)))
        .hide_possible_values(true)
        .help("metrics, read, inspect, propose or admin; each includes those before it");
    let expires = Arg::new(EXPIRES)
        .long(EXPIRES)
        .value_name("WHEN")
        .value_parser(expiry)
        .help("A time from now or a moment: 90d, 2027-01-31T00:00:00Z [default: never]");
    let name = Arg::new(NAME)
        .long(NAME)
        .value_name("NAME")
        .value_parser(named)
        .help("What the log calls it [default: the beginning of its SHA-256]");
    let new = Command::new(NEW)
        .about("Print a new token, and the entry for the file of `api.token_file`")
        .args([scope, expires, name])
        .after_help(
            "The first line is the token, which is shown once. All other lines belong in the file. \
             Example:\n  packet-exporter token new --scope read --expires 90d --name grafana",
        );

    Command::new(TOKEN)
        .about("Make a token for the REST API")
        .subcommand(new)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
}

fn expiry(text: &str) -> Result<Expiry, String> {
    const LONGEST: Duration = Duration::from_hours(100 * 366 * 24);
    let after = humantime::parse_duration(text).ok().filter(|it| *it <= LONGEST);
    let at = || humantime::parse_rfc3339(text).ok().map(Expiry::At);

    let expiry = after.map(Expiry::After).or_else(at);
    expiry.ok_or_else(|| {
        "it has to be like 90d, of 100 years at most, or 2027-01-31T00:00:00Z".into()
    })
}

fn named(text: &str) -> Result<String, String> {
    if is_name(text) {
        Ok(text.into())
    } else {
        Err("it has to be 1 to 64 letters, digits and `-_.@`".into())
    }
}
