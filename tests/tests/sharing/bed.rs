//! Devices that share a program, and what was sent and counted on each.

use std::collections::BTreeMap;
use std::time::Duration;

use exporter::datapath::{Datapath, Options, Tap};
use exporter::interval::Drained;
use shared::Count;
use tests::cable::Namespace;
use tests::patience::{Reason, let_pass};
use tests::skb::SENT;
use tests::veths::{self, Sender};

pub(crate) const INTERVAL: Duration = Duration::from_millis(100);

/// A namespace with veth devices `v0`, `v1` and so on.
pub(crate) struct Bed {
    pub(crate) namespace: Namespace,
    devices: usize,
}

impl Bed {
    pub(crate) fn of(name: &str, devices: usize) -> Self {
        let namespace = Namespace::make(name);
        veths::be_silent(&namespace);
        veths::make(&namespace, "v", 0..devices);

        Self { namespace, devices }
    }

    pub(crate) fn taps(&self) -> Vec<Tap> {
        (0..self.devices).map(|at| veths::sent(&self.namespace, &format!("v{at}"))).collect()
    }

    pub(crate) fn share_all(&self, datapath: &mut Datapath) -> Vec<Tap> {
        let taps = self.taps();
        for tap in &taps {
            datapath.share(tap, SENT).unwrap();
        }

        taps
    }

    /// Counts all devices together, and starts a process that sends on them.
    pub(crate) fn counting(&self) -> (Datapath, Vec<Tap>, Sender) {
        let mut datapath = Datapath::new(Options::default()).unwrap();
        let taps = self.share_all(&mut datapath);

        (datapath, taps, Sender::start(&self.namespace))
    }
}

/// What was counted of each device.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) frames: BTreeMap<String, Count>,
    pub(crate) sources: BTreeMap<String, BTreeMap<std::net::IpAddr, Count>>,
}

impl Counted {
    pub(crate) fn add(&mut self, drained: Vec<Drained>) {
        for it in drained {
            let device = it.device.to_string();
            let interval = it.counted.unwrap();
            assert_eq!(interval.imbalance(), None, "{device}");
            self.frames.entry(device.clone()).or_default().add(interval.totals.frames());
            let sources = self.sources.entry(device).or_default();
            for seen in &interval.sources.keys {
                sources.entry(seen.key).or_default().add(seen.count);
            }
        }
    }
}

/// Several processes that send on all of some devices, drained all the time.
pub(crate) struct Run {
    pub(crate) counted: Counted,
    pub(crate) sent: BTreeMap<String, Count>,
    pub(crate) intervals: usize,
}

impl Run {
    pub(crate) fn of(name: &str, intervals: usize) -> Self {
        const DEVICES: usize = 8;
        let bed = Bed::of(name, DEVICES);
        bed.namespace.within(|| {
            let mut datapath = Datapath::new(Options::default()).unwrap();
            let taps = bed.share_all(&mut datapath);
            let names: Vec<String> = taps.iter().map(|tap| tap.device.name.to_string()).collect();
            let mut senders: Vec<_> = (0..2).map(|_| Sender::start(&bed.namespace)).collect();
            for sender in &mut senders {
                sender.forever(&names);
            }
            let mut counted = Counted::default();
            for _ in 0..intervals {
                let_pass(INTERVAL, Reason::Traffic);
                counted.add(datapath.drain().unwrap());
            }
            let mut sent: BTreeMap<String, Count> = BTreeMap::new();
            for sender in senders {
                for (name, count) in names.iter().zip(sender.stop()) {
                    sent.entry(name.clone()).or_default().add(count);
                }
            }
            counted.add(datapath.drain().unwrap());

            Self { counted, sent, intervals }
        })
    }

    pub(crate) fn verdict(&self) -> Result<(), String> {
        let is_wrong =
            |(name, sent): &(&String, &Count)| self.counted.frames.get(*name) != Some(sent);
        let wrong: Vec<_> = self.sent.iter().filter(is_wrong).collect();

        if wrong.is_empty() { Ok(()) } else { Err(format!("{wrong:?} are not what was counted")) }
    }
}
