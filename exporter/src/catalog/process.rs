//! Metrics that every process exposes.
//!
//! Source of names and helps: prometheus/docs, `docs/instrumenting/writing_clientlibs.md`,
//! section "Process metrics".

use crate::process::Process;

use super::metric::{Kind, Metric, Read, Unit};
use super::sample::Sink;

pub(super) const METRICS: &[Metric] = &[
    Metric {
        name: "cpu",
        help: "Total user and system CPU time spent in seconds.",
        unit: Unit::Seconds,
        read: Read::Process(cpu),
        ..Metric::USUAL
    },
    Metric {
        name: "open_fds",
        help: "Number of open file descriptors.",
        read: Read::Process(|process, sink| number(sink, process.open_fds)),
        ..GAUGE
    },
    Metric {
        name: "max_fds",
        help: "Maximum number of open file descriptors.",
        read: Read::Process(|process, sink| number(sink, process.max_fds)),
        ..GAUGE
    },
    Metric {
        name: "virtual_memory",
        help: "Virtual memory size in bytes.",
        unit: Unit::Bytes,
        read: Read::Process(|process, sink| number(sink, process.virtual_memory_bytes)),
        ..GAUGE
    },
    Metric {
        name: "virtual_memory_max",
        help: "Maximum amount of virtual memory available in bytes.",
        unit: Unit::Bytes,
        read: Read::Process(|process, sink| number(sink, process.virtual_memory_max_bytes)),
        ..GAUGE
    },
    Metric {
        name: "resident_memory",
        help: "Resident memory size in bytes.",
        unit: Unit::Bytes,
        read: Read::Process(|process, sink| number(sink, process.resident_memory_bytes)),
        ..GAUGE
    },
    Metric {
        name: "start_time",
        help: "Start time of the process since unix epoch in seconds.",
        unit: Unit::Seconds,
        read: Read::Process(|process, sink| sink.moment(&[], process.started)),
        ..GAUGE
    },
    Metric {
        name: "threads",
        help: "Number of OS threads in the process.",
        read: Read::Process(|process, sink| number(sink, process.threads)),
        ..GAUGE
    },
];

const GAUGE: Metric = Metric { kind: Kind::Gauge, ..Metric::USUAL };

fn cpu(process: &Process, sink: &mut dyn Sink) {
    if let Some(cpu) = process.cpu {
        sink.real(&[], cpu.as_secs_f64());
    }
}

fn number(sink: &mut dyn Sink, value: Option<u64>) {
    if let Some(value) = value {
        sink.number(&[], value);
    }
}
