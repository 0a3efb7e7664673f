//! Servers that answer with as much as they are asked for.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddrV4, TcpListener, TcpStream, UdpSocket};
use std::thread;
use std::time::Duration;

use rustix::net::sockopt;

use super::Scene;
use crate::patience::pause;

/// What a question over TCP begins with: bytes that follow, and bytes of the answer.
pub(super) const HEAD: usize = 16;
/// What a question over UDP begins with: datagrams of the answer, and bytes of each.
pub(super) const ASK: usize = 3;
const PIECE: usize = 1 << 16;
const PATIENCE: Duration = Duration::from_millis(200);

/// Returns the head of a question over TCP.
pub(super) fn head(more: u64, answer: u64) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&more.to_be_bytes());
    head[8..].copy_from_slice(&answer.to_be_bytes());

    head
}

/// Serves TCP in the namespace of the thread while it is to be up, each connection by a thread.
pub(super) fn serve(scene: &Scene<'_>, place: SocketAddrV4, is_up: impl Fn() -> bool + Sync) {
    let is_up = &is_up;
    thread::scope(|scope| {
        let mut listener = None;
        while scene.goes_on() {
            if !is_up() {
                listener = None;
                pause();
                continue;
            }
            let listener = listener.get_or_insert_with(|| {
                let listener = TcpListener::bind(place).expect("a free port");
                // Bounds the accepting too.
                sockopt::set_socket_timeout(&listener, sockopt::Timeout::Recv, Some(PATIENCE))
                    .expect("a socket");
                listener
            });
            if let Ok((stream, _)) = listener.accept() {
                scope.spawn(move || serve_one(scene, stream, is_up));
            }
        }
    });
}

/// Answers until the client closes, or the server is to be down.
fn serve_one(scene: &Scene<'_>, mut stream: TcpStream, is_up: &impl Fn() -> bool) {
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream.set_write_timeout(Some(PATIENCE * 10)).expect("a socket");
    let mut piece = vec![0; PIECE];

    while scene.goes_on() && is_up() {
        let mut head = [0; HEAD];
        match stream.peek(&mut head) {
            Ok(HEAD) => {}
            Ok(0) => return,
            Err(error) if error.kind() != ErrorKind::WouldBlock => return,
            // The head is not whole yet.
            Ok(_) | Err(_) => continue,
        }
        if answer(&mut stream, &mut piece).is_err() {
            return;
        }
    }
}

fn answer(stream: &mut TcpStream, piece: &mut [u8]) -> io::Result<()> {
    let mut head = [0; HEAD];
    stream.read_exact(&mut head)?;
    let [mut more, mut answer] =
        [&head[..8], &head[8..]].map(|it| u64::from_be_bytes(it.try_into().expect("8 bytes")));
    while more > 0 {
        let most = piece.len().min(usize::try_from(more).unwrap_or(usize::MAX));
        match stream.read(&mut piece[..most])? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            length => more -= length as u64,
        }
    }
    while answer > 0 {
        let most = piece.len().min(usize::try_from(answer).unwrap_or(usize::MAX));
        answer -= stream.write(&piece[..most])? as u64;
    }

    Ok(())
}

/// Answers datagrams in the namespace of the thread.
pub(super) fn answer_datagrams(scene: &Scene<'_>, place: SocketAddrV4) {
    let socket = UdpSocket::bind(place).expect("a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let mut question = [0; 2048];

    while scene.goes_on() {
        if let Ok((ASK.., from)) = socket.recv_from(&mut question) {
            let length = u16::from_be_bytes([question[1], question[2]]);
            for _ in 0..question[0] {
                let _a_full_queue_loses_it = socket.send_to(&vec![0; length.into()], from);
            }
        }
    }
}
