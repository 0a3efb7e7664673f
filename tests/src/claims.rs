//! The names by which exporters know each other's programs, bound by any user.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use rustix::process::Uid;
use rustix::thread::set_thread_res_uid;

use crate::cable::Cable;

/// A user without rights.
pub const NOBODY: u32 = 65_534;

/// Claims a program as a user of this number, near the cable; `end` is what no other claim has.
#[must_use]
pub fn claim(cable: &Cable, program: &str, end: &str, user: u32) -> UnixDatagram {
    let name = format!("packet-exporter/program/{program}{end}");
    let bind = || {
        let user = Uid::from_raw(user);
        set_thread_res_uid(user, user, user).expect("the superuser may become any user");
        UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name).unwrap()).unwrap()
    };

    cable.here.within(bind)
}
