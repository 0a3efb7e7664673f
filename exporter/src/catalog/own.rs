//! Metrics of the exporter about its programs and its folds.

use crate::health::{AttachFailure, Attachment, DURATION_BOUNDS, DeviceInfo, Durations, Mode};
use crate::interval::Law;
use crate::snapshot::Snapshot;
use crate::version::Build;

use super::metric::{Kind, Metric, Read, Unit};
use super::sample::{Histogram, Sample, Sink, Value};

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "build",
        help: "Version, commit, branch, compiler and target of this build.",
        kind: Kind::Info,
        labels: &["version", "revision", "branch", "rustversion", "target"],
        read: Read::Build(build),
        ..Metric::USUAL
    },
    Metric {
        name: "program_attached",
        help: "Whether the wanted program is attached to the device, 1 or 0.",
        kind: Kind::Gauge,
        labels: &["device", "hook"],
        read: Read::Exporter(attached),
        ..Metric::USUAL
    },
    Metric {
        name: "program",
        help: "How the program is attached, with its name and tag in the kernel.",
        kind: Kind::Info,
        labels: &["device", "hook", "mode", "program", "tag"],
        read: Read::Exporter(programs),
        ..Metric::USUAL
    },
    Metric {
        name: "device",
        help: "Kind, driver, alias and master of a device that is wanted; a cable without an alias \
               has the name of the network namespace of its other end.",
        kind: Kind::Info,
        labels: &["device", "ifindex", "kind", "driver", "alias", "master"],
        read: Read::Exporter(devices),
        ..Metric::USUAL
    },
    Metric {
        name: "counting_since_timestamp",
        help: "When the totals of the device and direction began at 0, in seconds since 1970.",
        unit: Unit::Seconds,
        kind: Kind::Gauge,
        labels: &["device", "direction"],
        read: Read::Exporter(counting_since),
        ..Metric::USUAL
    },
    Metric {
        name: "imbalanced_intervals",
        help: "Intervals in which sources, ports or sizes did not add up to all frames, by law; \
               always 0 where counting works.",
        labels: &["device", "direction", "law"],
        read: Read::Exporter(imbalanced),
        ..Metric::USUAL
    },
    Metric {
        name: "attach_failures",
        help: "Failed attempts to attach a program, by reason.",
        labels: &["device", "hook", "reason"],
        read: Read::Exporter(failures),
        ..Metric::USUAL
    },
    Metric {
        name: "fold_duration",
        help: "Time to drain the maps of all devices and to fold the counts, by phase.",
        unit: Unit::Seconds,
        kind: Kind::Histogram,
        labels: &["phase"],
        read: Read::Exporter(durations),
        ..Metric::USUAL
    },
    Metric {
        name: "folds",
        help: "Completed folds.",
        read: Read::Exporter(|snapshot, sink| sink.number(&[], snapshot.health.folding.folds)),
        ..Metric::USUAL
    },
    Metric {
        name: "interval",
        help: "Time between two folds that is in force: how old counts may be.",
        unit: Unit::Seconds,
        kind: Kind::Gauge,
        read: Read::Exporter(|snapshot, sink| {
            sink.real(&[], snapshot.health.folding.interval.as_secs_f64());
        }),
        ..Metric::USUAL
    },
    Metric {
        name: "fold_failures",
        help: "Failed readings of one device or of all at once; the counts of an attached device \
               wait in the kernel for the next fold.",
        read: Read::Exporter(|snapshot, sink| sink.number(&[], snapshot.health.folding.failures)),
        ..Metric::USUAL
    },
    Metric {
        name: "last_fold_timestamp",
        help: "When the counts of the last fold were read, in seconds since 1970.",
        unit: Unit::Seconds,
        kind: Kind::Gauge,
        read: Read::Exporter(|snapshot, sink| sink.moment(&[], snapshot.health.folding.last)),
        ..Metric::USUAL
    },
];

fn build(build: &Build, sink: &mut dyn Sink) {
    let Build { version, revision, branch, rustversion, target } = *build;

    sink.info(&[version, revision, branch, rustversion, target].map(Into::into));
}

fn attached(snapshot: &Snapshot, sink: &mut dyn Sink) {
    let wanted = snapshot.health.attachments.iter().filter(|it| it.is_wanted);
    for Attachment { device, hook, running, .. } in wanted {
        sink.number(&[&**device, hook.label()].map(Into::into), running.is_some().into());
    }
}

fn programs(snapshot: &Snapshot, sink: &mut dyn Sink) {
    for Attachment { device, hook, running, .. } in &snapshot.health.attachments {
        if let Some(running) = running {
            let mode = running.mode.map_or("", Mode::label);
            let labels = [&**device, hook.label(), mode, &running.program, &running.tag];
            sink.info(&labels.map(Into::into));
        }
    }
}

fn devices(snapshot: &Snapshot, sink: &mut dyn Sink) {
    for info in &*snapshot.health.devices {
        let DeviceInfo { device, ifindex, kind, driver, alias, master } = info;
        let ifindex = ifindex.to_string();
        sink.info(&[&**device, &ifindex, &**kind, &**driver, &**alias, &**master].map(Into::into));
    }
}

fn counting_since(snapshot: &Snapshot, sink: &mut dyn Sink) {
    for flow in &snapshot.flows {
        let labels = [&*flow.device, flow.direction.label()];
        sink.moment(&labels.map(Into::into), Some(flow.since));
    }
}

fn imbalanced(snapshot: &Snapshot, sink: &mut dyn Sink) {
    for flow in &snapshot.flows {
        for (law, intervals) in Law::ALL.into_iter().zip(flow.imbalanced) {
            let labels = [&*flow.device, flow.direction.label(), law.label()];
            sink.count(&labels.map(Into::into), intervals, flow.since);
        }
    }
}

fn failures(snapshot: &Snapshot, sink: &mut dyn Sink) {
    for Attachment { device, hook, failures, .. } in &snapshot.health.attachments {
        for reason in AttachFailure::ALL {
            let labels = [&**device, hook.label(), reason.label()].map(Into::into);
            sink.number(&labels, failures.get(&reason).copied().unwrap_or(0));
        }
    }
}

fn durations(snapshot: &Snapshot, sink: &mut dyn Sink) {
    let folding = &snapshot.health.folding;

    for (phase, Durations { buckets, sum }) in [("drain", &folding.drain), ("fold", &folding.fold)]
    {
        let sum = sum.as_secs_f64();
        let histogram = Histogram { bounds: &DURATION_BOUNDS, buckets, sum };
        sink.sample(Sample {
            labels: &[phase.into()],
            value: Value::Histogram(histogram),
            since: None,
        });
    }
}
