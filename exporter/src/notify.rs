//! What the service manager that started this process is told. Source: sd_notify(3).

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use sd_notify::NotifyState;

/// The service manager.
#[derive(Debug)]
pub struct Manager {
    address: SocketAddr,
    /// Within this time it wants to be told again that all is well, if at all.
    pub watchdog: Option<Duration>,
}

/// What it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    Ready,
    Reloading(Moment),
    Stopping,
    /// All is well.
    Watchdog,
    /// What people read in `systemctl status`; one line.
    Status(String),
    /// The start is under way, and may take that long from now on.
    StartWithin(Duration),
}

/// A moment on the clock of the service manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(i128);

/// Why the service manager cannot be told anything.
#[derive(Debug, thiserror::Error)]
#[error(
    "`NOTIFY_SOCKET` \"{}\" is neither a path nor an abstract name of a socket",
    .address.display()
)]
pub struct NoSocket {
    address: OsString,
    source: io::Error,
}

impl Manager {
    /// Returns the service manager; `None` where none asked to be told anything.
    pub fn of_this_process() -> Result<Option<Self>, NoSocket> {
        let Some(address) = env::var_os("NOTIFY_SOCKET").filter(|it| !it.is_empty()) else {
            return Ok(None);
        };

        let watchdog = sd_notify::watchdog_enabled().filter(|it| !it.is_zero());
        let manager = Self::at(&address, watchdog);

        manager.map(Some).map_err(|source| NoSocket { address, source })
    }

    /// Returns the one that listens there: on a path, or behind an `@` on an abstract name.
    pub fn at(address: &OsStr, watchdog: Option<Duration>) -> io::Result<Self> {
        let address = match address.as_bytes() {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
            [b'/', ..] => SocketAddr::from_pathname(address)?,
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        };

        Ok(Self { address, watchdog })
    }

    /// Sends messages together, in their order. It never waits: where the manager does not read,
    /// that fails with [`io::ErrorKind::WouldBlock`].
    pub fn tell(&self, messages: &[Message]) -> io::Result<()> {
        // A new one each time: the manager may have started anew.
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        socket.connect_addr(&self.address)?;

        socket.send(text(messages).as_bytes()).map(drop)
    }
}

impl Moment {
    pub fn now() -> io::Result<Self> {
        let NotifyState::MonotonicUsec(microseconds) = NotifyState::monotonic_usec_now()? else {
            return Err(io::ErrorKind::Other.into());
        };

        Ok(Self(microseconds))
    }
}

fn text(messages: &[Message]) -> String {
    let mut text = String::new();
    let mut line = |state: NotifyState<'_>| {
        let _never_fails = writeln!(text, "{state}");
    };

    for message in messages {
        match message {
            Message::Ready => line(NotifyState::Ready),
            Message::Reloading(Moment(microseconds)) => {
                line(NotifyState::Reloading);
                // Without it systemd 253 and newer takes the reload for failed.
                line(NotifyState::MonotonicUsec(*microseconds));
            }
            Message::Stopping => line(NotifyState::Stopping),
            Message::Watchdog => line(NotifyState::Watchdog),
            Message::Status(status) => line(NotifyState::Status(&status.replace('\n', " "))),
            Message::StartWithin(time) => {
                let microseconds = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
                line(NotifyState::ExtendTimeoutUsec(microseconds));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manager(address: &str) -> io::Result<Manager> {
        Manager::at(OsStr::new(address), None)
    }

    fn received(socket: &UnixDatagram) -> String {
        let mut room = [0; 1024];
        let length = socket.recv(&mut room).unwrap();

        String::from_utf8(room[..length].to_vec()).unwrap()
    }

    #[test]
    fn messages_arrive_together_and_in_their_order() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let all = [
            Message::Ready,
            Message::Status("Counting\non 2 devices".into()),
            Message::Watchdog,
            Message::Reloading(Moment(17)),
            Message::StartWithin(Duration::from_secs(30)),
            Message::Stopping,
        ];

        manager(path.to_str().unwrap()).unwrap().tell(&all).unwrap();

        assert_eq!(
            received(&socket),
            "READY=1\nSTATUS=Counting on 2 devices\nWATCHDOG=1\nRELOADING=1\nMONOTONIC_USEC=17\n\
             EXTEND_TIMEOUT_USEC=30000000\nSTOPPING=1\n"
        );
    }

    #[test]
    fn a_name_that_is_no_path_is_one_of_an_abstract_socket() {
        let name = format!("packet-exporter-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();

        manager(&format!("@{name}")).unwrap().tell(&[Message::Ready]).unwrap();

        assert_eq!(received(&socket), "READY=1\n");
    }

    #[test]
    fn a_manager_that_does_not_read_is_not_waited_for() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("notify");
        let _unread = UnixDatagram::bind(&path).unwrap();
        let manager = manager(path.to_str().unwrap()).unwrap();

        let full = (0..100_000).find_map(|_| manager.tell(&[Message::Watchdog]).err());

        assert_eq!(full.map(|error| error.kind()), Some(io::ErrorKind::WouldBlock));
    }

    #[test]
    fn what_is_no_address_of_a_socket_is_an_error() {
        assert!(manager("vsock:2:1234").is_err());
        assert!(manager(&format!("/{}", "a".repeat(200))).is_err());
        assert!(manager("/nonexistent").unwrap().tell(&[Message::Ready]).is_err());
    }
}
