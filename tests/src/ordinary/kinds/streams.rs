//! Much over one connection.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::ops::Range;
use std::thread;

use super::super::Scene;
use super::super::clients::{ask, open};
use super::super::servers::{head, serve};
use super::BACKUP;
use crate::patience::pause;
use crate::senders::paced;

/// Of what a stream writes and reads at once.
const PIECE: usize = 1 << 16;
/// Pieces a second: 160 Mbit/s.
const RATE: u32 = 300;

/// Nothing much, then a backup to this host, then one from it.
pub(super) fn backup(scene: &Scene<'_>) {
    thread::scope(|scope| {
        scope.spawn(|| scene.on_host(|| serve(scene, scene.host(BACKUP), || true)));
        scope.spawn(|| {
            scene.on_lan(|| {
                few_questions(scene, BACKUP, 25);
                stream_in(scene, BACKUP, 25..55);
                stream_out(scene, BACKUP, 55..85);
            });
        });
    });
}

/// Sends a question now and then until a second.
pub(super) fn few_questions(scene: &Scene<'_>, port: u16, until: u64) {
    paced(
        10,
        || scene.goes_on() && scene.is_within(0..until),
        |number| {
            if let Ok(mut stream) = open(scene.client(number % 3), scene.host(port)) {
                let _the_server_may_have_ended = ask(&mut stream, 100, 1000);
            }
        },
    );
}

/// Sends a stream to the host.
pub(super) fn stream_in(scene: &Scene<'_>, port: u16, seconds: Range<u64>) {
    let mut stream = open(scene.client(9), scene.host(port)).expect("a connection");
    stream.write_all(&head(u64::MAX, 0)).expect("a connection");
    let piece = vec![0; PIECE];
    paced(
        RATE,
        || scene.is_within(seconds.clone()),
        |_| {
            stream.write_all(&piece).expect("a connection");
        },
    );
}

/// Reads as much from the host.
fn stream_out(scene: &Scene<'_>, port: u16, seconds: Range<u64>) {
    let mut stream = open(scene.client(9), scene.host(port)).expect("a connection");
    stream.write_all(&head(0, u64::MAX)).expect("a connection");
    let mut piece = vec![0; PIECE];
    paced(
        RATE,
        || scene.is_within(seconds.clone()),
        |_| {
            stream.read_exact(&mut piece).expect("a connection");
        },
    );
    while_it_ends(&mut stream);
}

/// Reads what is under way, so that the end is no reset.
fn while_it_ends(stream: &mut TcpStream) {
    let _it_may_be_closed = stream.shutdown(Shutdown::Write);
    pause();
}
