//! Attacks on a device, as tests and `cargo xtask demo --attack` play them.

mod frames;
pub mod list;

use std::fs::File;
use std::io::{self, Read, Seek};
use std::net::Ipv4Addr;
use std::process::{Child, Command, Stdio};

use rustix::net::{AddressFamily, SocketType, netdevice, socket};

use crate::patience::pause;
use crate::raw::packet_socket;
use crate::senders::at_rate;
use list::{Attack, Traffic};

/// Where an attack goes, as the end that sends sees it.
#[derive(Clone, Debug)]
pub struct Way {
    /// The device that it sends from.
    pub device: String,
    pub from: Ipv4Addr,
    pub to: Ipv4Addr,
    /// The Ethernet address of the other end.
    pub to_device: [u8; 6],
}

/// Plays an attack in the network namespace of the thread for as long as it is to go on.
pub fn play(attack: &Attack, way: &Way, goes_on: impl Fn() -> bool) -> io::Result<()> {
    match attack.traffic {
        Traffic::Program(line) => run(line, way, goes_on),
        Traffic::Frames(kind, rate) => {
            let asking = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
            let index = netdevice::name_to_index(&asking, &way.device)?;
            at_rate(&packet_socket(index), rate, goes_on, |number| {
                frames::frame(kind, number, way)
            });
            Ok(())
        }
        Traffic::Nothing => unplug(&way.device, goes_on),
    }
}

/// A program that is killed when it is dropped.
struct Running {
    child: Child,
    /// What it writes to standard error.
    said: File,
}

impl Running {
    fn start(words: &[&str]) -> io::Result<Self> {
        let said = tempfile::tempfile()?;
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(said.try_clone()?).spawn();
        let child = child.map_err(|error| io::Error::other(format!("{}: {error}", words[0])))?;

        Ok(Self { child, said })
    }

    /// Returns whether it has ended well; fails with what it said if it has not.
    fn has_ended(&mut self) -> io::Result<bool> {
        let Some(status) = self.child.try_wait()? else { return Ok(false) };
        if status.success() {
            return Ok(true);
        }
        let mut said = Vec::new();
        self.said.rewind()?;
        self.said.read_to_end(&mut said)?;

        Err(io::Error::other(format!("{status}: {}", String::from_utf8_lossy(&said).trim())))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Runs a program again and again.
fn run(line: &[&str], way: &Way, goes_on: impl Fn() -> bool) -> io::Result<()> {
    let to = way.to.to_string();
    let words = line.iter().map(|word| if *word == "TO" { to.as_str() } else { word });
    let words: Vec<&str> = words.collect();

    let mut running = Running::start(&words)?;
    while goes_on() {
        pause();
        let has_ended = running.has_ended();
        if has_ended.map_err(|error| io::Error::other(format!("{words:?} failed: {error}")))? {
            running = Running::start(&words)?;
        }
    }

    Ok(())
}

/// Takes a device down, and up again in the end. Its addresses of IPv6 stay.
fn unplug(device: &str, goes_on: impl Fn() -> bool) -> io::Result<()> {
    let keep = format!(
        "[ ! -d /proc/sys/net/ipv6 ] || echo 1 > /proc/sys/net/ipv6/conf/{device}/keep_addr_on_down"
    );
    shell(&format!("{keep}; ip link set {device} down"))?;
    while goes_on() {
        pause();
    }

    shell(&format!("ip link set {device} up"))
}

fn shell(script: &str) -> io::Result<()> {
    let status = Command::new("sh").args(["-c", script]).stdin(Stdio::null()).status()?;

    if status.success() { Ok(()) } else { Err(io::Error::other(format!("`{script}`: {status}"))) }
}
