//! Networks of two namespaces, with the device between them that is measured.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};

use crate::cable::{Cable, Namespace};
use crate::raw::{self, Tunnel};
use crate::senders::{Sender, relay};

const HERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const PORT: u16 = 7777;
/// Frames that a tunnel keeps until they are read. None is to be lost.
const QUEUE: &str = "20000";

/// A kind of device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Veth,
    /// A bridge with an address, over a veth.
    Bridge,
    Tun,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Veth, Self::Bridge, Self::Tun];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Veth => "veth",
            Self::Bridge => "bridge",
            Self::Tun => "tun",
        }
    }

    pub(super) const fn device(self) -> &'static str {
        match self {
            Self::Veth => Cable::DEVICE,
            Self::Bridge => "bridge0",
            Self::Tun => "tun0",
        }
    }
}

/// The namespaces, and what sends into the first.
pub(super) struct Bed {
    pub(super) kind: Kind,
    pub(super) here: Namespace,
    pub(super) there: Namespace,
    /// Ends of both tunnels: those of `here` first.
    tunnels: Option<[File; 2]>,
}

impl Bed {
    /// Lays a network; `number` keeps those apart that are there at the same time.
    pub(super) fn lay(kind: Kind, number: usize) -> Self {
        let name = format!("live-{number}");
        if kind == Kind::Tun {
            return Self::tunnel(&name);
        }
        let cable = Cable::lay(&name);
        for end in [&cable.here, &cable.there] {
            end.run("ethtool", &["-K", Cable::DEVICE, "tso", "on", "gso", "on"]);
        }
        let Cable { here, there } = cable;
        if kind == Kind::Bridge {
            let device = kind.device();
            here.ip(&["link", "add", device, "type", "bridge"]);
            here.ip(&["link", "set", device, "addrgenmode", "none"]);
            here.ip(&["address", "flush", "dev", Cable::DEVICE]);
            here.ip(&["link", "set", Cable::DEVICE, "master", device]);
            here.ip(&["address", "add", &format!("{HERE}/24"), "dev", device]);
            here.ip(&["link", "set", device, "up"]);
        }
        there.ip(&["link", "set", Cable::DEVICE, "up"]);

        Self { kind, here, there, tunnels: None }
    }

    fn tunnel(name: &str) -> Self {
        let kind = Kind::Tun;
        let here = Namespace::make(&format!("{name}-a"));
        let there = Namespace::make(&format!("{name}-b"));
        let [one, other] = [(&here, "192.0.2.1/24"), (&there, "192.0.2.2/24")].map(|end| {
            let (namespace, address) = end;
            let file = namespace.within(|| raw::tunnel(kind.device(), Tunnel::Ip));
            let device = ["dev", kind.device()];
            namespace.ip(&[&["link", "set"], &device[..], &["txqueuelen", QUEUE]].concat());
            namespace.ip(&[&["link", "set"], &device[..], &["addrgenmode", "none"]].concat());
            namespace.ip(&[&["address", "add", address], &device[..]].concat());
            namespace.ip(&[&["link", "set"], &device[..], &["up"]].concat());
            file
        });
        relay(&one, &other);

        Self { kind, here, there, tunnels: Some([one, other]) }
    }

    /// Returns a sender of frames to the device.
    pub(super) fn sender(&self) -> Sender {
        if let Some([here, _]) = &self.tunnels {
            return Sender::of_tunnel(here.try_clone().expect("one more descriptor"));
        }
        let device = Cable::index(&self.there);
        let socket = self.there.within(|| raw::packet_socket(device));

        Sender::of_socket(socket, self.here.address(self.kind.device()))
    }

    /// Returns where the service of bulk transfers is.
    pub(super) fn address() -> SocketAddr {
        (HERE, PORT).into()
    }

    /// Returns how many frames the device that sends into the network has lost.
    pub(super) fn lost(&self) -> u64 {
        let [lost] = match self.kind {
            Kind::Veth | Kind::Bridge => self.there.counts(Cable::DEVICE, "tx", ["dropped"]),
            Kind::Tun => self.here.counts(self.kind.device(), "rx", ["dropped"]),
        };

        lost
    }
}
