//! Bulk TCP from one namespace to another.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::cable::Namespace;

const PIECE: usize = 1 << 18;

/// What a stream carried.
#[derive(Clone, Copy, Debug)]
pub struct Streamed {
    pub written: u64,
    pub read: u64,
    /// What was written, and once more what TCP repeated.
    pub sent: u64,
    /// From the first byte to the last one that was read.
    pub elapsed: Duration,
}

/// Sends for as long over one connection to an address of `to`.
pub fn stream(from: &Namespace, to: &Namespace, address: SocketAddr, time: Duration) -> Streamed {
    let listener = to.within(|| TcpListener::bind(address)).expect("a free port");
    let mut client = from.within(|| TcpStream::connect(address)).expect("a connection");
    let (mut server, _) = listener.accept().expect("a connection");
    let begun = Instant::now();

    let reader = thread::spawn(move || {
        let mut piece = vec![0; PIECE];
        let mut read = 0;
        loop {
            match server.read(&mut piece) {
                // Open still, so that the other end can be asked about.
                Ok(0) => return (read, server),
                Ok(length) => read += length as u64,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("a stream broke: {error}"),
            }
        }
    });
    let piece = vec![7; PIECE];
    let mut written = 0;
    while begun.elapsed() < time {
        written += client.write(&piece).expect("a connection") as u64;
    }
    client.shutdown(Shutdown::Write).expect("a connection");
    let (read, _server) = reader.join().expect("a reader");
    let elapsed = begun.elapsed();

    Streamed { written, read, sent: sent(from, address), elapsed }
}

/// Returns the bytes that connections to a place have sent. Source: `tcpi_bytes_sent` in
/// include/uapi/linux/tcp.h.
fn sent(from: &Namespace, to: SocketAddr) -> u64 {
    let all = from.run("ss", &["-tinHO", "state", "all", "dst", &to.to_string()]);
    let mut words = all.split_whitespace();
    let sent = words.find_map(|word| word.strip_prefix("bytes_sent:"));

    sent.and_then(|it| it.parse().ok()).unwrap_or_else(|| panic!("no bytes in {all:?}"))
}
