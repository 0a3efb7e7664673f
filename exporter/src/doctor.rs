//! Whether counting would work on a host, by what was found there.

mod checks;
mod devices;
mod memory;
mod table;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use serde::Serialize;

use crate::health::Hook;

pub use devices::{Classes, DeviceFacts, HiddenBy, Program};
pub use memory::{MapBytes, MapFacts, Memory, TableSizes, Tables};

/// What was found on a host.
#[derive(Clone, Debug)]
pub struct Facts {
    /// As in `uname -r`.
    pub kernel: String,
    /// The kernel describes its types.
    pub btf: bool,
    /// The kernel is built with PREEMPT_RT.
    pub realtime: bool,
    /// `net.core.bpf_jit_enable`; `None` where it is unknown.
    pub jit: Option<u8>,
    /// Capabilities that are needed, and whether this process has them.
    pub capabilities: Vec<(String, bool)>,
    /// Why `run` keeps rights that it does not need.
    pub kept: Vec<String>,
    /// This is a process of user 0.
    pub is_root: bool,
    /// How the kernel took the programs; `None` where that could not be tried.
    pub loading: Option<Result<(), String>>,
    /// Whether the exporter can listen on the addresses of the configuration; `None` where systemd
    /// passes sockets instead.
    pub listening: Option<Result<(), String>>,
    /// Whether the web configuration can be read.
    pub web: Result<(), String>,
    /// Whether the file of tokens can be read; also where there is none.
    pub tokens: Result<(), String>,
    /// Whether what pushes over OTLP need can be read; `None` where nothing is pushed.
    pub otlp: Option<Result<(), String>>,
    /// Whether programs can be pinned; `None` where they are not to be.
    pub pins: Option<Result<(), String>>,
    /// The hook for received frames in the stack, as the kernel has it.
    pub ingress: &'static str,
    /// Names of all devices.
    pub present: Vec<String>,
    /// Those that the configuration wants.
    pub wanted: Vec<DeviceFacts>,
    /// Where what is sent would be counted; `None` where it would not.
    pub transmit: Option<&'static str>,
    pub maps: MapFacts,
    /// Bytes that are free for new programs; `None` where it is unknown.
    pub available: Option<u64>,
}

/// How it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    /// `run` would work, but less well.
    Warning,
    /// `run` would be refused, or would not count there.
    Refused,
    /// Unknown: this kernel does not show it, or these rights do not allow it.
    Unknown,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    pub check: &'static str,
    pub state: State,
    pub found: String,
    pub remedy: Option<String>,
}

/// One device that the configuration wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeviceCheck {
    pub device: String,
    pub ifindex: u32,
    pub mtu: u32,
    pub state: State,
    /// `native` or `generic`, as it is expected; `null` where no program can be attached.
    pub mode: Option<&'static str>,
    pub class: Classes,
    pub found: String,
    pub remedy: Option<String>,
    /// The XDP program that is there already.
    pub program: Option<Program>,
}

/// Everything that was looked at, and what follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// `run` would not be refused.
    pub works: bool,
    pub checks: Vec<Check>,
    pub devices: Vec<DeviceCheck>,
    pub memory: Memory,
}

impl Facts {
    /// Returns whether the kernel is known to have no TCX.
    fn has_no_tcx(&self) -> bool {
        self.ingress == Hook::TcIngress.label()
    }
}

impl Diagnosis {
    /// Judges what was found.
    pub fn of(facts: &Facts) -> Self {
        let mut devices: Vec<_> =
            facts.wanted.iter().map(|device| devices::judge(device, facts)).collect();
        let memory = memory::of(facts);
        memory::refuse(&mut devices, &facts.maps);
        let mut checks = checks::of(facts, memory::check(&memory, facts.available));
        checks.push(devices::some(&devices, facts));
        checks.extend(devices::hidden(facts, &devices));

        let works = checks.iter().all(|check| check.state != State::Refused);
        Self { works, checks, devices, memory }
    }

    /// Returns what stands in the way, one after the other.
    pub fn refusals(&self) -> String {
        let refused = self.checks.iter().filter(|check| check.state == State::Refused);
        let refused: Vec<_> =
            refused.map(|check| format!("{}: {}", check.check, check.found)).collect();

        refused.join("; ")
    }

    /// Writes it as one line of JSON.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        serde_json::to_writer(&mut *out, self)?;

        out.write_all(b"\n")
    }
}
