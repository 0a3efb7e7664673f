//! How the exporter itself is doing; plain data.

mod configuration;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use shared::Direction;

use crate::dimension::ByDimension;
use crate::interval::MapUse;
use crate::samples::Losses;

pub use self::configuration::{Configuration, ReloadOutcome, ReloadSource};

/// Where in the kernel a program counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    Xdp,
    TcxIngress,
    TcIngress,
    TcxEgress,
    TcEgress,
}

/// How the driver runs an XDP program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// In the driver, before a socket buffer is made.
    Native,
    /// In the stack, on socket buffers.
    Generic,
}

/// Why a program could not be attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttachFailure {
    /// Another program is there.
    Busy,
    /// Another program sees frames before this one does, and may hide them.
    Hidden,
    /// The driver or the kernel cannot.
    Unsupported,
    Permission,
    /// The device vanished.
    Gone,
    /// Its maps do not fit into the memory for them.
    Memory,
    Other,
}

/// One hook of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub device: Arc<str>,
    pub hook: Hook,
    /// What runs there; `None` while nothing does.
    pub running: Option<Running>,
    /// Else the device is counted at another hook, and this one was tried in vain.
    pub is_wanted: bool,
    /// Attempts that failed, by reason.
    pub failures: BTreeMap<AttachFailure, u64>,
}

/// A program that is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// How XDP runs it; `None` on the hooks of tc.
    pub mode: Option<Mode>,
    /// The program's name in the kernel.
    pub program: String,
    /// The kernel's tag of the program's instructions, 16 hexadecimal digits.
    pub tag: String,
}

/// What there is to know of a device beside its counts. A text is empty where nothing is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    pub device: Arc<str>,
    pub ifindex: u32,
    /// The kernel's name for its kind, as `veth`.
    pub kind: Arc<str>,
    /// The driver of its hardware.
    pub driver: Arc<str>,
    /// What an operator or a program remarked on it, or the network namespace that it leads to.
    pub alias: Arc<str>,
    /// The device that it is a part of, as a bond.
    pub master: Arc<str>,
}

/// Buckets of a histogram of durations: upper bounds in seconds, inclusive.
pub const DURATION_BOUNDS: [f64; 10] =
    [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0];

/// A histogram of durations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Durations {
    /// Not cumulative: one for each of [`DURATION_BOUNDS`] and the rest.
    pub buckets: [u64; DURATION_BOUNDS.len() + 1],
    pub sum: Duration,
}

/// Why a request to a receiver failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PushFailure {
    /// There is no connection: no such name, nothing listens, or no route.
    Connect,
    /// The certificates do not fit.
    Tls,
    /// No answer in time.
    Timeout,
    /// The receiver refuses our credentials, or there are none.
    Unauthorized,
    /// The receiver asks for fewer requests.
    Throttled,
    /// The receiver is temporarily unavailable.
    Unavailable,
    /// The receiver rejects the request.
    Rejected,
    /// The answer is incomplete or not OTLP.
    Response,
    /// What a request is made of cannot be read.
    Local,
}

/// How pushing to one receiver is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Push {
    /// The receiver's URL, without what may be secret.
    pub endpoint: Arc<str>,
    /// Pushes that the receiver took.
    pub exports: u64,
    /// Requests that failed, by reason.
    pub failures: BTreeMap<PushFailure, u64>,
    /// Data points that the receiver accepted.
    pub points: u64,
    /// Data points that the receiver rejected.
    pub rejected: u64,
    /// How long pushes took that the receiver took.
    pub durations: Durations,
}

/// How a part is doing that the process can do without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it does, and for which receiver.
    pub name: Arc<str>,
    /// It runs, and does not wait for its next start.
    pub is_up: bool,
    /// How often it was started again after it had failed or panicked.
    pub restarts: u64,
    /// When it was first started.
    pub since: SystemTime,
}

/// Packets that were sampled for a look at them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sampled {
    /// By the name of the device.
    pub taken: BTreeMap<Arc<str>, u64>,
    /// `None` before any were wanted.
    pub losses: Option<Losses>,
}

/// How current the knowledge of what this host listens on is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listened {
    /// Since the sockets of this host were read; `None` before that, and where the kernel cannot list
    /// them.
    pub age: Option<Duration>,
}

/// How the exporter's own log is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logging {
    /// Events that standard error or the receiver of OTLP did not take, or for which there was no
    /// room to wait.
    pub lost: u64,
}

