//! Operations about sampled packets, captures and recordings.

use schemars::SchemaGenerator;

use super::{USUAL, example};
use crate::api::kind::Kind;
use crate::api::operation::{Operation, Output, Serves};
use crate::api::parameters::{CAPTURE as OF_CAPTURE, ID, SAMPLES};
use crate::api::path::under;
use crate::api::samples::list::Samples;
use crate::api::samples::packet::Packet;
use crate::api::samples::recordings::Recordings;
use crate::scope::Scope;

const SAMPLED: Operation = Operation { scope: Scope::Inspect, since: "1.1.0", ..USUAL };

pub(super) const LIST: Operation = Operation {
    id: "getSamples",
    path: under!("/packets/samples"),
    summary: "The last sampled packets",
    description: "Packets that programs took a copy of at random, the newest first, with what they were \
        counted as. A client that asks again with the id of the newest one as `since` gets what is new; \
        the numbers of ids show what it missed.",
    parameters: &SAMPLES,
    output: Output::Json(SchemaGenerator::subschema_for::<Samples>),
    problems: &[Kind::NotSampled, Kind::Gone],
    examples: &[
        example("The last sampled packets", under!("/packets/samples"), ""),
        example(
            "The last ten of TCP with port 443",
            under!("/packets/samples"),
            "protocol=tcp&port=443&top=10",
        ),
    ],
    serves: Serves::Samples,
    ..SAMPLED
};

pub(super) const PACKET: Operation = Operation {
    id: "getPacket",
    path: under!("/packets/{id}"),
    summary: "One sampled packet, header by header",
    description: "All that was taken of a packet, as it was counted and as its bytes read: each header \
        with its fields and where they lie, the series that count such a packet, and which rule chose its \
        service port.",
    parameters: &ID,
    output: Output::Json(SchemaGenerator::subschema_for::<Packet>),
    problems: &[Kind::NotSampled, Kind::Gone],
    examples: &[example("A packet of the list", under!("/packets/1700000000000000-1"), "")],
    serves: Serves::Packet,
    ..SAMPLED
};

pub(super) const CAPTURE: Operation = Operation {
    id: "getCapture",
    path: under!("/packets/capture"),
    summary: "Packets as they come, for Wireshark and tcpdump",
    description: "A file of pcapng that is sent as packets come, and ends when one of its bounds is \
        reached. There is one capture at a time, beside the sampling. Its end has how many packets were \
        lost, and why. Each capture is in the log, with who asked and for what.",
    parameters: &OF_CAPTURE,
    output: Output::Capture,
    problems: &[Kind::NotSampled, Kind::CaptureRunning],
    examples: &[
        example("All packets of a second", under!("/packets/capture"), "seconds=1"),
        example("Ten packets of DNS", under!("/packets/capture"), "count=10&protocol=udp&port=53"),
    ],
    serves: Serves::Capture,
    ..SAMPLED
};

pub(super) const RECORDINGS: Operation = Operation {
    id: "getRecordings",
    path: under!("/recordings"),
    summary: "Recordings of what was unusual",
    description: "When a signal rises above its threshold, sampled packets of its device and direction \
        are kept: those of the two minutes before, as far as they are still there, and of the two minutes after. The last \
        eight are kept. The event `signal` of `/events` has the id.",
    output: Output::Json(SchemaGenerator::subschema_for::<Recordings>),
    problems: &[Kind::NotSampled],
    examples: &[example("All recordings", under!("/recordings"), "")],
    serves: Serves::Recordings,
    ..SAMPLED
};

pub(super) const RECORDING: Operation = Operation {
    id: "getRecording",
    path: under!("/recordings/{id}"),
    summary: "A recording as a file",
    description: "The packets of a recording so far, as a file of pcapng.",
    parameters: &ID,
    output: Output::Recording,
    problems: &[Kind::NotSampled, Kind::Gone],
    examples: &[example("A recording of the list", under!("/recordings/1700000000000000-1"), "")],
    serves: Serves::Recording,
    ..SAMPLED
};
