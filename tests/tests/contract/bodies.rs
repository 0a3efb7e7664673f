//! Bodies that are huge, cut, of another type, or small until they are unpacked.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use flate2::Compression;
use flate2::write::GzEncoder;
use tests::http::Answer;

use super::bed::{Bed, cable};
use super::spec::Operation;

const MIB: usize = 1 << 20;
/// What a bomb is when it is unpacked.
const UNPACKED: usize = 256 * MIB;

/// Bodies that may be a frame.
const FRAMES: [&str; 3] = ["lists in lists", "bytes that are no text", "a bomb"];

/// What a client sends behind the request line, and how it goes on.
struct Sent {
    what: &'static str,
    headers: String,
    body: Vec<u8>,
    /// How often the body is sent, if the server still takes it.
    times: usize,
    /// Whether the client ends before its body does. Then nobody may be there for an answer.
    is_cut: bool,
    /// Statuses that are right; any refusal where there are none.
    statuses: &'static [u16],
}

fn sent(what: &'static str, headers: &str, body: &[u8], statuses: &'static [u16]) -> Sent {
    Sent { what, headers: headers.into(), body: body.into(), times: 1, is_cut: false, statuses }
}

/// Returns what no operation takes, in a body of that type.
fn bodies(content_type: &str) -> Vec<Sent> {
    let typed = format!("Content-Type: {content_type}\r\n");
    let with = |length: usize| format!("{typed}Content-Length: {length}\r\n");
    let chunk = [format!("{MIB:x}\r\n").as_bytes(), &vec![b'['; MIB], b"\r\n"].concat();
    let nested = vec![b'['; 60_000];
    let text = br#"{"log": {"level": "info"}}"#;
    let of_page = format!("Content-Type: text/html\r\nContent-Length: {}\r\n", text.len());
    let bomb = bomb();
    let packed = format!("{}Content-Encoding: gzip\r\n", with(bomb.len()));

    let sent = vec![
        sent("a length of a terabyte", &with(1 << 40), b"", &[413]),
        Sent {
            times: 64,
            is_cut: true,
            ..sent(
                "chunks without an end",
                &format!("{typed}Transfer-Encoding: chunked\r\n"),
                &chunk,
                &[],
            )
        },
        Sent { is_cut: true, ..sent("a body that is cut", &with(1000), b"{\"log\": {", &[]) },
        sent("lists in lists", &with(nested.len()), &nested, &[]),
        sent("bytes that are no text", &with(4), b"\xff\xfe\0\x80", &[]),
        sent("nothing", &with(0), b"", &[]),
        sent("another type", &of_page, text, &[415]),
        sent("no type", &format!("Content-Length: {}\r\n", text.len()), text, &[415]),
        sent("a packed bomb", &packed, &bomb, &[]),
        sent("a bomb", &with(bomb.len()), &bomb, &[]),
        sent(
            "a length and chunks",
            &format!("{}Transfer-Encoding: chunked\r\n", with(5)),
            b"0\r\n\r\n",
            &[],
        ),
    ];

    // Any bytes are a frame.
    let takes_any = content_type == "application/octet-stream";
    sent.into_iter().filter(|it| !takes_any || !FRAMES.contains(&it.what)).collect()
}

fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..UNPACKED / MIB {
        encoder.write_all(&vec![0; MIB]).unwrap();
    }

    encoder.finish().unwrap()
}

/// Sends it as far as the server takes it; returns the answer, if there is one.
fn asked(bed: &Bed<'_>, operation: &Operation, target: &str, sent: &Sent) -> Option<Answer> {
    let mut stream = bed.service.connect().unwrap();
    let head = format!(
        "{} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: {}\r\n{}\r\n",
        operation.method,
        bed.login(),
        sent.headers
    );
    stream.write_all(head.as_bytes()).unwrap();
    for _ in 0..sent.times {
        if stream.write_all(&sent.body).is_err() {
            break;
        }
    }
    if sent.is_cut {
        let _ended = stream.shutdown(Shutdown::Write);
    }

    answer(&mut stream)
}

/// Reads what came before the end, however the connection ended.
fn answer(stream: &mut TcpStream) -> Option<Answer> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(1..) = stream.read(&mut buffer).inspect(|read| bytes.extend(&buffer[..*read])) {}

    tests::http::parse(&bytes).ok()
}

#[test]
#[ignore = "needs root: `cargo xtask test contract`"]
fn bodies_that_are_huge_cut_of_another_type_or_packed_are_refused_and_take_no_memory() {
    let cable = cable("contract-body");
    let mut bed = Bed::start(&cable, &[]);
    let kib = |bed: &Bed<'_>| -> usize {
        bed.service.status("VmHWM").trim_end_matches(" kB").parse().unwrap()
    };
    let before = kib(&bed);
    let (mut refused, mut unanswered) = (0, 0);

    for operation in bed.operations() {
        for content_type in operation.body_types() {
            for sent in bodies(content_type) {
                let Some(answer) = asked(&bed, &operation, &operation.target(), &sent) else {
                    assert!(sent.is_cut, "{operation}: {} is not answered", sent.what);
                    unanswered += 1;
                    continue;
                };
                let place = format!("{} of {content_type}: {}", sent.what, answer.status);
                operation.assert_promised(&answer, &place);
                let is_right = sent.statuses.is_empty() || sent.statuses.contains(&answer.status);
                assert!(answer.status >= 400 && is_right, "{operation}: {place}");
                refused += 1;
            }
        }
        if operation.body_types().is_empty() {
            let target = operation.asking("nonsense=1");
            for sent in bodies("application/json") {
                let answer = asked(&bed, &operation, &target, &sent);
                let status = answer.map_or(400, |answer| answer.status);
                assert_eq!(status, 400, "{operation}: {}", sent.what);
                refused += 1;
            }
        }
    }

    let after = kib(&bed);
    println!(
        "{refused} bodies were refused, {unanswered} were not answered; {before} KiB, then {after}"
    );
    assert!(after < before + 64 * 1024, "{before} KiB became {after}");
    assert_eq!(bed.service.said("level=error"), 0, "{}", bed.service.log());
    bed.service.wait_for_fold();
}
