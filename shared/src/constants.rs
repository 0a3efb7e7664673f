//! What the service sets in the program: constants at the load, words while it runs.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The constants of one load, in the program's `.rodata`: the verifier folds them in and
/// removes what they switch off.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
pub struct Settings {
    /// Drawn anew for each load, one for each word of an address, see [`crate::hash_address`]. Ports
    /// take the last one.
    pub seeds: [u64; 2],
    /// A [`crate::UpToFour`].
    pub vxlan_ports: u64,
    /// A [`crate::UpToFour`].
    pub geneve_ports: u64,
    /// Sets of one CPU and generation less one; the number is a power of two.
    pub source_set_mask: u32,
    /// Sets of one CPU and generation less one; the number is a power of two.
    pub port_set_mask: u32,
    /// [`crate::TunnelPorts::bounds`].
    pub tunnels_first: u16,
    pub tunnels_last: u16,
    /// 1: a frame may be counted under its source.
    pub sources: u8,
    /// 1: a frame may be counted under its port.
    pub ports: u8,
    /// 1: distinct sources and ports are counted.
    pub signals: u8,
    /// 1: frames are counted by VLAN id.
    pub vlans: u8,
    /// 1: IP packets are counted by traffic class.
    pub traffic_classes: u8,
    /// 1: copies of some packets are taken.
    pub samples: u8,
    /// Most bytes of a copy, 1 at least.
    pub snap_length: u16,
    pub reserved: [u8; 4],
}

/// Words that the program reads for each packet and user space writes while it runs.
#[repr(C)]
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
pub struct Control {
    /// Which generation of every map counts: 0 or 1, the lowest bit; [`Self::PROBING`] and
    /// [`Self::ALONE`] are others.
    pub generation: u32,
    /// Misses of one CPU and interval that are all admitted to the second level, for each dimension.
    pub budget: u32,
}

impl Control {
    /// In [`Self::generation`], while two programs are on a device: the one of XDP does not count yet.
    pub const PROBING: u32 = 2;
    /// In [`Self::generation`], once the program in the stack is removed: the one of XDP counts also
    /// frames that it cannot mark.
    pub const ALONE: u32 = 4;
}

const _: () = assert!(size_of::<Control>() == 8);

/// The default of [`Control::budget`], for an interval of one second.
pub const MISS_BUDGET: u32 = 5000;
