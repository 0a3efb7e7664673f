//! Real programs that send, bounded, from the cable's other end to this one.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};

use serde_json::Value;
use shared::Count;

use crate::cable::{Cable, Namespace};
use crate::patience::wait_for;

/// Answers each datagram with itself: no DNS, but packets of its port and size.
const ECHO: &str = "
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('192.0.2.1', 53))
while True:
    server.sendto(*server.recvfrom(512))
";
/// Sends a question for the address of a name, again and again: source, number of questions.
const ASK: &str = "
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(5)
client.bind((sys.argv[1], 0))
question = bytes.fromhex('0001010000010000000000000765786d61706c6503636f6d0000010001')
for _ in range(int(sys.argv[2])):
    client.sendto(question, ('192.0.2.1', 53))
    client.recv(512)
";
/// Sends frames as they are: one in hexadecimal for each argument.
const SEND: &str = "
import socket, sys
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.bind(('veth0', 0))
for frame in sys.argv[1:]:
    link.send(bytes.fromhex(frame))
";

/// Sends a frame so that all but its first bytes lie in pages: frame in hexadecimal, number.
/// Source: Documentation/networking/packet_mmap.rst.
const PAGED: &str = "
import mmap, socket, struct, sys
frame, times = bytes.fromhex(sys.argv[1]), int(sys.argv[2])
SOL_PACKET, PACKET_TX_RING, PACKET_VERSION, TPACKET_V2 = 263, 13, 10, 1
SEND_REQUEST, HEADER = 1, 32
link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
link.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
link.setsockopt(SOL_PACKET, PACKET_TX_RING, struct.pack('IIII', 4096, 4, 4096, 4))
link.bind(('veth0', 0))
ring = mmap.mmap(link.fileno(), 4 * 4096)
for number in range(times):
    place = number % 4 * 4096
    ring[place + HEADER:place + HEADER + len(frame)] = frame
    struct.pack_into('I', ring, place + 4, len(frame))
    struct.pack_into('I', ring, place, SEND_REQUEST)
    link.send(b'')
";

/// A server, which ends when it is dropped.
pub struct Server(Child);

impl Server {
    /// Serves files over HTTP on TCP port 8080.
    pub fn http(cable: &Cable) -> Self {
        let arguments = ["-m", "http.server", "8080", "--bind", Cable::HERE[0]];

        Self::start(&cable.here, &python(), &arguments, "-ltn", 8080)
    }

    /// Serves iperf3 on port 5201.
    pub fn iperf(cable: &Cable) -> Self {
        Self::start(&cable.here, "iperf3", &["--server"], "-ltn", 5201)
    }

    /// Sends back what comes on UDP port 53.
    pub fn echo(cable: &Cable) -> Self {
        Self::start(&cable.here, &python(), &["-c", ECHO], "-lun", 53)
    }

    fn start(here: &Namespace, name: &str, arguments: &[&str], kind: &str, port: u16) -> Self {
        let mut command = here.command(name);
        // A listing of the folder shows nothing, and the listing is short.
        command.args(arguments).current_dir("/proc/sys/net/core");
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let server = Self(child.expect("`ip` can be run"));
        let port = format!(":{port}");
        wait_for("a server to listen", || {
            let listening = here.run("ss", &["-H", kind, "sport", "=", &port]);
            if listening.is_empty() { Err(format!("nobody listens on {port}")) } else { Ok(()) }
        });

        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.0.kill();
        let _status = self.0.wait();
    }
}

/// Sends `count` echo requests with `size` bytes behind their header, and waits for the answers.
pub fn ping(cable: &Cable, source: &str, count: u32, size: u32) {
    let to = Cable::HERE[usize::from(source.contains(':'))];
    let [count, size] = [count, size].map(|number| number.to_string());

    let options = ["-n", "-q", "-i", "0.01", "-c", &count, "-s", &size, "-I", source, to];
    cable.there.run("ping", &options);
}

