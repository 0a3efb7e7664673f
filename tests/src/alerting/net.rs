//! Devices of one host, each with a cable to the same LAN.

use std::net::Ipv4Addr;

use crate::attacks::Way;
use crate::attacks::list::End;
use crate::cable::Namespace;
use crate::veths::be_silent;

/// A host and a LAN with cables between them. Both ends of a cable have the same name.
pub struct Net {
    pub host: Namespace,
    pub lan: Namespace,
    devices: Vec<String>,
}

impl Net {
    /// Lays a cable for each of the names.
    pub fn lay(name: &str, devices: &[&str]) -> Self {
        let host = Namespace::make(&format!("{name}-h"));
        let lan = Namespace::make(&format!("{name}-l"));
        for end in [&host, &lan] {
            be_silent(end);
        }
        let devices = devices.iter().map(|&device| device.to_owned()).collect();
        let net = Self { host, lan, devices };
        for device in &net.devices {
            net.plug_in(device);
        }

        net
    }

    pub fn devices(&self) -> impl Iterator<Item = &str> {
        self.devices.iter().map(String::as_str)
    }

    pub fn end(&self, end: End) -> &Namespace {
        match end {
            End::Host => &self.host,
            End::Lan => &self.lan,
        }
    }

    /// Returns the address of an end of a cable. Source: RFC 2544, appendix C.2.2.
    pub fn address(&self, device: &str, end: End) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, self.number(device), last(end))
    }

    /// Returns the way of what this end sends.
    pub fn way(&self, device: &str, from: End) -> Way {
        let to = match from {
            End::Host => End::Lan,
            End::Lan => End::Host,
        };

        Way {
            device: device.to_owned(),
            from: self.address(device, from),
            to: self.address(device, to),
            to_device: [2, 0, 0, 0, self.number(device), last(to)],
        }
    }

    /// Lets the LAN of a device have 65,000 more addresses.
    pub fn invite_clients(&self, device: &str) {
        let network = format!("10.{}.0.0/16", self.number(device));
        let lan = self.address(device, End::Lan).to_string();
        self.lan.ip(&["route", "add", "local", &network, "dev", "lo"]);
        self.host.ip(&["route", "add", &network, "via", &lan, "dev", device]);
    }

    /// Returns one of these addresses.
    pub fn client(&self, device: &str, number: u32) -> Ipv4Addr {
        let [.., high, low] = (number + 256).to_be_bytes();

        Ipv4Addr::new(10, self.number(device), high, low)
    }

    fn plug_in(&self, device: &str) {
        let lan = self.lan.name();
        let number = self.number(device);
        self.host.ip_batch(&format!(
            "link add {device} address 02:00:00:00:{number:02x}:01 type veth \
             peer name {device} address 02:00:00:00:{number:02x}:02 netns {lan}\n\
             address add {}/24 dev {device}\nlink set {device} up\n",
            self.address(device, End::Host),
        ));
        self.lan.ip_batch(&format!(
            "address add {}/24 dev {device}\nlink set {device} up\n",
            self.address(device, End::Lan),
        ));
    }

    /// Returns which of the cables it is.
    fn number(&self, device: &str) -> u8 {
        let at = self.devices.iter().position(|it| it == device).expect("a device of the network");

        u8::try_from(at).expect("at most 256 devices")
    }
}

/// The last byte of the addresses of an end.
fn last(end: End) -> u8 {
    match end {
        End::Host => 1,
        End::Lan => 2,
    }
}
