//! Many short connections, and many long ones.

use std::thread;
use std::time::{Duration, Instant};

use super::super::Scene;
use super::super::clients::{ask, open, reset};
use super::super::servers::serve;
use super::{HTTP, HTTPS};
use crate::senders::paced;

/// 720 short connections a second from many clients.
pub(super) fn web(scene: &Scene<'_>) {
    thread::scope(|scope| {
        scope.spawn(|| scene.on_host(|| serve(scene, scene.host(HTTP), || true)));
        for worker in 0..8 {
            scope.spawn(move || {
                scene.on_lan(|| {
                    paced(
                        90,
                        || scene.goes_on(),
                        |number| {
                            let client = scene.client(worker * 8000 + number % 400);
                            if let Ok(mut stream) = open(client, scene.host(HTTP)) {
                                let _the_server_may_have_ended = ask(&mut stream, 300, 4000);
                            }
                        },
                    );
                });
            });
        }
    });
}

/// 200 clients stay connected; the server is away for four seconds, and all come back at once.
pub(super) fn deploy(scene: &Scene<'_>) {
    let is_up = || !scene.is_within(40..44);
    thread::scope(|scope| {
        scope.spawn(|| scene.on_host(|| serve(scene, scene.host(HTTPS), is_up)));
        for worker in 0..4 {
            scope.spawn(move || scene.on_lan(|| stay_connected(scene, worker)));
        }
    });
}

fn stay_connected(scene: &Scene<'_>, worker: u32) {
    const AGAIN: Duration = Duration::from_millis(500);
    let mut clients: Vec<_> =
        (0..50).map(|number| (scene.client(worker * 50 + number), None, Instant::now())).collect();
    paced(
        500,
        || scene.goes_on(),
        |number| {
            let (client, stream, again) = &mut clients[number as usize % 50];
            if stream.is_none() && Instant::now() >= *again {
                *stream = open(*client, scene.host(HTTPS)).ok();
                *again = Instant::now() + AGAIN;
            }
            if stream.as_mut().is_some_and(|stream| ask(stream, 200, 500).is_err()) {
                *stream = None;
            }
        },
    );
}

/// 100 connections a second that are reset at once, and some with a question.
pub(super) fn health_checks(scene: &Scene<'_>) {
    thread::scope(|scope| {
        scope.spawn(|| scene.on_host(|| serve(scene, scene.host(HTTP), || true)));
        scope.spawn(|| {
            scene.on_lan(|| {
                paced(
                    100,
                    || scene.goes_on(),
                    |number| {
                        let Ok(mut stream) = open(scene.client(number % 2), scene.host(HTTP))
                        else {
                            return;
                        };
                        if number % 10 == 0 {
                            let _the_server_may_have_ended = ask(&mut stream, 100, 200);
                        } else {
                            reset(stream);
                        }
                    },
                );
            });
        });
    });
}
