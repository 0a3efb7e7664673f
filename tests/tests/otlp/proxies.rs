//! Pushes through a proxy that alone knows the way.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Scope};

use tests::cable::Namespace;
use tests::patience::{pause, wait_for};
use tests::receivers::oracle::Oracle;
use tests::service::{Service, command};
use tests::tools::tool;

use super::faults::FAILURES;
use super::{PYTHON, cable, pushing};

/// No name server knows it; the proxy takes it for the loopback of its network.
const NAMED: &str = "http://collector.test:4317";
const PROXY: &str = "http://us:secret@127.0.0.1:3128";

/// A proxy that refuses until it may let connections through.
#[derive(Default)]
struct Proxy {
    may: AtomicBool,
    is_over: AtomicBool,
    heads: Mutex<Vec<String>>,
}

impl Proxy {
    fn serve<'s>(&'s self, scope: &'s Scope<'s, '_>, listener: &TcpListener, here: &'s Namespace) {
        listener.set_nonblocking(true).unwrap();
        while !self.is_over.load(Ordering::Relaxed) {
            match listener.accept() {
                Ok((stream, _)) => drop(scope.spawn(|| self.answer(stream, here))),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => pause(),
                Err(error) => panic!("{error}"),
            }
        }
    }

    fn answer(&self, mut stream: TcpStream, here: &Namespace) {
        stream.set_nonblocking(false).unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if !matches!(stream.read(&mut byte), Ok(1)) {
                return;
            }
            head.push(byte[0]);
        }
        self.heads.lock().unwrap().push(String::from_utf8(head).unwrap());
        if !self.may.load(Ordering::Relaxed) {
            let _refused = stream.write_all(b"HTTP/1.1 403 Not yet\r\n\r\n");
            return;
        }

        let there = here.within(|| TcpStream::connect("127.0.0.1:4317").unwrap());
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let back = [there.try_clone().unwrap(), stream.try_clone().unwrap()];
        thread::scope(|scope| {
            scope.spawn(|| copy(&back[0], &back[1]));
            copy(&stream, &there);
        });
    }
}

/// Copies until an end closes.
fn copy(mut from: &TcpStream, mut to: &TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    for end in [from, to] {
        let _ = end.shutdown(Shutdown::Both);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn metrics_and_the_log_arrive_through_the_proxy_that_the_environment_names() {
    let test = "metrics_and_the_log_arrive_through_the_proxy_that_the_environment_names";
    let Some(python) = tool(test, PYTHON) else { return };
    let cable = cable("proxied");
    let oracle = Oracle::start(&cable.here, &python);
    let listener = cable.here.within(|| TcpListener::bind("127.0.0.1:3128").unwrap());
    let proxy = Proxy::default();

    thread::scope(|scope| {
        scope.spawn(|| proxy.serve(scope, &listener, &cable.here));
        let tried =
            catch_unwind(AssertUnwindSafe(|| {
                let mut command = command(&pushing(&[NAMED], &["--otlp.logs", "true"]));
                command.env("HTTP_PROXY", PROXY).env("NO_PROXY", "other.test,10.0.0.0/8");
                command.env("https_proxy", "socks5://us:secret@127.0.0.1:1");
                let mut service = Service::spawn(&cable.here, command);
                service.wait_until_ready();

                let refused = || service.scrape().find(FAILURES, &[("reason", "unauthorized")]);
                wait_for("a refusal of the proxy", || match refused() {
                    Some(1..) => Ok(()),
                    other => Err(format!("{other:?} {}", service.log())),
                });
                assert!(oracle.pushes().is_empty());
                proxy.may.store(true, Ordering::Relaxed);
                oracle.next();
                oracle.next();
                wait_for("the log", || {
                    if oracle.logs().is_empty() { Err(service.log()) } else { Ok(()) }
                });
                let log = service.log();
                assert!(log.contains("the proxy `http://127.0.0.1:3128` does not let"), "{log}");
                assert!(log.contains("variable=https_proxy"), "{log}");
                assert!(!log.contains("secret") && !log.contains("dXM6"), "{log}");
            }));
        proxy.is_over.store(true, Ordering::Relaxed);
        if let Err(panic) = tried {
            resume_unwind(panic);
        }
    });

    let heads = proxy.heads.lock().unwrap();
    let asked = "CONNECT collector.test:4317 HTTP/1.1\r\n";
    let login = "Proxy-Authorization: Basic dXM6c2VjcmV0\r\n";
    assert!(heads.iter().all(|head| head.starts_with(asked) && head.contains(login)), "{heads:?}");
    oracle.assert_content();
}
