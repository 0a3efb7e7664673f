//! What the answers of the REST API say, as far as it is shown.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::choice::{Choice, Direction, Order};
use crate::printable::printable;

/// Bodies of answers of one moment.
#[derive(Debug)]
pub struct Answers {
    pub flows: Vec<u8>,
    pub protocols: Vec<u8>,
    pub addresses: Vec<u8>,
    pub ports: Vec<u8>,
    pub health: Vec<u8>,
}

/// An answer is not what an exporter of this version says.
#[derive(Debug, thiserror::Error)]
#[error("the answer is not one of packet-exporter: {0}")]
pub struct Malformed(#[from] serde_json::Error);

/// What is shown of one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Number and time of the fold; `None` before the first.
    pub(super) fold: Option<Fold>,
    /// Why it is not ready, if it is not.
    pub(super) problem: Option<String>,
    /// Seconds until the next fold can be read.
    pub(super) next: f64,
    pub(super) devices: Vec<Device>,
    pub(super) protocols: List,
    pub(super) addresses: List,
    pub(super) ports: List,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Fold {
    pub(super) number: u64,
    pub(super) time: String,
    pub(super) elapsed_seconds: Option<f64>,
}

/// Rates of one device, by [`Direction`].
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Device {
    pub(super) name: String,
    pub(super) rates: [Rates; 2],
}

/// Packets and bits a second; `None` where that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rates {
    pub(super) packets: Option<f64>,
    pub(super) bits: Option<f64>,
}

/// A list of rows, those with most first, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum List {
    Rows(Vec<Row>),
    Refused(String),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) rates: Rates,
}

/// An answer, or the problem that was answered in its place.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answered<T> {
    Answer(T),
    Problem { detail: String },
}

#[derive(Deserialize)]
struct Packets {
    fold: Fold,
    items: Vec<Item>,
    other: Option<Other>,
}

#[derive(Deserialize)]
struct Item {
    labels: Labels,
    counts: Counts,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Labels {
    device: String,
    direction: String,
    protocol: String,
    port: String,
    source: String,
    destination: String,
}

#[derive(Deserialize)]
struct Counts {
    packets: u64,
    packets_per_second: Option<f64>,
    bytes_per_second: Option<f64>,
}

#[derive(Deserialize)]
struct Other {
    counts: Counts,
}

#[derive(Deserialize)]
struct Health {
    ready: bool,
    reason: Option<String>,
    folding: Folding,
}

#[derive(Deserialize)]
struct Folding {
    interval_seconds: f64,
    age_seconds: Option<f64>,
}

impl Seen {
    /// Reads answers to a choice.
    pub fn read(answers: &Answers, choice: &Choice) -> Result<Self, Malformed> {
        let health: Health = serde_json::from_slice(&answers.health)?;
        let (fold, devices) = match read::<Packets>(&answers.flows)? {
            Answered::Answer(flows) => (Some(flows.fold), devices(&flows.items)),
            Answered::Problem { .. } => (None, Vec::new()),
        };
        let list = |bytes: &[u8], name: fn(&Labels) -> String| -> Result<List, Malformed> {
            Ok(match read::<Packets>(bytes)? {
                Answered::Answer(packets) => List::Rows(rows(&packets, name, choice.order)),
                Answered::Problem { detail } => List::Refused(printable(&detail).into_owned()),
            })
        };
        let Folding { interval_seconds, age_seconds } = health.folding;

        Ok(Self {
            fold,
            problem: (!health.ready).then(|| health.reason.unwrap_or_default()),
            next: (interval_seconds - age_seconds.unwrap_or_default()).clamp(0.0, 3600.0),
            devices,
            protocols: list(&answers.protocols, |labels| labels.protocol.clone())?,
            addresses: list(&answers.addresses, |it| format!("{}{}", it.source, it.destination))?,
            ports: list(&answers.ports, |labels| format!("{} {}", labels.port, labels.protocol))?,
        })
    }

    /// Returns the seconds until the next fold can be read.
    pub fn next(&self) -> f64 {
        self.next
    }

    /// Returns the rates of the chosen device, or of all, by [`Direction`].
    pub(super) fn totals(&self, device: Option<&str>) -> [Rates; 2] {
        let chosen = self.devices.iter().filter(|it| device.is_none_or(|name| name == it.name));

        chosen.fold([Rates::default(); 2], |[received, sent], it| {
            [received.plus(it.rates[0]), sent.plus(it.rates[1])]
        })
    }
}

impl Rates {
    fn of(counts: &Counts) -> Self {
        Self {
            packets: counts.packets_per_second,
            bits: counts.bytes_per_second.map(|bytes| bytes * 8.0),
        }
    }

    /// Adds what is known.
    fn plus(self, other: Self) -> Self {
        let sum = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => Some(a + b),
            (known, None) | (None, known) => known,
        };

        Self { packets: sum(self.packets, other.packets), bits: sum(self.bits, other.bits) }
    }

    pub(super) fn by(self, order: Order) -> Option<f64> {
        match order {
            Order::Packets => self.packets,
            Order::Bits => self.bits,
        }
    }
}

/// Returns the sentence of an answer that is a problem; `None` of any other.
pub fn problem(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Problem {
        detail: String,
    }

    let problem: Problem = serde_json::from_slice(body).ok()?;
    Some(printable(&problem.detail).into_owned())
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<Answered<T>, Malformed> {
    Ok(serde_json::from_slice(bytes)?)
}

/// Returns devices with the rates of both directions, in the order of their names.
fn devices(items: &[Item]) -> Vec<Device> {
    let mut devices: Vec<Device> = Vec::new();
    for Item { labels, counts } in items {
        let name = printable(&labels.device).into_owned();
        let place = usize::from(labels.direction == Direction::Sent.label());
        let found = devices.iter().position(|known| known.name == name);
        let device = found.unwrap_or_else(|| {
            devices.push(Device { name, rates: [Rates::default(); 2] });
            devices.len() - 1
        });
        devices[device].rates[place] = Rates::of(counts);
    }
    devices.sort_by(|a, b| a.name.cmp(&b.name));

    devices
}

/// Returns the rows of an answer that count something now.
fn rows(packets: &Packets, name: fn(&Labels) -> String, order: Order) -> Vec<Row> {
    let row = |name, counts: &Counts| Row { name, rates: Rates::of(counts) };
    let named = packets
        .items
        .iter()
        .map(|item| row(printable(&name(&item.labels)).into_owned(), &item.counts));
    let other = packets.other.iter().filter(|it| it.counts.packets > 0);
    let other = other.map(|other| row("other".into(), &other.counts));
    let mut rows: Vec<_> =
        named.chain(other).filter(|row| row.rates.packets != Some(0.0)).collect();
    rows.sort_by(|a, b| {
        let rate = |row: &Row| row.rates.by(order).unwrap_or(-1.0);
        rate(b).total_cmp(&rate(a))
    });

    rows
}
