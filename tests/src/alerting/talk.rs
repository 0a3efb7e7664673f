//! What is usual on a device before something happens to it: short questions over UDP, answered.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::thread;
use std::time::Duration;

use super::Net;
use crate::attacks::list::End;
use crate::patience::{Reason, let_pass};

/// Of the service that returns what it gets. Source: RFC 862.
const ECHO: u16 = 7;
/// Between two questions on one device: 200 a second.
const BETWEEN: Duration = Duration::from_millis(5);
const PATIENCE: Duration = Duration::from_millis(100);

/// Talks on every device for as long as it is to go on.
pub fn talk(net: &Net, goes_on: impl Fn() -> bool + Sync) {
    thread::scope(|scope| {
        scope.spawn(|| net.host.within(|| answer(&goes_on)));
        scope.spawn(|| net.lan.within(|| ask(net, &goes_on)));
    });
}

fn answer(goes_on: &impl Fn() -> bool) {
    let socket = UdpSocket::bind(("0.0.0.0", ECHO)).expect("a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a socket");
    let mut question = [0; 2048];

    while goes_on() {
        match socket.recv_from(&mut question) {
            Ok((length, from)) => {
                let _lost_where_the_cable_is_pulled = socket.send_to(&question[..length], from);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // What the kernel learned of an earlier answer.
            Err(_) => let_pass(BETWEEN, Reason::Rate),
        }
    }
}

fn ask(net: &Net, goes_on: &impl Fn() -> bool) {
    let asking: Vec<_> = net
        .devices()
        .map(|device| {
            let from = SocketAddr::from((net.address(device, End::Lan), 0));
            let to = SocketAddr::from((net.address(device, End::Host), ECHO));
            let socket = UdpSocket::bind(from).expect("an address");
            socket.set_nonblocking(true).expect("a socket");
            (socket, to)
        })
        .collect();
    let mut answer = [0; 2048];

    while goes_on() {
        for (socket, to) in &asking {
            let _lost_where_the_cable_is_pulled = socket.send_to(&[7; 100], to);
            while socket.recv(&mut answer).is_ok() {}
        }
        let_pass(BETWEEN, Reason::Rate);
    }
}
