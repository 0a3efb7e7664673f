//! A program cannot be attached, or another one is in front of it.

use rustix::process::Signal;
use tests::exporter::NATIVE;
use tests::links;
use tests::load::{Entry, Generator, Traffic};

use super::Host;

/// Lets each frame go, and asks no filter behind it: direct action 0. Source: tc-bpf(8).
const ACCEPT: [&str; 4] = ["bpf", "bytecode", "1,6 0 0 0,", "direct-action"];

/// Another program takes the place of XDP.
pub(super) fn taken(host: &Host<'_>) {
    let (namespace, device) = (&host.net.host, host.device());
    let service = host.start(&[&NATIVE[..], &["--datapath.transmit", "off"]].concat());
    let mut other = Generator::load(&Traffic::flood(), 0);
    let other = other.program(Entry::Pass).info().unwrap().id().to_string();

    // It would be back at once.
    service.signal(Signal::STOP);
    links::detach(u32::try_from(namespace.xdp_program(device).unwrap()).unwrap());
    namespace.run("bpftool", &["net", "attach", "xdp", "id", &other, "dev", device]);
    service.signal(Signal::CONT);
    host.until_told();

    namespace.run("bpftool", &["net", "detach", "xdp", "dev", device]);
    host.until_the_end();
}

/// Another filter takes the place in front, where no filter of all protocols can be.
pub(super) fn hidden(host: &Host<'_>) {
    let place = ["dev", host.device(), "egress", "pref", "1"];
    let filter = |what, more: &[&str]| {
        host.net.host.run("tc", &[&["filter", what], &place[..], more].concat());
    };
    let service = host.start(&["--datapath.transmit", "clsact"]);

    service.signal(Signal::STOP);
    filter("del", &[]);
    filter("add", &[&["protocol", "ip"], &ACCEPT[..]].concat());
    service.signal(Signal::CONT);
    host.until_told();

    filter("del", &[]);
    host.until_the_end();
}

/// A device comes for which there is no memory: the first one has twice what its tables take at least.
pub(super) fn memory(host: &Host<'_>) {
    let namespace = &host.net.host;
    let device = host.device();
    let [second, other_end] = ["2", "3"].map(|number| format!("{device}-{number}"));
    let both = format!("{device}|{second}");
    let cpus = aya::util::nr_cpus().expect("a number of CPUs");
    // Two tables of sources of 4 MiB for each CPU are most of it. Half of it is for the other direction.
    let memory = format!("{}MiB", 18 + 24 * cpus);
    let table = ["--datapath.memory", &memory, "--datapath.source-table-kib", "4096"];
    let own = ["--datapath.override", r#"{devices = ".*", class = "own"}"#];
    let service = host.start(&[&["--devices.include", &both][..], &table, &own].concat());
    let veth = ["type", "veth", "peer", "name", &other_end];
    namespace.ip(&[&["link", "add", &second], &veth[..]].concat());
    namespace.ip(&["link", "set", &second, "up"]);
    host.until_told();

    drop(service);
    let _service = host.start(&["--devices.include", &both]);
    host.until_the_end();
}
