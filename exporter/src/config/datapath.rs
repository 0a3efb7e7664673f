//! `[datapath]`: the programs in the kernel and their tables.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use shared::MISS_BUDGET;

use super::auto::{Auto, Bytes};
use super::mode::Mode;
use super::overrides::{self, Class, Override};

/// The programs in the kernel and their tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Datapath {
    /// How often the counts are read from the kernel: 100ms to 60s.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
    /// How received packets are counted: with XDP in the driver (native) or in the network stack
    /// (generic), in the network stack with TCX (Linux 6.6 and newer) or with a filter of the clsact
    /// queue discipline. auto uses native XDP on hardware that has it, and TCX or clsact elsewhere:
    /// auto, native, generic, tcx or clsact.
    /// Needs a restart.
    pub mode: Mode,
    /// How sent packets are counted: with TCX (Linux 6.6 and newer), with a filter of the clsact
    /// queue discipline, with whichever the kernel has (auto), or not at all (off): auto, tcx,
    /// clsact or off.
    /// Needs a restart.
    pub transmit: Transmit,
    /// Memory for the kernel maps of all devices together; the sizes below come from it. A device
    /// that has no room is not counted. auto is 1/16 of the memory of the host, or half of what the
    /// control group may use if that is less, between 32 and 256 MiB: "auto", or a size from 8MiB
    /// on.
    /// Needs a restart.
    pub memory: Auto<Bytes>,
    /// Size of the first-level table of sources in KiB. There are two for each CPU, direction and
    /// device. A small table is cheaper in a flood, a large one holds more sources at once; auto is
    /// 256 at most: "auto", or a power of two, 64 to 4096.
    /// Needs a restart.
    pub source_table_kib: Auto<u32>,
    /// Size of the first-level table of ports in KiB, allocated like that of sources; auto is 64 at
    /// most: "auto", or a power of two, 16 to 1024.
    /// Needs a restart.
    pub port_table_kib: Auto<u32>,
    /// Sources that fit into the second-level table, which all CPUs share; auto is 65536 at most:
    /// "auto", or 1024 to 4194304.
    /// Needs a restart.
    pub source_overflow_entries: Auto<u32>,
    /// Ports that fit into the second-level table; auto is 16384 at most: "auto", or 1024 to 262144.
    /// Needs a restart.
    pub port_overflow_entries: Auto<u32>,
    /// Packets per second and CPU that may use the second-level tables; above it they are sampled.
    /// A higher value finds more sources in a flood and costs more: 1000 to 10000000.
    pub miss_budget: u32,
    /// Keep counting in the kernel after the exporter exits, so that a restart or an upgrade misses
    /// no packet. A start with false removes what was pinned: true or false.
    /// Needs a restart.
    pub pin: bool,
    /// Directory for pinned programs and maps, on a BPF file system: an absolute path.
    /// Needs a restart.
    pub pin_path: PathBuf,
    /// Other choices for some devices, each a table `[[datapath.override]]` of the file with devices
    /// (a regular expression for the whole name), mode, and class: own or shared. The first one
    /// that has a choice for a device counts. On the command line each is a table in one line, as in
    /// {devices = "eth.*", mode = "tcx"}: a list of tables with devices and mode, class or both.
    /// Needs a restart.
    pub r#override: Vec<Override>,
}

/// Where what is sent is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transmit {
    /// TCX, else clsact.
    Auto,
    Tcx,
    Clsact,
    /// Nowhere.
    Off,
}

impl Default for Datapath {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(1),
            mode: Mode::Auto,
            transmit: Transmit::Auto,
            memory: Auto::Auto,
            source_table_kib: Auto::Auto,
            port_table_kib: Auto::Auto,
            source_overflow_entries: Auto::Auto,
            port_overflow_entries: Auto::Auto,
            miss_budget: MISS_BUDGET,
            pin: false,
            pin_path: "/sys/fs/bpf/packet-exporter".into(),
            r#override: Vec::new(),
        }
    }
}

/// With less, not even one device has room on a host with several CPUs.
const LEAST_MEMORY: Bytes = Bytes(8 << 20);

impl Datapath {
    pub(super) fn refusals(&self) -> Vec<&'static str> {
        const INTERVAL: RangeInclusive<Duration> =
            Duration::from_millis(100)..=Duration::from_mins(1);

        let Self {
            interval,
            mode: Mode::Auto | Mode::Native | Mode::Generic | Mode::Tcx | Mode::Clsact,
            transmit: Transmit::Auto | Transmit::Tcx | Transmit::Clsact | Transmit::Off,
            memory,
            source_table_kib,
            port_table_kib,
            source_overflow_entries,
            port_overflow_entries,
            miss_budget,
            pin: _,
            pin_path,
            r#override,
        } = self;

        super::refused([
            ("interval", INTERVAL.contains(interval)),
            ("memory", memory.allows(|it| it >= LEAST_MEMORY)),
            ("source_table_kib", source_table_kib.allows(is_table(64..=4096))),
            ("port_table_kib", port_table_kib.allows(is_table(16..=1024))),
            (
                "source_overflow_entries",
                source_overflow_entries.allows(|it| (1024..=4_194_304).contains(&it)),
            ),
            (
                "port_overflow_entries",
                port_overflow_entries.allows(|it| (1024..=262_144).contains(&it)),
            ),
            ("miss_budget", (1000..=10_000_000).contains(miss_budget)),
            ("pin_path", pin_path.is_absolute()),
            ("override", r#override.iter().all(Override::is_allowed)),
        ])
    }

    /// Returns how what a device with these names receives is to be counted.
    pub fn mode_of<'a>(&self, names: impl IntoIterator<Item = &'a str, IntoIter: Clone>) -> Mode {
        overrides::first(&self.r#override, names, |it| it.mode).unwrap_or(self.mode)
    }

    /// Returns whose program and tables are to count on a device with these names; `None` where
    /// nothing is said of it.
    pub fn class_of<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
    ) -> Option<Class> {
        overrides::first(&self.r#override, names, |it| it.class)
    }
}

/// The kernel finds a set by masking a hash.
fn is_table(range: RangeInclusive<u32>) -> impl Fn(u32) -> bool {
    move |kib| kib.is_power_of_two() && range.contains(&kib)
}
