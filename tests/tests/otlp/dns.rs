//! Names that are resolved late, or never.

use std::fs;
use std::io;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;
use tests::cable::{Cable, Namespace};
use tests::patience::{Reason, let_pass, wait_for};
use tests::receivers::oracle::Oracle;
use tests::service::{Service, behind};
use tests::tools::tool;

use super::faults::FAILURES;
use super::{GRPC, PYTHON, cable, pushing};

const NAMED: &str = "http://collector.test:4317";
/// Longer than a push may take that others wait for.
const LATE: Duration = Duration::from_millis(700);

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn a_name_that_is_resolved_late_is_pushed_to() {
    let test = "a_name_that_is_resolved_late_is_pushed_to";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("late");
    let oracle = Oracle::start(&cable.here, &python);
    let socket = name_server(&cable.here);
    let done = AtomicBool::new(false);

    thread::scope(|scope| {
        scope.spawn(|| answer_late(&socket, &done));
        let folder = TempDir::new().unwrap();
        let mut service = start_asking(&cable, &folder, &pushing(&[NAMED], &[]));
        service.wait_until_ready();
        let pushed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            oracle.next();
            oracle.next();
        }));
        done.store(true, Ordering::Relaxed);
        pushed.expect("pushes over a name that is resolved late");
    });

    oracle.assert_content();
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn a_name_that_nobody_resolves_holds_up_neither_another_receiver_nor_the_end() {
    let test = "a_name_that_nobody_resolves_holds_up_neither_another_receiver_nor_the_end";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("never");
    let oracle = Oracle::start(&cable.here, &python);
    let _silent = name_server(&cable.here);
    let folder = TempDir::new().unwrap();
    let arguments = pushing(&[NAMED, GRPC], &["--otlp.timeout", "1s"]);
    let mut service = start_asking(&cable, &folder, &arguments);
    service.wait_until_ready();
    oracle.next();

    let failures = |service: &Service<'_>| service.scrape().find(FAILURES, &[]).unwrap_or_default();
    wait_for("a failure", || if failures(&service) > 0 { Ok(()) } else { Err(service.log()) });
    service.wait_for_fold();
    oracle.next();
    let asked = Instant::now();
    service.signal(Signal::TERM);
    let status = service.end();

    println!("the end took {:?}", asked.elapsed());
    assert_eq!(status.code(), Some(0), "{}", service.log());
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    oracle.assert_content();
}

/// Starts the service where names are asked of the loopback.
fn start_asking<'a>(cable: &'a Cable, folder: &TempDir, arguments: &[&str]) -> Service<'a> {
    let file = folder.path().join("resolv.conf");
    fs::write(&file, "nameserver 127.0.0.1\n").unwrap();
    let script = "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"";
    let before = ["unshare", "--mount", "sh", "-c", script, file.to_str().unwrap()];

    Service::spawn(&cable.here, behind(&before, arguments))
}

fn name_server(here: &Namespace) -> UdpSocket {
    here.within(|| UdpSocket::bind("127.0.0.1:53").unwrap())
}

/// Answers late that every name has the address 127.0.0.1, until the test is done.
fn answer_late(socket: &UdpSocket, done: &AtomicBool) {
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut question = [0; 512];
    while !done.load(Ordering::Relaxed) {
        match socket.recv_from(&mut question) {
            Ok((length, from)) => {
                let_pass(LATE, Reason::LateAnswer);
                let _sent = socket.send_to(&answer(&question[..length]), from);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// The answer to a question of one name. Source: RFC 1035, section 4.
fn answer(question: &[u8]) -> Vec<u8> {
    const HEADER: usize = 12;
    const ADDRESS: [u8; 2] = [0, 1];
    let name = question[HEADER..].iter().position(|byte| *byte == 0).unwrap() + 1;
    let end = HEADER + name + 4;
    let asks_for_address = question[HEADER + name..HEADER + name + 2] == ADDRESS;

    let mut answer = question[..2].to_vec();
    answer.extend([0x81, 0x80, 0, 1, 0, u8::from(asks_for_address), 0, 0, 0, 0]);
    answer.extend(&question[HEADER..end]);
    if asks_for_address {
        // The name of the question, an address, of the internet, for a moment, of four bytes.
        answer.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
    }

    answer
}
