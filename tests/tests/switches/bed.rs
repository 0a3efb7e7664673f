//! Programs on one end of a cable, whose constants change while both ends send.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use exporter::config::{Naming, Signals};
use exporter::datapath::{
    Datapath, Device, LinkLayer, Options, Placement, Replaced, Tap, TransmitChoice,
};
use exporter::dimension::{ByDimension, Dimension};
use exporter::interval::{Drained, Interval, Law};
use exporter::ledger::{Ledger, Rules};
use exporter::services::PortRules;
use exporter::snapshot::{Breakdown, Flow};
use shared::{Count, Direction, Family, Protocol};
use tests::cable::{Cable, Namespace};

use super::senders::Sender;

/// How constants change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// One program comes in the place of the other.
    Replaced,
    /// One is removed, then another is attached.
    WithAGap,
    /// As `Replaced`, and the check does not know what is off.
    AsIfAllWereOn,
}

pub(crate) struct Bed {
    cable: Cable,
    datapath: Datapath,
    /// Where what is received is counted.
    receive: Placement,
    options: Options,
    taps: Vec<Tap>,
    flows: BTreeMap<Direction, Account>,
}

/// What was counted in one direction.
struct Account {
    ledger: Ledger,
    flow: Option<Flow>,
    datagrams: u64,
    sent: u64,
    /// What the last interval was counted by.
    counted: [bool; 4],
}

impl Bed {
    /// Attaches programs in both directions. The calling thread stays in the namespace.
    pub(crate) fn make(name: &str, receive: Placement, transmit: TransmitChoice) -> Self {
        let cable = Cable::lay(name);
        cable.plug_in();
        let device = Device { name: Cable::DEVICE.into(), index: Cable::index(&cable.here) };
        cable.here.enter();
        let options = Options { transmit, ..Options::default() };
        let mut datapath = Datapath::new(options.clone()).unwrap();
        let taps: Vec<Tap> = Direction::ALL
            .iter()
            .map(|direction| Tap { device: device.clone(), direction: *direction })
            .collect();
        attach(&mut datapath, &taps, receive);
        let account = || Account {
            ledger: Ledger::new(rules()),
            flow: None,
            datagrams: 0,
            sent: 0,
            counted: [true; 4],
        };
        let flows = Direction::ALL.iter().map(|it| (*it, account())).collect();

        Self { cable, datapath, receive, options, taps, flows }
    }

    /// Changes constants again and again while both ends send; returns what is wrong.
    pub(crate) fn run(&mut self, changes: usize, way: Way) -> Result<(), String> {
        let Cable { here, there } = &self.cable;
        let senders = [
            Sender::start(there, &Cable::THERE[..3], Cable::HERE[0]),
            Sender::start(here, &Cable::HERE[..1], Cable::THERE[0]),
        ];
        let mut outcome = Ok(());
        for change in 0..changes {
            let options = changed(&self.options, change);
            let done = self.change(&options, way).and_then(|()| self.drain(way));
            outcome = outcome.and(done.map_err(|error| format!("change {change}: {error}")));
        }
        for (direction, sender) in
            [Direction::Receive, Direction::Transmit].into_iter().zip(senders)
        {
            self.flows.get_mut(&direction).unwrap().sent += sender.stop();
        }
        // One for what was counted since, one for what was not read in the one before.
        for _ in 0..2 {
            outcome = outcome.and(self.drain(way));
        }
        outcome?;

        let dropped = dropped(&self.cable.there);
        self.compare(Direction::Transmit, 0)?;
        self.compare(Direction::Receive, dropped)
    }

    /// Returns whether the last intervals were counted by all but VLANs, as at the beginning.
    pub(crate) fn counts_all(&self) -> bool {
        self.flows.values().all(|account| account.counted == [true, true, false, true])
    }

    fn change(&mut self, options: &Options, way: Way) -> Result<(), String> {
        let Self { datapath, receive, taps, .. } = self;
        datapath.change(options);
        if way == Way::WithAGap {
            datapath.pause(taps);
            attach(datapath, taps, *receive);
            return Ok(());
        }
        let outdated = datapath.outdated();
        if outdated != *taps {
            return Err(format!("{outdated:?} are to be replaced"));
        }
        for tap in &outdated {
            datapath.prepare_next(tap).map_err(|error| error.to_string())?;
        }

        Ok(())
    }

    fn drain(&mut self, way: Way) -> Result<(), String> {
        let drained = self.datapath.drain().map_err(|error| error.to_string())?;
        for Replaced { tap, outcome, .. } in self.datapath.take_replaced() {
            outcome.map_err(|error| format!("{tap:?}: {error}"))?;
        }
        for Drained { direction, since, counted, .. } in drained {
            let interval = counted.map_err(|error| error.to_string())?;
            adds_up(&interval, way)?;
            let account = self.flows.get_mut(&direction).unwrap();
            account.add(&interval, direction, since)?;
        }

        Ok(())
    }

