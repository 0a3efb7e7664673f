//! The table of columns: measured in turn, and printed.

use std::fmt::Write;

use exporter::datapath::Datapath;
use exporter::interval::{Interval, sum};

use super::bed::{Bed, Subject};
use super::cell::Cell;
use super::columns::{Column, columns};
use super::figures::{Figures, Measured};

/// Takes a sample of every cell, then the next of every cell: what slows the machine down for a
/// while slows all of them down.
pub(super) fn measure(rounds: usize) -> Figures {
    let columns = columns();
    let datapaths: Vec<Datapath> = columns
        .iter()
        .map(|column| Datapath::new(column.options.clone()).expect("a datapath"))
        .collect();
    let mut beds: Vec<Bed> = columns
        .iter()
        .zip(&datapaths)
        .map(|(column, datapath)| Bed::make(column, datapath))
        .collect();
    let mut cells: Vec<[Cell; 3]> = vec![Default::default(); beds.len()];

    for _ in 0..rounds {
        for (bed, cells) in beds.iter_mut().zip(&mut cells) {
            for (subject, cell) in Subject::ALL.into_iter().zip(cells) {
                cell.samples.push(bed.sample(subject));
            }
        }
    }

    let measured = |(bed, cells): (&mut Bed, [Cell; 3])| Measured {
        column: bed.column.name,
        cells,
        keyed: keyed(&bed.drain()),
    };
    Figures(beds.iter_mut().zip(cells).map(measured).collect())
}

fn keyed(interval: &Interval) -> f64 {
    let under_keys = sum(interval.sources.keys.iter().map(|seen| &seen.count)).packets;
    let all = interval.totals.ip().packets;

    under_keys as f64 / all as f64
}

/// Returns the table as people read it.
pub(super) fn print(figures: &Figures) -> String {
    let Figures(columns) = figures;
    let mut out = String::new();
    let _infallible = writeln!(
        out,
        "{:<14}{:>13}{:>13}{:>13}{:>9}{:>9}{:>9}{:>9}",
        "ns a frame", "pass", "parse", "full", "x parse", "x pass", "net", "keyed"
    );

    for measured in columns {
        let cell = |subject| {
            let cell = measured.cell(subject);
            format!("{:.1} ±{:.1}", cell.median(), cell.spread())
        };
        let _infallible = writeln!(
            out,
            "{:<14}{:>13}{:>13}{:>13}{:>9.2}{:>9.2}{:>9.1}{:>8.1}%",
            measured.column,
            cell(Subject::Pass),
            cell(Subject::Parse),
            cell(Subject::Full),
            measured.times_parse(),
            measured.times_pass(),
            measured.net(),
            measured.keyed * 100.0
        );
    }

    out + &legend(&columns_of_the_guard())
}

fn columns_of_the_guard() -> Vec<&'static str> {
    let is_closed = |column: &Column| column.options.budget == 1;

    columns().iter().filter(|column| is_closed(column)).map(|column| column.name).collect()
}

fn legend(closed: &[&str]) -> String {
    format!(
        "Median and half of the interquartile range of interleaved rounds; ratios and net (above \
         pass) by round. The guard is closed (budget 1) in {}; src_50k_wide has 2 MiB of sources a \
         CPU and admits every miss.\n",
        closed.join(", ")
    )
}
