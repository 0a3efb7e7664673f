//! Packets that are sent to a running service to be inspected.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use exporter::services::PortRules;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::cable::Cable;
use tests::capture::{self, Frame};
use tests::inspection::{expected, sorted};
use tests::patience::{pause, wait_for};
use tests::service::{Service, command};
use tests::sources::root;
use tests::{http, truth};

use super::{ON_CABLE, cable};

const RULES: PortRules = PortRules { ephemeral: 32_768..=60_999, services: Vec::new() };
const PCAP: &str = "application/vnd.tcpdump.pcap";
const JSON: &str = "application/json";

/// A service, and a token with which packets are inspected.
struct Inspecting<'a> {
    service: Service<'a>,
    token: String,
    _folder: TempDir,
}

impl<'a> Inspecting<'a> {
    fn start(cable: &'a Cable) -> Self {
        let folder = TempDir::new().unwrap();
        let printed = command(&["token", "new", "--scope", "inspect"]).output().unwrap();
        let printed = String::from_utf8(printed.stdout).unwrap();
        let (token, entry) = printed.split_once('\n').unwrap();
        let file = folder.path().join("tokens.toml");
        fs::write(&file, entry).unwrap();
        let file = file.display().to_string();
        let more = ["--api.token-file", &file, "--ports.ephemeral=32768-60999"];
        let service = Service::start(&cable.here, &[&ON_CABLE[..], &more].concat());

        Self { service, token: token.into(), _folder: folder }
    }

