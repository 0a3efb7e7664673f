//! What the driver of a device can do, as the kernel reports it over generic netlink.

use std::io::{self, ErrorKind};

use crate::netlink::{self, AskError, Attribute, Family, attributes, encoded, find, nested};

/// What is known of a device's driver; `None` where this kernel does not report it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Driver {
    /// Told since Linux 6.3.
    pub xdp: Option<XdpFeatures>,
    /// Told since Linux 5.6.
    pub offloads: Option<Offloads>,
}

/// What the driver can do with XDP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct XdpFeatures {
    /// It runs XDP programs natively.
    pub native: bool,
    /// It passes a program frames in several buffers, as large MTUs need.
    pub buffers: bool,
}

/// Features that merge frames before a program sees them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offloads {
    /// `rx-lro`
    pub lro: Offload,
    /// `rx-gro-hw`
    pub gro_hw: Offload,
}

/// A feature of a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offload {
    #[default]
    Off,
    On,
    /// It is on and cannot be switched off.
    Fixed,
}

/// Reads what the drivers can do.
#[derive(Debug)]
pub struct Drivers {
    netdev: Option<u16>,
    ethtool: Option<u16>,
}

impl Drivers {
    /// Looks up the families of messages.
    pub fn new() -> io::Result<Self> {
        Ok(Self { netdev: family("netdev")?, ethtool: family("ethtool")? })
    }

    /// Reads what the driver of the device with this index can do.
    pub fn of(&self, index: u32) -> io::Result<Driver> {
        Ok(Driver { xdp: self.xdp(index)?, offloads: self.offloads(index)? })
    }

    fn xdp(&self, index: u32) -> io::Result<Option<XdpFeatures>> {
        // Source: include/uapi/linux/netdev.h.
        const DEVICE_GET: u8 = 1;
        const INDEX: u16 = 1;
        const FEATURES: u16 = 3;
        const BASIC: u64 = 1;
        const RX_SG: u64 = 1 << 5;

        let Some(family) = self.netdev else { return Ok(None) };
        let answer = ask(family, DEVICE_GET, &encoded(INDEX, &index.to_ne_bytes()))?;
        let features = answer.as_deref().and_then(|bytes| find(bytes, FEATURES)?.long());

        Ok(features
            .map(|bits| XdpFeatures { native: bits & BASIC != 0, buffers: bits & RX_SG != 0 }))
    }

    fn offloads(&self, index: u32) -> io::Result<Option<Offloads>> {
        // Source: include/uapi/linux/ethtool_netlink_generated.h.
        const FEATURES_GET: u8 = 11;
        const HEADER: u16 = 1;
        const DEVICE_INDEX: u16 = 1;
        /// What can be changed.
        const HARDWARE: u16 = 2;
        const ACTIVE: u16 = 4;

        let Some(family) = self.ethtool else { return Ok(None) };
        let header = nested(HEADER, &encoded(DEVICE_INDEX, &index.to_ne_bytes()));
        let Some(answer) = ask(family, FEATURES_GET, &header)? else { return Ok(None) };
        let offload = |name| match (is_in(&answer, ACTIVE, name), is_in(&answer, HARDWARE, name)) {
            (false, _) => Offload::Off,
            (true, true) => Offload::On,
            (true, false) => Offload::Fixed,
        };

        Ok(Some(Offloads { lro: offload("rx-lro"), gro_hw: offload("rx-gro-hw") }))
    }
}

/// Returns the number of a family of generic netlink; `None` where this kernel has none of that name.
fn family(name: &str) -> io::Result<Option<u16>> {
    // Source: include/uapi/linux/genetlink.h.
    const CONTROL: u16 = 0x10;
    const GET_FAMILY: u8 = 3;
    const FAMILY_ID: u16 = 1;
    const FAMILY_NAME: u16 = 2;

    let name = [name.as_bytes(), &[0]].concat();
    let answer = ask(CONTROL, GET_FAMILY, &encoded(FAMILY_NAME, &name))?;

    Ok(answer.as_deref().and_then(|bytes| find(bytes, FAMILY_ID)).and_then(Attribute::half))
}

/// Returns the attributes of the answer; `None` where the kernel does not know.
fn ask(family: u16, command: u8, attributes: &[u8]) -> io::Result<Option<Vec<u8>>> {
    /// `struct genlmsghdr`: command, version and two bytes that are not used. Source:
    /// include/uapi/linux/genetlink.h.
    const GENERIC_HEADER: usize = 4;
    const VERSION: u8 = 1;

    let body = [&[command, VERSION, 0, 0], attributes].concat();
    let mut answer = None;
    let asked = netlink::ask(Family::Generic, &netlink::request(family, 0, &body), |message| {
        answer = message.body.get(GENERIC_HEADER..).map(Vec::from);
    });

    match asked {
        Ok(()) => Ok(answer),
        Err(AskError::Refused(_)) => Ok(None),
        // The kernel has nothing to say.
        Err(AskError::Unasked(error)) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(AskError::Unasked(error)) => Err(error),
    }
}

/// Returns whether a set of features, which an answer holds by name, has that one.
fn is_in(answer: &[u8], set: u16, feature: &str) -> bool {
    // Source: include/uapi/linux/ethtool_netlink_generated.h.
    const BITS: u16 = 3;
    const NAME: u16 = 2;

    let Some(bits) = find(answer, set).and_then(|set| find(set.value, BITS)) else { return false };
    let mut names = attributes(bits.value).filter_map(|bit| find(bit.value, NAME));

    names.any(|name| name.text() == feature)
}
