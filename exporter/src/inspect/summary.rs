//! A report as a person reads it.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use super::report::{Cell, Icmp, PacketsBytes, Port, PortLabel, Report, busiest};
use crate::config::By;
use crate::record::ForeignLink;

/// A capture of which something was read.
#[derive(Clone, Debug)]
pub struct FileRead {
    /// The file, or `standard input`.
    pub name: String,
    pub format: String,
    /// Packets that were counted, and their lengths on the wire.
    pub packets: u64,
    pub bytes: u64,
}

/// How captures were read.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    pub files: &'a [FileRead],
    /// What parsed the packets, as a sentence without its full stop.
    pub parser: String,
    pub elapsed: Duration,
    /// Packets of which only the beginning was captured.
    pub cut_off: u64,
    /// Packets with a length on the wire below that of what was captured.
    pub understated: u64,
    /// Packets that were skipped, by the link type of their interface.
    pub foreign_links: &'a BTreeMap<ForeignLink, u64>,
}

/// A report for a person.
#[derive(Debug)]
pub struct Summary<'a> {
    pub run: &'a Run<'a>,
    pub report: &'a Report,
    /// What is shown of it; everything where it is empty.
    pub by: &'a [By],
    /// How many sources and ports are shown, and protocols if they are asked for.
    pub top: usize,
}

impl Run<'_> {
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
        let Self { run, report, by, .. } = self;

        self.head(f)?;
        if by.is_empty() {
            self.totals(f)?;
            self.sources(f)?;
            self.ports(f)?;
        }
        for by in *by {
            match by {
                By::Source => self.sources(f)?,
                By::Port => self.ports(f)?,
                By::Protocol => self.protocols(f)?,
            }
        }
        counts(f, "Skipped", report.skipped.iter())?;
        for (link, packets) in run.foreign_links {
            writeln!(f, "  {} of link type {link}", counted(*packets, "packet"))?;
        }

        Ok(())
    }
}

impl Summary<'_> {
    fn head(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { run, report, .. } = self;
        let Run { files, parser, elapsed, cut_off, understated, .. } = run;

        for FileRead { name, format, packets, bytes } in *files {
            let packets = counted(*packets, "packet");
            let bytes = counted(*bytes, "byte");
            writeln!(f, "{name}: {packets}, {bytes} on the wire ({format})")?;
        }
        if files.len() > 1 {
            let packets = counted(report.packets, "packet");
            let bytes = counted(report.bytes, "byte");
            writeln!(f, "{} files: {packets}, {bytes} on the wire", files.len())?;
        }
        writeln!(f, "{parser}.")?;
        writeln!(f, "Took {:.3} s, {}.", elapsed.as_secs_f64(), run.speed(report.packets))?;
        if *cut_off > 0 {
            writeln!(
                f,
                "Cut off by the snap length: {}. What is cut off within its headers counts as \
                 malformed.",
                counted(*cut_off, "packet")
            )?;
        }
        if *understated > 0 {
            writeln!(
                f,
                "Shorter on the wire than in the file, as the file states: {}, counted with the \
                 length on the wire.",
                counted(*understated, "packet")
            )?;
        }

        Ok(())
    }

    fn totals(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Report { cells, cast, tcp_flags, icmp, fragments, malformed, encapsulations, .. } =
            self.report;

        table(f, "Protocols", cells.len(), cells.iter().map(cell))?;
        counts(f, "Destination types", cast.iter())?;
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

    fn sources(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let row = |(address, count): (&std::net::IpAddr, &PacketsBytes)| Row {
            name: address.to_string(),
            packets: count.packets,
            bytes: Some(count.bytes),
        };

        self.top(f, "Sources", self.report.sources.iter().map(row).collect())
    }

    fn ports(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.top(f, "Ports", self.report.ports.iter().map(port).collect())
    }

    fn protocols(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.top(f, "Protocols", self.report.cells.iter().map(cell).collect())
    }

    /// Writes the rows with the most packets.
    fn top(&self, f: &mut Formatter<'_>, title: &str, mut rows: Vec<Row>) -> fmt::Result {
        let all = rows.len();
        busiest(&mut rows, self.top, |row| row.packets);

        table(f, title, all, rows.into_iter())
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

/// As `1 packet` and `2 packets`.
fn counted(number: u64, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };

    format!("{number} {what}{ending}")
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