    /// Sends a request without waiting for the answer.
    fn begin(&self, query: &str, content_type: &str, body: &[u8]) -> TcpStream {
        let mut stream = self.service.connect().unwrap();
        let head = format!(
            "POST /api/v1/packets{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Type: {content_type}\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A body that is refused is not read to its end.
        let _ = stream.write_all(body);

        stream
    }

    fn send(&self, query: &str, content_type: &str, body: &[u8]) -> (u16, Value) {
        let answer = http::answer(&mut self.begin(query, content_type, body)).unwrap();

        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    /// Sends a capture; returns what is said of it.
    #[track_caller]
    fn report(&self, body: &[u8], name: &str) -> Value {
        let (status, answer) = self.send("", PCAP, body);
        assert_eq!(status, 200, "{name}: {answer}");
        let parser = &answer["parser"];
        assert_eq!(parser["reason"], Value::Null, "{name}");
        let number = |of: &str| parser[of].as_u64().unwrap();
        assert_eq!(number("kernel") + number("host"), answer["report"]["packets"], "{name}");

        answer
    }

    fn received(&self) -> u64 {
        self.service.scrape().find("packet_receive_packets_total", &[]).unwrap_or_default()
    }
}

/// A capture of so many small packets.
fn many(packets: usize) -> Vec<u8> {
    capture::pcap(&vec![Frame::whole(vec![0; 60]); packets])
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn every_public_capture_is_inspected_as_the_dissectors_read_it_and_no_count_moves() {
    let cable = cable("inspections");
    let inspecting = Inspecting::start(&cable);
    let public = truth::captures().unwrap_or_default();
    let corpus = root().join("tests/corpus/frames.pcap");
    let before = inspecting.received();
    let (mut by_kernel, mut inspected) = (0, 0);

    for path in public.iter().map(|it| &it.path).chain([&corpus]) {
        let name = path.display().to_string();
        let frames = capture::read(path);
        let whole = fs::read(path).unwrap();
        let pieces = if whole.len() <= 8 << 20 {
            vec![(whole, &frames[..])]
        } else {
            frames.chunks(4000).map(|it| (capture::pcap(it), it)).collect()
        };
        for (body, frames) in pieces {
            let answer = inspecting.report(&body, &name);
            assert_eq!(sorted(answer["report"].clone()), expected(frames, &RULES), "{name}");
            by_kernel += answer["parser"]["kernel"].as_u64().unwrap();
            inspected += frames.len() as u64;
        }
    }
    for truth::Capture { path, truth } in &public {
        let (status, answer) = inspecting.send("?each=true", PCAP, &fs::read(path).unwrap());
        assert_eq!((status, &answer["report"]["packets"]), (200, &truth["frames"][""].into()));
        let each = answer["each"].as_array().unwrap();
        assert_eq!(each.len() as u64, truth["frames"][""]);
        assert!(each.iter().all(|it| it["file"] == "body"), "{}", path.display());
    }

    println!("{} captures, {inspected} packets, {by_kernel} by the kernel", public.len() + 1);
    assert!(by_kernel * 10 > inspected * 9, "{by_kernel} of {inspected}");
    // The cable has a few packets of its own, as each end looks for its neighbour.
    let moved = inspecting.received() - before;
    assert!(moved < 50, "{moved} of {inspected} packets were counted");
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn frames_are_sent_in_any_form_and_what_is_too_large_is_refused() {
    let cable = cable("inspect-forms");
    let inspecting = Inspecting::start(&cable);
    let hex = json!({"encoding": "hex", "frames": ["00".repeat(60)]}).to_string();
    let base64 = json!({"encoding": "base64", "frames": ["A".repeat(80)]}).to_string();
    let packed = {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&many(1)).unwrap();
        encoder.finish().unwrap()
    };
    let raw = [0; 60];
    let forms: [(&str, &[u8]); 5] = [
        (JSON, hex.as_bytes()),
        (JSON, base64.as_bytes()),
        ("application/octet-stream", &raw),
        (PCAP, &many(1)),
        ("application/x-pcapng", &packed),
    ];

    let reports = forms.map(|(content_type, body)| {
        let (status, answer) = inspecting.send("?each=true", content_type, body);
        assert_eq!(status, 200, "{answer}");
        (answer["report"].clone(), answer["each"].clone())
    });
    assert!(reports.iter().all(|it| *it == reports[0]), "{reports:?}");
    assert_eq!((&reports[0].0["packets"], &reports[0].0["bytes"]), (&1.into(), &60.into()));

    let refusals: [(&str, &[u8], u16, &str); 4] = [
        (PCAP, &vec![0; (8 << 20) + 1], 413, "8192 KiB"),
        (PCAP, &many(100_001), 413, "`editcap -c 100000"),
        ("multipart/form-data; boundary=x", b"--x--", 415, "send the capture itself"),
        (PCAP, b"GIF89a", 400, "neither pcap nor pcapng"),
    ];
    for (content_type, body, expected, said) in refusals {
        let (status, problem) = inspecting.send("", content_type, body);
        assert_eq!(status, expected, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn there_is_one_inspection_at_a_time_with_half_of_a_cpu_and_it_ends_with_its_client() {
    let cable = cable("inspect-turns");
    let inspecting = Inspecting::start(&cable);
    let large = many(100_000);
    let cpu = || -> f64 {
        let text = inspecting.service.get("/metrics").unwrap().text();
        let line = text.lines().find_map(|it| it.strip_prefix("process_cpu_seconds_total "));
        line.unwrap().parse().unwrap()
    };
    let small = || inspecting.send("", JSON, br#"{"encoding": "hex", "frames": ["00"]}"#);

    let (begun, before) = (Instant::now(), cpu());
    let answer = inspecting.report(&large, "100000 packets");
    let (whole, used) = (begun.elapsed(), cpu() - before);
    println!("100000 packets in {whole:?}, with {used:.3} s of a CPU");
    assert_eq!(answer["report"]["packets"], 100_000);
    assert!(used < 0.65 * whole.as_secs_f64() + 0.1, "{used} s of {whole:?}");

    // The first of two is the one whose body is read first.
    let (pending, busy) = wait_for("a second client is refused", || {
        let pending = inspecting.begin("", PCAP, &large);
        pause();
        match small() {
            (503, problem) => Ok((pending, problem)),
            (status, _) => Err(format!("{status}")),
        }
    });
    assert_eq!(busy["type"], "/api/v1/problems/busy");
    let gone = Instant::now();
    drop(pending);
    wait_for("the turn of a client that has gone", || match small() {
        (200, _) => Ok(()),
        (status, _) => Err(format!("{status}")),
    });
    let waited = gone.elapsed();
    println!("free again {waited:?} after the client has gone");
    assert!(waited < whole.max(Duration::from_secs(1)), "{waited:?} of {whole:?}");
}
