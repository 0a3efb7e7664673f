//! Where the service listens: on addresses of one device, on all of them, on systemd's sockets.

use std::fs;
use std::net::{SocketAddr, SocketAddrV6, TcpStream};
use std::time::Duration;

use tests::cable::Cable;
use tests::programs::python;
use tests::service::{PORT, Service, behind, command, refused};

use super::refusals::assert_said;
use super::{ON_CABLE, QUICK, cable};

/// Starts a program with a socket as descriptor 3, as systemd does: kind of socket, program.
const LAUNCH: &str = "
import os, socket, sys
kind, program = sys.argv[1], sys.argv[2:]
if kind == 'unix':
    passed = socket.socket(socket.AF_UNIX)
    passed.bind('\\0packet-exporter-test-%d' % os.getpid())
    passed.listen()
elif kind == 'udp':
    passed = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    passed.bind(('127.0.0.1', 0))
elif kind == 'file':
    passed = open('/dev/null')
else:
    passed = socket.create_server(('127.0.0.1', 10199))
if kind == 'connected':
    client = socket.create_connection(passed.getsockname())
    passed, _ = passed.accept()
number = os.dup(passed.fileno())
os.dup2(number, 3)
os.set_inheritable(3, True)
os.environ['LISTEN_FDS'] = '0' if kind == 'none' else '1'
os.environ['LISTEN_PID'] = '1' if kind == 'of another' else str(os.getpid())
os.execv(program[0], program)
";

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_link_local_address_is_listened_on_by_its_device() {
    let cable = Cable::lay("linklocal");
    cable.here.ip(&["address", "add", "fe80::1/64", "dev", Cable::DEVICE, "nodad"]);
    cable.there.ip(&["address", "add", "fe80::2/64", "dev", Cable::DEVICE, "nodad"]);
    cable.plug_in();
    let index = Cable::index(&cable.here).to_string();

    for device in [Cable::DEVICE, &index] {
        let link_local = format!("[fe80::1%{device}]:{PORT}");
        let local = format!("127.0.0.1:{PORT}");
        let addresses = ["--web.listen-address", &link_local, "--web.listen-address", &local];
        let service = Service::start(&cable.here, &[&QUICK[..], &addresses].concat());

        let scope = Cable::index(&cable.there);
        let to = SocketAddrV6::new("fe80::1".parse().unwrap(), PORT, 0, scope);
        let connected = cable.there.within(|| reach(to.into()));
        let elsewhere = cable.there.within(|| reach(address(Cable::HERE[0])));

        assert!(connected, "{device}: {}", service.log());
        assert!(!elsewhere, "{device}: other addresses are not listened on");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn all_addresses_of_both_families_may_be_named_together() {
    let cable = cable("bothany");
    let cases = [["0.0.0.0", "[::]"], ["[::]", "0.0.0.0"], ["", "127.0.0.1"]];

    for hosts in cases {
        let [one, other] = hosts.map(|host| format!("{host}:{PORT}"));
        let addresses = ["--web.listen-address", &one, "--web.listen-address", &other];
        let service = Service::start(&cable.here, &[&QUICK[..], &addresses].concat());

        for to in Cable::HERE {
            let connected = cable.there.within(|| reach(address(to)));
            assert!(connected, "{hosts:?}, {to}: {}", service.log());
        }
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_device_that_is_not_there_is_told_by_the_address() {
    let cable = cable("nozone");

    for device in ["eth9", "999999"] {
        let address = format!("[fe80::1%{device}]:{PORT}");
        let arguments = [&ON_CABLE[..], &["--web.listen-address", &address]].concat();
        let refusal = refused(&cable.here, command(&arguments));

        assert_said(&refusal, &[&format!("cannot listen on `{address}`"), "no such device"]);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_socket_of_systemd_is_served_and_not_inherited() {
    const CLOSE_ON_EXEC: u32 = 0o2_000_000;

    let cable = cable("systemd");
    let arguments = [&QUICK[..], &["--web.systemd-socket"]].concat();
    let python = python();
    let before = [python.as_str(), "-c", LAUNCH, "tcp"];

    let mut service = Service::spawn(&cable.here, behind(&before, &arguments));
    service.wait_until_ready();

    assert_eq!(service.get("/metrics").unwrap().status, 200);
    assert_eq!(service.said_within("address=127.0.0.1:10199", 1), 1, "{}", service.log());
    let info = fs::read_to_string(format!("/proc/{}/fdinfo/3", service.status("Pid"))).unwrap();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
    let flags = u32::from_str_radix(flags, 8).unwrap();
    assert_eq!(flags & CLOSE_ON_EXEC, CLOSE_ON_EXEC, "{info}");
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn what_systemd_passes_that_cannot_be_listened_on_is_refused_by_name() {
    let cable = cable("notlistening");
    let python = python();
    let none = "systemd has passed no sockets; start this service by its `.socket` unit";
    let cases = [
        ("none", none),
        ("of another", none),
        ("unix", "as descriptor 3 is a Unix socket; set `ListenStream=`"),
        ("udp", "descriptor 3, which systemd has passed, is not a TCP socket; set `ListenStream=`"),
        (
            "file",
            "descriptor 3, which systemd has passed, is not a TCP socket; set `ListenStream=`",
        ),
        ("connected", "as descriptor 3 does not listen; set `Accept=no`"),
    ];

    for (kind, message) in cases {
        let before = [python.as_str(), "-c", LAUNCH, kind];
        let arguments = [&ON_CABLE[..], &["--web.systemd-socket"]].concat();
        let refusal = refused(&cable.here, behind(&before, &arguments));

        assert_said(&refusal, &[message]);
    }
    // Nor are there any when none are passed.
    let refusal = refused(&cable.here, command(&["--web.systemd-socket"]));
    assert_said(&refusal, &[none]);
}

fn address(ip: &str) -> SocketAddr {
    SocketAddr::new(ip.parse().unwrap(), PORT)
}

/// Connects, as soon as the network lets it through.
fn reach(to: SocketAddr) -> bool {
    TcpStream::connect_timeout(&to, Duration::from_secs(10)).is_ok()
}