/// Downloads the listing of the server's folder `times` times.
pub fn download(cable: &Cable, source: &str, times: u32) {
    for _ in 0..times {
        let url = format!("http://{}:8080/", Cable::HERE[0]);
        cable.there.run("curl", &["-sS", "--fail", "--interface", source, "-o", "/dev/null", &url]);
    }
}

/// Sends `bytes` over TCP, as `20M`, and returns iperf3's own account.
///
/// The window has room for fewer frames than a veth end takes before it drops some, behind the hook
/// that has counted them: 256. Source: `VETH_RING_SIZE` in drivers/net/veth.c.
pub fn stream(cable: &Cable, source: &str, bytes: &str) -> Value {
    iperf(cable, source, &["-n", bytes, "-w", "128K"])
}

/// The same through a window for buffers above 64 KiB; on a cable with long frames it has room for
/// few of them.
pub fn bulk(cable: &Cable, source: &str, bytes: &str) -> Value {
    iperf(cable, source, &["-n", bytes, "-w", "208K"])
}

/// Sends over UDP, in all fewer datagrams than a veth end takes at once, and returns iperf3's own
/// account.
pub fn datagrams(cable: &Cable, source: &str) -> Value {
    iperf(cable, source, &["-u", "-n", "200K", "-b", "50M"])
}

fn iperf(cable: &Cable, source: &str, options: &[&str]) -> Value {
    let to = Cable::HERE[usize::from(source.contains(':'))];
    let arguments = [&["--client", to, "--bind", source, "--json"], options].concat();

    serde_json::from_str(&cable.there.run("iperf3", &arguments)).expect("iperf3 prints JSON")
}

/// Sends `count` datagrams with a DNS question, and waits for each to come back.
pub fn ask(cable: &Cable, source: &str, count: u32) {
    cable.there.run(&python(), &["-c", ASK, source, &count.to_string()]);
}

/// Sends frames from their Ethernet header on.
pub fn send(cable: &Cable, frames: &[Vec<u8>]) {
    let frames: Vec<String> = frames.iter().map(|frame| hexadecimal(frame)).collect();
    let frames = frames.iter().map(String::as_str);
    let arguments: Vec<&str> = ["-c", SEND].into_iter().chain(frames).collect();

    cable.there.run(&python(), &arguments);
}

/// Sends a frame `times` times from pages, where programs cannot read it at once.
pub fn paged(cable: &Cable, frame: &[u8], times: u32) {
    cable.there.run(&python(), &["-c", PAGED, &hexadecimal(frame), &times.to_string()]);
}

/// Returns what the device itself says that it received.
pub fn received_by(namespace: &Namespace) -> Count {
    let [packets, bytes] = namespace.counts(Cable::DEVICE, "rx", ["packets", "bytes"]);

    Count { packets, bytes }
}

/// Returns the counters of the stack in a namespace, as `TcpOutSegs`.
pub fn stack(namespace: &Namespace) -> BTreeMap<String, u64> {
    let text = namespace.run("cat", &["/proc/net/snmp"]);
    let lines: Vec<&str> = text.lines().collect();
    let mut counters = BTreeMap::new();
    for pair in lines.chunks_exact(2) {
        let (protocol, names) = pair[0].split_once(": ").expect("names behind a protocol");
        let values = pair[1].split(' ').skip(1);
        for (name, value) in names.split(' ').zip(values) {
            counters.insert(format!("{protocol}{name}"), value.parse().unwrap_or_default());
        }
    }
    // IPv6 has one counter on a line.
    let text = namespace.run("cat", &["/proc/net/snmp6"]);
    let rows = text.lines().filter_map(|line| line.split_once(char::is_whitespace));
    counters
        .extend(rows.map(|(name, value)| (name.into(), value.trim().parse().unwrap_or_default())));

    counters
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Returns the interpreter that setup has prepared, or the system's.
pub fn python() -> String {
    std::env::var("PACKET_EXPORTER_PYTHON").unwrap_or_else(|_| "python3".into())
}
