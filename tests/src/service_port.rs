//! Which of two ports is the service's, criterion by criterion, where this host listens on none.
//! Source: `docs/reading.md`, on the label `port`.

use exporter::services::{PortRules, registered};
use shared::{PortKey, PortProtocol};

/// Returns the key of a packet with these ports; `None` stands for a packet that shows none.
pub fn port_key(
    protocol: PortProtocol,
    ports: Option<(u16, u16)>,
    PortRules { ephemeral, services }: &PortRules,
) -> PortKey {
    let Some((from, to)) = ports else { return PortKey::absent(protocol) };
    let is_below_1024 = |port: u16| port < 1024;
    let is_named = |port: u16| {
        let is_configured = services
            .iter()
            .any(|it| it.ports.contains(&port) && it.protocol.is_none_or(|only| only == protocol));
        is_configured || registered(protocol).contains(&port)
    };
    let is_of_no_client = |port: u16| !ephemeral.contains(&port);

    for holds in [&is_below_1024 as &dyn Fn(u16) -> bool, &is_named, &is_of_no_client] {
        if holds(from) != holds(to) {
            return PortKey::number(protocol, if holds(from) { from } else { to });
        }
    }
    let is_known = is_below_1024(from) || is_named(from) || is_of_no_client(from);

    if is_known { PortKey::number(protocol, from.min(to)) } else { PortKey::ephemeral(protocol) }
}
