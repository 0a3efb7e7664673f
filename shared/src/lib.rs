//! What the program in the kernel and the service agree on: keys, counters, closed sets, layouts.
#![no_std]
#![forbid(unsafe_code)]

mod address;
mod closed_set;
mod constants;
mod hash;
mod layout;
mod parsed;
mod pool;
mod port;
mod sample;
mod service;
mod sets;
mod table;
mod totals;
mod tunnels;

pub use address::Address;
pub use constants::{Control, MISS_BUDGET, Settings};
pub use hash::{hash_address, hash_port};
pub use layout::LAYOUT;
pub use parsed::{Parsed, Rare};
pub use pool::{
    Active, DEVICE_PROBES, DeviceSlot, Kind, KindSet, KindSlot, POOL_SLOTS, PoolCpu, PortAt,
    PortAtSet, PortAtSlot, SourceAt, SourceAtSet, SourceAtSlot, hash_port_at, hash_source_at,
    spread,
};
pub use port::{PortKey, PortProtocol};
pub use sample::{SampleHead, Sampler, TAKERS, Taker, draw};
pub use service::{PORTS, PortRank, RankedPort, Ranks};
pub use sets::{
    Cast, Direction, Encapsulation, Family, FragmentPosition, IpFamily, Malformed, Protocol, cell,
    number,
};
pub use table::{
    Overflow, PORT_WAYS, PortSet, PortSlot, SOURCE_WAYS, Slot, SourceSet, SourceSlot, TableCount,
    WEIGHT_MOST, Ways, first_place, second_place,
};
pub use totals::{
    Attribution, CELLS, Count, Counts, PORT_BITMAP_WORDS, SIZE_BOUNDS, SIZE_BUCKETS,
    SKETCH_REGISTERS, Sketch, TRAFFIC_CLASSES, Totals, VLAN_IDS, size_bucket,
};
pub use tunnels::{GTPU_PORT, TunnelPorts, UpToFour};

/// Names of the maps of one instance, as in the object file.
pub mod maps {
    /// One [`super::Control`].
    pub const CONTROL: &str = "CONTROL";
    /// One [`super::Totals`] for each possible CPU and generation.
    pub const TOTALS: &str = "TOTALS";
    /// [`super::Sketch`]es for each CPU that ran at the load and generation; one without `signals`.
    pub const SKETCHES: &str = "SKETCHES";
    /// [`super::SourceSet`]s for each CPU that ran at the load and generation; one without `sources`.
    pub const SOURCES: &str = "SOURCES";
    /// [`super::PortSet`]s for each CPU that ran at the load and generation; one without `ports`.
    pub const PORTS: &str = "PORTS";
    /// 4,096 counters by VLAN id for each possible CPU and generation; one without `vlans`.
    pub const VLANS: &str = "VLANS";
    /// 256 counters by traffic class for each possible CPU and generation; one without
    /// `traffic_classes`.
    pub const TRAFFIC_CLASSES: &str = "TRAFFIC_CLASSES";
    /// Sources that found no room in [`SOURCES`], by generation.
    pub const OVERFLOW_SOURCES: [&str; 2] = ["MORE_SOURCES_0", "MORE_SOURCES_1"];
    /// Ports that found no room in [`PORTS`], by generation.
    pub const OVERFLOW_PORTS: [&str; 2] = ["MORE_PORTS_0", "MORE_PORTS_1"];
    /// One [`super::Ranks`] for all programs: the section of the object whose place it takes.
    pub const RANKS: &str = ".data.ranks";
    /// [`super::Sampler`]s for each possible CPU, for all programs.
    pub const SAMPLERS: &str = "SAMPLERS";
    /// The ring buffer of copies, for all programs: [`super::SampleHead`]s with bytes behind.
    pub const SAMPLES: &str = "SAMPLES";
    /// Every map of an instance.
    pub const ALL: [&str; 11] = [
        CONTROL,
        TOTALS,
        SKETCHES,
        SOURCES,
        PORTS,
        VLANS,
        TRAFFIC_CLASSES,
        OVERFLOW_SOURCES[0],
        OVERFLOW_SOURCES[1],
        OVERFLOW_PORTS[0],
        OVERFLOW_PORTS[1],
    ];
}

