//! Which ports the sockets of this network namespace listen on.

mod sockets;

use std::collections::BTreeMap;
use std::io;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use shared::PortProtocol;

use crate::config::PortRange;
use crate::files;
use crate::services::Listening;
use sockets::{Bound, waiting};

/// How long one list of sockets may take. 10,000 took 18 ms.
const PATIENCE: Duration = Duration::from_millis(500);
/// A socket of UDP on a port that the kernel assigns is a server's when it is that old: a client's looks
/// the same, and few of them live so long.
const OLD: Duration = Duration::from_mins(1);
/// Most sockets of UDP whose age is known; more are not taken for servers. 32 bytes each.
const MOST: usize = 65_536;
const PORT_RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";

/// Reads the sockets that listen, and remembers since when.
#[derive(Debug, Default)]
pub struct Sockets {
    /// What was read of each protocol last.
    ports: [Vec<u16>; PortProtocol::ALL.len()],
    /// Sockets of UDP on ports that the kernel assigns, and when they were first seen.
    since: BTreeMap<Bound, Instant>,
}

/// What was read.
#[derive(Debug)]
pub struct Heard {
    /// Of a protocol in `failed`, this has the ports that were read before.
    pub listening: Listening,
    /// Protocols whose sockets this kernel cannot list.
    pub missing: Vec<PortProtocol>,
    /// Protocols that were not read: the kernel does not answer, or not in time.
    pub failed: Vec<(PortProtocol, io::Error)>,
}

impl Sockets {
    /// Reads the ports that are listened on. Blocks for 3 seconds at most, usually for some
    /// milliseconds.
    pub fn read(&mut self) -> Heard {
        self.take(|protocol| waiting(protocol, PATIENCE))
    }

    /// Takes over what `list` reads of each protocol. One that fails leaves the others as they are read.
    fn take(
        &mut self,
        mut list: impl FnMut(PortProtocol) -> io::Result<Option<Vec<Bound>>>,
    ) -> Heard {
        let (mut listening, mut missing, mut failed) = (Listening::default(), vec![], vec![]);
        let PortRange { first, last } = assigned();

        for protocol in PortProtocol::ALL.iter().copied() {
            match list(protocol) {
                Ok(Some(bound)) => {
                    self.ports[protocol.index()] = match protocol {
                        PortProtocol::Tcp | PortProtocol::Sctp => {
                            bound.iter().map(|it| it.port).collect()
                        }
                        PortProtocol::Udp => self.servers(&bound, &(first..=last), Instant::now()),
                    };
                }
                Ok(None) => {
                    self.ports[protocol.index()].clear();
                    missing.push(protocol);
                }
                Err(error) => failed.push((protocol, error)),
            }
            for port in &self.ports[protocol.index()] {
                listening.insert(protocol, *port);
            }
        }

        Heard { listening, missing, failed }
    }

    /// Returns the ports of the servers among sockets of UDP that are not connected, where the kernel
    /// assigns the ports of `assigned` to those that ask for none.
    fn servers(
        &mut self,
        bound: &[Bound],
        assigned: &RangeInclusive<u16>,
        now: Instant,
    ) -> Vec<u16> {
        let (doubtful, mut servers): (Vec<Bound>, Vec<Bound>) =
            bound.iter().partition(|it| assigned.contains(&it.port));
        let before = std::mem::take(&mut self.since);
        let since = |it: &Bound| before.get(it).copied();

        // Those that are known first: what comes anew does not push them out.
        let (known, new): (Vec<Bound>, Vec<Bound>) =
            doubtful.into_iter().partition(|it| since(it).is_some());
        self.since = known
            .into_iter()
            .chain(new)
            .take(MOST)
            .map(|it| (it, since(&it).unwrap_or(now)))
            .collect();
        let is_old = |since: &Instant| now.saturating_duration_since(*since) >= OLD;
        servers.extend(self.since.iter().filter(|(_, since)| is_old(since)).map(|(it, _)| it));

        servers.into_iter().map(|it| it.port).collect()
    }
}

/// Returns the ports that the kernel assigns to sockets that ask for none.
pub fn assigned() -> PortRange {
    files::of_kernel(PORT_RANGE)
        .ok()
        .and_then(|text| PortRange::of_kernel(&text))
        .unwrap_or(PortRange::LINUX)
}

#[cfg(test)]
mod tests;
