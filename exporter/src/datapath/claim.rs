//! Which programs have a process: it holds a socket with a name of the program.

use std::io::{self, ErrorKind};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use super::Device;

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
        Ok(Self { _socket: UnixDatagram::bind_addr(&address(program)?)? })
    }

    /// Claims a program that counts what a device sends, as far as that can be done.
    pub(super) fn note(program: u32, device: &Device) -> Option<Self> {
        let claimed = Self::take(program).inspect_err(|error| {
            tracing::warn!(
                device = &*device.name,
                %error,
                "Other exporters cannot know whose the program is: they may go in front of it, or take \
                 its filter off"
            );
        });

        claimed.ok()
    }

    /// Returns whether a process has claimed the program.
    pub(super) fn is_taken(program: u32) -> bool {
        let asked = || UnixDatagram::unbound()?.connect_addr(&address(program)?);

        asked().is_ok()
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

fn address(program: u32) -> io::Result<SocketAddr> {
    SocketAddr::from_abstract_name(format!("packet-exporter/program/{program}"))
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

        assert!(Claim::is_taken(no_program));
        assert!(Claim::take_stale(no_program).is_none());

        drop(first);
        assert!(!Claim::is_taken(no_program));
        assert!(Claim::take_stale(no_program).is_some());
    }
}
