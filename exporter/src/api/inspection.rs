//! Packets that clients send to be inspected: from a request to frames, and to an answer.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Deserialize;

use super::answer::{Answer, Asked, Told};
use super::kind::Kind;
use super::parameter::Given;
use super::problem::{Fault, Problem, shown};
use crate::inspect::{Inspection, Submission, Uninspected};
use crate::record::{ForeignLink, Link};

/// Most bytes of the body.
pub(super) const MOST_BYTES: usize = 8 << 20;
/// Most packets of one inspection.
pub const MOST_PACKETS: u64 = 100_000;
/// Most bytes that a capture may unpack to.
pub const MOST_UNPACKED: u64 = 64 << 20;
/// Most bytes of one frame, as in captures.
const LONGEST: usize = 262_144;
const ETHERNET: u16 = 1;

const JSON: &str = Answer::JSON;
const RAW: &str = "application/octet-stream";
/// Source: IANA "Media Types"; shared-mime-info and Wireshark have the second one, which is not registered.
const CAPTURES: [&str; 2] = ["application/vnd.tcpdump.pcap", "application/x-pcapng"];
pub(super) const TYPES: [&str; 4] = [JSON, RAW, CAPTURES[0], CAPTURES[1]];
const ENCODINGS: [&str; 4] = ["identity", "gzip", "x-gzip", "zstd"];

/// What inspects a submission; with `true` it describes every packet.
pub type Inspect<'a> = &'a dyn Fn(&Submission<'_>, bool) -> Result<Inspection, Uninspected>;

/// Frames as text.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Frames")]
pub(super) struct Sent {
    /// Each frame from its link-layer header on and without the FCS. There is one at least.
    #[schemars(length(min = 1))]
    frames: Vec<String>,
    /// How frames are written.
    encoding: Encoding,
    /// Number of the link type of all frames, as captures have it: 1 is Ethernet, 101 is IP without a
    /// header in front. Without it: 1.
    #[serde(default = "ethernet")]
    link: u16,
}

/// How frames are written.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
enum Encoding {
    /// Two digits for each byte; spaces, line breaks, `:` and `-` between them are left out.
    Hex,
    /// With padding, as RFC 4648 has it in section 4.
    Base64,
}

/// Inspects what a request has sent.
pub(super) fn inspection(
    asked: &Asked<'_>,
    given: &Given,
    inspect: Inspect<'_>,
) -> Result<Answer, Problem> {
    let submission = submission(asked, given)?;
    let is_each = given.text("each") == Some("true");
    let inspection = inspect(&submission, is_each).map_err(|error| refused(&error))?;

    Ok(Answer::json(Answer::JSON, &inspection))
}

/// Makes the answer to a client that comes while another one is served.
pub fn another_inspection(told: Told<'_>) -> Answer {
    let problem = Problem::new(
        Kind::Busy,
        "another inspection is under way, and there is one at a time; ask again in a second",
    );

    Answer { headers: &[("retry-after", "1")], ..problem.answer(told) }
}

fn submission<'a>(asked: &Asked<'a>, given: &Given) -> Result<Submission<'a>, Problem> {
    let content_type = asked.content_type.unwrap_or_default();
    let name = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let known = TYPES.into_iter().find(|it| *it == name).ok_or_else(|| other_type(&name))?;
    let is_capture = CAPTURES.contains(&known);
    check_encoding(asked.content_encoding, is_capture)?;
    let link = given.number("link").and_then(|it| u16::try_from(it).ok());
    if known != RAW && link.is_some() {
        let detail = format!("`link` is for {RAW}; other bodies have it in themselves");
        return Err(Problem::of(Kind::InvalidParameter, vec![of_parameter("link", detail)]));
    }
    if asked.body.is_empty() {
        return Err(malformed("the body is empty"));
    }

    Ok(match known {
        JSON => of_json(asked.body)?,
        RAW => {
            let link = link_of(link.unwrap_or(ETHERNET)).map_err(|detail| {
                Problem::of(Kind::InvalidParameter, vec![of_parameter("link", detail)])
            })?;
            check_length(asked.body).map_err(malformed)?;
            Submission::Frames { link, frames: vec![Cow::Borrowed(asked.body)] }
        }
        _ => Submission::Capture(asked.body),
    })
}

