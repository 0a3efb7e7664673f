//! Which programs have an exporter's process: it holds a socket with a name of the program.

mod sockets;

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use super::Device;
use super::wire::own_user;
use crate::health::Hook;
use sockets::Named;

/// Shows other exporters that a program's process runs, for as long as it does.
///
/// Abstract names belong to a network namespace, as devices do, and the kernel gives one back when
/// the process ends in whatever way. Source: unix(7). Any user may bind any of them, so the name ends
/// with something that nobody can guess and bind before, and a program is trusted with frames only by a
/// claim of the superuser or of our own user.
#[derive(Debug)]
pub(super) struct Claim {
    _socket: UnixDatagram,
}

impl Claim {
    /// Claims a program by the kernel's number, which no other one has at the same time.
    pub(super) fn take(program: u32) -> io::Result<Self> {
        let random = RandomState::new().hash_one(program);
        let name = format!("{}/{random:016x}", name(program));

        Ok(Self { _socket: UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name)?)? })
    }

    /// Claims a program where others may be beside it, as far as that can be done.
    pub(super) fn at(hook: Hook, program: u32, device: &Device) -> Option<Self> {
        hook.is_tc().then(|| Self::note(program, device)).flatten()
    }

    /// Claims a program that is on a hook of tc, as far as that can be done.
    pub(super) fn note(program: u32, device: &Device) -> Option<Self> {
        let claimed = Self::take(program).inspect_err(|error| {
            tracing::warn!(
                device = &*device.name,
                %error,
                "Cannot mark the program as ours; another exporter may move in front of it, or \
                 remove its filter"
            );
        });

        claimed.ok()
    }

    /// Returns whether an exporter's process has claimed the program, as root or as our own user. A
    /// claim of any other user may be a lie, by which a program could hide frames unnoticed.
    ///
    /// # Errors
    ///
    /// When the kernel does not list sockets: then nobody is known to vouch for any program.
    pub(super) fn is_vouched_for(program: u32) -> io::Result<bool> {
        let own = own_user();
        let is_trusted = |socket: &Named| is_claim(socket, program) && is_trusted(socket, own);

        Ok(sockets::named()?.iter().any(is_trusted))
    }

    /// Returns whether a process of any user has claimed the program. A lie only keeps a filter that
    /// counts nothing.
    fn is_taken(program: u32) -> io::Result<bool> {
        Ok(sockets::named()?.iter().any(|socket| is_claim(socket, program)))
    }

    /// Claims a program if no process has it; `None` also where that cannot be known.
    pub(super) fn take_stale(program: u32) -> Option<Self> {
        let is_stale = Self::is_taken(program).map(|is_taken| !is_taken);
        match is_stale.and_then(|it| it.then(|| Self::take(program)).transpose()) {
            Ok(claim) => claim,
            Err(error) => {
                tracing::warn!(
                    %error,
                    "Cannot find out which process owns a filter on a device; leaving it alone"
                );
                None
            }
        }
    }
}

fn name(program: u32) -> String {
    format!("packet-exporter/program/{program}")
}

/// Returns whether a socket is a claim on a program that counts. Exporters before this one left the end
/// of the name away.
fn is_claim(socket: &Named, program: u32) -> bool {
    match socket.name.strip_prefix(name(program).as_bytes()) {
        Some(rest) => rest.is_empty() || rest.starts_with(b"/"),
        None => false,
    }
}

fn is_trusted(socket: &Named, own_user: u32) -> bool {
    socket.user == 0 || socket.user == own_user
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::*;

    #[test]
    fn a_program_is_claimed_as_long_as_its_process_is_there() {
        // Above all numbers that the kernel assigns. Source: `bpf_prog_alloc_id` in
        // kernel/bpf/syscall.c.
        let no_program = u32::MAX - process::id();
        let first = Claim::take(no_program).unwrap();
        // Debian has this in a module, which a container may not load.
        let Ok(is_taken) = Claim::is_taken(no_program) else { return };

        assert!(is_taken);
        assert!(Claim::is_vouched_for(no_program).unwrap());
        assert!(Claim::take_stale(no_program).is_none());

        drop(first);
        assert!(!Claim::is_taken(no_program).unwrap());
        assert!(Claim::take_stale(no_program).is_some());
    }

    #[test]
    fn a_claim_of_any_user_keeps_a_filter() {
        let claims = |name: &str| is_claim(&named(name, 65_534), 17);

        assert!(claims("packet-exporter/program/17/0123"));
        assert!(claims("packet-exporter/program/17"), "of an exporter before this one");
        assert!(!claims("packet-exporter/program/171/0123"), "of another program");
        assert!(!claims("packet-exporter/program/1"));
        assert!(!claims("another/program/17"));
    }

    #[test]
    fn only_the_superuser_and_the_own_user_vouch_for_a_program() {
        let is_trusted = |user| is_trusted(&named("packet-exporter/program/17/0123", user), 1000);

        assert!(is_trusted(0));
        assert!(is_trusted(1000));
        assert!(!is_trusted(65_534));
    }

    fn named(name: &str, user: u32) -> Named {
        Named { name: name.as_bytes().to_vec(), user }
    }
}
