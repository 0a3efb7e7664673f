//! Devices of every kind between two namespaces, with senders of frames at both ends.

use std::fs::File;
use std::io::Write;

use rustix::net::{SendFlags, send};
use shared::Count;

use crate::cable::{Cable, Namespace};
use crate::raw::{Tunnel, packet_socket, tunnel};
use crate::senders::VIRTIO_HEADER;

const ETHERNET: usize = 14;

/// A kind of device, and how it is laid.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub name: &'static str,
    /// Arguments of `ip link add` for this end and the other one, if it has a device of the kind
    /// too.
    add: &'static str,
    add_there: Option<&'static str>,
    /// Frames begin with the IP header.
    pub is_network: bool,
    /// What a frame is on the cable below: its protocol, and the bytes that it has more.
    pub below: Option<(&'static str, u64)>,
    file: Option<Tunnel>,
}

/// Every kind that can be laid with `ip` alone, or with a file.
pub const KINDS: [Kind; 10] = [
    Kind { below: Some(("udp", 0)), ..link("bridge", "up0 type bridge") },
    Kind { below: Some(("udp", 0)), ..link("macvlan", "link veth0 name up0 type macvlan") },
    Kind {
        below: Some(("udp", 4)),
        ..both("vlan", "link veth0 name up0 type vlan id 5", "link veth0 name up0 type vlan id 5")
    },
    Kind {
        below: Some(("udp", 50)),
        ..both(
            "vxlan",
            "up0 type vxlan id 7 local 192.0.2.1 remote 192.0.2.2 dstport 4789 dev veth0",
            "up0 type vxlan id 7 local 192.0.2.2 remote 192.0.2.1 dstport 4789 dev veth0",
        )
    },
    Kind {
        below: Some(("gre", 38)),
        ..both(
            "gretap",
            "up0 type gretap local 192.0.2.1 remote 192.0.2.2",
            "up0 type gretap local 192.0.2.2 remote 192.0.2.1",
        )
    },
    Kind {
        below: Some(("gre", 38)),
        is_network: true,
        ..both(
            "gre",
            "up0 type gre local 192.0.2.1 remote 192.0.2.2",
            "up0 type gre local 192.0.2.2 remote 192.0.2.1",
        )
    },
    Kind {
        below: Some(("ipip", 34)),
        is_network: true,
        ..both(
            "ipip",
            "up0 type ipip local 192.0.2.1 remote 192.0.2.2",
            "up0 type ipip local 192.0.2.2 remote 192.0.2.1",
        )
    },
    Kind {
        below: Some(("ipip", 34)),
        is_network: true,
        ..both(
            "sit",
            "up0 type sit mode any local 192.0.2.1 remote 192.0.2.2",
            "up0 type sit mode any local 192.0.2.2 remote 192.0.2.1",
        )
    },
    Kind { is_network: true, file: Some(Tunnel::Ip), ..link("tun", "") },
    Kind { file: Some(Tunnel::Ethernet), ..link("tap", "") },
];

const fn link(name: &'static str, add: &'static str) -> Kind {
    Kind { name, add, add_there: None, is_network: false, below: None, file: None }
}

const fn both(name: &'static str, add: &'static str, there: &'static str) -> Kind {
    Kind { add_there: Some(there), ..link(name, add) }
}

/// A device `up0` of a kind, over a cable where it needs one.
pub struct Ends {
    pub kind: Kind,
    pub cable: Cable,
    file: Option<File>,
}

impl Ends {
    pub const DEVICE: &str = "up0";

    /// Lays the kind of this name; `None` if the kernel has none.
    pub fn lay(test: &str, name: &str) -> Option<Self> {
        let kind = *KINDS.iter().find(|kind| kind.name == name).expect("a kind of this name");
        let cable = Cable::lay(&format!("{test}-{name}"));
        let file = kind.file.map(|file| cable.here.within(|| tunnel(Self::DEVICE, file)));
        let has_both = kind.file.is_some()
            || added(&cable.here, kind.add)
                && kind.add_there.is_none_or(|there| added(&cable.there, there));
        if !has_both {
            return None;
        }
        let ends = Self { kind, cable, file };
        ends.plug_in();

        Some(ends)
    }