/// Names of the maps of a pool, as in its object file.
pub mod pool_maps {
    /// One [`super::Control`].
    pub const CONTROL: &str = "CONTROL";
    /// [`super::DeviceSlot`]s, by the index of the device.
    pub const DEVICES: &str = "DEVICES";
    /// One [`super::PoolCpu`] for each possible CPU and generation.
    pub const CPUS: &str = "CPUS";
    /// [`super::KindSet`]s for each possible CPU and generation.
    pub const KINDS: &str = "KINDS";
    /// [`super::SourceAtSet`]s for each possible CPU and generation.
    pub const SOURCES: &str = "SOURCES";
    /// [`super::PortAtSet`]s for each possible CPU and generation.
    pub const PORTS: &str = "PORTS";
    /// [`super::Active`] marks for each slot and generation.
    pub const ACTIVE: &str = "ACTIVE";
    /// One [`super::Counts`] for each slot and generation.
    pub const COUNTS: &str = "COUNTS";
    /// One [`super::Sketch`] for each slot and generation; one without `signals`.
    pub const SKETCHES: &str = "SKETCHES";
    /// 4,096 counters by VLAN id for each slot and generation; one without `vlans`.
    pub const VLANS: &str = "VLANS";
    /// 256 counters by traffic class for each slot and generation; one without `traffic_classes`.
    pub const TRAFFIC_CLASSES: &str = "TRAFFIC_CLASSES";
    /// Sources that found no room in [`SOURCES`], by generation.
    pub const OVERFLOW_SOURCES: [&str; 2] = super::maps::OVERFLOW_SOURCES;
    /// Ports that found no room in [`PORTS`], by generation.
    pub const OVERFLOW_PORTS: [&str; 2] = super::maps::OVERFLOW_PORTS;
}

/// Names of the constants in the object: the fields of [`Settings`], and what is known of the
/// kernel and of the device.
pub mod settings {
    /// One for each word of an address.
    pub const SEEDS: [&str; 2] = ["SEED_HIGH", "SEED_LOW"];
    pub const SOURCE_SET_MASK: &str = "SOURCE_SET_MASK";
    pub const PORT_SET_MASK: &str = "PORT_SET_MASK";
    pub const SOURCES: &str = "COUNT_SOURCES";
    pub const PORTS: &str = "COUNT_PORTS";
    pub const SIGNALS: &str = "COUNT_SIGNALS";
    pub const VLANS: &str = "COUNT_VLANS";
    /// What XDP puts before a frame that it has not counted, while two programs are on a device.
    pub const HANDOVER_MARK: &str = "HANDOVER_MARK";
    /// Whether the kernel has frames in several buffers for XDP, and the helper for their length.
    pub const FRAGS: &str = "XDP_FRAGS";
    pub const TRAFFIC_CLASSES: &str = "COUNT_TRAFFIC_CLASSES";
    pub const SAMPLES: &str = "TAKE_SAMPLES";
    pub const SNAP_LENGTH: &str = "SNAP_LENGTH";
    /// The first and the last port of [`VXLAN_PORTS`], [`GENEVE_PORTS`] and GTP-U.
    pub const TUNNELS: [&str; 2] = ["TUNNELS_FIRST", "TUNNELS_LAST"];
    pub const VXLAN_PORTS: &str = "VXLAN_PORTS";
    pub const GENEVE_PORTS: &str = "GENEVE_PORTS";
    /// Of a pool alone.
    pub const KIND_SET_MASK: &str = "KIND_SET_MASK";
    /// Of a pool alone.
    pub const DEVICE_MASK: &str = "DEVICE_MASK";
    /// 1: frames begin with their network header. It belongs to the device, so it is not in
    /// [`super::Settings`].
    pub const STARTS_WITH_NETWORK: &str = "STARTS_WITH_NETWORK";
}

/// Generations of every map: one that the program writes, one that is read and cleared.
pub const GENERATIONS: usize = 2;
