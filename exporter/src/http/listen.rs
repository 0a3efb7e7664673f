//! Listening, before anything else starts: a port in use is a refusal and not a failure.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};

use socket2::{Domain, Socket, Type};

use crate::config::{Host, ListenAddress};

/// Connections that the kernel keeps until they are accepted.
const BACKLOG: i32 = 1024;

/// Sockets that listen, of which nobody accepts yet.
#[derive(Debug)]
pub struct Listeners {
    pub(super) sockets: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
}

/// Why nobody can listen on an address, and what would help.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    #[error(
        "cannot listen on `{address}`, its port is in use; `ss -ltnp 'sport = :{}'` shows by \
         whom; end that, or set another `web.listen_address`",
        .address.port
    )]
    InUse { address: ListenAddress, source: io::Error },

    #[error(
        "cannot listen on `{address}`, no interface of this host has that address; \
         set another `web.listen_address`, as \":{}\" for all of them",
        .address.port
    )]
    NotHere { address: ListenAddress, source: io::Error },

    #[error(
        "listening on `{address}` is not permitted; set a `web.listen_address` with a port from \
         1024 on, or add CAP_NET_BIND_SERVICE"
    )]
    NotPermitted { address: ListenAddress, source: io::Error },

    #[error("cannot find the host of `{address}`; set another `web.listen_address`")]
    NoSuchHost { address: ListenAddress, source: io::Error },

    #[error("cannot listen on `{address}`")]
    Socket { address: ListenAddress, source: io::Error },
}

impl Listeners {
    /// Listens on all of `addresses`, or on none.
    pub fn bind(addresses: &[ListenAddress]) -> Result<Self, BindError> {
        let mut sockets = Vec::new();
        for address in addresses {
            sockets.extend(bind(address)?);
        }
        let addresses = sockets.iter().map_while(|socket| socket.local_addr().ok()).collect();

        Ok(Self { sockets, addresses })
    }

    /// Gives the addresses with the ports that they really have.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

fn bind(address: &ListenAddress) -> Result<Vec<TcpListener>, BindError> {
    let ListenAddress { host, port } = address;
    let (v6, v4) = (Ipv6Addr::UNSPECIFIED.into(), Ipv4Addr::UNSPECIFIED.into());

    let bound = match host {
        Host::Any => match listen(v6, *port) {
            Err(error) if has_no_ipv6(&error) => listen(v4, *port).map(|socket| vec![socket]),
            bound => bound.map(|socket| vec![socket]),
        },
        Host::Address(ip) => listen(*ip, *port).map(|socket| vec![socket]),
        Host::Name(name) => {
            let found = (name.as_str(), *port)
                .to_socket_addrs()
                .map_err(|source| BindError::NoSuchHost { address: address.clone(), source })?;
            found.map(|address| listen(address.ip(), address.port())).collect()
        }
    };

    bound.map_err(|source| BindError::new(address.clone(), source))
}

fn listen(ip: IpAddr, port: u16) -> io::Result<TcpListener> {
    let address = SocketAddr::new(ip, port);
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;

    // `[::]` takes IPv4 as well, whatever net.ipv6.bindv6only says; so does Go.
    if address.is_ipv6() {
        socket.set_only_v6(!ip.is_unspecified())?;
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
        let is = |kind| source.kind() == kind;

        if is(io::ErrorKind::AddrInUse) {
            Self::InUse { address, source }
        } else if is(io::ErrorKind::AddrNotAvailable) {
            Self::NotHere { address, source }
        } else if is(io::ErrorKind::PermissionDenied) {
            Self::NotPermitted { address, source }
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
    fn a_port_in_use_is_refused_with_what_to_do() {
        let first = bind(&["127.0.0.1:0"]).unwrap();
        let port = first.addresses()[0].port();

        let error = bind(&[&format!("127.0.0.1:{port}")]).unwrap_err();

        assert_eq!(
            error.to_string(),
            format!(
                "cannot listen on `127.0.0.1:{port}`, its port is in use; \
                 `ss -ltnp 'sport = :{port}'` shows by whom; \
                 end that, or set another `web.listen_address`"
            )
        );
    }

    #[test]
    fn an_address_of_elsewhere_is_refused_with_what_to_do() {
        let cases = [
            (
                "192.0.2.1:9100",
                "cannot listen on `192.0.2.1:9100`, no interface of this host has that address; \
                 set another `web.listen_address`, as \":9100\" for all of them",
            ),
            (
                "host.invalid:9100",
                "cannot find the host of `host.invalid:9100`; set another `web.listen_address`",
            ),
        ];

        for (address, message) in cases {
            assert_eq!(bind(&[address]).unwrap_err().to_string(), message);
        }
    }
}
