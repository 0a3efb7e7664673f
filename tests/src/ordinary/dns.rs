//! Real programs of DNS: dnsmasq answers and resolves, dnsperf asks.

use std::fmt::Write;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;

use tempfile::NamedTempFile;

use super::Scene;
use crate::cable::Namespace;
use crate::receivers::{Receiver, Start};

/// Names that there are.
const NAMES: u32 = 200;
const PORT: u16 = 53;
/// Most bytes of one text. Source: RFC 1035, section 3.3.
const TEXT: usize = 255;
/// It runs in the foreground, says what it does, and touches nothing outside of its folder.
const USUAL: &str = "keep-in-foreground\nlog-facility=-\nuser=root\npid-file=\nno-resolv\nno-hosts\n\
                     bind-interfaces\nedns-packet-max=4096\nport=53\n";

/// A server that is killed when it is dropped.
pub(super) struct Server<'a>(#[expect(dead_code, reason = "it lives as long")] Receiver<'a>);

impl<'a> Server<'a> {
    /// Serves a zone on some addresses, each of its answers with so many bytes of text. A line of its
    /// configuration has at most 1,024.
    pub(super) fn of_zone(namespace: &'a Namespace, addresses: &[Ipv4Addr], bytes: usize) -> Self {
        let text = "x".repeat(bytes);
        let texts: Vec<_> = text.as_bytes().chunks(TEXT).map(String::from_utf8_lossy).collect();
        let mut config = format!("{USUAL}local=/test/\n");
        for number in 0..NAMES {
            let _ = writeln!(config, "txt-record={},{}", name(number), texts.join(","));
        }

        Self::start(namespace, addresses, config)
    }

    /// Sends each query on to other servers, and keeps no answer.
    pub(super) fn resolver(
        namespace: &'a Namespace,
        address: Ipv4Addr,
        servers: &[Ipv4Addr],
    ) -> Self {
        let mut config = format!("{USUAL}cache-size=0\ndns-forward-max=10000\n");
        for server in servers {
            let _ = writeln!(config, "server={server}");
        }

        Self::start(namespace, &[address], config)
    }

    fn start(namespace: &'a Namespace, addresses: &[Ipv4Addr], mut config: String) -> Self {
        for address in addresses {
            let _ = writeln!(config, "listen-address={address}");
        }
        let start = Start {
            program: Path::new("dnsmasq"),
            arguments: &["--conf-file=config"],
            files: &[("config", &config)],
            ports: &[PORT],
        };

        Self(Receiver::start(namespace, &start))
    }
}

/// Has dnsperf ask the device's server from an address of the LAN for as long as the scene lasts.
pub(super) fn ask_all(scene: &Scene<'_>, from: Ipv4Addr, a_second: u32) {
    let mut names = NamedTempFile::new().expect("a file");
    for number in 0..NAMES {
        writeln!(names, "{} TXT", name(number)).expect("a file");
    }
    let rest = scene.length.saturating_sub(scene.begun.elapsed()).as_secs().to_string();
    let [from, to] = [from, *scene.host(PORT).ip()].map(|address| address.to_string());
    let rate = a_second.to_string();
    let names = names.path().to_str().expect("a path in UTF-8");
    let of_load = ["-d", names, "-l", &rest, "-Q", &rate, "-q", "1000", "-c", "20"];

    // Long answers need EDNS.
    let ends = ["-s", &to, "-a", &from, "-e"];
    let said = scene.net.lan.run("dnsperf", &[&ends[..], &of_load].concat());

    let lines = said.lines().filter(|line| line.contains("Queries ") || line.contains("Latency"));
    println!("{}: dnsperf\n{}", scene.device, lines.collect::<Vec<_>>().join("\n"));
}

/// Returns one of the names that there are.
pub(super) fn name(number: u32) -> String {
    format!("t{}.test", number % NAMES)
}

/// Returns a question for the text of a name. Source: RFC 1035, section 4.1.
pub(super) fn question(id: u16, name: &str) -> Vec<u8> {
    let [high, low] = id.to_be_bytes();
    // Recursion is desired, and there is one question.
    let mut question = vec![high, low, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        question.push(u8::try_from(label.len()).expect("a label is short"));
        question.extend_from_slice(label.as_bytes());
    }
    // The root, the type TXT and the class IN.
    question.extend_from_slice(&[0, 0, 16, 0, 1]);

    question
}