    fn compare(&self, direction: Direction, dropped: u64) -> Result<(), String> {
        let Account { datagrams, flow, sent, .. } = &self.flows[&direction];
        let sent = sent - dropped;
        let frames = flow.as_ref().map(|flow| flow.totals.frames());
        println!("{direction:?}: {datagrams} datagrams of {frames:?}");
        if *datagrams == sent {
            return Ok(());
        }

        Err(format!("{direction:?}: {datagrams} datagrams were counted and {sent} were sent"))
    }
}

impl Account {
    fn add(
        &mut self,
        interval: &Interval,
        direction: Direction,
        since: SystemTime,
    ) -> Result<(), String> {
        let udp = interval.totals.cells[Family::Ipv4.index()][Protocol::Udp.index()];
        self.counted = counted(interval);
        self.datagrams += udp.packets;
        let ledger = self.ledger.clone().with_rules(rules().within(interval.switches));
        self.ledger = ledger.fold(interval, SystemTime::now());
        let flow = self.ledger.flow(Cable::DEVICE.into(), direction, since);
        let before = self.flow.replace(flow.clone());
        if let Some(before) = before {
            for (dimension, before) in before.breakdowns.present() {
                never_falls(before, flow.breakdowns[dimension].as_ref())?;
            }
        }
        if flow.imbalanced != [0; Law::ALL.len()] {
            return Err(format!("the ledger found laws broken: {:?}", flow.imbalanced));
        }

        Ok(())
    }
}

/// Counters with the same start never fall, and those with another begin anew.
fn never_falls(before: &Breakdown, now: Option<&Breakdown>) -> Result<(), String> {
    let Some(now) = now else { return Ok(()) };
    if before.since != now.since {
        return Err("a dimension has another start and was never off".to_owned());
    }
    let falls =
        |(before, now): (&Count, &Count)| now.packets < before.packets || now.bytes < before.bytes;
    let named = before.named.iter().filter_map(|before| {
        let now = now.named.iter().find(|now| now.key == before.key)?;
        Some((&before.count, &now.count))
    });
    if before.other.iter().zip(&now.other).chain(named).any(falls) || now.evicted < before.evicted {
        return Err("a counter fell".to_owned());
    }

    Ok(())
}

/// Returns whether sources, ports, VLANs and signals were counted.
pub(crate) fn counted(interval: &Interval) -> [bool; 4] {
    let [sources, ports, vlans] =
        Dimension::ALL.map(|dimension| interval.switches.dimensions[dimension]);

    [sources, ports, vlans, interval.switches.signals]
}

fn adds_up(interval: &Interval, way: Way) -> Result<(), String> {
    let is_counted = |law: Law| {
        way == Way::AsIfAllWereOn
            || law.dimension().is_none_or(|dimension| interval.switches.dimensions[dimension])
    };
    let by_class: u64 = interval.traffic_classes.iter().sum();
    let is_whole = by_class == interval.totals.ip().packets;
    if interval.switches.traffic_classes && !is_whole {
        return Err(format!(
            "{by_class} packets have a traffic class in {:?}",
            interval.totals.ip()
        ));
    }
    match interval.imbalances().find(|broken| is_counted(broken.law)) {
        Some(broken) => Err(format!("an interval does not add up: {broken:?}")),
        None => Ok(()),
    }
}

/// Returns rules by which clients take these ports.
pub(crate) fn clients_in(ephemeral: RangeInclusive<u16>) -> PortRules {
    PortRules { ephemeral, ..PortRules::default() }
}

/// Changes one constant; each is changed back by the change after the next but one.
fn changed(options: &Options, change: usize) -> Options {
    let default = options.clone();
    match change % 10 {
        0 => Options { sources: false, ..default },
        1 | 3 | 5 | 7 => default,
        2 => Options { ports: false, ..default },
        4 => Options { vlans: true, ..default },
        6 => Options { signals: false, ..default },
        8 => Options { sources: false, ports: false, signals: false, ..default },
        _ => Options {
            port_rules: clients_in(20_000..=65_535),
            vlans: true,
            traffic_classes: true,
            ..default
        },
    }
}

fn attach(datapath: &mut Datapath, taps: &[Tap], receive: Placement) {
    for tap in taps {
        let placement = match tap.direction {
            Direction::Receive => receive,
            Direction::Transmit => Placement::tc(datapath.transmit().unwrap(), LinkLayer::Ethernet),
        };
        let prepared = datapath.prepare_for(tap, placement).unwrap();
        datapath.attach(tap, prepared).unwrap();
    }
}

fn rules() -> Rules {
    let idle = Duration::from_mins(1);
    let naming = Naming { enabled: true, limit: 100, idle, churn: 1, remembered: 1000 };
    let signals = Signals { enabled: true, window: idle, scan_ports: 32 };

    Rules { naming: ByDimension::from_fn(|_| naming), signals, traffic_classes: false, casts: true }
}

/// What a device dropped because the other end had no room.
fn dropped(namespace: &Namespace) -> u64 {
    let [dropped] = namespace.counts(Cable::DEVICE, "tx", ["dropped"]);

    dropped
}
