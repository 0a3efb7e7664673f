//! Sampled packets and captures of a running service: those that were sent, and no more than was asked for.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::Value;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::programs::python;
use tests::service::{PORT, Service};

use super::access::Folder;
use super::cable;

/// Sends datagrams to one port, each with a number: how many, and how many a second.
const SENDER: &str = "
import select, socket, sys, time
target, port, count, rate = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
began = time.monotonic()
sent = 0
while sent < count:
    due = min(count, int((time.monotonic() - began) * rate) + 1)
    while sent < due:
        try:
            link.sendto(b'number %08d' % sent, (target, port))
        except BlockingIOError:
            continue
        sent += 1
    select.select([], [], [], 0.001)
";
const TARGET: u16 = 7777;
const ON: [&str; 2] = ["--samples.enabled", "true"];

fn send(cable: &Cable, count: usize, rate: usize) {
    let [port, count, rate] = [TARGET.into(), count, rate].map(|it: usize| it.to_string());

    cable.there.run(&python(), &["-c", SENDER, Cable::HERE[0], &port, &count, &rate]);
}

/// A service, and the login of a client that may inspect packets.
struct Bed<'a> {
    service: Service<'a>,
    login: String,
}

impl<'a> Bed<'a> {
    fn start(cable: &'a Cable, folder: &Folder, scope: &str, more: &[&str]) -> Self {
        let login =
            format!("Authorization: Bearer {}", folder.token("tester", &["--scope", scope]));
        let mut service = folder.start(cable, more);
        service.wait_until_ready();

        Self { service, login }
    }

    fn get(&self, target: &str) -> Result<Value, String> {
        let line = format!("GET /api/v1/{target}");
        let answer = self.service.request(&line, &[("Authorization", &self.login[15..])]).unwrap();

        if answer.status == 200 {
            Ok(serde_json::from_slice(&answer.body).unwrap())
        } else {
            Err(answer.text())
        }
    }

    fn samples(&self, query: &str) -> Vec<Value> {
        self.get(&format!("packets/samples?{query}")).unwrap()["items"].as_array().unwrap().clone()
    }

    /// Waits until there are so many.
    #[track_caller]
    fn wait_for_samples(&self, query: &str, number: usize) -> Vec<Value> {
        wait_for("samples", || {
            let samples = self.samples(query);
            if samples.len() == number { Ok(samples) } else { Err(samples.len().to_string()) }
        })
    }

    /// Captures with curl into tcpdump while `run` does, and returns what tcpdump printed.
    fn captured(&self, cable: &Cable, query: &str, run: impl FnOnce()) -> String {
        let url = format!("http://127.0.0.1:{PORT}/api/v1/packets/capture?{query}");
        let script =
            "curl --silent --no-buffer --fail -H \"$0\" \"$1\" | tcpdump -n -A -r - 2>/dev/null";
        let mut command = cable.here.command("sh");
        command.args(["-c", script, &self.login, &url]).stdout(Stdio::piped());
        let child = command.spawn().unwrap();
        self.wait_for_capture();
        run();

        String::from_utf8_lossy(&child.wait_with_output().unwrap().stdout).into_owned()
    }

    /// Waits until a capture is in the log: that is when it begins.
    fn wait_for_capture(&self) {
        wait_for("a capture", || match self.service.said("captured through the API") {
            0 => Err("nothing in the log".to_owned()),
            _ => Ok(()),
        });
    }
}

/// Returns the numbers that were in datagrams.
fn numbers(texts: impl Iterator<Item = String>) -> BTreeSet<usize> {
    texts.filter_map(|text| text.split("number ").nth(1)?.get(..8)?.parse().ok()).collect()
}