    fn plug_in(&self) {
        let Cable { here, there } = &self.cable;
        if self.kind.name == "bridge" {
            // A bridge is what has the addresses of its ports.
            here.ip(&["address", "flush", "dev", Cable::DEVICE]);
            here.ip(&["link", "set", Cable::DEVICE, "master", Self::DEVICE]);
            let [v4, v6] = Cable::HERE;
            for address in [format!("{v4}/24"), format!("{v6}/64")] {
                here.ip(&["address", "add", &address, "dev", Self::DEVICE, "nodad"]);
            }
        }
        self.cable.plug_in();
        for (end, device) in [(here, Self::DEVICE), (there, self.device_there())] {
            if device == Self::DEVICE {
                end.ip(&["link", "set", device, "addrgenmode", "none"]);
                end.ip(&["link", "set", device, "up"]);
            }
        }
        // The ends know each other's address from here on.
        if self.kind.file.is_none() {
            there.run("ping", &["-n", "-q", "-c", "1", Cable::HERE[0]]);
        }
    }

    /// Adds an address to both ends, and that of the other as a neighbour, so that neither asks for it.
    pub fn number(&self, here: &str, there: &str) {
        let Cable { here: one, there: other } = &self.cable;
        for (end, own, peer, of) in [(one, here, there, other), (other, there, here, one)] {
            end.ip(&["address", "add", &format!("{own}/24"), "dev", Self::DEVICE]);
            let link = of.link(Self::DEVICE);
            let address = link["address"].as_str().expect("an address");
            end.ip(&["neighbour", "add", peer, "lladdr", address, "dev", Self::DEVICE]);
        }
    }

    /// Returns the device that sends to this one.
    pub fn device_there(&self) -> &'static str {
        if self.kind.add_there.is_some() { Self::DEVICE } else { Cable::DEVICE }
    }

    /// Has the device receive IP packets, each in a frame of its own; returns what the sender
    /// counts.
    pub fn receive(&self, packets: &[Vec<u8>]) -> Count {
        let frames = self.frames(packets, || self.cable.here.address(Self::DEVICE));
        if let Some(file) = &self.file {
            for frame in &frames {
                receive_with(file, &[0; VIRTIO_HEADER], frame);
            }
            return count(&frames);
        }

        send_out(&self.cable.there, self.device_there(), &frames)
    }

    /// Has the device send IP packets likewise.
    pub fn transmit(&self, packets: &[Vec<u8>]) -> Count {
        let of_file = || [2, 0, 0, 0, 0, 9];
        let to = || match self.file {
            Some(_) => of_file(),
            None => self.cable.there.address(self.device_there()),
        };

        send_out(&self.cable.here, Self::DEVICE, &self.frames(packets, to))
    }

    /// Has a tunnel receive an IP packet that stands for several; `header` has how.
    pub fn receive_super_frame(&self, header: [u8; VIRTIO_HEADER], packet: &[u8]) {
        let frames = self.frames(&[packet.to_vec()], || [2, 0, 0, 0, 0, 9]);
        let file = self.file.as_ref().expect("a tunnel with a file");

        receive_with(file, &header, &frames[0]);
    }

    fn frames(&self, packets: &[Vec<u8>], to: impl Fn() -> [u8; 6]) -> Vec<Vec<u8>> {
        if self.kind.is_network {
            return packets.to_vec();
        }
        let to = to();
        let frame = |packet: &Vec<u8>| {
            let ethertype = if packet[0] >> 4 == 6 { [0x86, 0xdd] } else { [8, 0] };
            [&to, &[2, 0, 0, 0, 0, 8][..], &ethertype, packet].concat()
        };

        packets.iter().map(frame).collect()
    }

    /// Returns the length of what is before the IP header.
    pub fn link_header(&self) -> u64 {
        if self.kind.is_network { 0 } else { ETHERNET as u64 }
    }
}

fn added(namespace: &Namespace, arguments: &str) -> bool {
    let mut ip = namespace.command("ip");

    ip.args(["link", "add"]).args(arguments.split(' ')).output().expect("`ip`").status.success()
}

fn receive_with(mut file: &File, header: &[u8; VIRTIO_HEADER], frame: &[u8]) {
    let all = [header, frame].concat();

    assert_eq!(file.write(&all).expect("a tunnel that is up"), all.len());
}

fn send_out(namespace: &Namespace, device: &str, frames: &[Vec<u8>]) -> Count {
    let index = namespace.index(device);
    let socket = namespace.within(|| packet_socket(index));
    for frame in frames {
        let sent = send(&socket, frame, SendFlags::empty()).expect("a device that is up");
        assert_eq!(sent, frame.len());
    }

    count(frames)
}

fn count(frames: &[Vec<u8>]) -> Count {
    let bytes = frames.iter().map(|frame| frame.len() as u64).sum();

    Count { packets: frames.len() as u64, bytes }
}
