//! What the parser asks of a device, and the constants of its answers.

use aya_ebpf::Global;
use exporter_ebpf::parse::Surroundings;
use shared::{TunnelPorts, UpToFour};

#[unsafe(no_mangle)]
static TUNNELS_FIRST: Global<u16> = Global::new(TunnelPorts::USUAL.bounds()[0]);
#[unsafe(no_mangle)]
static TUNNELS_LAST: Global<u16> = Global::new(TunnelPorts::USUAL.bounds()[1]);
#[unsafe(no_mangle)]
static VXLAN_PORTS: Global<u64> = Global::new(TunnelPorts::USUAL.vxlan.0);
#[unsafe(no_mangle)]
static GENEVE_PORTS: Global<u64> = Global::new(TunnelPorts::USUAL.geneve.0);

/// A device, with a way to the full length of its frame.
pub(crate) struct Device<L>(pub(crate) L);

impl<L: Fn() -> u32> Surroundings for Device<L> {
    #[inline(always)]
    fn full_length(&self) -> u32 {
        (self.0)()
    }

    #[inline(always)]
    fn tunnel_bounds(&self) -> [u16; 2] {
        [TUNNELS_FIRST.load(), TUNNELS_LAST.load()]
    }

    #[inline(always)]
    fn tunnel_ports(&self) -> TunnelPorts {
        TunnelPorts { vxlan: UpToFour(VXLAN_PORTS.load()), geneve: UpToFour(GENEVE_PORTS.load()) }
    }
}
