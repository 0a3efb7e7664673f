//! Limits of this process that its maps and programs meet.

use std::io;
use std::sync::OnceLock;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::wire::make_array;
use crate::process::Confinement;

/// Whether the kernel charges maps and programs to the limit of locked memory; found once, before
/// anything is loaded.
static CHARGES: OnceLock<bool> = OnceLock::new();

/// A limit that could not be raised as far as it should be.
#[derive(Debug, thiserror::Error)]
#[error("the limit of {what} stays at {limit}; set `{setting}` in the unit of systemd")]
pub struct Limited {
    what: &'static str,
    limit: u64,
    setting: &'static str,
    source: io::Error,
}

/// Raises the limit of open files to the hard one: each device takes some.
///
/// Returns what stays limited: locked memory, where the kernel charges maps and programs to it, as
/// before Linux 5.11, and this process may not raise the hard limit.
pub fn raise_limits() -> Option<Limited> {
    let files = getrlimit(Resource::Nofile);
    // Within its hard limit a process may always do this.
    let _raised = setrlimit(Resource::Nofile, Rlimit { current: files.maximum, ..files });
    if !charges_memory() {
        return None;
    }

    let none = Rlimit { current: None, maximum: None };
    let refusal = setrlimit(Resource::Memlock, none).err()?;
    let memory = getrlimit(Resource::Memlock);
    let _raised = setrlimit(Resource::Memlock, Rlimit { current: memory.maximum, ..memory });
    let limit = memory.maximum?;

    Some(Limited {
        what: "locked memory in bytes, to which this kernel charges maps,",
        limit,
        setting: "LimitMEMLOCK=infinity",
        source: refusal.into(),
    })
}

/// Returns the limit of locked memory in bytes, if the kernel charges maps and programs to it.
pub(super) fn locked_memory() -> Option<u64> {
    if charges_memory() { getrlimit(Resource::Memlock).current } else { None }
}

/// Tries whether a map can be made when no memory may be locked.
fn charges_memory() -> bool {
    *CHARGES.get_or_init(|| {
        let before = getrlimit(Resource::Memlock);
        if setrlimit(Resource::Memlock, Rlimit { current: Some(0), ..before }).is_err() {
            return false;
        }
        let without = make_array::<u64>(1);
        let _restored = setrlimit(Resource::Memlock, before);
        let is_refused = without.is_err_and(|it| it.raw_os_error() == Some(libc::EPERM));

        // Where bpf(2) is forbidden, this is refused too; and where other processes of the same user
        // have locked all that may be.
        is_refused
            && (make_array::<u64>(1).is_ok() || Confinement::read() == Confinement::default())
    })
}
