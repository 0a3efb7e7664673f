//! `packet-exporter inspect`, as it was built, on captures of every kind.

#[path = "inspect/cases.rs"]
mod cases;
#[path = "inspect/files.rs"]
mod files;
#[path = "inspect/links.rs"]
mod links;
#[path = "inspect/mutations.rs"]
mod mutations;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};

use exporter::services::PortRules;
use serde_json::Value;
use shared::Direction;
use tests::capture::{self, ETHERNET, Frame};
use tests::inspection::{expected, sorted};
use tests::oracle::{self, Rules};
use tests::service::{behind, command};
use tests::sources::root;
use tests::{corpus, truth};

const RULES: PortRules = PortRules { ephemeral: 32_768..=60_999, services: Vec::new() };
const HOST: [&str; 3] = ["inspect", "--parser=host", "--ports.ephemeral=32768-60999"];
const KERNEL: [&str; 3] = ["inspect", "--parser=kernel", "--ports.ephemeral=32768-60999"];

#[test]
fn public_captures_are_counted_as_the_dissectors_read_them() {
    let Some(captures) = truth::captures() else { return };
    let mut frames = 0;
    let mut same_sources = 0;

    for truth::Capture { path, truth } in &captures {
        let name = path.display();
        let report = report(&HOST, path);
        let of_file = capture::read(path);

        let number = |column: &str| Value::from(truth[column][""]);
        assert_eq!(report["packets"], number("frames"), "{name}");
        assert_eq!(report["bytes"], number("bytes_wire"), "{name}");
        assert_eq!(sorted(report.clone()), expected(&of_file, &RULES), "{name}");
        // The rules differ behind three tags, MPLS and PPPoE alone.
        same_sources += usize::from(sources(&report) == truth["src_ip"]);
        frames += of_file.len();
    }

    println!(
        "{} captures, {frames} frames; sources are the same in {same_sources}",
        captures.len()
    );
    assert!(same_sources + 3 >= captures.len(), "{same_sources} of {}", captures.len());
}

#[test]
fn the_corpus_is_counted_as_it_is_written_by_hand() {
    let frames = capture::read(&corpus_path());

    let report = report(&HOST, &corpus_path());

    assert_eq!(sorted(report), expected(&frames, &RULES));
}

#[test]
fn each_packet_has_a_line_that_the_table_expects() {
    let cases: Vec<_> = corpus::table().into_iter().filter(|it| it.frame.len() <= 16_385).collect();

    let output = run(&[&HOST[..], &["--each"]].concat(), &corpus_path());

    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), cases.len());
    let mut offloaded = 0;
    for ((number, line), case) in (1_u64..).zip(&lines).zip(&cases) {
        // What a device would refuse may have been captured before a device cut it into segments.
        let read = |rules| {
            let length = case.frame.len();
            oracle::read_captured(ETHERNET, &case.frame, length, &rules).outcome(Direction::Receive)
        };
        let captured = read(Rules::captured());
        let outcome = if captured == read(Rules::project()) { &case.expected } else { &captured };
        offloaded += usize::from(captured != case.expected);
        assert_eq!(line["number"], number, "{}", case.name);
        assert_eq!(line["family"], outcome.family.label(), "{}", case.name);
        assert_eq!(line["protocol"], outcome.protocol.label(), "{}", case.name);
        let source = outcome.address.map(|address| address.to_string());
        assert_eq!(line["source"].as_str(), source.as_deref(), "{}", case.name);
        assert_eq!(line["destination"].is_null(), source.is_none(), "{}", case.name);
        let ports = ["source", "destination"].map(|end| line["ports"][end].as_u64());
        let [from, to] = [outcome.ports.map(|it| it.0), outcome.ports.map(|it| it.1)];
        assert_eq!(ports, [from, to].map(|port| port.map(u64::from)), "{}", case.name);
        let malformed = outcome.malformed.map(|reason| reason.label());
        assert_eq!(line["malformed"].as_str(), malformed, "{}", case.name);
        let fragment = outcome.fragment.map(|position| position.label());
        assert_eq!(line["fragment"].as_str(), fragment, "{}", case.name);
        let offset = |name: &str| line["offsets"][name].as_u64().unwrap_or_default();
        assert_eq!(offset("network"), u64::from(outcome.network_offset), "{}", case.name);
        assert_eq!(offset("transport"), u64::from(outcome.transport_offset), "{}", case.name);
    }
    println!("{offloaded} of {} frames are taken for segmentation offload", cases.len());
    assert!((1..10).contains(&offloaded), "{offloaded} frames have the length 0");
}

