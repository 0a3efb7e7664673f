//! Senders of probes, as port scanners send them, and the ports that clients of other systems take.

use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

use crate::cable::Namespace;
use crate::programs::python;

/// Sends one probe to each port of a range: its kind, the port that it comes from or 0, the first port,
/// the one behind the last, and for each scanner its address and that of its target.
const SCAN: &str = "
import random, socket, struct, sys
kind = sys.argv[1]
own_port, first, end = map(int, sys.argv[2:5])
flags = {'syn': 0x02, 'fin': 0x01, 'null': 0x00, 'xmas': 0x29, 'udp': None}[kind]
def checksum(data):
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff
def segment(source, target, port):
    head = struct.pack('!HHIIBB', own, port, 1, 0, 0x50, flags)
    pseudo = socket.inet_aton(source) + socket.inet_aton(target) + struct.pack('!HH', 6, 20)
    sum_of = checksum(pseudo + head + struct.pack('!HHH', 1024, 0, 0))
    return head + struct.pack('!HHH', 1024, sum_of, 0)
for pair in sys.argv[5:]:
    source, target = pair.split('>')
    own = own_port or random.randrange(33000, 60000)
    if flags is None:
        link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    else:
        link = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    link.bind((source, own_port if flags is None else 0))
    for port in range(first, end):
        link.sendto(b'' if flags is None else segment(source, target, port), (target, port if flags is None else 0))
";

/// What nmap calls -sS, -sF, -sN, -sX and -sU.
pub const KINDS: [&str; 5] = ["syn", "fin", "null", "xmas", "udp"];

/// Has each scanner probe 200 closed ports of its target, from the namespace of the scanners.
pub fn scan(from: &Namespace, kind: &str, pairs: &[(String, String)]) {
    let pairs: Vec<_> = pairs.iter().map(|(source, target)| format!("{source}>{target}")).collect();
    let arguments = ["-c", SCAN, kind, "0", "20100", "20300"];
    let pairs = pairs.iter().map(String::as_str);
    let arguments: Vec<_> = arguments.into_iter().chain(pairs).collect();

    from.run(&python(), &arguments);
}

/// Sends one probe from a port to another.
pub fn knock(
    from: &Namespace,
    kind: &str,
    (source, own): (&str, u16),
    (target, port): (&str, u16),
) {
    let [own, first, end] = [own, port, port + 1].map(|port| port.to_string());
    let pair = format!("{source}>{target}");

    from.run(&python(), &["-c", SCAN, kind, &own, &first, &end, &pair]);
}

/// A server that sends back every datagram, until it is dropped.
pub struct Echo {
    socket: UdpSocket,
    thread: Option<thread::JoinHandle<()>>,
}

impl Echo {
    /// Opens a socket that is not connected.
    pub fn on(namespace: &Namespace, address: &str, port: u16) -> Self {
        let socket = namespace.within(|| UdpSocket::bind((address, port))).expect("a socket");
        let server = socket.try_clone().expect("a socket");
        let thread = thread::spawn(move || {
            let mut room = [0; 64];
            // An empty datagram from itself ends it.
            while let Ok((length, from)) = server.recv_from(&mut room) {
                if length == 0 {
                    return;
                }
                let _refused = server.send_to(&room[..length], from);
            }
        });

        Self { socket, thread: Some(thread) }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let own = self.socket.local_addr().expect("an address");
        let _ended = self.socket.send_to(b"", own);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}

/// Sends a server of UDP three questions from each of these ports, and waits for the answers; leaves
/// out ports that are taken. Returns how many answers came.
pub fn ask_from(client: &Namespace, (address, ports): (&str, &[u16]), server: (&str, u16)) -> u64 {
    client.within(|| {
        let sockets = ports.iter().filter_map(|port| UdpSocket::bind((address, *port)).ok());
        let mut answers = 0;
        for socket in sockets {
            socket.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
            for _ in 0..3 {
                socket.send_to(b"question", server).expect("a route");
                socket.recv(&mut [0; 64]).expect("an answer");
                answers += 1;
            }
        }
        answers
    })
}

/// Returns ports of a range that are spread over it, the same each time.
pub fn spread(first: u16, last: u16, number: u16) -> Vec<u16> {
    let width = u32::from(last - first) + 1;
    // Neighbours in the list are far from each other.
    let port = |turn: u16| u32::from(turn) * 25_253 % width + u32::from(first);

    (0..number).map(|turn| u16::try_from(port(turn)).unwrap_or(last)).collect()
}
