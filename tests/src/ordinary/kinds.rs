//! The kinds.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::ops::Range;
use std::thread;
use std::time::{Duration, Instant};

use super::clients::{Questions, ask, open, question, reset};
use super::servers::{answer_datagrams, head, serve};
use super::{Kind, Scene};
use crate::patience::pause;
use crate::senders::paced;

/// Every kind, each with the floor that it passes.
pub const KINDS: [Kind; 9] = [
    Kind {
        name: "web",
        passes: "device:packet_receive_syn_packets:rate5m > ${syn_flood_packets}",
        play: web,
    },
    Kind {
        name: "dns",
        passes: "device:packet_receive_distinct_sources:sum > ${sources_floor}",
        play: dns,
    },
    Kind {
        name: "video",
        passes: "device:packet_receive_top_source_packets:rate5m > ${dominating_packets}",
        play: video,
    },
    Kind {
        name: "quic",
        passes: "device:packet_receive_top_source_packets:rate5m > ${dominating_packets}",
        play: quic,
    },
    Kind {
        name: "backup",
        passes: "device:packet_receive_packets:rate5m > ${surge_packets}",
        play: backup,
    },
    Kind {
        name: "deploy",
        passes: "device:packet_receive_packets:baseline > ${collapse_packets}",
        play: deploy,
    },
    Kind {
        name: "resolver",
        passes: "device_port:packet_receive_amplifier_bytes:rate5m > ${amplification_bytes}",
        play: resolver,
    },
    Kind {
        name: "health-checks",
        // No load balancer checks so often that it passes a floor.
        passes: "device:packet_receive_syn_packets:rate5m > 50",
        play: health_checks,
    },
    Kind {
        name: "boot",
        passes: "device:packet_receive_packets:rate5m > ${surge_packets}",
        play: boot,
    },
];

const HTTP: u16 = 80;
const HTTPS: u16 = 443;
const DNS: u16 = 53;
const NTP: u16 = 123;
const VIDEO: u16 = 5004;
const BACKUP: u16 = 22;
/// Ports that clients of Linux, Windows, FreeBSD and a resolver of RFC 6056 take.
const CLIENTS: [Range<u16>; 4] = [32_768..60_999, 49_152..65_535, 10_000..65_535, 1024..65_535];
/// Of what a stream writes and reads at once.
const PIECE: usize = 1 << 16;

/// 900 short connections a second from many clients.
fn web(scene: &Scene<'_>) {
    thread::scope(|scope| {
        scope.spawn(|| scene.on_host(|| serve(scene, scene.host(HTTP), || true)));
        for worker in 0..8 {
            scope.spawn(move || {
                scene.on_lan(|| {
                    paced(
                        112,
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

/// A server that 3,000 resolvers ask.
fn dns(scene: &Scene<'_>) {
    thread::scope(|scope| {
        scope.spawn(|| scene.on_host(|| answer_datagrams(scene, scene.host(DNS))));
        scope.spawn(|| {
            scene.on_lan(|| {
                let mut questions = Questions::default();
                paced(
                    800,
                    || scene.goes_on(),
                    |number| {
                        let from = SocketAddrV4::new(scene.client(number % 3000), port(3, number));
                        questions.ask(from, scene.host(DNS), 40, (1, 180));
                    },
                );
            });
        });
    });
}

/// A stream that one server sends all the time, with reports to it.
fn video(scene: &Scene<'_>) {
    thread::scope(|scope| {
        scope.spawn(|| scene.on_host(|| answer_datagrams(scene, scene.host(VIDEO))));
        scope.spawn(|| {
            scene.on_lan(|| {
                let from = SocketAddrV4::new(scene.client(7), VIDEO);
                let socket = UdpSocket::bind(from).expect("an address");
                paced(
                    13_000,
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
fn quic(scene: &Scene<'_>) {
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
                    13_000,
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

/// Nothing much, then a backup to this host, then one from it.
fn backup(scene: &Scene<'_>) {
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

/// 200 clients stay connected; the server is away for four seconds, and all come back at once.
fn deploy(scene: &Scene<'_>) {
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

/// This host asks servers all over the world, from any port, and gets long answers.
fn resolver(scene: &Scene<'_>) {
    const SERVERS: u32 = 8;
    thread::scope(|scope| {
        for number in 0..SERVERS {
            scope.spawn(move || {
                let place = SocketAddrV4::new(scene.client(number), DNS);
                scene.on_lan(|| answer_datagrams(scene, place));
            });
        }
        scope.spawn(|| {
            scene.on_host(|| {
                let mut questions = Questions::default();
                paced(
                    1500,
                    || scene.goes_on(),
                    |number| {
                        let from = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port(3, number));
                        let to = SocketAddrV4::new(scene.client(number % SERVERS), DNS);
                        questions.ask(from, to, 45, (1, 1200));
                    },
                );
            });
        });
    });
}

/// 100 connections a second that are reset at once, and some with a question.
fn health_checks(scene: &Scene<'_>) {
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

/// Nothing at all; then a host finds its network, its time and its packages.
fn boot(scene: &Scene<'_>) {
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

/// Sends a question now and then until a second.
fn few_questions(scene: &Scene<'_>, port: u16, until: u64) {
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

/// Sends 240 Mbit/s over TCP to the host.
fn stream_in(scene: &Scene<'_>, port: u16, seconds: Range<u64>) {
    let mut stream = open(scene.client(9), scene.host(port)).expect("a connection");
    stream.write_all(&head(u64::MAX, 0)).expect("a connection");
    let piece = vec![0; PIECE];
    paced(
        460,
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
        460,
        || scene.is_within(seconds.clone()),
        |_| {
            stream.read_exact(&mut piece).expect("a connection");
        },
    );
    while_it_ends(&mut stream);
}

/// Reads what is under way, so that the end is no reset.
fn while_it_ends(stream: &mut std::net::TcpStream) {
    let _it_may_be_closed = stream.shutdown(std::net::Shutdown::Write);
    pause();
}

/// Returns a port of a range.
fn port(range: usize, number: u32) -> u16 {
    let Range { start, end } = CLIENTS[range];
    let drawn = number.wrapping_mul(2_654_435_769) >> 8;

    start + (drawn % u32::from(end - start)) as u16
}
