//! One table for scripts: columns with blanks between them, rates as decimal numbers.

use std::fmt::Write;

use super::choice::{Choice, Direction};
use super::seen::{List, Rates, Seen};

/// Writes what was seen, one row for each thing that is counted. The first line has the heads; what is
/// not known is a `-`.
pub fn table(seen: &Seen, choice: &Choice) -> String {
    let mut rows =
        vec![["what", "name", "packets_per_second", "bits_per_second"].map(String::from)];
    let mut add = |what: &str, name: &str, rates: Rates| {
        let number =
            |rate: Option<f64>| rate.map_or_else(|| "-".into(), |rate| format!("{rate:.1}"));
        // A name is one word.
        let name = name.replace(char::is_whitespace, "/");
        rows.push([what.into(), name, number(rates.packets), number(rates.bits)]);
    };

    for (direction, rates) in [Direction::Received, Direction::Sent]
        .into_iter()
        .zip(seen.totals(choice.device.as_deref()))
    {
        add("total", direction.word(), rates);
    }
    for device in &seen.devices {
        add("device-received", &device.name, device.rates[0]);
        add("device-sent", &device.name, device.rates[1]);
    }
    let lists = [
        ("protocol", &seen.protocols),
        (choice.direction.address(), &seen.addresses),
        ("port", &seen.ports),
    ];
    for (what, list) in lists {
        if let List::Rows(list) = list {
            for row in list {
                add(what, &row.name, row.rates);
            }
        }
    }

    aligned(&rows)
}

fn aligned(rows: &[[String; 4]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let [what, name, packets, bits] = [0, 1, 2, 3].map(|column| width(column).unwrap_or_default());

    rows.iter().fold(String::new(), |mut text, [a, b, c, d]| {
        // A string takes all that is written.
        let _ = writeln!(text, "{a:<what$}  {b:<name$}  {c:>packets$}  {d:>bits$}");
        text
    })
}
