//! Every key that is live has an effect that is seen after a reload and was not there before.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use std::{iter, thread};

use tempfile::TempDir;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::sources::root;

use super::house::{House, Settings};
use super::papers::Papers;
use super::receiver::Receiver;
use super::rows::{self, GROUPS};

/// Rows that are observed side by side. Nearly all the time they wait: for folds and pushes, and for
/// series to end.
const AT_ONCE: usize = 4;

/// What an observation looks at.
pub(crate) struct Scene<'a> {
    pub(crate) house: House<'a>,
    /// On ports 4318 and 4319; with TLS on 4321, and on 4322 for clients with a certificate.
    pub(crate) receivers: [Receiver; 4],
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
fn every_live_key_has_one_observation() {
    let keys: Vec<_> = GROUPS.into_iter().flatten().map(|row| row.key.to_owned()).collect();

    let seen: BTreeSet<_> = keys.iter().cloned().collect();
    assert_eq!(seen, live_keys());
    assert_eq!(seen.len(), keys.len(), "a key has two rows");
}

/// A row that fails does not hide what becomes of the others.
fn observe(rows: &[Row]) {
    let left = Mutex::new(rows.iter().enumerate());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let observe_some = || {
        let fails = |(number, row): &(usize, &Row)| {
            let begun = Instant::now();
            let outcome = thread::scope(|scope| {
                let named = thread::Builder::new().name(row.key.to_owned());
                named.spawn_scoped(scope, || observe_one(*number, row)).unwrap().join()
            });
            println!("{}: {:.1?}", row.key, begun.elapsed());
            outcome.is_err()
        };
        iter::from_fn(next).filter(fails).map(|(_, row)| row.key).collect::<Vec<_>>()
    };

    let failed: Vec<_> = thread::scope(|scope| {
        let observers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(observe_some)).collect();
        observers.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    assert!(failed.is_empty(), "without effect: {failed:?}");
}

/// Observes a row in a network of its own.
fn observe_one(number: usize, row: &Row) {
    let cable = Cable::lay(&format!("rlseen{number}"));
    cable.plug_in();
    cable.here.ip(&["link", "add", "extra0", "type", "veth", "peer", "name", "extra1"]);
    // Nobody answers there.
    let _silent = cable.here.within(|| std::net::TcpListener::bind(("127.0.0.1", 4320)));
    let folder = TempDir::with_prefix("packet-exporter-").expect("a folder");
    let papers = Papers::write(folder.path());
    let [secure, mutual] = [(4321, false), (4322, true)].map(|(port, demands_a_client)| {
        Receiver::start_secure(&cable.here, port, papers.receiver(demands_a_client))
    });
    let [first, second] = [4318, 4319].map(|port| Receiver::start(&cable.here, port));
    let base = Settings::usual().with(row.with);
    let before =
        base.clone().with(&row.before.map(|it| (row.key, it)).into_iter().collect::<Vec<_>>());
    let house = House::start_in(&cable, folder, &before, &[]);
    let mut scene = Scene { house, receivers: [first, second, secure, mutual] };

    (row.first)(&mut scene);
    assert!(!(row.seen)(&scene), "{} has its effect before", row.key);
    scene.house.write(&base.with(&[(row.key, row.after)]));
    scene.house.hang_up();
    (row.then)(&mut scene);

    let log = || scene.house.service.log();
    wait_for(row.key, || if (row.seen)(&scene) { Ok(()) } else { Err(log()) });
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn keys_of_devices_and_folds_have_their_effect() {
    observe(rows::DEVICES);
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn keys_of_dimensions_have_their_effect() {
    observe(rows::DIMENSIONS);
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn keys_of_signals_have_their_effect() {
    observe(rows::SIGNALS);
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn keys_of_sampled_packets_have_their_effect() {
    observe(rows::SAMPLES);
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn keys_of_pushes_have_their_effect() {
    observe(rows::PUSHES);
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn keys_of_the_server_and_the_log_have_their_effect() {
    observe(rows::SERVER);
}
