//! Lists of sockets. Source: sock_diag(7) and include/uapi/linux/sock_diag.h.

use std::time::Duration;

use super::{AskError, DUMP, Family, ask_within, request};

/// `SOCK_DIAG_BY_FAMILY`
const BY_FAMILY: u16 = 20;

/// Lists the sockets of this network namespace that `body` describes, and passes each to `take` as it
/// lies in bytes.
///
/// # Errors
///
/// ENOENT where the kernel cannot list such sockets and cannot load the module that does; of kind
/// `TimedOut` after `patience`, when a part of the list is there. Source: `__sock_diag_cmd` in
/// net/core/sock_diag.c.
pub fn list(patience: Duration, body: &[u8], mut take: impl FnMut(&[u8])) -> Result<(), AskError> {
    ask_within(patience, Family::SocketDiagnosis, &request(BY_FAMILY, DUMP, body), |message| {
        if message.kind == BY_FAMILY {
            take(message.body);
        }
    })
}
