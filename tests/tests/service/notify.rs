//! What a service manager is told, over a socket like its own.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::service::{Service, Tracer, command};

use super::{QUICK, cable};

/// What stands for the service manager.
struct Manager {
    socket: UnixDatagram,
    told: Vec<String>,
    folder: TempDir,
}

impl Manager {
    fn listen() -> Self {
        let folder = TempDir::new().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        socket.set_nonblocking(true).unwrap();

        Self { socket, told: Vec::new(), folder }
    }

    fn start<'a>(&self, cable: &'a Cable, more: &[(&str, &str)]) -> Service<'a> {
        let mut command = command(&QUICK);
        command.env("NOTIFY_SOCKET", self.folder.path().join("notify"));
        command.envs(more.iter().copied());

        Service::spawn(&cable.here, command)
    }

    /// How often it was told a line so far.
    fn times(&mut self, line: &str) -> usize {
        let mut room = [0; 4096];
        loop {
            match self.socket.recv(&mut room) {
                Ok(length) => {
                    let text = String::from_utf8(room[..length].to_vec()).unwrap();
                    self.told.extend(text.lines().map(ToOwned::to_owned));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }

        self.told.iter().filter(|told| *told == line).count()
    }

    #[track_caller]
    fn wait_for(&mut self, line: &str, times: usize) {
        wait_for(line, || match self.times(line) {
            told if told >= times => Ok(()),
            told => Err(format!("{told} times: {:?}", self.told)),
        });
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_service_manager_is_told_when_it_is_ready_and_when_it_stops() {
    let cable = cable("notify");
    let mut manager = Manager::listen();

    let mut service = manager.start(&cable, &[]);
    manager.wait_for("READY=1", 1);
    assert_eq!(service.get("/-/ready").unwrap().status, 200);
    manager.wait_for("STATUS=Counting on 1 device.", 1);
    service.signal(Signal::TERM);

    assert_eq!(service.end().code(), Some(0), "{}", service.log());
    assert_eq!(manager.times("STOPPING=1"), 1);
    assert_eq!(manager.times("WATCHDOG=1"), 0, "nobody asked for it");
    let of_states = |line: &&String| !line.starts_with("STATUS=") && !line.starts_with("EXTEND_");
    let states: Vec<_> = manager.told.iter().filter(of_states).collect();
    assert_eq!(states, ["READY=1", "STOPPING=1"]);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_fold_that_hangs_no_longer_feeds_the_watchdog() {
    const WATCHDOG: Duration = Duration::from_secs(2);
    let cable = cable("watchdog");
    let mut manager = Manager::listen();
    let mut service = manager.start(&cable, &[("WATCHDOG_USEC", "2000000")]);
    manager.wait_for("WATCHDOG=1", 5);
    let threads = service.threads();
    let (thread, _) = threads.iter().find(|(_, name)| name == "folder").expect("its own thread");

    let Some(tracer) = Tracer::delay(*thread) else { return };

    // Twice as long as a service manager would wait.
    let mut last = (manager.times("WATCHDOG=1"), Instant::now());
    wait_for("the watchdog to starve", || {
        let fed = manager.times("WATCHDOG=1");
        if fed != last.0 {
            last = (fed, Instant::now());
        }
        if last.1.elapsed() > 2 * WATCHDOG { Ok(()) } else { Err(format!("fed {fed} times")) }
    });
    assert_eq!(service.get("/-/healthy").unwrap().status, 200, "the rest goes on");
    service.signal(Signal::KILL);
    drop(tracer);
    let _status = service.end();
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_service_manager_that_does_not_listen_is_a_warning_and_no_more() {
    let cable = cable("unheard");
    for socket in ["/nonexistent/notify", "@packet-exporter-nobody", "vsock:2:9999"] {
        let mut command = command(&QUICK);
        command.env("NOTIFY_SOCKET", socket);
        let mut service = Service::spawn(&cable.here, command);

        service.wait_until_ready();
        service.wait_for_fold();

        let said = service.said("ervice manager");
        assert_eq!(said, 1, "{socket}: {}", service.log());
        service.signal(Signal::TERM);
        assert_eq!(service.end().code(), Some(0), "{}", service.log());
    }
}
