//! A client that does exactly what a test says, and what servers of tests read.

use std::io::{self, BufRead, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use crate::cable::Namespace;

const PATIENCE: Duration = Duration::from_secs(20);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns the header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("the body is text")
    }
}

/// Opens a connection to a server in the namespace.
pub fn connect(namespace: &Namespace, port: u16) -> io::Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = namespace.within(|| TcpStream::connect_timeout(&address, PATIENCE))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;

    Ok(stream)
}

/// Sends a request with those headers on a connection of its own.
pub fn request(
    namespace: &Namespace,
    port: u16,
    line: &str,
    headers: &[(&str, &str)],
) -> io::Result<Answer> {
    let mut stream = connect(namespace, port)?;
    let mut head = format!("{line} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.extend([*name, ": ", *value, "\r\n"]);
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;

    answer(&mut stream)
}

/// Reads to the end of the connection.
pub fn answer(stream: &mut TcpStream) -> io::Result<Answer> {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes)?;

    parse(&bytes)
}

/// Reads an answer of HTTP/1 whose body ends with the connection.
pub fn parse(bytes: &[u8]) -> io::Result<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let Some(end) = end else {
        let text = String::from_utf8_lossy(bytes).into_owned();
        return Err(io::Error::other(format!("no answer but {text:?}")));
    };

    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(": "));

    Ok(Answer {
        status: status.ok_or_else(|| io::Error::other(format!("no status in {head:?}")))?,
        headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
        body: bytes[end + 4..].to_vec(),
    })
}

/// Reads a request whose head has the length of its body, if there is one. Returns the length of the
/// head; `bytes` has all that was read, in any case.
pub fn read_request(reader: &mut impl BufRead, bytes: &mut Vec<u8>) -> io::Result<usize> {
    let mut length = 0;
    loop {
        let from = bytes.len();
        reader.read_until(b'\n', bytes)?;
        let line = String::from_utf8_lossy(&bytes[from..]).to_ascii_lowercase();
        if !line.ends_with('\n') {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if let Some(number) = line.strip_prefix("content-length:") {
            length = number.trim().parse().map_err(io::Error::other)?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let head = bytes.len();
    let read = reader.take(length).read_to_end(bytes)?;
    if (read as u64) < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }

    Ok(head)
}
