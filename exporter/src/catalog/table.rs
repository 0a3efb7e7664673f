//! The catalogue as a table for people.

use std::fmt::Write;

use shared::Direction;

use super::metric::{Availability, Kind, Metric, Read};
use super::{MetricFamily, PREFIX, SECTIONS};

/// Returns the table of all metrics in Markdown, as `docs/metrics.md` has it.
pub fn markdown() -> String {
    let [receive, transmit] = [Direction::Receive, Direction::Transmit].map(Direction::label);
    let mut text = format!(
        "Each `{PREFIX}_{receive}_*` has a twin `{PREFIX}_{transmit}_*` if sent frames are \
         counted. A twin with another name has its own line.\n"
    );

    for section in SECTIONS {
        let title = section.title;
        let _ = write!(
            text,
            "\n### {title}\n\n\
             | metric | type | labels | default | meaning |\n\
             |---|---|---|---|---|\n"
        );
        for metric in section.metrics.iter().copied().flatten() {
            text.extend(rows(metric));
        }
    }

    text
}

fn rows(metric: &'static Metric) -> impl Iterator<Item = String> {
    let direction = matches!(metric.read, Read::Flow(_)).then_some(Direction::Receive);
    let twin = metric.transmit.is_some().then_some(Some(Direction::Transmit));

    [Some(direction), twin]
        .into_iter()
        .flatten()
        .map(move |direction| row(MetricFamily { metric, direction }))
}

fn row(family: MetricFamily) -> String {
    let name = family.stored_name();
    let labels: Vec<_> = family.labels().iter().map(|label| format!("`{label}`")).collect();
    let kind = match family.kind() {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
        Kind::Info => "info",
    };
    let default = match family.metric.default {
        Availability::On => "on",
        Availability::OptIn => "opt-in",
    };

    format!("| `{name}` | {kind} | {} | {default} | {} |\n", labels.join(", "), family.help())
}

#[cfg(test)]
mod tests {
    use std::{env, fs};

    const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");
    const BEGIN: &str = "<!-- metrics:begin -->\n";
    const END: &str = "<!-- metrics:end -->";

    #[test]
    fn the_page_of_metrics_has_this_table() {
        let page = fs::read_to_string(PAGE).expect("docs/metrics.md of the workspace");
        let (before, rest) = page.split_once(BEGIN).expect("docs/metrics.md says metrics:begin");
        let (block, after) = rest.split_once(END).expect("docs/metrics.md says metrics:end");

        let table = super::markdown();

        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(PAGE, [before, BEGIN, &table, END, after].concat()).unwrap();
        } else {
            assert_eq!(block, table, "`UPDATE_GOLDEN=1 cargo test -p exporter` rewrites it");
        }
    }
}