/// Captures may be packed; they are known by their first bytes, whatever the header says.
fn check_encoding(encoding: Option<&str>, is_capture: bool) -> Result<(), Problem> {
    let Some(encoding) = encoding else { return Ok(()) };
    let allowed = if is_capture { &ENCODINGS[..] } else { &ENCODINGS[..1] };
    if allowed.iter().any(|it| it.eq_ignore_ascii_case(encoding.trim())) {
        return Ok(());
    }

    let (encoding, allowed) = (shown(encoding), allowed.join(", "));
    let detail = format!("`Content-Encoding` is {encoding}, and has to be one of {allowed}");
    Err(Problem::new(Kind::UnsupportedType, detail))
}

fn other_type(name: &str) -> Problem {
    let hint = if name.starts_with("multipart/") || name.ends_with("x-www-form-urlencoded") {
        "; send the capture itself and not a form, as `curl --data-binary @FILE` does with the header"
    } else {
        ""
    };
    let name = if name.is_empty() { "missing".into() } else { shown(name) };
    let detail = format!("`Content-Type` has to be {}, and is {name}{hint}", TYPES.join(" or "));

    Problem::new(Kind::UnsupportedType, detail)
}

fn of_json(body: &[u8]) -> Result<Submission<'static>, Problem> {
    let read: Sent = serde_json::from_slice(body)
        .map_err(|error| malformed(format!("the body is not read: {error}")))?;
    let Sent { frames, encoding, link } = read;
    let link = link_of(link).map_err(|detail| at("/link", detail))?;
    if frames.is_empty() {
        return Err(at("/frames", "`frames` has to have one at least"));
    }
    if frames.len() as u64 > MOST_PACKETS {
        return Err(refused(&Uninspected::TooMany { most: MOST_PACKETS }));
    }

    let decoded = frames.iter().enumerate().map(|(place, text)| {
        let frame = encoding.decode(text).and_then(|frame| check_length(&frame).map(|()| frame));
        frame.map(Cow::Owned).map_err(|detail| {
            at(&format!("/frames/{place}"), format!("frame {} {detail}", place + 1))
        })
    });
    Ok(Submission::Frames { link, frames: decoded.collect::<Result<_, _>>()? })
}

impl Encoding {
    fn decode(self, text: &str) -> Result<Vec<u8>, &'static str> {
        match self {
            Self::Hex => hex(text).ok_or("is not hexadecimal: two digits for each byte"),
            Self::Base64 => {
                STANDARD.decode(text).map_err(|_| "is not base64 of RFC 4648 with its padding")
            }
        }
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let is_between = |it: &char| it.is_ascii_whitespace() || matches!(it, ':' | '-');
    let digits = text.chars().filter(|it| !is_between(it));
    let digits: Vec<u8> = digits
        .map(|it| it.to_digit(16).and_then(|it| u8::try_from(it).ok()))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();

    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn check_length(frame: &[u8]) -> Result<(), &'static str> {
    match frame.len() {
        0 => Err("is empty"),
        1..=LONGEST => Ok(()),
        _ => Err("has more than 262144 bytes, the most of a frame"),
    }
}

fn link_of(number: u16) -> Result<Link, String> {
    let foreign = ForeignLink(number);

    Link::of(number).ok_or_else(|| format!("link type {foreign} is not read; {}", foreign.advice()))
}

const fn ethernet() -> u16 {
    ETHERNET
}

fn refused(error: &Uninspected) -> Problem {
    let kind = match error {
        Uninspected::NoCapture(_) => Kind::MalformedBody,
        Uninspected::TooMany { .. } | Uninspected::TooMuch { .. } => Kind::BodyTooLarge,
        Uninspected::Abandoned => Kind::Timeout,
    };

    Problem::new(kind, error.to_string())
}

fn malformed(detail: impl Into<String>) -> Problem {
    Problem::new(Kind::MalformedBody, detail)
}

fn at(pointer: &str, detail: impl Into<String>) -> Problem {
    let fault = Fault { parameter: None, pointer: Some(pointer.into()), detail: detail.into() };

    Problem::of(Kind::MalformedBody, vec![fault])
}

fn of_parameter(name: &str, detail: String) -> Fault {
    Fault { parameter: Some(name.into()), pointer: None, detail }
}