/// Why a connection or a request over HTTP was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HttpRefusal {
    /// The limit of connections is reached.
    Connections,
    /// The limit of concurrent scrapes is reached.
    Requests,
    /// Above `rate_limit` of the web configuration.
    Rate,
    /// No valid name and password, or too many passwords to check.
    Login,
    /// The TLS handshake failed.
    Tls,
    /// The head of the request is malformed, too large or too slow.
    Head,
    /// The body of the request is too large.
    Body,
}

/// How serving over HTTP is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Serving {
    /// Connections and requests that were refused, by reason.
    pub refusals: BTreeMap<HttpRefusal, u64>,
    /// Connections and requests that ended in a panic.
    pub panics: u64,
}

/// How folding is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folding {
    /// Time from one fold to the next, as configured.
    pub interval: Duration,
    pub folds: u64,
    /// Readings that failed, of one device or of all at once.
    pub failures: u64,
    /// When the counts of the last fold had been read; `None` before the first.
    pub last: Option<SystemTime>,
    pub drain: Durations,
    pub fold: Durations,
}

/// A map in which one program counts a direction of several devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedMap {
    pub direction: Direction,
    pub map: MapUse,
}

/// How far the first attempts to attach have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attaching {
    /// Devices of which each program was tried, whatever came of it.
    pub tried: usize,
    /// Devices that are wanted.
    pub wanted: usize,
}

/// What one part takes of the memory that it may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartMemory {
    /// As users see it in the label `part`.
    pub part: &'static str,
    pub bytes: u64,
    pub limit: u64,
}

/// How the exporter itself is doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// In the order of device and hook.
    pub attachments: Vec<Attachment>,
    /// One for each device that is wanted and there, in the order of their names.
    pub devices: Arc<[DeviceInfo]>,
    /// Maps that belong to no single device.
    pub shared_maps: Vec<SharedMap>,
    /// `None` once every device that was wanted at the start was tried.
    pub attaching: Option<Attaching>,
    pub folding: Folding,
    /// Parts whose memory has a limit.
    pub memory: Vec<PartMemory>,
    /// Evictions of flows that have ended. With those of the flows that go on they are all, so
    /// that their number does not fall when a device goes away.
    pub evicted_before: ByDimension<Option<u64>>,
}

impl Hook {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Xdp => "xdp",
            Self::TcxIngress => "tcx_ingress",
            Self::TcIngress => "tc_ingress",
            Self::TcxEgress => "tcx_egress",
            Self::TcEgress => "tc_egress",
        }
    }

    /// Returns the hook of TCX for frames of that direction.
    pub const fn of_tcx(direction: Direction) -> Self {
        match direction {
            Direction::Receive => Self::TcxIngress,
            Direction::Transmit => Self::TcxEgress,
        }
    }

    /// Returns whether other programs may be there too.
    pub const fn is_tc(self) -> bool {
        !matches!(self, Self::Xdp)
    }

    pub const fn direction(self) -> Direction {
        match self {
            Self::Xdp | Self::TcxIngress | Self::TcIngress => Direction::Receive,
            Self::TcxEgress | Self::TcEgress => Direction::Transmit,
        }
    }
}

impl Mode {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Generic => "generic",
        }
    }
}

impl AttachFailure {
    /// Every reason, in the order of the catalogue.
    pub const ALL: [Self; 7] = [
        Self::Busy,
        Self::Hidden,
        Self::Unsupported,
        Self::Permission,
        Self::Gone,
        Self::Memory,
        Self::Other,
    ];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Hidden => "hidden",
            Self::Unsupported => "unsupported",
            Self::Permission => "permission",
            Self::Gone => "gone",
            Self::Memory => "memory",
            Self::Other => "other",
        }
    }
}

impl PushFailure {
    /// Every reason, in the order of the catalogue.
    pub const ALL: [Self; 9] = [
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::Unauthorized,
        Self::Throttled,
        Self::Unavailable,
        Self::Rejected,
        Self::Response,
        Self::Local,
    ];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Unauthorized => "unauthorized",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Rejected => "rejected",
            Self::Response => "response",
            Self::Local => "local",
        }
    }
}

impl HttpRefusal {
    /// Every reason, in the order of the catalogue.
    pub const ALL: [Self; 7] = [
        Self::Connections,
        Self::Requests,
        Self::Rate,
        Self::Login,
        Self::Tls,
        Self::Head,
        Self::Body,
    ];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Requests => "requests",
            Self::Rate => "rate",
            Self::Login => "login",
            Self::Tls => "tls",
            Self::Head => "head",
            Self::Body => "body",
        }
    }
}

impl Durations {
    /// Adds one duration.
    pub fn observe(&mut self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let bucket = DURATION_BOUNDS.partition_point(|bound| *bound < seconds);

        self.buckets[bucket] += 1;
        self.sum += duration;
    }
}
