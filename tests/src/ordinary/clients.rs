//! Clients, each from an address of its own.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpStream, UdpSocket};
use std::time::Duration;

use rustix::net::{AddressFamily, SocketType, bind, connect, socket, sockopt};

use super::servers::{ASK, head};

const PATIENCE: Duration = Duration::from_secs(2);
/// Sockets that wait for their answers at once.
const WAITING: usize = 256;

/// Opens a connection from an address.
pub(super) fn open(from: Ipv4Addr, to: SocketAddrV4) -> io::Result<TcpStream> {
    let socket = socket(AddressFamily::INET, SocketType::STREAM, None)?;
    bind(&socket, &SocketAddrV4::new(from, 0))?;
    // Bounds the connecting too.
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Send, Some(PATIENCE))?;
    connect(&socket, &to)?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE))?;

    Ok(stream)
}

/// Sends a question with so many bytes more, and reads the whole answer.
pub(super) fn ask(stream: &mut TcpStream, more: usize, answer: usize) -> io::Result<()> {
    let question = [&head(more as u64, answer as u64)[..], &vec![0; more]].concat();
    stream.write_all(&question)?;

    stream.read_exact(&mut vec![0; answer])
}

/// Closes a connection with RST, as some load balancers do.
pub(super) fn reset(stream: TcpStream) {
    let _it_may_be_closed = sockopt::set_socket_linger(&stream, Some(Duration::ZERO));
    drop(stream);
}

/// Sockets that ask over UDP, the newest at the end; the oldest is closed where there are too many.
#[derive(Default)]
pub(super) struct Questions(VecDeque<UdpSocket>);

impl Questions {
    /// Requests so many datagrams of so many bytes from an address and port. A port that is in use
    /// requests nothing.
    pub(super) fn ask(
        &mut self,
        from: SocketAddrV4,
        to: SocketAddrV4,
        sent: usize,
        answer: (u8, u16),
    ) {
        self.send(from, to, &question(sent, answer));
    }

    /// Sends a question likewise.
    pub(super) fn send(&mut self, from: SocketAddrV4, to: SocketAddrV4, question: &[u8]) {
        let Ok(socket) = UdpSocket::bind(from) else { return };
        let _a_full_queue_loses_it = socket.send_to(question, to);
        self.0.push_back(socket);
        if self.0.len() > WAITING {
            self.0.pop_front();
        }
    }
}

/// Returns a question of so many bytes.
pub(super) fn question(sent: usize, (datagrams, bytes): (u8, u16)) -> Vec<u8> {
    let mut question = vec![0; sent.max(ASK)];
    question[0] = datagrams;
    question[1..ASK].copy_from_slice(&bytes.to_be_bytes());

    question
}
