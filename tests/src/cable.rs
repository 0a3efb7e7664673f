//! Networks of a test's own, given back when it ends.

use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::process::{self, Command, Stdio};
use std::{panic, thread};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use serde_json::Value;

/// A network namespace.
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// Makes a namespace; `name` keeps those apart that are there at the same time.
    pub fn make(name: &str) -> Self {
        let name = format!("{name}-{}", process::id());
        ip(&["netns", "add", &name]);
        let namespace = Self { name };
        namespace.ip(&["link", "set", "lo", "up"]);

        namespace
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Moves the calling thread into the namespace, and so the threads that it starts.
    pub fn enter(&self) {
        let path = format!("/run/netns/{}", self.name);
        let file = File::open(&path).unwrap_or_else(|error| panic!("cannot open {path}: {error}"));
        move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
            .unwrap_or_else(|error| panic!("cannot enter {path}: {error}"));
    }

    /// Does something inside, on a thread of its own.
    pub fn within<T: Send>(&self, inside: impl FnOnce() -> T + Send) -> T {
        let enter_and_do = || {
            self.enter();
            inside()
        };
        let outcome = thread::scope(|scope| scope.spawn(enter_and_do).join());

        outcome.unwrap_or_else(|panic| panic::resume_unwind(panic))
    }

    /// Returns a program to run inside.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]).stdin(Stdio::null());

        command
    }

    /// Runs a program inside to its end, and returns what it prints.
    pub fn run(&self, program: &str, arguments: &[&str]) -> String {
        run(self.command(program).args(arguments))
    }

    /// Runs `ip` inside, and returns what it prints.
    pub fn ip(&self, arguments: &[&str]) -> String {
        ip(&[&["-n", &self.name], arguments].concat())
    }

    /// Runs `ip` inside, once for all lines.
    pub fn ip_batch(&self, lines: &str) {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(lines.as_bytes()).expect("a file");

        self.ip(&["-batch", file.path().to_str().expect("a path in UTF-8")]);
    }

    /// Returns what `ip` shows of a device, its counters too.
    pub fn link(&self, device: &str) -> Value {
        let text = self.ip(&["-s", "-j", "link", "show", device]);
        let mut links: Value = serde_json::from_str(&text).expect("`ip -j` prints JSON");

        links[0].take()
    }

    /// Returns the index of a device.
    pub fn index(&self, device: &str) -> u32 {
        let index = self.link(device)["ifindex"].as_u64().expect("an index");

        u32::try_from(index).expect("an index of 32 bits")
    }

    /// Returns the Ethernet address of a device.
    pub fn address(&self, device: &str) -> [u8; 6] {
        let link = self.link(device);
        let address = link["address"].as_str().expect("an address");
        let bytes = address.split(':').map(|byte| u8::from_str_radix(byte, 16).expect("a byte"));

        bytes.collect::<Vec<_>>().try_into().expect("an Ethernet address")
    }

    /// Returns what a device counts in a direction, `rx` or `tx`: `packets`, `bytes` or `dropped`.
    pub fn counts<const NAMES: usize>(
        &self,
        device: &str,
        direction: &str,
        names: [&str; NAMES],
    ) -> [u64; NAMES] {
        let counts = &self.link(device)["stats64"][direction];

        names.map(|name| counts[name].as_u64().expect("a count"))
    }

    /// Returns the kernel's number of the XDP program on a device.
    pub fn xdp_program(&self, device: &str) -> Option<u64> {
        self.link(device)["xdp"]["prog"]["id"].as_u64()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _gone = Command::new("ip").args(["netns", "del", &self.name]).status();
    }
}

/// Two namespaces with a cable between them, whose ends are both called `veth0`.
pub struct Cable {
    pub here: Namespace,
    pub there: Namespace,
}

impl Cable {
    pub const DEVICE: &str = "veth0";
    /// The addresses of this end. Sources: RFC 5737, RFC 3849.
    pub const HERE: [&str; 2] = ["192.0.2.1", "2001:db8::1"];
    /// The addresses of the other end.
    pub const THERE: [&str; 5] =
        ["192.0.2.2", "192.0.2.3", "192.0.2.4", "2001:db8::2", "2001:db8::3"];

    /// Lays the cable. Nothing goes over it before it is plugged in.
    pub fn lay(name: &str) -> Self {
        let here = Namespace::make(&format!("{name}-a"));
        let there = Namespace::make(&format!("{name}-b"));
        let cable = Self { here, there };
        cable.lay_again();

        cable
    }

    /// Makes the devices anew after they were removed.
    pub fn lay_again(&self) {
        let Self { here, there } = self;
        let peer = ["peer", "name", Self::DEVICE, "netns", &there.name];
        here.ip(&[&["link", "add", Self::DEVICE, "type", "veth"], &peer[..]].concat());
        for (end, addresses) in [(here, &Self::HERE[..]), (there, &Self::THERE[..])] {
            end.ip(&["link", "set", Self::DEVICE, "addrgenmode", "none"]);
            // What is sent as one frame arrives as one.
            let off = ["-K", Self::DEVICE, "tso", "off", "gso", "off", "gro", "off"];
            end.run("ethtool", &off);
            for address in addresses {
                let prefix = if address.contains(':') { 64 } else { 24 };
                let address = format!("{address}/{prefix}");
                end.ip(&["address", "add", &address, "dev", Self::DEVICE, "nodad"]);
            }
        }
        here.ip(&["link", "set", Self::DEVICE, "up"]);
    }

    /// Plugs the other end in.
    pub fn plug_in(&self) {
        self.there.ip(&["link", "set", Self::DEVICE, "up"]);
    }

    /// Takes the devices away.
    pub fn cut(&self) {
        self.here.ip(&["link", "delete", Self::DEVICE]);
    }

    /// Returns the packets and bytes that the far end has received, by the kernel's own account.
    pub fn received(&self) -> (u64, u64) {
        self.there.counts(Self::DEVICE, "rx", ["packets", "bytes"]).into()
    }

    /// Returns the index of the end in `namespace`.
    pub fn index(namespace: &Namespace) -> u32 {
        namespace.index(Self::DEVICE)
    }
}

fn ip(arguments: &[&str]) -> String {
    run(Command::new("ip").args(arguments))
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("`ip` can be run");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed: {error}");

    String::from_utf8_lossy(&output.stdout).into_owned()
}
