//! What there is to know of the devices that are wanted.

use std::sync::Arc;

use crate::health::DeviceInfo;
use crate::interfaces::Interface;

/// Returns what to join with the counts of a device.
pub(super) fn info(interface: &Interface) -> DeviceInfo {
    let text = |known: Option<&Arc<str>>| known.map(Arc::clone).unwrap_or_default();
    let Interface { alias, peer_namespace, .. } = interface;

    DeviceInfo {
        device: Arc::clone(&interface.name),
        ifindex: interface.index,
        kind: Arc::clone(&interface.kind),
        driver: text(interface.driver.as_ref()),
        // What a cable is for is seldom remarked on it, and its other end tells as much.
        alias: text(alias.as_ref().or(peer_namespace.as_ref())),
        master: text(interface.master.as_ref()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::devices::start::tests::interface;

    #[test]
    fn a_cable_has_the_name_of_the_namespace_it_leads_to_unless_it_has_an_alias() {
        let plain = interface("veth0", 3, None, None);
        let cable = Interface { peer_namespace: Some("cni-1".into()), ..plain.clone() };
        let named = Interface { alias: Some("database".into()), ..cable.clone() };

        assert_eq!(
            [plain, cable, named].map(|it| info(&it).alias),
            ["", "cni-1", "database"].map(Arc::from)
        );
    }
}
