//! `doctor`: whether counting would work here.

mod bundle;

use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, anyhow};
use shared::Direction;
use tokio::runtime::Builder;

use super::devices::{Hooks, Sharing};
use super::{Failure, host_memory, options, pushes, token_file, web_file};
use crate::causes::with_causes;
use crate::config::{self, Config, Doctor, Transmit, Web};
use crate::datapath::{
    Datapath, Device, ExpectedMaps, LinkLayer, Options, Placement, ProgramMaps, ProgramNames, Tap,
    Taps, check_pins, is_left_behind, raise_limits, would_hide,
};
use crate::doctor::{
    Classes, DeviceFacts, Diagnosis, Facts, HiddenBy, MapBytes, MapFacts, Program, Tables,
};
use crate::driver::{Driver, Drivers};
use crate::health::{Hook, Mode};
use crate::http::Listeners;
use crate::interfaces::{self, FrameStart, Interface};
use crate::privileges::{self, Kept};
use crate::{files, process};

const RELEASE: &str = "/proc/sys/kernel/osrelease";
const VERSION: &str = "/proc/sys/kernel/version";
const REALTIME: &str = "/sys/kernel/realtime";
const BTF: &str = "/sys/kernel/btf/vmlinux";
const JIT: &str = "/proc/sys/net/core/bpf_jit_enable";

/// Checks whether `run` would work, and why not. Loads programs, attaches none, and leaves nothing.
pub fn doctor(command: &Doctor) -> Result<(), Failure> {
    if let Some(bundle) = &command.bundle {
        return bundle::write(&command.inputs, bundle);
    }
    let config =
        Config::load(&command.inputs).map_err(|error| Failure::Refused(error.into()))?.config;
    let facts = facts(&config).map_err(Failure::Refused)?;
    let diagnosis = Diagnosis::of(&facts);

    let written = if command.json {
        diagnosis.write(&mut io::stdout())
    } else {
        write!(io::stdout(), "{diagnosis}")
    };
    match written {
        // A reader that went away has read enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Failed(anyhow!(error).context("cannot write the result")))
        }
        _ if diagnosis.works => Ok(()),
        _ => Err(Failure::Refused(anyhow!("`run` would be refused: {}", diagnosis.refusals()))),
    }
}

fn facts(config: &Config) -> anyhow::Result<Facts> {
    let capabilities = privileges::held()?;
    let is_permitted = capabilities.iter().all(|(_, is_held)| *is_held);
    // To take a place for pins is to change something.
    let options = Options { pins: None, ..options::datapath(config) };
    // What stays limited is named where something does not fit.
    let _limited = is_permitted.then(raise_limits);
    let for_maps = options.clone();
    let loading = is_permitted.then(|| load(options));
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let interfaces = runtime.block_on(interfaces::list())?;
    let (hooks, loading) = match loading {
        Some(Ok(hooks)) => (Some(hooks), Some(Ok(()))),
        Some(Err(error)) => (None, Some(Err(error))),
        None => (None, None),
    };
    let transmit = match loading {
        Some(_) => hooks.and_then(|hooks| hooks.egress).map(Hook::label),
        None => expected(config.datapath.transmit),
    };
    let Web { listen_address, systemd_socket, .. } = &config.web;
    let sharing = Sharing {
        config: &config.datapath,
        // The class of a device is the same with TCX and with clsact.
        hooks: Hooks {
            ingress: hooks.map_or(Hook::TcxIngress, |hooks| hooks.ingress),
            egress: transmit.map(|_| Hook::TcxEgress),
        },
        has_ingress: true,
        is_pinned: config.datapath.pin,
    };
    let counted: Vec<_> =
        interfaces.iter().filter(|it| it.is_wanted(&config.devices)).cloned().collect();
    let maps = maps(&for_maps, &sharing.taps(&counted)).context("cannot count the CPUs")?;
    let wanted = wanted(&counted, sharing, hooks);
    let listening = (!systemd_socket).then(|| Listeners::bind(listen_address).map(drop));
    let Files { kept, web, tokens, otlp } = files(config)?;

    Ok(Facts {
        kernel: text(RELEASE).unwrap_or_else(|| "unknown".into()),
        btf: files::is_in_kernel(Path::new(BTF)),
        realtime: is_realtime(text(REALTIME).as_deref(), text(VERSION).as_deref()),
        jit: text(JIT).and_then(|text| text.parse().ok()),
        capabilities,
        kept: kept.iter().map(|kept| with_causes(kept)).collect(),
        is_root: process::is_root(),
        loading,
        listening: listening.map(|it| it.map_err(|error| with_causes(&error))),
        web: web.map_err(|error| format!("{error:#}")),
        tokens: tokens.map_err(|error| format!("{error:#}")),
        otlp: otlp.map_err(|error| format!("{error:#}")).transpose(),
        pins: config
            .datapath
            .pin
            .then(|| check_pins(&config.datapath.pin_path).map_err(|error| with_causes(&error))),
        ingress: hooks.map_or("tcx or clsact", |hooks| hooks.ingress.label()),
        present: interfaces.iter().map(|interface| interface.name.to_string()).collect(),
        wanted,
        transmit,
        maps,
        available: host_memory::available(),
    })
}

