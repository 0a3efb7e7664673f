//! Memory and system calls shared with the kernel: the only unsafe code of user space.
#![expect(unsafe_code, reason = "aya has no mappings of array maps and no batch operations")]

mod chain;
mod clock;
mod cpu;
mod entries;
mod heap;
mod link;
mod mapping;
mod netlink;
mod pin;
mod program;
mod syscall;
mod user;

pub(super) use chain::{has_tcx, in_turn};
pub(super) use clock::since;
pub(super) use cpu::stay_on_cpu;
pub(super) use entries::{clear_entry, read_entry};
pub use heap::share_heap;
pub(super) use heap::{give_back, give_back_code};
pub(super) use link::{AttachPoint, Link, Linked, has_xdp_links};
pub(super) use mapping::Mapping;
#[cfg(test)]
pub(super) use mapping::PUBLISH;
pub(super) use netlink::listen;
pub(super) use pin::{pin, pinned, takes_pins};
pub(super) use program::{has_frags, load_nothing};
pub(super) use syscall::{Barrier, make_array, make_ring, stand_in, take_all};
pub(super) use user::own_user;
