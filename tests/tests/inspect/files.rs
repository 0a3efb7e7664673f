//! Several files, packed files, and what is printed of them.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use tests::patience::wait_for;

use super::*;

fn frame(last: u8) -> Frame {
    let mut frame = corpus::table().into_iter().find(|case| case.frame.len() < 100).unwrap().frame;
    frame.resize(60, 0);
    frame[12..14].copy_from_slice(&[8, 0]);
    frame[14..34].copy_from_slice(&[
        0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, last, 192, 0, 2, 9,
    ]);
    frame[34..42].copy_from_slice(&[0x9c, 0x40, 0, 53, 0, 26, 0, 0]);

    Frame::whole(frame)
}

fn write(folder: &TempDir, name: &str, bytes: &[u8]) -> String {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();

    path.display().to_string()
}

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();

    encoder.finish().unwrap()
}

pub(super) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(bytes, 1).unwrap()
}

#[test]
fn several_files_are_added_up_however_they_are_packed() {
    let folder = TempDir::new().unwrap();
    let of = |last| capture::pcap(&[frame(last), frame(last)]);
    let paths = [
        write(&folder, "a.pcap", &of(1)),
        write(&folder, "b.pcap.gz", &gzip(&of(2))),
        write(&folder, "c.pcap.zst", &zstd(&of(1))),
    ];
    let paths: Vec<_> = paths.iter().map(String::as_str).collect();

    let json = command(&[&HOST[..], &["--json"], &paths].concat()).output().unwrap();
    let each = command(&[&HOST[..], &["--each"], &paths].concat()).output().unwrap();

    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(report["packets"], 6);
    assert_eq!(report["sources"]["192.0.2.1"]["packets"], 4);
    let each = String::from_utf8(each.stdout).unwrap();
    let lines: Vec<Value> = each.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let place = |line: &Value| (line["file"].clone(), line["number"].as_u64().unwrap());
    let places: Vec<_> = lines.iter().map(place).collect();
    let expected: Vec<_> =
        paths.iter().flat_map(|path| [1, 2].map(|number| (Value::from(*path), number))).collect();
    assert_eq!(places, expected);
}

#[test]
fn a_file_that_cannot_be_read_does_not_keep_the_others_from_being_read() {
    let folder = TempDir::new().unwrap();
    let whole = capture::pcap(&[frame(1), frame(2)]);
    let good = write(&folder, "good.pcap", &whole);
    let text = write(&folder, "notes.txt", b"remember the milk");
    let short = write(&folder, "short.pcap", &whole[..whole.len() - 1]);

    let all = command(&["inspect", &text, &short, "/nowhere/a.pcap", &good]).output().unwrap();
    let none = command(&["inspect", &text, "/nowhere/a.pcap"]).output().unwrap();

    let stderr = String::from_utf8(all.stderr).unwrap();
    assert_eq!(all.status.code(), Some(1), "{stderr}");
    for said in [
        format!("packet-exporter: cannot inspect `{text}`: it is neither"),
        format!(
            "packet-exporter: `{short}` is incomplete: the capture ends early, after 1 packet,"
        ),
        "packet-exporter: cannot open `/nowhere/a.pcap`: No such file".into(),
    ] {
        assert!(stderr.contains(&said), "{stderr:?} does not say {said:?}");
    }
    let stdout = String::from_utf8(all.stdout).unwrap();
    assert!(stdout.contains("\n2 files: 3 packets, 180 bytes on the wire\n"), "{stdout}");
    let stderr = String::from_utf8(none.stderr).unwrap();
    assert_eq!(none.status.code(), Some(2), "{stderr}");
    assert_eq!((none.stdout.len(), stderr.lines().count()), (0, 2), "{stderr}");
}

#[test]
fn what_is_asked_for_is_shown_and_nothing_else() {
    let folder = TempDir::new().unwrap();
    let frames: Vec<_> = (1..6).flat_map(|last| vec![frame(last); usize::from(last)]).collect();
    let path = write(&folder, "a.pcap", &capture::pcap(&frames));

    let summary = command(&["inspect", "--by", "source", "--top", "2", &path]).output().unwrap();
    let json =
        command(&["inspect", "--json", "--by=protocol,source", "--top=1", &path]).output().unwrap();

    let text = String::from_utf8(summary.stdout).unwrap();
    let (_, tables) = text.split_once("\n\n").unwrap();
    let expected = "\
Sources (the 2 busiest of 5)                   packets           bytes
  192.0.2.5                                          5             300
  192.0.2.4                                          4             240
";
    assert_eq!(tables, expected);
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    let keys: Vec<_> = report.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["bytes", "cells", "packets", "skipped", "sources"]);
    assert_eq!(report["sources"].as_object().unwrap().keys().collect::<Vec<_>>(), ["192.0.2.5"]);
}

#[test]
fn whoever_waits_at_a_terminal_sees_how_far_it_is() {
    let folder = TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let log = folder.path().join("log");
    let line = format!("{} inspect {}", tests::tools::service().display(), pipe.display());
    // A program of Debian's base system: runs a command on a terminal of its own.
    let mut script = Command::new("script");
    script.args(["-qefc", &line]).arg(&log).stdin(Stdio::null()).stdout(Stdio::null());
    let mut child = script.spawn().expect("`script` is there");
    let mut input = fs::OpenOptions::new().write(true).open(&pipe).unwrap();

    let part = capture::pcap(&vec![frame(1); 1 << 12]);
    input.write_all(&part[..24]).unwrap();
    let seen = || fs::read_to_string(&log).unwrap_or_default();
    wait_for("the progress", || {
        input.write_all(&part[24..]).unwrap();
        if seen().contains("pipe: ") { Ok(()) } else { Err(seen()) }
    });
    drop(input);

    assert!(child.wait().unwrap().success(), "{}", seen());
    let seen = seen();
    let (progress, rest) = seen.split_once(" MiB\r\x1b[K").expect("the line is taken away");
    assert!(progress.contains("\r\x1b[K") && progress.contains(" packets, "), "{seen:?}");
    assert!(rest.contains("packets, ") && rest.contains("Took "), "{seen:?}");
}
