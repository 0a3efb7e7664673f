//! The capabilities of this process.

use std::error::Error;

use caps::errors::CapsError;
use caps::{CapSet, Capability, CapsHashSet};
use rustix::thread::{
    CapabilitiesSecureBits, capabilities_secure_bits, set_capabilities_secure_bits,
    set_no_new_privs,
};

/// What loading and attaching take. Source: capabilities(7).
const NEEDED: [Capability; 3] =
    [Capability::CAP_BPF, Capability::CAP_NET_ADMIN, Capability::CAP_PERFMON];

/// User 0 gets no capabilities from execve(2), and this stays so. Source: capabilities(7).
const SECURE_BITS: CapabilitiesSecureBits =
    CapabilitiesSecureBits::NO_ROOT.union(CapabilitiesSecureBits::NO_ROOT_LOCKED);

/// Rights that are kept because the kernel does not let this process give them up.
#[derive(Debug, thiserror::Error)]
#[error("cannot {step}")]
pub struct Kept {
    step: &'static str,
    source: Box<dyn Error + Send + Sync>,
}

/// Why the privileges are not sufficient.
#[derive(Debug, thiserror::Error)]
pub enum PrivilegeError {
    #[error(
        "this process has no {}; run as root, or give it the capability, as systemd does with \
         `AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_PERFMON`",
        .missing.join(" and no ")
    )]
    Missing { missing: Vec<String> },

    #[error("cannot read the capabilities of this process")]
    Caps(#[from] CapsError),
}

/// Checks that this process may load and attach programs.
pub fn check() -> Result<(), PrivilegeError> {
    let missing: Vec<_> =
        held()?.into_iter().filter(|(_, is_held)| !is_held).map(|(name, _)| name).collect();

    if missing.is_empty() { Ok(()) } else { Err(PrivilegeError::Missing { missing }) }
}

/// Returns the capabilities that loading and attaching need, and whether this process has each.
pub fn held() -> Result<Vec<(String, bool)>, PrivilegeError> {
    let effective = caps::read(None, CapSet::Effective)?;
    // Before Linux 5.8 one capability stood for all of these.
    let has_all = effective.contains(&Capability::CAP_SYS_ADMIN);
    let held = |needed: &Capability| (needed.to_string(), has_all || effective.contains(needed));

    Ok(NEEDED.iter().map(held).collect())
}

/// Drops what later attaches do not need, for good: no program that is started by execve(2) gets
/// it back. Returns what this process may not give up.
///
/// Capabilities belong to threads: call it while there is one.
pub fn keep_needed() -> Vec<Kept> {
    let mut attempt = Attempt { kept: Vec::new() };
    attempt.to("set no_new_privs", set_no_new_privs(true));
    let Some(permitted) = attempt.to("read the capabilities", caps::read(None, CapSet::Permitted))
    else {
        return attempt.kept;
    };
    let kept = needed(&permitted);

    // While this process still may.
    if caps::has_cap(None, CapSet::Effective, Capability::CAP_SETPCAP).unwrap_or_default() {
        let bits = capabilities_secure_bits().map(|bits| bits | SECURE_BITS);
        attempt.to("set the secure bits", bits.and_then(set_capabilities_secure_bits));
        let bounding = caps::read(None, CapSet::Bounding).unwrap_or_default();
        for capability in bounding.difference(&kept) {
            let dropped = caps::drop(None, CapSet::Bounding, *capability);
            attempt.to("empty the bounding set", dropped);
        }
    }
    for set in [CapSet::Ambient, CapSet::Inheritable] {
        attempt.to("clear the inherited capabilities", caps::clear(None, set));
    }
    for set in [CapSet::Effective, CapSet::Permitted] {
        attempt.to("drop capabilities", caps::set(None, set, &kept));
    }

    attempt.kept
}

/// Returns those of the capabilities that loading and attaching take.
fn needed(permitted: &CapsHashSet) -> CapsHashSet {
    let mut needed: CapsHashSet =
        NEEDED.into_iter().filter(|needed| permitted.contains(needed)).collect();
    // It stands for those that are missing.
    if needed.len() < NEEDED.len() && permitted.contains(&Capability::CAP_SYS_ADMIN) {
        needed.insert(Capability::CAP_SYS_ADMIN);
    }

    needed
}

/// Notes what fails, once for each thing that was to be done.
struct Attempt {
    kept: Vec<Kept>,
}

impl Attempt {
    fn to<T, E: Error + Send + Sync + 'static>(
        &mut self,
        step: &'static str,
        outcome: Result<T, E>,
    ) -> Option<T> {
        match outcome {
            Ok(value) => return Some(value),
            Err(error) if self.kept.iter().all(|kept| kept.step != step) => {
                self.kept.push(Kept { step, source: error.into() });
            }
            Err(_) => {}
        }

        None
    }
}
