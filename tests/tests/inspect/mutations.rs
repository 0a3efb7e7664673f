//! Files of every format and packing, changed at random: none ends the program early, keeps it
//! busy for long, or takes much memory.

use tempfile::TempDir;
use tests::capture::{COOKED, COOKED_2, PPP_HDLC, RAW, pcap_of};
use tests::convert;

use super::files::{gzip, zstd};
use super::*;

/// Another seed makes other files.
const SEED: u64 = 0x5eed_ca97;
const CHANGED: usize = 1500;
/// All memory that can be written to, in MiB; the program itself takes 2 of them.
const MEMORY: u64 = 64;
/// What a file may take to be read, far more than it does.
const SECONDS: &str = "120";

#[test]
fn changed_files_of_every_format_are_read_as_far_as_they_go() {
    let folder = TempDir::new().unwrap();
    let originals = originals();
    let mut random = Random(SEED);
    let mut paths = Vec::new();

    for number in 0..CHANGED {
        let changed = random.change(&originals[number % originals.len()]);
        paths.push(write(&folder, &format!("{number}"), &changed));
    }
    let output = within_bounds(&[&["inspect", "--json"][..], &texts(&paths)].concat());

    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().last().unwrap_or_default();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{:?}: {last}", output.status);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let problems = stderr.lines().count();
    println!("{CHANGED} files, {} packets, {problems} lines of problems", report["packets"]);
    assert!(report["packets"].as_u64().unwrap() > 10_000, "{}", report["packets"]);
    assert!(problems > CHANGED / 4, "hardly anything was damaged: {problems}");
}

#[test]
fn what_claims_to_be_long_takes_no_memory() {
    let folder = TempDir::new().unwrap();
    let section = pcapng(&[]);
    let block = |kind: u32, claimed: u32| [kind, claimed].map(u32::to_le_bytes).concat();
    // Zeros, of which a page or two are left when they are packed.
    let zeros = [&section[..], &block(0xbad1, 128 << 20), &vec![0; 128 << 20]].concat();
    let claims = [6, 1, 3].map(|kind| [&section[..], &block(kind, 0xffff_fff0)].concat());
    let mut files = vec![gzip(&zeros), zstd(&zeros)];
    files.extend(claims);
    let paths: Vec<_> = (0..)
        .zip(&files)
        .map(|(number, file)| write(&folder, &format!("{number}"), file))
        .collect();

    let output = within_bounds(&[&["inspect", "--json"][..], &texts(&paths)].concat());

    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(stderr.matches("ends early, after 0 packets").count(), files.len(), "{stderr}");
}

fn within_bounds(arguments: &[&str]) -> Output {
    let memory = format!("--data={}", MEMORY << 20);

    behind(&["timeout", SECONDS, "prlimit", &memory], arguments).output().unwrap()
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> String {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();

    path.display().to_string()
}

fn texts(paths: &[String]) -> Vec<&str> {
    paths.iter().map(String::as_str).collect()
}

/// One capture of each format and link type, plain and packed.
fn originals() -> Vec<Vec<u8>> {
    let frames: Vec<_> = corpus::table()
        .into_iter()
        .filter(|case| case.frame.len() < 400)
        .map(|case| Frame::whole(case.frame))
        .step_by(7)
        .collect();
    let cooked =
        |link| frames.iter().filter_map(|it| convert::cooked(it, link)).collect::<Vec<_>>();
    let ip = |link| frames.iter().filter_map(|it| convert::ip(it, link)).collect::<Vec<_>>();
    let plain = [
        capture::pcap(&frames),
        pcap_of(COOKED, &cooked(COOKED)),
        pcap_of(COOKED_2, &cooked(COOKED_2)),
        pcap_of(RAW, &ip(RAW)),
        pcap_of(PPP_HDLC, &ip(PPP_HDLC)),
        pcapng(&frames),
    ];

    plain.into_iter().flat_map(|file| [gzip(&file), zstd(&file), file]).collect()
}

/// Options with their lengths, of a packet and of an interface.
const FLAGS: u32 = 0x0004_0002;
const FCS_LENGTH: u32 = 0x0001_000d;

/// A section, interfaces of Ethernet with an FCS and of raw IP, and the frames on both in turn,
/// with flags.
fn pcapng(frames: &[Frame]) -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
        [&kind.to_le_bytes()[..], &length, body, &length].concat()
    };
    let words = |words: &[u32]| words.iter().flat_map(|it| it.to_le_bytes()).collect::<Vec<_>>();
    let interface = |link: u32, fcs: u32| block(1, &words(&[link, 0, FCS_LENGTH, fcs, 0]));

    let mut file = block(0x0a0d_0d0a, &words(&[0x1a2b_3c4d, 1, u32::MAX, u32::MAX]));
    file.extend([interface(1, 32), interface(101, 0)].concat());
    for (number, Frame { bytes, wire_length }) in (0..).zip(frames) {
        let captured = u32::try_from(bytes.len()).unwrap();
        let mut body = words(&[number % 2, 0, number, captured, *wire_length]);
        body.extend(bytes);
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend(words(&[FLAGS, (number % 16) << 5, 0]));
        file.extend(block(6, &body));
    }

    file
}

/// Numbers that look random. Source: Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", 2014.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);

        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Sets some bytes, of the head more often, fills a stretch, cuts off, or repeats a part.
    fn change(&mut self, original: &[u8]) -> Vec<u8> {
        let mut file = original.to_vec();

        for _ in 0..self.below(8) {
            let end = if self.below(3) == 0 { file.len().min(64) } else { file.len() };
            let at = self.below(end);
            file[at] = self.next() as u8;
        }
        match self.below(8) {
            0 => file.truncate(self.below(original.len())),
            1 => {
                let from = self.below(file.len());
                let to = (from + 1 + self.below(64)).min(file.len());
                file[from..to].fill([0, 0xff, 0x7f][self.below(3)]);
            }
            2 => {
                let part = file[self.below(file.len())..].to_vec();
                file.extend(part);
            }
            _ => {}
        }

        file
    }
}
