//! The metrics of an exporter that runs on this host.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use super::Item;
use crate::config::{Host, ListenAddress, Web};

pub(super) const ABOUT: &str = "The metrics of an exporter that runs here";
const FILE: &str = "metrics.txt";
/// The port that is listened on by default.
const PORT: u16 = 10_199;
/// How long one address may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most bytes of an answer.
const LONGEST: u64 = 16 << 20;
/// Only the exporter has it.
const OURS: &str = "packet_exporter_build_info";

/// Fetches the metrics from the first address of the exporter that answers.
pub(super) fn items(web: &Web) -> Vec<Item> {
    let Web { listen_address, systemd_socket, telemetry_path, .. } = web;
    let path = format!("{}{telemetry_path}", web.prefix());
    // Where systemd listens is told in its unit alone.
    let default = [ListenAddress::any(PORT)];
    let addresses = if *systemd_socket { &default[..] } else { &listen_address[..] };

    let mut reasons = Vec::new();
    for address in addresses.iter().flat_map(reachable) {
        match metrics(address, &path) {
            Ok(text) => return vec![Item::new(FILE, ABOUT, Ok(text))],
            Err(reason) => reasons.push(format!("{address}: {reason}")),
        }
    }
    if reasons.is_empty() {
        reasons.push("no address is known where an exporter may listen".to_owned());
    }

    vec![Item::new(FILE, ABOUT, Err(reasons.join("; ")))]
}

/// Returns where this host reaches an address that is listened on.
fn reachable(address: &ListenAddress) -> Vec<SocketAddr> {
    let ListenAddress { host, port } = address;
    let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let look_up = |name: &str| (name, *port).to_socket_addrs().map(Iterator::collect);
    let found: Vec<SocketAddr> = match host {
        Host::Any => loopback.map(|ip| (ip, *port).into()).to_vec(),
        Host::Address(ip) if ip.is_unspecified() => {
            let same = loopback.into_iter().filter(|it| it.is_ipv4() == ip.is_ipv4());
            same.map(|ip| (ip, *port).into()).collect()
        }
        Host::Address(ip) => vec![(*ip, *port).into()],
        Host::LinkLocal(ip, device) => look_up(&format!("{ip}%{device}")).unwrap_or_default(),
        Host::Name(name) => look_up(name).unwrap_or_default(),
    };

    // It is not known which port 0 became.
    found.into_iter().filter(|address| address.port() != 0).collect()
}

fn metrics(address: SocketAddr, path: &str) -> Result<String, String> {
    let answer = get(address, path).map_err(|error| error.to_string())?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("it does not answer in HTTP")?;
    let status = head.split(' ').nth(1).unwrap_or_default();
    let by_hand = |scheme| format!("add the output of `curl {scheme}://{address}{path}`");

    match status {
        "200" if body.contains(OURS) => Ok(body.to_owned()),
        "200" => Err("something else answers there".to_owned()),
        "401" => Err(format!(
            "it asks for a login, which `doctor` does not have; {} with --user",
            by_hand("http")
        )),
        "400" => Err(format!("it seems to speak TLS; {}", by_hand("https"))),
        _ => Err(format!("it answers {status}; {}", by_hand("http"))),
    }
}

/// Returns the whole answer to a request, head and body.
fn get(address: SocketAddr, path: &str) -> io::Result<String> {
    let deadline = Instant::now() + PATIENCE;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    // A link-local address with its device would be no host.
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;

    let (mut answer, mut room) = (Vec::new(), vec![0; 1 << 16]);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::new(ErrorKind::TimedOut, "no complete answer within 5 seconds"));
        }
        stream.set_read_timeout(Some(left))?;
        let read = match stream.read(&mut room) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        };
        answer.extend(&room[..read]);
        if answer.len() as u64 > LONGEST {
            return Err(io::Error::new(ErrorKind::FileTooLarge, "its answer is too long"));
        }
    }

    Ok(String::from_utf8_lossy(&answer).into_owned())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Answers one request with `answer`, and returns what was made of it.
    fn metrics_of(answer: &'static str) -> Result<String, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut room = [0; 1024];
            let read = stream.read(&mut room).unwrap();
            assert!(room[..read].starts_with(b"GET /metrics HTTP/1.1\r\n"));
            stream.write_all(answer.as_bytes()).unwrap();
        });

        let metrics = metrics(address, "/metrics");
        server.join().unwrap();

        metrics
    }

    #[test]
    fn metrics_of_an_exporter_are_taken_and_anything_else_is_named() {
        let ours = metrics_of("HTTP/1.1 200 OK\r\na: b\r\n\r\npacket_exporter_build_info 1\n");

        assert_eq!(ours.unwrap(), "packet_exporter_build_info 1\n");
        for (answer, reason) in [
            ("HTTP/1.1 200 OK\r\n\r\nnode_load1 1\n", "something else answers"),
            ("HTTP/1.1 401 Unauthorized\r\n\r\n", "it asks for a login"),
            ("HTTP/1.1 400 Bad Request\r\n\r\n", "TLS"),
            ("HTTP/1.1 503 no\r\n\r\n", "it answers 503"),
            ("SSH-2.0\r\n", "it does not answer in HTTP"),
        ] {
            let found = metrics_of(answer).unwrap_err();
            assert!(found.contains(reason), "{found}");
        }
    }

    #[test]
    fn an_address_that_is_listened_on_is_reached_on_this_host() {
        let cases = [
            (":10199", "127.0.0.1:10199 [::1]:10199"),
            ("0.0.0.0:1", "127.0.0.1:1"),
            ("[::]:1", "[::1]:1"),
            ("192.0.2.1:1", "192.0.2.1:1"),
            ("127.0.0.1:0", ""),
        ];

        for (address, reached) in cases {
            let found = reachable(&address.parse().unwrap());
            let found: Vec<_> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found.join(" "), reached, "{address}");
        }
    }
}
