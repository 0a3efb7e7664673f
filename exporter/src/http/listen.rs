//! Listening, before anything else starts: a port in use is a refusal and not a failure.

mod passed;

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use socket2::{Domain, Socket, Type};

pub use self::passed::PassedError;
use super::line::Door;
use crate::config::{Host, ListenAddress};

/// Connections that the kernel keeps until they are accepted.
const BACKLOG: i32 = 1024;

/// Sockets that listen, and do not accept yet.
#[derive(Debug)]
pub struct Listeners {
    pub(super) sockets: Vec<(TcpListener, Door)>,
    addresses: Vec<SocketAddr>,
}

/// Why the exporter cannot listen on an address, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error(
        "cannot listen on `{address}`: the port is in use; `ss -ltnp 'sport = :{}'` shows which \
         program uses it; stop that program, or set another `web.listen_address`",
        .address.port
    )]
    InUse { address: ListenAddress, source: io::Error },

    #[error(
        "cannot listen on `{address}`: no interface of this host has this address; set another \
         `web.listen_address`, for example \":{}\" for all addresses",
        .address.port
    )]
    NotHere { address: ListenAddress, source: io::Error },

    #[error(
        "listening on `{address}` is not permitted; set a `web.listen_address` with a port from \
         1024 on, or add CAP_NET_BIND_SERVICE"
    )]
    NotPermitted { address: ListenAddress, source: io::Error },

    #[error(
        "cannot listen on `{address}`: this host has no such device; set another \
         `web.listen_address`"
    )]
    NoDevice { address: ListenAddress, source: io::Error },

    #[error("cannot resolve the host of `{address}`; set another `web.listen_address`")]
    NoSuchHost { address: ListenAddress, source: io::Error },

    #[error("cannot listen on `{address}`")]
    Socket { address: ListenAddress, source: io::Error },
}

/// A socket to listen on, and the address in the configuration that asks for it.
#[derive(Clone, Copy, Debug)]
struct Wanted<'a> {
    address: &'a ListenAddress,
    socket: SocketAddr,
}

impl Listeners {
    /// Listens on all of `addresses`, or on none.
    pub fn bind(addresses: &[ListenAddress]) -> Result<Self, BindError> {
        Ok(Self::of(bound(addresses)?, Door::Web))
    }

    /// Listens on these addresses of the API too.
    pub fn with_api(self, addresses: &[ListenAddress]) -> Result<Self, BindError> {
        let Self { mut sockets, addresses: mut all } = self;
        let own = Self::of(bound(addresses)?, Door::Api);
        sockets.extend(own.sockets);
        all.extend(own.addresses);

        Ok(Self { sockets, addresses: all })
    }

    fn of(sockets: Vec<TcpListener>, door: Door) -> Self {
        let addresses = sockets.iter().map_while(|socket| socket.local_addr().ok()).collect();
        let sockets = sockets.into_iter().map(|socket| (socket, door)).collect();

        Self { sockets, addresses }
    }

    /// Returns the addresses with the ports that they really have.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

fn bound(addresses: &[ListenAddress]) -> Result<Vec<TcpListener>, BindError> {
    let wanted = wanted(addresses)?;

    uncovered(&wanted).map(Wanted::bind).collect()
}

fn wanted(addresses: &[ListenAddress]) -> Result<Vec<Wanted<'_>>, BindError> {
    let mut wanted = Vec::new();
    for address in addresses {
        wanted.extend(found(address)?.into_iter().map(|socket| Wanted { address, socket }));
    }

    Ok(wanted)
}

/// Returns the addresses of sockets that `address` stands for.
fn found(address: &ListenAddress) -> Result<Vec<SocketAddr>, BindError> {
    let ListenAddress { host, port } = address;
    let look_up = |name: &str| (name, *port).to_socket_addrs().map(Iterator::collect);

    match host {
        Host::Any => Ok(vec![(Ipv6Addr::UNSPECIFIED, *port).into()]),
        Host::Address(ip) => Ok(vec![(*ip, *port).into()]),
        // getaddrinfo(3) knows devices by name and by index.
        Host::LinkLocal(ip, device) => look_up(&format!("{ip}%{device}"))
            .map_err(|source| BindError::NoDevice { address: address.clone(), source }),
        Host::Name(name) => look_up(name)
            .map_err(|source| BindError::NoSuchHost { address: address.clone(), source }),
    }
}

/// Leaves out what another socket takes as well: the kernel would refuse the second one.
fn uncovered<'a>(wanted: &'a [Wanted<'a>]) -> impl Iterator<Item = &'a Wanted<'a>> {
    let is_covered = |at: usize, it: SocketAddr| {
        wanted.iter().enumerate().any(|(other_at, other)| {
            let is_first = other_at < at || !covers(it, other.socket);
            other_at != at && is_first && covers(other.socket, it)
        })
    };

    wanted.iter().enumerate().filter(move |(at, it)| !is_covered(*at, it.socket)).map(|(_, it)| it)
}

/// Whether a socket on `one` takes the connections to `other`. Port 0 is another one each time.
fn covers(one: SocketAddr, other: SocketAddr) -> bool {
    let takes = match one.ip() {
        IpAddr::V6(ip) if ip.is_unspecified() => true,
        IpAddr::V4(ip) if ip.is_unspecified() => other.is_ipv4(),
        IpAddr::V4(_) | IpAddr::V6(_) => one == other,
    };

    takes && one.port() == other.port() && one.port() != 0
}