/// Returns the bytes of a sampled packet as text.
fn text(bed: &Bed<'_>, sample: &Value) -> String {
    let packet = bed.get(&format!("packets/{}", sample["id"].as_str().unwrap())).unwrap();
    let lines = packet["dump"].as_array().unwrap().iter().filter_map(Value::as_str);
    // The place of the first byte, sixteen bytes, and the same as text.
    let bytes = lines.flat_map(|line| line.get(5..53).unwrap_or_default().split_whitespace());
    let bytes = bytes.filter_map(|byte| u8::from_str_radix(byte, 16).ok());

    String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn sampled_packets_are_those_that_were_sent() {
    const SENT: usize = 100;
    let cable = cable("samples-sent");
    let folder = Folder::new();
    let more = [
        "--samples.one-in=1",
        "--samples.per-second=1000",
        "--samples.payload",
        "--samples.matching=port=7777",
    ];
    let bed = Bed::start(&cable, &folder, "inspect", &[&ON[..], &more].concat());

    send(&cable, SENT, 200);

    let samples = bed.wait_for_samples("top=1000", SENT);
    for sample in &samples {
        assert_eq!(sample["source"], Cable::THERE[0], "{sample}");
        assert_eq!(
            (&sample["destination_port"], &sample["device"]),
            (&TARGET.into(), &Cable::DEVICE.into())
        );
    }
    let texts = samples.iter().map(|sample| text(&bed, sample));
    assert_eq!(numbers(texts), (0..SENT).collect());
    let scrape = bed.service.scrape();
    assert_eq!(
        scrape.find("packet_exporter_samples_total", &[("device", Cable::DEVICE)]),
        Some(SENT as u64)
    );
    assert_eq!(scrape.find("packet_exporter_samples_lost_total", &[("reason", "rate")]), Some(0));
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn payload_is_not_taken_unless_it_is_asked_for() {
    let cable = cable("samples-headers");
    let folder = Folder::new();
    let more = ["--samples.one-in=1", "--samples.per-second=1000", "--samples.matching=port=7777"];
    let bed = Bed::start(&cable, &folder, "inspect", &[&ON[..], &more].concat());

    send(&cable, 5, 200);

    let samples = bed.wait_for_samples("", 5);
    // Ethernet, IPv4 and UDP.
    assert!(samples.iter().all(|sample| sample["captured"] == 14 + 20 + 8), "{samples:?}");
    assert_eq!(numbers(samples.iter().map(|sample| text(&bed, sample))).len(), 0);
    let captured = bed.captured(&cable, "count=5&port=7777&seconds=20", || send(&cable, 5, 200));
    assert_eq!(captured.matches("UDP").count(), 5, "{captured}");
    assert!(!captured.contains("number"), "{captured}");
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn no_more_packets_are_sampled_than_are_asked_for_and_the_rest_is_counted() {
    const SENT: u64 = 20_000;
    const A_SECOND: u64 = 50;
    let cable = cable("samples-rate");
    let folder = Folder::new();
    let more = ["--samples.one-in=1", "--samples.per-second=50", "--samples.matching=port=7777"];
    let bed = Bed::start(&cable, &folder, "inspect", &[&ON[..], &more].concat());

    let began = std::time::Instant::now();
    send(&cable, SENT as usize, 10_000);

    let (taken, lost) = wait_for("all packets are accounted for", || {
        let scrape = bed.service.scrape();
        let taken =
            scrape.find("packet_exporter_samples_total", &[("device", Cable::DEVICE)]).unwrap_or(0);
        let lost =
            scrape.find("packet_exporter_samples_lost_total", &[("reason", "rate")]).unwrap_or(0);
        if taken + lost == SENT { Ok((taken, lost)) } else { Err(format!("{taken} and {lost}")) }
    });
    let most = A_SECOND * (began.elapsed().as_secs() + 2);
    println!("{taken} were taken, {lost} were not");
    assert!(taken >= A_SECOND && taken <= most, "{taken}, of at most {most}");
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_capture_has_every_packet_of_fifty_thousand_a_second_or_says_what_it_lost() {
    const SENT: usize = 100_000;
    let cable = cable("samples-capture");
    let folder = Folder::new();
    let bed = Bed::start(&cable, &folder, "inspect", &ON);
    let path = folder.path("capture.pcapng");
    let query = format!("count={SENT}&port={TARGET}&seconds=30&per_second=1000000");
    let url = format!("http://127.0.0.1:{PORT}/api/v1/packets/capture?{query}");
    let mut curl = cable.here.command("curl");
    curl.args(["--silent", "--no-buffer", "-H", &bed.login, "-o"]).arg(&path).arg(&url);
    let mut curl = curl.spawn().unwrap();
    bed.wait_for_capture();

    send(&cable, SENT, 50_000);
    assert!(curl.wait().unwrap().success());

    let file = std::fs::File::open(&path).unwrap();
    let mut capture = exporter::capture::Capture::open(file).unwrap();
    let mut packets = 0;
    while let Some(record) = capture.next_record().unwrap() {
        assert_eq!(record.bytes.len(), 14 + 20 + 8);
        packets += 1;
    }
    println!("{packets} of {SENT} were captured");
    let lost = lost(&std::fs::read(&path).unwrap());
    assert_eq!(packets + lost, SENT, "{packets} captured, {lost} lost");
    // The queue and the ring buffer have room for a hitch, not for a machine that stands still.
    assert!(packets > SENT / 2, "{packets}");
}

/// Returns how many packets the end of a capture says were lost: `isb_ifdrop` and `isb_osdrop`. Source:
/// draft-ietf-opsawg-pcapng, section 4.6.
fn lost(file: &[u8]) -> usize {
    let mut rest = file;
    let mut lost = 0;
    let word = |bytes: &[u8]| u32::from_le_bytes(bytes[..4].try_into().unwrap());
    while rest.len() >= 12 {
        let (kind, length) = (word(rest), word(&rest[4..]) as usize);
        if kind == 5 {
            let mut options = &rest[20..length - 4];
            while options.len() >= 4 {
                let code = u16::from_le_bytes([options[0], options[1]]);
                let size = usize::from(u16::from_le_bytes([options[2], options[3]]));
                if matches!(code, 5 | 7) {
                    lost += u64::from_le_bytes(options[4..12].try_into().unwrap()) as usize;
                }
                options = &options[4 + size.next_multiple_of(4)..];
            }
        }
        rest = &rest[length..];
    }

    lost
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn sampling_is_switched_on_and_off_while_packets_are_counted() {
    let cable = cable("samples-switched");
    let folder = Folder::new();
    let bed = Bed::start(&cable, &folder, "admin", &[]);
    let patch = |body: &str| {
        let mut curl = cable.here.command("curl");
        curl.args([
            "--silent",
            "--fail",
            "-X",
            "PATCH",
            "-H",
            "Content-Type: application/merge-patch+json",
        ]);
        curl.args(["-H", &bed.login, "-d", body])
            .arg(format!("http://127.0.0.1:{PORT}/api/v1/config"));
        assert!(curl.status().unwrap().success(), "{body}");
    };
    let is_there = |part: &str| {
        bed.service.scrape().find("packet_exporter_memory_bytes", &[("part", part)]).is_some()
    };
    assert!(bed.get("packets/samples").unwrap_err().contains("not-sampled"));
    assert!(!is_there("samples"));

    for _ in 0..2 {
        patch(r#"{"samples": {"enabled": true, "one_in": 1, "matching": ["port=7777"]}}"#);
        wait_for("sampling", || bed.get("packets/samples"));
        // Programs with the code for it come with a fold.
        wait_for("a sample", || {
            send(&cable, 1, 100);
            if bed.samples("").is_empty() { Err("none yet".to_owned()) } else { Ok(()) }
        });
        assert!(is_there("samples"));

        patch(r#"{"samples": {"enabled": false}}"#);
        wait_for("no sampling", || match bed.get("packets/samples") {
            Ok(answer) => Err(answer.to_string()),
            Err(problem) => Ok(problem),
        });
        assert!(!is_there("samples"));
    }
    let scrape = bed.service.scrape();
    let imbalanced = scrape.below("packet_exporter_imbalanced_intervals_total");
    assert!(!imbalanced.is_empty() && imbalanced.values().all(|it| it == "0"), "{imbalanced:?}");
}
