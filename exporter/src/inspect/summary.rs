//! A capture's report as a person reads it.

use std::cmp::Reverse;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use super::report::{Cell, Icmp, PacketsBytes, Port, PortLabel, Report};

/// Sources and ports that are shown; the JSON has all.
const SHOWN: usize = 10;

/// How a capture was read.
#[derive(Clone, Debug)]
pub struct Run {
    /// The file, or `standard input`.
    pub name: String,
    pub format: String,
    /// Which parser read the frames, as a sentence without its full stop.
    pub parser: String,
    pub elapsed: Duration,
    /// Frames of which only the beginning was captured.
    pub cut_off: u64,
}

/// A report for a person.
#[derive(Debug)]
pub struct Summary<'a> {
    pub run: &'a Run,
    pub report: &'a Report,
}

impl Run {
    /// Packets that were read in a second.
    pub fn speed(&self, packets: u64) -> String {
        let seconds = self.elapsed.as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
        let speed = packets as f64 / seconds.max(f64::MIN_POSITIVE);

        match speed {
            1e6.. => format!("{:.1} million packets/s", speed / 1e6),
            1e3.. => format!("{:.0} thousand packets/s", speed / 1e3),
            _ => format!("{speed:.0} packets/s"),
        }
    }
}

impl Display for Summary<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { run, report } = self;
        let Run { name, format, parser, elapsed, cut_off } = run;
        let Report { packets, bytes, .. } = report;

        writeln!(f, "{name}: {packets} packets, {bytes} bytes on the wire ({format})")?;
        writeln!(f, "{parser}.")?;
        writeln!(f, "Took {:.3} s, {}.", elapsed.as_secs_f64(), run.speed(*packets))?;
        if *cut_off > 0 {
            writeln!(
                f,
                "Cut off by the snap length: {cut_off} packets, which count as malformed where a \
                 header claims more than was captured."
            )?;
        }

        self.totals(f)?;
        self.keys(f)?;
        counts(f, "Skipped", report.skipped.iter())
    }
}

impl Summary<'_> {
    fn totals(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Report { cells, tcp_flags, icmp, fragments, malformed, encapsulations, .. } =
            self.report;

        table(f, "Protocols", cells.len(), cells.iter().map(cell))?;
        counts(f, "TCP flags", tcp_flags.iter())?;
        let icmp = icmp.iter().map(|Icmp { family, r#type, packets }| Row {
            name: format!("{family} {type}"),
            packets: *packets,
            bytes: None,
        });
        rows(f, "ICMP", icmp)?;
        let fragments = fragments.iter().flat_map(|(family, positions)| {
            positions.iter().map(move |(position, packets)| Row {
                name: format!("{family} {position}"),
                packets: *packets,
                bytes: None,
            })
        });
        rows(f, "Fragments", fragments)?;
        counts(f, "Malformed", malformed.iter())?;
        counts(f, "Encapsulations", encapsulations.iter())
    }

    fn keys(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Report { sources, ports, .. } = self.report;
        let sources: Vec<_> = sources
            .iter()
            .map(|(address, PacketsBytes { packets, bytes })| Row {
                name: address.to_string(),
                packets: *packets,
                bytes: Some(*bytes),
            })
            .collect();
        let ports: Vec<_> = ports.iter().map(port).collect();

        table(f, "Sources", sources.len(), busiest(sources).into_iter())?;
        table(f, "Ports", ports.len(), busiest(ports).into_iter())
    }
}

/// One line of a table.
struct Row {
    name: String,
    packets: u64,
    bytes: Option<u64>,
}

fn cell(cell: &Cell) -> Row {
    let Cell { family, protocol, packets, bytes } = cell;

    Row { name: format!("{family} {protocol}"), packets: *packets, bytes: Some(*bytes) }
}

fn port(port: &Port) -> Row {
    let Port { protocol, label, packets, bytes } = port;
    let name = match label {
        PortLabel::Number(number) => format!("{protocol} {number}"),
        PortLabel::Word(word) => format!("{protocol} {word}"),
    };

    Row { name, packets: *packets, bytes: Some(*bytes) }
}

fn busiest(mut rows: Vec<Row>) -> Vec<Row> {
    rows.sort_by_key(|row| Reverse(row.packets));
    rows.truncate(SHOWN);

    rows
}

fn counts<'a>(
    f: &mut Formatter<'_>,
    title: &str,
    counts: impl Iterator<Item = (&'a &'static str, &'a u64)>,
) -> fmt::Result {
    let row = |(name, packets): (&&str, &u64)| Row {
        name: (*name).to_owned(),
        packets: *packets,
        bytes: None,
    };

    rows(f, title, counts.map(row))
}

/// Writes all rows.
fn rows(f: &mut Formatter<'_>, title: &str, rows: impl Iterator<Item = Row>) -> fmt::Result {
    let rows: Vec<_> = rows.collect();

    table(f, title, rows.len(), rows.into_iter())
}

/// Writes rows that are some of `all`; nothing without any.
fn table(
    f: &mut Formatter<'_>,
    title: &str,
    all: usize,
    rows: impl Iterator<Item = Row>,
) -> fmt::Result {
    let rows: Vec<_> = rows.collect();
    let Some(Row { bytes, .. }) = rows.first() else { return Ok(()) };
    let title = match rows.len() {
        shown if shown < all => format!("{title} (the {shown} busiest of {all})"),
        _ => title.to_owned(),
    };

    let bytes = if bytes.is_some() { "bytes" } else { "" };
    writeln!(f, "{}", format!("\n{title:<42}{:>12}{bytes:>16}", "packets").trim_end())?;
    for Row { name, packets, bytes } in rows {
        let bytes = bytes.map(|bytes| format!("{bytes:>16}")).unwrap_or_default();
        writeln!(f, "  {name:<40}{packets:>12}{bytes}")?;
    }

    Ok(())
}