impl Wanted<'_> {
    fn bind(&self) -> Result<TcpListener, BindError> {
        let Self { address, socket } = *self;

        let bound = match listen(socket) {
            Err(error) if address.host == Host::Any && has_no_ipv6(&error) => {
                listen((Ipv4Addr::UNSPECIFIED, address.port).into())
            }
            bound => bound,
        };
        bound.map_err(|source| BindError::new(address.clone(), source))
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;

    // `[::]` takes IPv4 as well, whatever net.ipv6.bindv6only says; so does Go.
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    // A restart need not wait for the connections of the run before.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;

    Ok(socket.into())
}

/// Either the kernel has no IPv6, or no interface may use it.
fn has_no_ipv6(error: &io::Error) -> bool {
    const EAFNOSUPPORT: i32 = 97;

    error.raw_os_error() == Some(EAFNOSUPPORT) || error.kind() == io::ErrorKind::AddrNotAvailable
}

impl BindError {
    fn new(address: ListenAddress, source: io::Error) -> Self {
        const ENODEV: i32 = 19;

        let is = |kind| source.kind() == kind;

        if is(io::ErrorKind::AddrInUse) {
            Self::InUse { address, source }
        } else if is(io::ErrorKind::AddrNotAvailable) {
            Self::NotHere { address, source }
        } else if is(io::ErrorKind::PermissionDenied) {
            Self::NotPermitted { address, source }
        } else if source.raw_os_error() == Some(ENODEV) {
            Self::NoDevice { address, source }
        } else {
            Self::Socket { address, source }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn bind(addresses: &[&str]) -> Result<Listeners, BindError> {
        let addresses: Vec<_> = addresses.iter().map(|text| text.parse().unwrap()).collect();

        Listeners::bind(&addresses)
    }

    #[test]
    fn an_address_without_a_host_is_reached_by_ipv4() {
        let listeners = bind(&[":0"]).unwrap();
        let port = listeners.addresses()[0].port();

        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();

        assert_ne!(port, 0);
    }

    #[test]
    fn several_addresses_and_names_are_listened_on() {
        let listeners = bind(&["127.0.0.1:0", "localhost:0"]).unwrap();

        assert!(listeners.addresses().len() >= 2, "{listeners:?}");
        for address in listeners.addresses() {
            assert!(address.ip().is_loopback(), "{address}");
            TcpStream::connect(address).unwrap();
        }
    }

    #[test]
    fn an_address_that_another_one_covers_needs_no_socket_of_its_own() {
        let cases = [
            (&["0.0.0.0:1", "[::]:1"][..], &["[::]:1"][..]),
            (&["[::]:1", "0.0.0.0:1"], &["[::]:1"]),
            (&[":1", "[::]:1", "[::1]:1", "127.0.0.1:1"], &["[::]:1"]),
            (&["127.0.0.1:1", "0.0.0.0:1", "[::1]:1"], &["0.0.0.0:1", "[::1]:1"]),
            (&["127.0.0.1:1", "[::ffff:127.0.0.1]:1"], &["127.0.0.1:1"]),
            (&["0.0.0.0:1", "[::]:2"], &["0.0.0.0:1", "[::]:2"]),
            (&["127.0.0.1:0", "127.0.0.1:0"], &["127.0.0.1:0", "127.0.0.1:0"]),
        ];

        for (given, left) in cases {
            let addresses: Vec<_> = given.iter().map(|text| text.parse().unwrap()).collect();
            let wanted = wanted(&addresses).unwrap();
            let sockets: Vec<_> = uncovered(&wanted).map(|it| it.socket.to_string()).collect();
            assert_eq!(sockets, left, "{given:?}");
        }
    }

    #[test]
    fn every_port_0_is_another_one() {
        let listeners = bind(&["127.0.0.1:0", "127.0.0.1:0", ":0"]).unwrap();

        assert_eq!(listeners.addresses().len(), 3, "{listeners:?}");
    }

    #[test]
    fn a_port_in_use_is_refused_with_what_to_do() {
        let first = bind(&["127.0.0.1:0"]).unwrap();
        let port = first.addresses()[0].port();

        let error = bind(&[&format!("127.0.0.1:{port}")]).unwrap_err();

        assert_eq!(
            error.to_string(),
            format!(
                "cannot listen on `127.0.0.1:{port}`: the port is in use; `ss -ltnp 'sport = \
                 :{port}'` shows which program uses it; stop that program, or set another \
                 `web.listen_address`"
            )
        );
    }

    #[test]
    fn an_address_of_elsewhere_is_refused_with_what_to_do() {
        let cases = [
            (
                "192.0.2.1:9100",
                "cannot listen on `192.0.2.1:9100`: no interface of this host has this address; \
                 set another `web.listen_address`, for example \":9100\" for all addresses",
            ),
            (
                "[fe80::1%nosuch]:9100",
                "cannot listen on `[fe80::1%nosuch]:9100`: this host has no such device; set \
                 another `web.listen_address`",
            ),
            (
                "[fe80::1%2147483647]:9100",
                "cannot listen on `[fe80::1%2147483647]:9100`: this host has no such device; set \
                 another `web.listen_address`",
            ),
            (
                "host.invalid:9100",
                "cannot resolve the host of `host.invalid:9100`; set another `web.listen_address`",
            ),
        ];

        for (address, message) in cases {
            assert_eq!(bind(&[address]).unwrap_err().to_string(), message);
        }
    }
}
