//! Which filters have a process: it holds a socket with a name of the filter's program.

use std::io::{self, ErrorKind};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Tells other processes that a program's process is there, for as long as it is.
///
/// Abstract names belong to a network namespace, as devices do, and the kernel gives one back when
/// the process ends in whatever way. Source: unix(7).
#[derive(Debug)]
pub(super) struct Claim {
    _socket: UnixDatagram,
}

impl Claim {
    /// Claims a program by the kernel's number, which no other one has at the same time.
    pub(super) fn take(program: u32) -> io::Result<Self> {
        let name = format!("packet-exporter/filter/{program}");
        let address = SocketAddr::from_abstract_name(name)?;

        Ok(Self { _socket: UnixDatagram::bind_addr(&address)? })
    }

    /// Claims a program if no process has it; `None` also where that cannot be known.
    pub(super) fn take_stale(program: u32) -> Option<Self> {
        match Self::take(program) {
            Ok(claim) => Some(claim),
            Err(error) if error.kind() == ErrorKind::AddrInUse => None,
            Err(error) => {
                tracing::warn!(%error, "Cannot find out whose filter is on a device; it is left alone");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::*;

    #[test]
    fn a_program_is_claimed_once_and_again_when_its_process_is_gone() {
        // Above all that the kernel gives. Source: `bpf_prog_alloc_id` in kernel/bpf/syscall.c.
        let no_program = u32::MAX - process::id();
        let first = Claim::take(no_program).unwrap();

        assert!(Claim::take_stale(no_program).is_none());

        drop(first);
        assert!(Claim::take_stale(no_program).is_some());
    }
}