/// Returns what the maps of so many programs would take.
fn maps(options: &Options, taps: &Taps) -> io::Result<MapFacts> {
    let ExpectedMaps { own, pool, slots } = options.expected_maps(taps)?;
    let tables = |programs: usize, ProgramMaps { sizes, maps, bytes }| Tables {
        programs: programs as u64,
        bytes,
        sizes: options::table_sizes(sizes),
        maps: maps.iter().map(|it| MapBytes { map: it.map, bytes: it.bytes }).collect(),
    };

    Ok(MapFacts {
        own: tables(taps.own, own),
        shared: tables(taps.shared.len(), pool),
        room: slots,
        limit: options.memory,
    })
}

/// What came of reading the files that the configuration names.
struct Files {
    /// Rights that were not given up before.
    kept: Vec<Kept>,
    web: anyhow::Result<()>,
    tokens: anyhow::Result<()>,
    /// `None` where nothing is pushed.
    otlp: anyhow::Result<Option<()>>,
}

/// Reads files with the rights that `run` has left then. Those belong to threads, so a thread of
/// its own gives up the rest.
fn files(config: &Config) -> anyhow::Result<Files> {
    let read = || Files {
        kept: privileges::keep_needed(),
        web: web_file(config).map(drop),
        tokens: token_file(config).map(drop),
        otlp: pushes::check(&config.otlp).map(|is_any| is_any.then_some(())),
    };

    let read = thread::scope(|scope| scope.spawn(read).join());
    read.map_err(|_| anyhow!("what reads the files of the configuration panicked"))
}

/// Loads a program for each place and lets go of it; returns the hooks of tc.
fn load(options: Options) -> Result<Hooks, String> {
    let datapath = Datapath::new(options).map_err(|error| with_causes(&error))?;
    let hooks = Hooks::of(&datapath);
    let in_stack = [Some(hooks.ingress), hooks.egress].into_iter().flatten();
    let in_stack = in_stack.map(|hook| Placement::tc(hook, LinkLayer::Ethernet));
    for placement in [Placement::xdp(Mode::Native)].into_iter().chain(in_stack) {
        datapath.prepare(placement).map_err(|error| with_causes(&error))?;
    }

    Ok(hooks)
}

/// Returns the hook for sent packets, as far as it is known without asking the kernel.
fn expected(choice: Transmit) -> Option<&'static str> {
    match choice {
        Transmit::Auto => Some("tcx or clsact"),
        Transmit::Tcx => Some("tcx"),
        Transmit::Clsact => Some("clsact"),
        Transmit::Off => None,
    }
}

/// `hooks` are those that are used for sure; `None` where that is not known.
fn wanted(
    interfaces: &[Interface],
    sharing: Sharing<'_>,
    hooks: Option<Hooks>,
) -> Vec<DeviceFacts> {
    let config = sharing.config;
    let names = ProgramNames::read();
    let mut drivers = Drivers::new().ok();
    let mut driver = |index| match &mut drivers {
        Some(drivers) => drivers.of(index).unwrap_or_default(),
        None => Driver::default(),
    };
    let program = |id| Program { id, name: names.of(id).map(ToOwned::to_owned) };

    interfaces
        .iter()
        .map(|interface| DeviceFacts {
            device: interface.name.to_string(),
            ifindex: interface.index,
            mtu: interface.mtu,
            driver: driver(interface.index),
            program: interface.xdp_program.map(program),
            mode: config.mode_of(interface.names()),
            classes: Classes {
                receive: sharing.class_of(interface, Direction::Receive),
                transmit: sharing.class_of(interface, Direction::Transmit),
            },
            has_hardware: interface.has_hardware,
            has_ethernet: interface.frames == FrameStart::Ethernet,
            is_countable: !matches!(interface.frames, FrameStart::Foreign | FrameStart::Nowhere),
            is_left_behind: is_left_behind(&config.pin_path, &received(interface)),
            hidden_by: hooks.map(|hooks| hidden_by(interface, config, hooks)).unwrap_or_default(),
        })
        .collect()
}

/// Returns what would see frames in the stack before the exporter's programs.
fn hidden_by(interface: &Interface, config: &config::Datapath, hooks: Hooks) -> HiddenBy {
    let device = received(interface).device;
    let by = |hook| would_hide(&device, hook).map(|in_front| in_front.to_string());
    let ingress = hooks.received(config.mode_of(interface.names()));

    HiddenBy { receive: by(ingress), transmit: hooks.egress.and_then(by) }
}

/// Returns the place where what the interface receives is counted.
fn received(interface: &Interface) -> Tap {
    let device = Device { name: Arc::clone(&interface.name), index: interface.index };

    Tap { device, direction: Direction::Receive }
}

/// Returns whether the kernel is built with PREEMPT_RT: a file of its own shows it, which not every
/// such kernel has, and its version does, as in `#1 SMP PREEMPT_RT Debian 6.12.95-1`.
fn is_realtime(realtime: Option<&str>, version: Option<&str>) -> bool {
    realtime == Some("1") || version.is_some_and(|it| it.split(' ').any(|it| it == "PREEMPT_RT"))
}

fn text(path: &str) -> Option<String> {
    files::of_kernel(path).ok().map(|text| text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realtime_kernel_is_known_by_its_file_and_by_its_version() {
        let plain = Some("#1 SMP PREEMPT_DYNAMIC Debian 6.12.95-1 (2026-10-01)");
        let realtime = Some("#1 SMP PREEMPT_RT Debian 6.12.95-1 (2026-10-01)");

        assert!(is_realtime(Some("1"), plain));
        assert!(is_realtime(None, realtime));
        assert!(!is_realtime(Some("0"), plain));
        assert!(!is_realtime(None, plain));
        assert!(!is_realtime(None, None));
    }
}
