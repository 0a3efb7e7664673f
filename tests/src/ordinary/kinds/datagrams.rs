//! Streams of datagrams.

use std::net::{SocketAddrV4, UdpSocket};
use std::thread;

use super::super::Scene;
use super::super::clients::{Questions, question};
use super::super::servers::answer_datagrams;
use super::{CLIENTS, HTTPS, VIDEO, port};
use crate::senders::paced;

/// A stream that one server sends all the time, with reports to it.
pub(super) fn video(scene: &Scene<'_>) {
    thread::scope(|scope| {
        scope.spawn(|| scene.on_host(|| answer_datagrams(scene, scene.host(VIDEO))));
        scope.spawn(|| {
            scene.on_lan(|| {
                let from = SocketAddrV4::new(scene.client(7), VIDEO);
                let socket = UdpSocket::bind(from).expect("an address");
                paced(
                    12_000,
                    || scene.goes_on(),
                    |number| {
                        let reports = u8::from(number % 2000 == 0);
                        let _lost =
                            socket.send_to(&question(1200, (reports, 80)), scene.host(VIDEO));
                    },
                );
            });
        });
    });
}

/// Clients of every system that read pages, and one that uploads for half a minute.
pub(super) fn quic(scene: &Scene<'_>) {
    thread::scope(|scope| {
        scope.spawn(|| scene.on_host(|| answer_datagrams(scene, scene.host(HTTPS))));
        scope.spawn(|| {
            scene.on_lan(|| {
                let mut questions = Questions::default();
                paced(
                    400,
                    || scene.goes_on(),
                    |number| {
                        let port = port(number as usize % CLIENTS.len(), number);
                        let from = SocketAddrV4::new(scene.client(number % 300), port);
                        questions.ask(from, scene.host(HTTPS), 1200, (4, 1200));
                    },
                );
            });
        });
        scope.spawn(|| {
            scene.on_lan(|| {
                scene.wait_until(30);
                let from = SocketAddrV4::new(scene.client(301), 51_000);
                let socket = UdpSocket::bind(from).expect("an address");
                paced(
                    12_000,
                    || scene.is_within(30..60),
                    |number| {
                        let answers = u8::from(number % 10 == 0);
                        let _lost =
                            socket.send_to(&question(1200, (answers, 60)), scene.host(HTTPS));
                    },
                );
            });
        });
    });
}
