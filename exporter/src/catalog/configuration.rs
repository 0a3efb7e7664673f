//! Metrics of the exporter about its configuration.

use crate::health::{Configuration, ReloadOutcome, ReloadSource};

use super::metric::{Kind, Metric, Read, Unit};
use super::sample::Sink;

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "config_last_reload_successful",
        help: "Whether the last attempt to read the configuration succeeded, 1 or 0.",
        kind: Kind::Gauge,
        read: Read::Configuration(|it, sink| sink.number(&[], it.is_current.into())),
        ..Metric::USUAL
    },
    Metric {
        name: "config_last_reload_success_timestamp",
        help: "When the configuration was last read with success, in seconds since 1970.",
        unit: Unit::Seconds,
        kind: Kind::Gauge,
        read: Read::Configuration(|it, sink| sink.moment(&[], it.read)),
        ..Metric::USUAL
    },
    Metric {
        name: "config_reloads",
        help: "How often the configuration was read again, by what asked for it and how it ended.",
        labels: &["source", "outcome"],
        read: Read::Configuration(reloads),
        ..Metric::USUAL
    },
    Metric {
        name: "config_overridden_keys",
        help: "Keys of the configuration file that the environment or the command line overrides.",
        kind: Kind::Gauge,
        read: Read::Configuration(|it, sink| sink.number(&[], it.overridden)),
        ..Metric::USUAL
    },
    Metric {
        name: "config_waiting_keys",
        help: "Keys of the configuration whose new value needs a restart.",
        kind: Kind::Gauge,
        read: Read::Configuration(|it, sink| sink.number(&[], it.waiting)),
        ..Metric::USUAL
    },
];

fn reloads(configuration: &Configuration, sink: &mut dyn Sink) {
    for source in ReloadSource::ALL {
        for outcome in ReloadOutcome::ALL {
            let count = configuration.reloads.get(&(source, outcome)).copied().unwrap_or(0);
            sink.number(&[source.label(), outcome.label()].map(Into::into), count);
        }
    }
}
