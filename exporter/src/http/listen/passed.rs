//! Sockets that systemd has opened, as exporter-toolkit takes them. Source: sd_listen_fds(3).

use std::env;
use std::io;

use listenfd::ListenFd;
use socket2::SockRef;

use super::Listeners;
use crate::http::line::Door;

/// The number of the first descriptor. Source: `SD_LISTEN_FDS_START` in sd-daemon.h.
const FIRST: usize = 3;
/// More than any unit passes; the number comes from outside.
const MOST: usize = 1024;

/// Why what systemd has passed cannot be listened on, and what would help.
#[derive(Debug, thiserror::Error)]
pub enum PassedError {
    #[error(
        "`web.systemd_socket` is set, but systemd has passed no sockets; start this service by its \
         `.socket` unit with `ListenStream=`, or unset the key"
    )]
    None,

    #[error(
        "the socket that systemd has passed as descriptor {number} is a Unix socket; set \
         `ListenStream=` of the `.socket` unit to a port, or to an address with a port"
    )]
    Unix { number: usize },

    #[error(
        "descriptor {number}, which systemd has passed, is not a TCP socket; set `ListenStream=` \
         in the `.socket` unit to a port, or to an address with a port"
    )]
    NotTcp { number: usize, source: io::Error },

    #[error(
        "the socket that systemd has passed as descriptor {number} does not listen; \
         set `Accept=no` in the `.socket` unit"
    )]
    Connected { number: usize },

    #[error("the socket that systemd has passed as descriptor {number} cannot be used")]
    Socket { number: usize, source: io::Error },
}

impl Listeners {
    /// Takes all sockets that systemd has passed to this process, so that programs it starts do not
    /// get them; they can be taken once. Changes variables of the environment: call it while there
    /// is one thread.
    pub fn passed() -> Result<Self, PassedError> {
        let count = env::var("LISTEN_FDS").ok().and_then(|count| count.parse().ok());
        if count.is_none_or(|count: usize| count > MOST) {
            return Err(PassedError::None);
        }
        let mut passed = ListenFd::from_env();
        let mut sockets = Vec::new();

        for index in 0..passed.len() {
            let number = FIRST + index;
            let taken = passed.take_tcp_listener(index);
            let Some(socket) = taken.map_err(|source| not_tcp(&mut passed, index, source))? else {
                continue;
            };
            let unusable = |source| PassedError::Socket { number, source };
            if !SockRef::from(&socket).is_listener().map_err(unusable)? {
                return Err(PassedError::Connected { number });
            }
            socket.set_nonblocking(true).map_err(unusable)?;
            sockets.push(socket);
        }

        if sockets.is_empty() { Err(PassedError::None) } else { Ok(Self::of(sockets, Door::Web)) }
    }
}

fn not_tcp(passed: &mut ListenFd, index: usize, source: io::Error) -> PassedError {
    let number = FIRST + index;

    match passed.take_unix_listener(index) {
        Ok(_) => PassedError::Unix { number },
        Err(_) => PassedError::NotTcp { number, source },
    }
}
