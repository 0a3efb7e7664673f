//! Every key that is live has an effect that is seen after a reload and was not there before.

use std::collections::BTreeSet;

use tests::cable::Cable;
use tests::sources::root;

use super::house::{House, Settings};
use super::receiver::Receiver;
use super::rows::{ROWS, UNSEEN};

/// What an observation looks at.
pub(crate) struct Scene<'a> {
    pub(crate) house: House<'a>,
    /// On ports 4318 and 4319.
    pub(crate) receivers: [Receiver; 2],
}

/// A key, and what is seen of it.
pub(crate) struct Row {
    pub(crate) key: &'static str,
    /// What else is set, before and after.
    pub(crate) with: &'static [(&'static str, &'static str)],
    /// Where the default shows too, what is set before.
    pub(crate) before: Option<&'static str>,
    pub(crate) after: &'static str,
    /// What happens before the reload, and what after it.
    pub(crate) first: fn(&mut Scene<'_>),
    pub(crate) then: fn(&mut Scene<'_>),
    pub(crate) seen: fn(&Scene<'_>) -> bool,
}

impl Row {
    pub(crate) const USUAL: Self = Self {
        key: "",
        with: &[],
        before: None,
        after: "",
        first: |_| {},
        then: |_| {},
        seen: |_| false,
    };
}

/// The keys of the example file that need no restart.
fn live_keys() -> BTreeSet<String> {
    let example = std::fs::read_to_string(root().join("config.example.toml")).unwrap();
    let (mut section, mut comment) = (String::new(), String::new());
    let mut keys = BTreeSet::new();
    for line in example.lines() {
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#'))
            && !comment.ends_with("Needs a restart.")
        {
            keys.insert(format!("{section}.{name}"));
        }
        line.clone_into(&mut comment);
    }

    keys
}

#[test]
fn every_live_key_has_an_observation_or_a_reason_why_not() {
    let seen: BTreeSet<String> = ROWS.iter().map(|row| row.key.to_owned()).collect();
    let unseen: BTreeSet<String> = UNSEEN.iter().map(|(key, _)| (*key).to_owned()).collect();

    let all: BTreeSet<String> = seen.union(&unseen).cloned().collect();
    assert_eq!(all, live_keys());
    assert!(seen.is_disjoint(&unseen));
    assert_eq!(seen.len(), ROWS.len(), "a key has two rows");
    assert!(UNSEEN.iter().all(|(_, why)| why.len() > 20));
}

fn observe(section: &str) {
    let rows: Vec<_> = ROWS.iter().filter(|row| row.key.starts_with(section)).collect();
    assert!(!rows.is_empty());
    for row in rows {
        println!("{}", row.key);
        let cable = Cable::lay("rlseen");
        cable.plug_in();
        cable.here.ip(&["link", "add", "extra0", "type", "veth", "peer", "name", "extra1"]);
        let receivers = [4318, 4319].map(|port| Receiver::start(&cable.here, port));
        // Nobody answers there.
        let _silent = cable.here.within(|| std::net::TcpListener::bind(("127.0.0.1", 4320)));
        let base = Settings::usual().with(row.with);
        let before =
            base.clone().with(&row.before.map(|it| (row.key, it)).into_iter().collect::<Vec<_>>());
        let house = House::start(&cable, &before, &[]);
        let mut scene = Scene { house, receivers };

        (row.first)(&mut scene);
        assert!(!(row.seen)(&scene), "{} has its effect before", row.key);
        scene.house.write(&base.with(&[(row.key, row.after)]));
        scene.house.hang_up();
        (row.then)(&mut scene);

        let house = &scene.house;
        let log = || house.service.log();
        tests::patience::wait_for(row.key, || if (row.seen)(&scene) { Ok(()) } else { Err(log()) });
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn keys_of_devices_and_folds_have_their_effect() {
    observe("devices.");
    observe("datapath.");
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn keys_of_dimensions_have_their_effect() {
    observe("sources.");
    observe("ports.");
    observe("vlans.");
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn keys_of_signals_have_their_effect() {
    observe("signals.");
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn keys_of_pushes_have_their_effect() {
    observe("otlp.");
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn keys_of_the_server_and_the_log_have_their_effect() {
    observe("web.");
    observe("log.");
    observe("config.");
    observe("metrics.");
}
