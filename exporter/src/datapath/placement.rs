//! Where a program is attached on its device, and what it finds there.

use shared::Direction;

use crate::health::{Hook, Mode};

/// Where a program is attached on its device, and what it finds there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placement {
    pub hook: Hook,
    /// How XDP runs it; `None` on the hooks of tc.
    pub mode: Option<Mode>,
    pub link_layer: LinkLayer,
}

/// The link layer of a device, by which a program finds the network header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkLayer {
    Ethernet,
    /// Frames begin with the network header, as on tunnels of IP.
    None,
}

impl Placement {
    /// Returns the place of an XDP program.
    pub const fn xdp(mode: Mode) -> Self {
        Self { hook: Hook::Xdp, mode: Some(mode), link_layer: LinkLayer::Ethernet }
    }

    /// Returns the place of a program on a hook of tc.
    pub const fn tc(hook: Hook, link_layer: LinkLayer) -> Self {
        Self { hook, mode: None, link_layer }
    }

    pub const fn direction(self) -> Direction {
        self.hook.direction()
    }

    /// Returns whether a program there can outlive the process: a filter of clsact has no link that
    /// could be pinned.
    pub(super) const fn can_be_pinned(self) -> bool {
        match self.hook {
            Hook::Xdp | Hook::TcxIngress | Hook::TcxEgress => true,
            Hook::TcIngress | Hook::TcEgress => false,
        }
    }

    /// Returns the name of the program for this place, in the object.
    pub(super) const fn program(self) -> &'static str {
        match self.hook {
            Hook::Xdp => RECEIVED,
            Hook::TcxIngress | Hook::TcIngress => INGRESS,
            Hook::TcxEgress | Hook::TcEgress => SENT,
        }
    }
}

/// The name of the XDP program, in the object.
pub(super) const RECEIVED: &str = "count_received";
/// The name of the program for what the stack has received, in the object.
pub(super) const INGRESS: &str = "count_ingress";
/// The name of the XDP program that marks what it counts, in the object.
pub(super) const MARKING: &str = "mark_received";
/// The name of the program for what the stack has received and XDP has not counted, in the object.
pub(super) const UNMARKED: &str = "count_unmarked";
/// The name of the program for what is sent, in the object.
pub(super) const SENT: &str = "count_sent";
