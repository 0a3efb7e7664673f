//! What the driver of a device can do, as the kernel reports it over generic netlink.

mod message;

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};

use message::{Attribute, Request, attributes, find, replies};

/// Source: include/linux/socket.h and include/uapi/linux/netlink.h.
const AF_NETLINK: i32 = 16;
const NETLINK_GENERIC: i32 = 16;
/// Answers come at once, or the kernel does not know the question.
const PATIENCE: Duration = Duration::from_secs(1);
/// More than the longest answer: three sets of some sixty features by name.
const LONGEST: usize = 1 << 16;

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
    socket: Socket,
    netdev: Option<u16>,
    ethtool: Option<u16>,
}

impl Drivers {
    /// Opens a socket and looks up the family of messages.
    pub fn new() -> io::Result<Self> {
        let (domain, protocol) = (Domain::from(AF_NETLINK), Protocol::from(NETLINK_GENERIC));
        let socket = Socket::new(domain, Type::RAW, Some(protocol))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut drivers = Self { socket, netdev: None, ethtool: None };
        drivers.netdev = drivers.family("netdev")?;
        drivers.ethtool = drivers.family("ethtool")?;

        Ok(drivers)
    }

    /// Reads what the driver of the device with this index can do.
    pub fn of(&mut self, index: u32) -> io::Result<Driver> {
        Ok(Driver { xdp: self.xdp(index)?, offloads: self.offloads(index)? })
    }

    /// Returns the number of a family; `None` where this kernel has none of that name.
    fn family(&mut self, name: &str) -> io::Result<Option<u16>> {
        // Source: include/uapi/linux/genetlink.h.
        const CONTROL: u16 = 0x10;
        const GET_FAMILY: u8 = 3;
        const FAMILY_ID: u16 = 1;
        const FAMILY_NAME: u16 = 2;

        let name = [name.as_bytes(), &[0]].concat();
        let request = Request::new(CONTROL, GET_FAMILY).with(FAMILY_NAME, &name);
        let answer = self.ask(&request)?;
        let id = answer.as_deref().and_then(|bytes| find(bytes, FAMILY_ID)?.half());

        Ok(id)
    }

    fn xdp(&mut self, index: u32) -> io::Result<Option<XdpFeatures>> {
        // Source: include/uapi/linux/netdev.h.
        const DEVICE_GET: u8 = 1;
        const INDEX: u16 = 1;
        const FEATURES: u16 = 3;
        const BASIC: u64 = 1;
        const RX_SG: u64 = 1 << 5;

        let Some(family) = self.netdev else { return Ok(None) };
        let request = Request::new(family, DEVICE_GET).with(INDEX, &index.to_ne_bytes());
        let answer = self.ask(&request)?;
        let features = answer.as_deref().and_then(|bytes| find(bytes, FEATURES)?.long());

        Ok(features
            .map(|bits| XdpFeatures { native: bits & BASIC != 0, buffers: bits & RX_SG != 0 }))
    }

    fn offloads(&mut self, index: u32) -> io::Result<Option<Offloads>> {
        // Source: include/uapi/linux/ethtool_netlink_generated.h.
        const FEATURES_GET: u8 = 11;
        const HEADER: u16 = 1;
        const DEVICE_INDEX: u16 = 1;
        /// What can be changed.
        const HARDWARE: u16 = 2;
        const ACTIVE: u16 = 4;

        let Some(family) = self.ethtool else { return Ok(None) };
        let header = Attribute::encoded(DEVICE_INDEX, &index.to_ne_bytes());
        let answer = self.ask(&Request::new(family, FEATURES_GET).nested(HEADER, &header))?;
        let Some(answer) = answer else { return Ok(None) };
        let offload = |name| match (is_in(&answer, ACTIVE, name), is_in(&answer, HARDWARE, name)) {
            (false, _) => Offload::Off,
            (true, true) => Offload::On,
            (true, false) => Offload::Fixed,
        };

        Ok(Some(Offloads { lro: offload("rx-lro"), gro_hw: offload("rx-gro-hw") }))
    }

    /// Returns the attributes of the answer; `None` where the kernel does not know.
    fn ask(&mut self, request: &Request) -> io::Result<Option<Vec<u8>>> {
        self.socket.write_all(&request.bytes())?;
        let mut room = vec![0; LONGEST];
        let read = match self.socket.read(&mut room) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            other => other?,
        };

        Ok(replies(&room[..read]))
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
