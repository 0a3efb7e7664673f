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
                Ok(0) => return read,
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
    let read = reader.join().expect("a reader");

    Streamed { written, read, elapsed: begun.elapsed() }
}
