//! The private network: a host that is watched, and the LAN that it serves.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process;

use anyhow::{Context, Result};

use crate::namespace::{self, Namespace};

const PREFIX: &str = "pexdemo-";
/// The watched device, a cable to the LAN.
pub(crate) const DEVICE: &str = "eth0";
/// The addresses of the host's end of it, and of the other one.
pub(crate) const ETHERNET: [&str; 2] = ["02:00:00:00:00:01", "02:00:00:00:00:02"];
/// For documentation: nobody has them. Source: RFC 5737 and RFC 3849.
pub(crate) const HOST: &str = "192.0.2.1";
pub(crate) const HOST_V6: &str = "2001:db8::1";
pub(crate) const CLIENTS: [&str; 6] =
    ["192.0.2.11", "192.0.2.12", "192.0.2.13", "192.0.2.14", "192.0.2.15", "192.0.2.16"];
pub(crate) const CLIENTS_V6: [&str; 3] = ["2001:db8::11", "2001:db8::12", "2001:db8::13"];

pub(crate) struct Network {
    pub(crate) host: Namespace,
    pub(crate) lan: Namespace,
    /// The host's address on the cable to the namespace that the user is in.
    pub(crate) management: Ipv4Addr,
    pub(crate) has_ipv6: bool,
    user_end: String,
}

impl Network {
    pub(crate) fn lay() -> Result<Self> {
        namespace::remove_orphans(PREFIX);
        let id = process::id();
        let [ours, hosts] = management(id);
        let network = Self {
            host: Namespace::add(&format!("{PREFIX}{id}-host"))
                .context("this needs a kernel and a sandbox that allow network namespaces")?,
            lan: Namespace::add(&format!("{PREFIX}{id}-lan"))?,
            management: hosts,
            has_ipv6: Path::new("/proc/sys/net/ipv6").exists(),
            user_end: format!("pexd{id}"),
        };
        let Self { host, lan, user_end, .. } = &network;

        let lan_name = lan.name();
        let [own, other] = ETHERNET;
        host.ip(&format!(
            "link add {DEVICE} address {own} type veth peer name {DEVICE} address {other} netns {lan_name}"
        ))?;
        addresses(host, &[HOST], network.ipv6(&[HOST_V6]))?;
        addresses(lan, &CLIENTS, network.ipv6(&CLIENTS_V6))?;

        let host_name = host.name();
        namespace::ip(&format!("link add {user_end} type veth peer name user netns {host_name}"))?;
        namespace::ip(&format!("addr add {ours}/30 dev {user_end}"))?;
        namespace::ip(&format!("link set {user_end} up"))?;
        host.ip(&format!("addr add {hosts}/30 dev user"))?;
        host.ip("link set user up")?;

        Ok(network)
    }

    /// Programs of the traffic that are not there any more.
    pub(crate) fn ended(&mut self) -> Vec<String> {
        let mut ended = self.host.ended();
        ended.extend(self.lan.ended());

        ended
    }

    fn ipv6<'a>(&self, addresses: &'a [&'a str]) -> &'a [&'a str] {
        if self.has_ipv6 { addresses } else { &[] }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Else the kernel removes it some time after the other end's namespace.
        if let Err(error) = namespace::ip(&format!("link del {}", self.user_end)) {
            println!("{error:#}");
        }
    }
}

fn addresses(namespace: &Namespace, ipv4: &[&str], ipv6: &[&str]) -> Result<()> {
    for address in ipv4 {
        namespace.ip(&format!("addr add {address}/24 dev {DEVICE}"))?;
    }
    for address in ipv6 {
        // Usable at once: nothing else here has the same.
        namespace.ip(&format!("addr add {address}/64 dev {DEVICE} nodad"))?;
    }

    namespace.ip(&format!("link set {DEVICE} up"))
}

/// Both ends of a /30 of the benchmarking range, another one for each demo that runs.
/// Source: RFC 2544, appendix C.2.2.
fn management(id: u32) -> [Ipv4Addr; 2] {
    let network = u32::from(Ipv4Addr::new(198, 18, 0, 0)) + id % (1 << 15) * 4;

    [Ipv4Addr::from(network + 1), Ipv4Addr::from(network + 2)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_demo_has_a_network_of_its_own_in_the_benchmarking_range() {
        assert_eq!(management(0), [Ipv4Addr::new(198, 18, 0, 1), Ipv4Addr::new(198, 18, 0, 2)]);
        assert_eq!(management(1)[0], Ipv4Addr::new(198, 18, 0, 5));
        assert_eq!(management(32_767)[1], Ipv4Addr::new(198, 19, 255, 254));
    }
}
