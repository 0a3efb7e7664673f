//! What reading a capture costs, beside what Wireshark's `capinfos` takes to count its packets.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::cell::median;
use super::memory::program;
use super::targets::Check;
use crate::capture::{Frame, pcap};
use crate::corpus::bytes::{IPV4, ethernet, ipv4, tcp, udp};

/// Bytes of the capture.
const LENGTH: u64 = 1 << 30;
/// A header of pcap, which the parts behind the first do not have.
const HEADER: usize = 24;
const ACK: u8 = 0x10;

/// Has both read a capture of 1 GiB from the page cache, in turn.
pub(super) fn measure(rounds: usize) -> (String, Vec<Check>) {
    let Some(program) = program() else {
        return ("\ninspect: there is no service to start\n".into(), Vec::new());
    };
    let folder = tempfile::tempdir().expect("a folder for a capture");
    let path = folder.path().join("bench.pcap");
    let packets = write(&path);

    let mut inspect = Command::new(program);
    inspect.args(["inspect", "--json"]).arg(&path);
    let mut capinfos = Command::new("capinfos");
    capinfos.arg("-c").arg(&path);
    let mut samples = Vec::new();
    for _ in 0..rounds {
        samples.push((seconds(&mut inspect), seconds(&mut capinfos)));
    }

    let ours: Vec<f64> = samples.iter().filter_map(|(ours, _)| *ours).collect();
    let ours = median(&ours);
    let mut out = format!(
        "\ninspect, 1 GiB, {packets} packets: {ours:.2} s, {:.0} ns a packet",
        ours * 1e9 / packets as f64
    );
    let ratios: Vec<f64> =
        samples.iter().filter_map(|(ours, theirs)| Some((*ours)? / (*theirs)?)).collect();
    if ratios.is_empty() {
        out.push_str("; there is no `capinfos` to compare with\n");
        return (out, Vec::new());
    }
    let ratio = median(&ratios);
    let _infallible = writeln!(out, ", {ratio:.2} times `capinfos -c`");

    (out, vec![Check::at_most("inspect, x capinfos", ratio, 1.2)])
}

/// Writes packets of usual lengths from a thousand sources, and returns their number.
fn write(path: &Path) -> u64 {
    let frame = |number: usize| {
        let payload = vec![0; [6, 12, 100, 250, 600, 1460][number % 6]];
        let packet = match number % 3 {
            0 => ipv4(17, &udp(53, &payload)),
            _ => ipv4(6, &tcp(ACK, &payload)),
        };
        let mut frame = ethernet(IPV4, &packet);
        frame[28..30].copy_from_slice(&[(number % 4) as u8, (number % 250) as u8]);
        Frame::whole(frame)
    };
    let frames: Vec<_> = (0..20_000).map(frame).collect();
    let part = pcap(&frames);

    let mut file = File::create(path).expect("a capture");
    file.write_all(&part[..HEADER]).expect("room for a capture");
    let parts = LENGTH / (part.len() - HEADER) as u64;
    for _ in 0..parts {
        file.write_all(&part[HEADER..]).expect("room for a capture");
    }

    parts * frames.len() as u64
}

/// Returns how long a program takes; `None` where there is none.
fn seconds(command: &mut Command) -> Option<f64> {
    let begun = Instant::now();
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
    assert!(status.success(), "{command:?} failed");

    Some(begun.elapsed().as_secs_f64())
}