#[test]
fn what_cannot_be_read_is_refused_and_what_breaks_off_is_told_behind_the_rest() {
    let whole = capture::pcap(&[Frame::whole(vec![0; 60]), Frame::whole(vec![0; 60])]);
    let cases: [(&[u8], i32, &str); 4] = [
        (b"", 2, "cannot inspect `standard input`: it is empty"),
        (b"GIF89a", 2, "it is neither pcap nor pcapng"),
        (&whole[..whole.len() - 1], 1, "after 1 packet, at byte 100: the file ends within"),
        (&whole, 0, "Parsed by the host's build of the parser, "),
    ];

    for (bytes, code, said) in cases {
        let mut child = start(&[&HOST[..], &["--json", "-"]].concat());
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(bytes).unwrap();
        drop(stdin);
        let output = child.wait_with_output().unwrap();

        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(said), "{stderr:?} does not say {said:?}");
        assert_eq!(output.stdout.is_empty(), code == 2, "{stderr}");
    }
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let output = run(&HOST, Path::new("/nowhere/a.pcap"));

    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("cannot open `/nowhere/a.pcap`: No such file"), "{stderr}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = start(&[&HOST[..], &["--each", "-"]].concat());
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let frames = vec![Frame::whole(vec![0; 60]); 2000];
    // It may end before it has read all.
    let _ = stdin.write_all(&capture::pcap(&frames));
    drop(stdin);

    let output = child.wait_with_output().unwrap();

    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert_eq!(stderr, "");
}

#[test]
fn a_long_stream_takes_no_more_memory_than_a_short_one() {
    const SHORT: usize = 2_000;
    const LONG: usize = 400_000;

    let [short, long] = [SHORT, LONG].map(peak_after);

    println!("peak memory after {SHORT} packets {short} KiB, after {LONG} packets {long} KiB");
    assert!(long <= short + 2048, "{long} KiB instead of {short}");
}

#[test]
#[ignore = "needs root: `cargo xtask test inspect`"]
fn the_kernel_says_of_every_capture_what_the_host_says() {
    let public = truth::captures().unwrap_or_default().into_iter().map(|capture| capture.path);

    for path in public.chain([corpus_path()]) {
        let [kernel, host] = [KERNEL, HOST].map(|arguments| report(&arguments, &path));

        assert_eq!(kernel, host, "{}", path.display());
    }
    let output = run(&KERNEL, &corpus_path());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Parsed by the program in the kernel: "), "{text}");
    assert!(text.contains("which the kernel's test run does not accept."), "{text}");
    println!("{}", text.lines().take(3).collect::<Vec<_>>().join("\n"));
}

#[test]
#[ignore = "needs root: `cargo xtask test inspect`"]
fn without_privileges_the_host_parses_and_the_kernel_is_refused() {
    let before = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"];
    let path = corpus_path().display().to_string();

    let host = behind(&before, &["inspect", &path]).output().unwrap();
    let kernel = behind(&before, &["inspect", "--parser", "kernel", &path]).output().unwrap();

    let text = String::from_utf8(host.stdout).unwrap();
    assert_eq!(host.status.code(), Some(0));
    assert!(text.contains("Parsed by the host's build of the parser.\n"), "{text}");
    let stderr = String::from_utf8(kernel.stderr).unwrap();
    assert_eq!(kernel.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("this process has no CAP_BPF"), "{stderr}");
}

/// The capture that is committed.
fn corpus_path() -> PathBuf {
    root().join("tests/corpus/frames.pcap")
}

fn sources(report: &Value) -> BTreeMap<String, u64> {
    let sources = report["sources"].as_object().unwrap();
    let packets = |count: &Value| count["packets"].as_u64().unwrap();

    sources.iter().map(|(address, count)| (address.clone(), packets(count))).collect()
}

#[track_caller]
fn report(arguments: &[&str], path: &Path) -> Value {
    let output = run(&[arguments, &["--json"]].concat(), path);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{}: {stderr}", path.display());

    serde_json::from_slice(&output.stdout).unwrap()
}

fn run(arguments: &[&str], path: &Path) -> Output {
    command(arguments).arg(path).output().expect("the service was built")
}

fn start(arguments: &[&str]) -> Child {
    let mut command: Command = command(arguments);

    command.stdin(Stdio::piped()).spawn().expect("the service was built")
}

/// Returns the most memory that it had, in KiB, when it had read nearly all of `packets`.
fn peak_after(packets: usize) -> u64 {
    let mut child = start(&[&HOST[..], &["--json", "-"]].concat());
    let mut stdin = child.stdin.take().unwrap();
    send(&mut stdin, packets);
    // A pipe holds 64 KiB, and the reader as much as it asks for at once; the rest was read.
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak = peak.trim().trim_end_matches(" kB").parse().unwrap();
    drop(stdin);

    let mut report = String::new();
    child.stdout.take().unwrap().read_to_string(&mut report).unwrap();
    assert!(child.wait().unwrap().success());
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["packets"], packets);
    peak
}

/// Writes a capture, some packets at a time.
fn send(stdin: &mut ChildStdin, packets: usize) {
    const AT_ONCE: usize = 1000;
    /// A file's header, which the parts that follow do not have.
    const HEADER: usize = 24;
    let mut frame = vec![2; 1514];
    frame[12..14].copy_from_slice(&[0x88, 0xb5]);
    let part = capture::pcap(&vec![Frame::whole(frame); AT_ONCE]);

    stdin.write_all(&part[..HEADER]).unwrap();
    for _ in 0..packets / AT_ONCE {
        stdin.write_all(&part[HEADER..]).unwrap();
    }
}
