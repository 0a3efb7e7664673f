//! Network devices, and what is on them.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use shared::Direction;
use tokio::runtime::Builder;

use super::Item;
use crate::config::Devices;
use crate::datapath::tcx_programs;
use crate::driver::{Driver, Drivers};
use crate::files;
use crate::interfaces::{self, Interface};
use crate::printable::printable;

const DEVICES: &str = "/sys/class/net";
/// Without addresses; some of them are not told of every device.
const FACTS: [&str; 11] = [
    "ifindex",
    "iflink",
    "type",
    "flags",
    "mtu",
    "operstate",
    "carrier",
    "speed",
    "duplex",
    "tx_queue_len",
    "threaded",
];

pub(super) fn items(wanted: &Devices) -> Vec<Item> {
    let counters = files::of_kernel("/proc/net/dev").map_err(|error| error.to_string());
    let listed = interfaces(wanted);

    vec![
        Item::new("devices/net-dev", "The kernel's counters of each device", counters),
        Item::new("devices/programs.txt", "Devices, drivers and the programs on them", listed),
        Item::new("devices/sysfs.txt", "What sysfs shows of each device", in_sysfs()),
    ]
}

fn interfaces(wanted: &Devices) -> Result<String, String> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let interfaces =
        runtime.block_on(interfaces::list()).map_err(|error| crate::causes::with_causes(&error))?;
    let mut drivers = Drivers::new().ok();

    let mut text = String::new();
    for interface in &interfaces {
        let driver = drivers.as_mut().and_then(|drivers| drivers.of(interface.index).ok());
        // A string takes all that is written.
        let _written = line(&mut text, interface, driver, interface.is_wanted(wanted));
    }

    Ok(text)
}

fn line(
    text: &mut String,
    interface: &Interface,
    driver: Option<Driver>,
    is_wanted: bool,
) -> std::fmt::Result {
    let Interface { name, index, mtu, kind, frames, has_hardware, is_up, .. } = interface;

    writeln!(text, "{} index {index} mtu {mtu} up {is_up}", printable(name))?;
    writeln!(text, "  wanted {is_wanted} kind {kind} hardware {has_hardware} frames {frames:?}")?;
    writeln!(text, "  lower {:?} upper {:?}", interface.lower, interface.upper)?;
    writeln!(text, "  xdp program {:?}", interface.xdp_program)?;
    for (hook, direction) in [("ingress", Direction::Receive), ("egress", Direction::Transmit)] {
        match tcx_programs(*index, direction) {
            Ok(ids) => writeln!(text, "  tcx {hook} programs {ids:?}")?,
            Err(reason) => writeln!(text, "  tcx {hook} programs ({reason})")?,
        }
    }
    match driver {
        Some(Driver { xdp, offloads }) => {
            writeln!(text, "  driver xdp {xdp:?}")?;
            writeln!(text, "  driver offloads {offloads:?}")
        }
        None => writeln!(text, "  driver (not reported)"),
    }
}

fn in_sysfs() -> Result<String, String> {
    let all = Path::new(DEVICES);
    let names = files::names_in_kernel(all).map_err(|error| format!("`{DEVICES}`: {error}"))?;

    Ok(names.iter().map(|name| of_device(name, &all.join(name))).collect())
}

fn of_device(name: &str, folder: &Path) -> String {
    let fact = |name: &str| {
        let text = files::of_kernel(&folder.join(name));
        text.ok().map(|text| format!("  {name} {}\n", text.trim()))
    };
    let driver = files::target_in_kernel(&folder.join("device/driver")).ok();
    let driver = driver.as_deref().and_then(Path::file_name).map(|it| it.to_string_lossy());
    let driver = driver.map(|driver| format!("  driver {driver}\n"));
    let queues = files::names_in_kernel(&folder.join("queues")).unwrap_or_default();
    let count = |start: &str| queues.iter().filter(|name| name.starts_with(start)).count();
    let queues = format!("  queues rx {} tx {}\n", count("rx-"), count("tx-"));
    let slaves = ["master", "bridge", "bonding"].map(PathBuf::from);
    let parts = slaves.iter().filter(|it| files::is_in_kernel(&folder.join(it)));
    let parts = parts.map(|it| format!("  has {}\n", it.display()));

    [format!("{}\n", printable(name))]
        .into_iter()
        .chain(FACTS.iter().filter_map(|name| fact(name)))
        .chain(driver)
        .chain([queues])
        .chain(parts)
        .collect()
}
