//! A host that boots.

use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::thread;

use super::super::Scene;
use super::super::clients::Questions;
use super::super::servers::{answer_datagrams, serve};
use super::streams::{few_questions, stream_in};
use super::{DNS, HTTP, NTP, port};
use crate::senders::paced;

/// Nothing at all; then a host finds its network, its time and its packages.
pub(super) fn boot(scene: &Scene<'_>) {
    let link = |state| scene.net.lan.ip(&["link", "set", scene.device, state]);
    link("down");
    scene.wait_until(25);
    link("up");
    thread::scope(|scope| {
        scope.spawn(|| scene.on_host(|| serve(scene, scene.host(HTTP), || true)));
        for port in [DNS, NTP] {
            scope.spawn(move || {
                let place = SocketAddrV4::new(scene.client(1), port);
                scene.on_lan(|| answer_datagrams(scene, place));
            });
        }
        scope.spawn(|| scene.on_host(|| ask_around(scene)));
        scope.spawn(|| {
            scene.on_lan(|| {
                scene.wait_until(30);
                stream_in(scene, HTTP, 30..60);
                few_questions(scene, HTTP, 90);
            });
        });
    });
}

/// Requests an address by broadcast, names and the time.
fn ask_around(scene: &Scene<'_>) {
    let socket = UdpSocket::bind(scene.host(68)).expect("a free port");
    socket.set_broadcast(true).expect("a socket");
    let mut questions = Questions::default();
    paced(
        20,
        || scene.is_within(25..35),
        |number| {
            let from = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port(0, number));
            questions.ask(from, SocketAddrV4::new(scene.client(1), DNS), 40, (1, 300));
            if number % 20 == 0 {
                questions.ask(from, SocketAddrV4::new(scene.client(1), NTP), 48, (1, 48));
                let _nobody_may_hear_it = socket.send_to(&[0; 300], ("255.255.255.255", 67));
            }
        },
    );
}
