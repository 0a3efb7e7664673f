//! What `/metrics` says, read as any client would.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use shared::Count;

use crate::cable::Cable;
use crate::receivers::series::{Series, name_of};

const PATIENCE: Duration = Duration::from_secs(20);

/// One scrape.
#[derive(Clone, Debug)]
pub struct Scrape(Vec<Sample>);

#[derive(Clone, Debug)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: String,
}

/// Fetches a page; returns its status and its body.
pub fn get(address: SocketAddr, path: &str) -> io::Result<(u16, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // HTTP/1.0: the answer comes in one piece and ends with the connection.
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;

    let parts = answer.split_once("\r\n\r\n");
    let (head, body) = parts.ok_or(io::ErrorKind::UnexpectedEof)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.ok_or(io::ErrorKind::InvalidData)?;

    Ok((status, body.to_owned()))
}

impl Scrape {
    /// Reads a text exposition.
    pub fn read(text: &str) -> Self {
        let samples = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        let sample = |line| sample(line).unwrap_or_else(|| panic!("no sample: {line}"));

        Self(samples.map(sample).collect())
    }

    /// Returns every series with its value.
    pub fn series(&self) -> Series {
        let named = |sample: &Sample| {
            let value = sample.value.parse().expect("a value is a number");
            (name_of(&sample.name, &sample.labels), value)
        };

        self.0.iter().map(named).collect()
    }

    /// Adds up the samples of a metric that have these labels, among others; `None` without any.
    pub fn find(&self, name: &str, labels: &[(&str, &str)]) -> Option<u64> {
        let has = |sample: &&Sample| {
            let label = |(name, value): &(&str, &str)| {
                // For Prometheus a label without a value is none.
                sample.labels.get(*name).map_or("", String::as_str) == *value
            };
            sample.name == name && labels.iter().all(label)
        };
        let number = |sample: &Sample| {
            let whole = sample.value.strip_suffix(".0").unwrap_or(&sample.value);
            whole.parse::<u64>().unwrap_or_else(|_| panic!("no count: {sample:?}"))
        };
        let mut numbers = self.0.iter().filter(has).map(number).peekable();
        numbers.peek()?;

        Some(numbers.sum())
    }

    /// Returns packets and bytes of what the cable's end here received: those of
    /// `packet_receive_WHAT_packets_total`, or of all frames where `what` is empty.
    pub fn received(&self, what: &str, labels: &[(&str, &str)]) -> Count {
        self.counted(&format!("receive_{what}"), labels)
    }

    /// Returns packets and bytes of what the cable's end here sent, likewise.
    pub fn transmitted(&self, what: &str, labels: &[(&str, &str)]) -> Count {
        self.counted(&format!("transmit_{what}"), labels)
    }

    fn counted(&self, what: &str, labels: &[(&str, &str)]) -> Count {
        let labels = [&[("device", Cable::DEVICE)], labels].concat();
        let sum = |unit| {
            let name = format!("packet_{what}{unit}_total");
            self.find(&name, &labels).unwrap_or_default()
        };

        Count { packets: sum("packets"), bytes: sum("bytes") }
    }

    /// Returns the samples whose name begins with `prefix`, without it; the device is left out of
    /// their labels.
    pub fn below(&self, prefix: &str) -> BTreeMap<String, String> {
        let of = |Sample { name, labels, value }: &Sample| {
            let rest = name.strip_prefix(prefix)?;
            let labels: Vec<_> = labels.iter().filter(|(label, _)| *label != "device").collect();
            Some((format!("{rest} {labels:?}"), value.clone()))
        };

        self.0.iter().filter_map(of).collect()
    }
}

/// Reads `name{label="value",..} 1`.
fn sample(line: &str) -> Option<Sample> {
    let (series, value) = line.rsplit_once(' ')?;
    let (name, mut rest) = match series.split_once('{') {
        Some((name, labels)) => (name, labels.strip_suffix('}')?),
        None => (series, ""),
    };
    let mut labels = BTreeMap::new();
    while !rest.is_empty() {
        let (label, quoted) = rest.split_once("=\"")?;
        let (content, behind) = unquoted(quoted)?;
        labels.insert(label.to_owned(), content);
        rest = behind.strip_prefix(',').unwrap_or(behind);
    }

    Some(Sample { name: name.to_owned(), labels, value: value.to_owned() })
}

/// Reads a value up to its quotation mark, without its escapes; returns it and what is behind.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => match characters.next()? {
                'n' => value.push('\n'),
                other => value.push(other),
            },
            other => value.push(other),
        }
    }
}
