//! Many veth devices of a test's own, and a process that sends frames on them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use exporter::datapath::{Device, Tap};
use shared::{Count, Direction};

use crate::cable::Namespace;
use crate::programs::python;

/// Sends frames as it is told, a line each: a device, frames, their length, and the end of their
/// destination. Answers each line. With `forever` it sends on all devices of the line until its input
/// ends, and answers with the frames of each.
const SEND: &str = "
import select, socket, struct, sys
def frame(length, number):
    ip = struct.pack('>BBHHHBBHII', 0x45, 0, length - 14, 0, 0, 64, 17, 0, 0x0a000001, 0x0a640000 + number)
    udp = struct.pack('>HHHH', 40000, 53, length - 34, 0)
    return bytes.fromhex('0200000000010200000000020800') + ip + udp + bytes(length - 42)
def link(device):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((device, 0))
    return link
for line in sys.stdin:
    words = line.split()
    if words[0] == 'forever':
        links = [[link(device), frame(100 + at, at), 0] for at, device in enumerate(words[1:])]
        print('begun', flush=True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            for one in links:
                for _ in range(50):
                    one[0].send(one[1])
                one[2] += 50
        print(' '.join(str(one[2]) for one in links), flush=True)
        break
    device, frames, length, number = words[0], *map(int, words[1:])
    one, bytes_of = link(device), frame(length, number)
    for _ in range(frames):
        one.send(bytes_of)
    one.close()
    print('sent', flush=True)
";

/// Makes veth devices `NAME0`, `NAME1` and so on, whose other ends are `pNAME0` and so on.
pub fn make(namespace: &Namespace, name: &str, numbers: std::ops::Range<usize>) {
    let script = format!(
        "for i in $(seq {} {}); do ip link add {name}$i type veth peer name p{name}$i && \
         ip link set {name}$i up && ip link set p{name}$i up; done",
        numbers.start,
        numbers.end - 1
    );
    namespace.run("sh", &["-c", &script]);
}

/// Switches off what devices send by themselves.
pub fn be_silent(namespace: &Namespace) {
    let script = "for i in all default; do \
                  echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6; done";
    namespace.run("sh", &["-c", script]);
}

/// Returns what a device sends, for the datapath.
pub fn sent(namespace: &Namespace, name: &str) -> Tap {
    let index = namespace.run("cat", &[&format!("/sys/class/net/{name}/ifindex")]);
    let index = index.trim().parse().expect("an index");

    Tap { device: Device { name: name.into(), index }, direction: Direction::Transmit }
}

/// A process that sends; it is killed when it is dropped.
pub struct Sender {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Sender {
    pub fn start(namespace: &Namespace) -> Self {
        let mut command = namespace.command(&python());
        command.args(["-c", SEND]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("`ip` can be run");
        let output = BufReader::new(child.stdout.take().expect("the output is a pipe"));

        Self { input: child.stdin.take(), child, output }
    }

    /// Sends frames, and returns once all are sent; `number` is the end of their destination.
    pub fn send(&mut self, device: &str, frames: u64, length: u64, number: usize) -> Count {
        assert_eq!(self.ask(&format!("{device} {frames} {length} {number}")), "sent");

        Count { packets: frames, bytes: frames * length }
    }

    /// Begins to send on all these devices as fast as it can.
    pub fn forever(&mut self, devices: &[String]) {
        assert_eq!(self.ask(&format!("forever {}", devices.join(" "))), "begun");
    }

    /// Ends that, and returns what was sent on each device.
    pub fn stop(mut self) -> Vec<Count> {
        drop(self.input.take());
        let answer = self.answer();
        let frames = answer.split(' ').map(|frames| frames.parse::<u64>().expect("a number"));

        (100..)
            .zip(frames)
            .map(|(length, packets)| Count { packets, bytes: packets * length })
            .collect()
    }

    fn ask(&mut self, line: &str) -> String {
        let input = self.input.as_mut().expect("it was not stopped");
        writeln!(input, "{line}").expect("the sender runs");
        input.flush().expect("the sender runs");

        self.answer()
    }

    fn answer(&mut self) -> String {
        let mut answer = String::new();
        self.output.read_line(&mut answer).expect("the sender answers");

        answer.trim().to_owned()
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}
