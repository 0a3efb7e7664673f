//! The capabilities of this process.

use caps::errors::CapsError;
use caps::{CapSet, Capability, CapsHashSet};

/// What loading and attaching take. Source: capabilities(7).
const NEEDED: [Capability; 3] =
    [Capability::CAP_BPF, Capability::CAP_NET_ADMIN, Capability::CAP_PERFMON];

/// Why the privileges do not do.
#[derive(Debug, thiserror::Error)]
pub enum PrivilegeError {
    #[error(
        "this process has no {}; run as root, or give it the capability, as systemd does with \
         `AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_PERFMON`",
        .missing.join(" and no ")
    )]
    Missing { missing: Vec<String> },

    #[error("the capabilities of this process cannot be read or changed")]
    Caps(#[from] CapsError),
}

/// Says whether this process may load and attach programs.
pub fn check() -> Result<(), PrivilegeError> {
    let missing: Vec<_> =
        held()?.into_iter().filter(|(_, is_held)| !is_held).map(|(name, _)| name).collect();

    if missing.is_empty() { Ok(()) } else { Err(PrivilegeError::Missing { missing }) }
}

/// Names what loading and attaching take, and says whether this process has it.
pub fn held() -> Result<Vec<(String, bool)>, PrivilegeError> {
    let effective = caps::read(None, CapSet::Effective)?;
    // Before Linux 5.8 one capability stood for all of these.
    let has_all = effective.contains(&Capability::CAP_SYS_ADMIN);
    let held = |needed: &Capability| (needed.to_string(), has_all || effective.contains(needed));

    Ok(NEEDED.iter().map(held).collect())
}

/// Gives up what later attaches do not need. Capabilities belong to threads: call it while there
/// is one.
pub fn keep_needed() -> Result<(), PrivilegeError> {
    let permitted = caps::read(None, CapSet::Permitted)?;
    let kept: CapsHashSet =
        NEEDED.into_iter().filter(|needed| permitted.contains(needed)).collect();
    // A kernel that knows none of these asks for CAP_SYS_ADMIN each time.
    if kept.len() < NEEDED.len() {
        return Ok(());
    }
    for set in [CapSet::Ambient, CapSet::Inheritable] {
        caps::clear(None, set)?;
    }
    caps::set(None, CapSet::Effective, &kept)?;
    caps::set(None, CapSet::Permitted, &kept)?;

    Ok(())
}
