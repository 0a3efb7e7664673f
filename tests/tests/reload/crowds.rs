//! Many sources and many ports, for what the exporter does when there is no room for all.

use std::net::{Ipv4Addr, UdpSocket};
use std::ops::RangeInclusive;

use tests::cable::Cable;
use tests::patience::wait_for;

use super::observations::Scene;
use super::scenes::{PORTS, SOURCES};

/// Addresses of the crowd, and how many of them come at once. Source: RFC 2544, appendix C.2.2.
const CROWD: &str = "198.18.0.0/15";
const COMING: u16 = 10_000;
/// Keys that get names, and keys that are busier.
const SLOW: RangeInclusive<u16> = 901..=904;
const BUSY: RangeInclusive<u16> = 911..=918;
/// The key that goes and comes back, and how many packets it has the first time.
const RETURNING: u16 = 921;
const ENOUGH: u64 = 50;
const EVICTED: &str = "packet_exporter_series_evicted_total";
const UNATTRIBUTED: &str = "packet_exporter_unattributed_packets_total";

/// What keys are: both dimensions do the same with theirs.
#[derive(Clone, Copy)]
pub(crate) enum By {
    Source,
    Port,
}

impl By {
    /// Returns the value of the key's series.
    fn series(self, scene: &Scene<'_>, key: u16) -> Option<u64> {
        let (name, label, value) = match self {
            Self::Source => (SOURCES, "source", address(key).to_string()),
            Self::Port => (PORTS, "port", key.to_string()),
        };

        scene.house.service.scrape().find(name, &[(label, &value)])
    }

    fn dimension(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Port => "port",
        }
    }

    /// Sends packets of each key, so many in a row.
    fn talk(self, scene: &Scene<'_>, keys: impl Iterator<Item = u16> + Send, times: usize) {
        scene.house.cable.there.within(|| {
            for key in keys {
                let (source, port) = match self {
                    Self::Source => (key, 999),
                    Self::Port => (1, key),
                };
                let socket = UdpSocket::bind((address(source), 0)).expect("a socket");
                for _ in 0..times {
                    // The receiving end may have no room for more.
                    let _dropped = socket.send_to(b"test", (Cable::HERE[0], port));
                }
            }
        });
    }
}

fn address(number: u16) -> Ipv4Addr {
    let [high, low] = number.to_be_bytes();

    Ipv4Addr::new(198, 18, high, low)
}

/// Lets the other end send from every address of the crowd.
fn gather(scene: &Scene<'_>) {
    scene.house.cable.there.ip(&["route", "replace", "local", CROWD, "dev", "lo"]);
}

/// Names slow keys and has busier ones take over as many names as the churn allows: one.
pub(crate) fn take_over_one(scene: &Scene<'_>, by: By) {
    gather(scene);
    for key in SLOW {
        wait_for("a name", || {
            by.talk(scene, key..=key, 2);
            by.series(scene, key).map(|_| ()).ok_or_else(|| format!("none for {key}"))
        });
    }

    // With a higher churn all of them would go at once.
    wait_for("a busier key to take over a name", || match taken_over(scene, by) {
        1 => Ok(()),
        number => Err(format!("{number} names")),
    });
}

/// Has busier keys try to take over names; returns how many names were taken over so far.
pub(crate) fn taken_over(scene: &Scene<'_>, by: By) -> u64 {
    by.talk(scene, BUSY, 20);
    let dimension = [("dimension", by.dimension())];

    scene.house.service.scrape().find(EVICTED, &dimension).unwrap_or_default()
}

/// Returns how many names there are to take over.
pub(crate) fn all_names() -> u64 {
    SLOW.count() as u64
}

/// Names a key, and has it come back after its series has ended.
pub(crate) fn go_and_come_back(scene: &Scene<'_>, by: By) {
    gather(scene);
    wait_for("a name with enough packets", || {
        by.talk(scene, RETURNING..=RETURNING, 10);
        let value = by.series(scene, RETURNING);
        if value >= Some(ENOUGH) { Ok(()) } else { Err(format!("{value:?}")) }
    });

    come_back(scene, by);
}

/// Waits until the key's series has ended, has busier keys come meanwhile, and the key come back.
pub(crate) fn come_back(scene: &Scene<'_>, by: By) {
    wait_for("the end of a series", || match by.series(scene, RETURNING) {
        None => Ok(()),
        Some(value) => Err(value.to_string()),
    });
    // Where the receiving end has no room, some of it is dropped.
    wait_for("the name of a busier key", || {
        by.talk(scene, BUSY, 1000);
        let is_named = BUSY.into_iter().any(|key| by.series(scene, key).is_some());
        if is_named { Ok(()) } else { Err("none".to_owned()) }
    });

    wait_for("the series again", || {
        by.talk(scene, RETURNING..=RETURNING, 1);
        by.series(scene, RETURNING).map(|_| ()).ok_or_else(|| "none".to_owned())
    });
}

/// Returns whether the key that came back was forgotten: its series has begun anew.
pub(crate) fn is_forgotten(scene: &Scene<'_>, by: By) -> bool {
    by.series(scene, RETURNING).is_some_and(|value| value < ENOUGH)
}

/// Has more sources come than the table of the programs holds, until they are counted.
pub(crate) fn come_in_crowds(scene: &mut Scene<'_>) {
    gather(scene);
    wait_for("the crowd", || {
        let counted = turned_away(scene, "unnamed");
        if counted >= COMING.into() { Ok(()) } else { Err(format!("{counted} counted")) }
    });
}

/// Has the crowd come; returns how many packets had no series for this reason so far.
pub(crate) fn turned_away(scene: &Scene<'_>, reason: &str) -> u64 {
    By::Source.talk(scene, 1..=COMING, 1);
    let labels = [("direction", "receive"), ("dimension", "source"), ("reason", reason)];

    scene.house.service.scrape().find(UNATTRIBUTED, &labels).unwrap_or_default()
}
