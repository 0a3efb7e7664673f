//! Questions for names, and their answers.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::thread;

use super::super::Scene;
use super::super::clients::Questions;
use super::super::dns::{Server, ask_all, name, question};
use super::{DNS, port};
use crate::senders::paced;

/// A server that 3,000 resolvers ask. dnsperf has a single address, so the sockets are our own.
pub(super) fn dns(scene: &Scene<'_>) {
    let _server = Server::of_zone(&scene.net.host, &[*scene.host(DNS).ip()], 150);
    thread::scope(|scope| {
        scope.spawn(|| scene.on_lan(|| ask_from_everywhere(scene)));
        scope.spawn(|| ask_all(scene, scene.client(4000), 100));
    });
}

fn ask_from_everywhere(scene: &Scene<'_>) {
    let mut questions = Questions::default();
    paced(
        250,
        || scene.goes_on(),
        |number| {
            let from = SocketAddrV4::new(scene.client(number % 3000), port(3, number));
            questions.send(from, scene.host(DNS), &question(number as u16, &name(number)));
        },
    );
}

/// This host asks servers all over the world, from any port, and gets long answers: it does what a
/// client in the LAN asks of it, and remembers nothing.
pub(super) fn resolver(scene: &Scene<'_>) {
    let servers: Vec<Ipv4Addr> = (0..8).map(|number| scene.client(number)).collect();
    let _servers = Server::of_zone(&scene.net.lan, &servers, 980);
    let _resolver = Server::resolver(&scene.net.host, *scene.host(DNS).ip(), &servers);

    ask_all(scene, scene.client(100), 1500);
}
