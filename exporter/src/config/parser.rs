//! `[parser]`: what is recognised in frames.

use serde::{Deserialize, Serialize};
use shared::{TunnelPorts, UpToFour};

/// What is recognised in frames.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Parsing {
    /// UDP ports on which VXLAN is recognised; an empty list recognises none: at most four ports,
    /// 1-65535.
    pub vxlan_ports: Vec<u16>,
    /// UDP ports on which GENEVE is recognised; an empty list recognises none: at most four ports,
    /// 1-65535, none of which is in `vxlan_ports`.
    pub geneve_ports: Vec<u16>,
}

impl Default for Parsing {
    fn default() -> Self {
        Self { vxlan_ports: vec![4789, 8472], geneve_ports: vec![6081] }
    }
}

impl Parsing {
    /// Returns the ports as the program takes them.
    pub fn tunnels(&self) -> TunnelPorts {
        let Self { vxlan_ports, geneve_ports } = self;

        TunnelPorts { vxlan: UpToFour::of(vxlan_ports), geneve: UpToFour::of(geneve_ports) }
    }

    pub(super) fn refusals(&self) -> Vec<&'static str> {
        let Self { vxlan_ports, geneve_ports } = self;
        let are_ports = |ports: &[u16]| ports.len() <= 4 && !ports.contains(&0);
        let is_free = |port: &u16| !vxlan_ports.contains(port);

        super::refused([
            ("vxlan_ports", are_ports(vxlan_ports)),
            ("geneve_ports", are_ports(geneve_ports) && geneve_ports.iter().all(is_free)),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_program() {
        assert_eq!(Parsing::default().tunnels(), TunnelPorts::USUAL);
    }

    #[test]
    fn a_list_has_up_to_four_ports_and_none_of_the_other() {
        let refusals = |vxlan: &[u16], geneve: &[u16]| {
            Parsing { vxlan_ports: vxlan.into(), geneve_ports: geneve.into() }.refusals()
        };

        assert!(refusals(&[], &[]).is_empty());
        assert!(refusals(&[1, 2, 3, 65_535], &[4, 5, 6, 7]).is_empty());
        assert_eq!(refusals(&[1, 2, 3, 4, 5], &[0]), ["vxlan_ports", "geneve_ports"]);
        assert_eq!(refusals(&[4789], &[6081, 4789]), ["geneve_ports"]);
    }
}
