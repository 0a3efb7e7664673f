//! Traffic that is as it should be, of every kind that looks like an attack to a rule that is wrong.

mod clients;
mod dns;
mod kinds;
mod servers;

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::{Duration, Instant};

use crate::alerting::Net;
use crate::attacks::list::End;
use crate::patience::{Reason, let_pass};

pub use kinds::KINDS;

/// A kind of traffic.
#[derive(Clone, Copy)]
pub struct Kind {
    /// That of its device too.
    pub name: &'static str,
    /// A query that has a result once the traffic was so strong that it passed a floor, or what it
    /// is about; `${NAME}` is a setting of the rules.
    pub passes: &'static str,
    play: fn(&Scene<'_>),
}

/// A device, and how long there is traffic on it.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub net: &'a Net,
    pub device: &'a str,
    pub begun: Instant,
    pub length: Duration,
}

impl Kind {
    /// Plays it to its end.
    pub fn play(&self, scene: &Scene<'_>) {
        (self.play)(scene);
    }
}

impl Scene<'_> {
    pub fn goes_on(&self) -> bool {
        self.begun.elapsed() < self.length
    }

    /// Returns whether it is so many seconds that it has lasted.
    fn is_within(&self, seconds: std::ops::Range<u64>) -> bool {
        seconds.contains(&self.begun.elapsed().as_secs())
    }

    /// Waits for a second of it.
    fn wait_until(&self, second: u64) {
        let_pass(Duration::from_secs(second).saturating_sub(self.begun.elapsed()), Reason::Traffic);
    }

    fn host(&self, port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(self.net.address(self.device, End::Host), port)
    }

    /// Returns one of 65,000 addresses of the LAN.
    fn client(&self, number: u32) -> Ipv4Addr {
        self.net.client(self.device, number)
    }

    fn on_host<T: Send>(&self, inside: impl FnOnce() -> T + Send) -> T {
        self.net.host.within(inside)
    }

    fn on_lan<T: Send>(&self, inside: impl FnOnce() -> T + Send) -> T {
        self.net.lan.within(inside)
    }
}
