//! The table of operations: routes, the OpenAPI document and the reference are made from this.

mod sampled;

use schemars::SchemaGenerator;

use super::change::TYPES;
use super::devices::Devices;
use super::health::Health;
use super::inspection::{self, Sent};
use super::kind::Kind;
use super::operation::{Body, Example, Method, Operation, Output, Serves};
use super::packets::History;
use super::packets::contract::Packets;
use super::parameter::{Allowed, Form, Parameter, Place};
use super::parameters::{CHANGE, HISTORY, INSPECTION, PACKETS, SIGNAL_HISTORY, SIGNALS};
use super::path::under;
use super::settings::{Outcome, Settings};
use super::signal_history::SignalHistory;
use super::signals::Signals;
use crate::inspect::Inspection;
use crate::scope::Scope;

/// Every operation, in the order of the reference.
pub static OPERATIONS: [Operation; 19] = [
    Operation {
        id: "getPackets",
        path: under!("/packets"),
        summary: "Packets and bytes that were counted, and their rates",
        description: "Counts since counting began, by the labels of `by`, of the packets that all \
            other labels select. What was not counted together is refused: nothing is estimated. \
            The numbers are those of `/metrics` at the same fold. With `window`, counts are those of \
            the last seconds, minutes or hour, and rates are over the window.",
        parameters: &PACKETS,
        output: Output::Json(SchemaGenerator::subschema_for::<Packets>),
        problems: &[
            Kind::NotCountedTogether,
            Kind::NotCounted,
            Kind::UnknownDevice,
            Kind::CursorExpired,
            Kind::NotReady,
        ],
        examples: &[
            example("Everything that was received", under!("/packets"), ""),
            example("Received packets by protocol", under!("/packets"), "by=family,protocol"),
            example(
                "The ten busiest sources now",
                under!("/packets"),
                "by=source&top=10&order=packet_rate",
            ),
            example(
                "What each device sends, and where",
                under!("/packets"),
                "by=device,destination",
            ),
            example("Ports of TCP", under!("/packets"), "by=port&protocol=tcp"),
            example(
                "SYNs by device and direction",
                under!("/packets"),
                "by=device,direction&flags=syn",
            ),
            example(
                "Packets by size, the large ones first",
                under!("/packets"),
                "by=size&order=bytes",
            ),
            example(
                "The busiest sources of the last five minutes",
                under!("/packets"),
                "by=source&window=5m",
            ),
        ],
        serves: Serves::Packets,
        ..USUAL
    },
    Operation {
        id: "inspectPackets",
        method: Method::Post,
        path: under!("/packets"),
        scope: Scope::Inspect,
        summary: "Inspect packets that are sent",
        description: "The program in the kernel parses what is sent, on maps of its own: nothing of it is \
            in the counts of this host. It recognises the tunnels of the configuration, and chooses \
            service ports as the programs on the devices do. The answer has what `packet-exporter \
            inspect --json` prints, and with `each=true` what `--each` prints, with `body` for the name \
            of the file. Where the kernel runs no program for this process, the host's build of the \
            parser takes its place, and `parser` says why. There is one inspection at a time, of at most \
            8 MiB, 64 MiB unpacked and 100000 packets. It works for 5 milliseconds and rests as long, so \
            that it takes half of a CPU, and ends when the client goes away or after 25 seconds. `curl --data-binary \
            @FILE` with the header `Content-Type: application/vnd.tcpdump.pcap` sends a capture.",
        parameters: &INSPECTION,
        body: Some(Body {
            content_types: &inspection::TYPES,
            schema: Some(SchemaGenerator::subschema_for::<Sent>),
            most_bytes: inspection::MOST_BYTES,
            description: "frames in hexadecimal or base64; the bytes of one frame; or a capture of pcap or \
                pcapng, plain or packed by gzip or zstd.",
        }),
        output: Output::Json(SchemaGenerator::subschema_for::<Inspection>),
        problems: &[Kind::MalformedBody, Kind::Timeout, Kind::BodyTooLarge, Kind::UnsupportedType],
        examples: &[
            Example {
                body: "{\"encoding\": \"hex\", \"frames\": [\"ffffffffffff 020000000001 0806 \
                       0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202\"]}",
                ..example("A question of ARP", under!("/packets"), "each=true")
            },
            Example {
                body: "{\"encoding\": \"base64\", \"link\": 101, \
                       \"frames\": [\"RQAAHAAAAABAEQAAwAACAcAAAgKcQAA1AAgAAA==\"]}",
                ..example("A packet without an Ethernet header", under!("/packets"), "")
            },
        ],
        since: "1.1.0",
        serves: Serves::Inspection,
        ..USUAL
    },
    Operation {
        id: "getHistory",
        scope: Scope::Read,
        path: under!("/history"),
        summary: "Packets and bytes over time, as series for charts",
        description: "What was counted in each point of a window, by the labels of `by`. The server \
            chooses how long a point is: the history has steps of a second for five minutes, of 15 \
            seconds for an hour and of five minutes for 25 hours, longer ones where \
            `datapath.interval` is longer or `api.history_memory` is short. Every step keeps the \
            20 busiest keys of each dimension.",
        parameters: &HISTORY,
        output: Output::Json(SchemaGenerator::subschema_for::<History>),
        problems: &[
            Kind::NotCountedTogether,
            Kind::NotCounted,
            Kind::UnknownDevice,
            Kind::NotReady,
        ],
        examples: &[
            example("All that was received in the last hour", under!("/history"), "window=1h"),
            example(
                "The last five minutes by protocol",
                under!("/history"),
                "by=protocol&window=5m&top=5",
            ),
            example(
                "A day of each device, in few points",
                under!("/history"),
                "by=device,direction&window=24h&points=48",
            ),
        ],
        serves: Serves::History,
        ..USUAL
    },
    Operation {
        id: "getSignalHistory",
        scope: Scope::Read,
        path: under!("/history/signals"),
        summary: "Signals over time, as series for charts",
        description: "What `/signals` showed at the end of each point of a window.",
        parameters: &SIGNAL_HISTORY,
        output: Output::Json(SchemaGenerator::subschema_for::<SignalHistory>),
        problems: &[Kind::NotCounted, Kind::UnknownDevice, Kind::NotReady],
        examples: &[example(
            "Signals of the last hour",
            under!("/history/signals"),
            "window=1h&direction=receive",
        )],
        serves: Serves::SignalHistory,
        ..USUAL
    },
    Operation {
        id: "getEvents",
        scope: Scope::Read,
        path: under!("/events"),
        summary: "What each fold counted, as server-sent events",
        description: "An event `fold` for each fold has its number and time, and of each device and \
            direction the packets and bytes since counting began with the rates of the fold, of at \
            most 64 that are busiest. An event `signal` comes when `distinct_addresses`, \
            `scanning_addresses` or `syn_addresses` is more than four times its mean of about ten \
            minutes and more than 200, 0 or 50, with the state `raised`, and another with the \
            state `usual` when it is below half of that; a rise names its `recording`, if packets are \
            sampled. A client that sends `Last-Event-ID` gets what it missed of the last 300 folds; what \
            is older, an event `missed` stands for. What `metrics.exclude` leaves out is not there. The \
            stream ends when the exporter does, and after an hour at most.",
        output: Output::Events,
        problems: &[Kind::NotCounted],
        examples: &[example("Events as they come", under!("/events"), "")],
        serves: Serves::Events,
        ..USUAL
    },
    Operation {
        id: "getDevices",
        path: under!("/devices"),
        summary: "Devices, how each is counted, and what was refused",
        description: "Every device that is wanted or counted, with the programs on it and why \
            attempts to attach failed.",
        output: Output::Json(SchemaGenerator::subschema_for::<Devices>),
        examples: &[example("All devices", under!("/devices"), "")],
        serves: Serves::Devices,
        ..USUAL
    },
    Operation {
        id: "getSignals",
        path: under!("/signals"),
        summary: "What the traffic of a window looks like as a whole",
        description: "Distinct addresses and ports, how evenly packets are spread over them, scans \
            and unanswered SYNs, over the sliding window `signals.window`.",
        parameters: &SIGNALS,
        output: Output::Json(SchemaGenerator::subschema_for::<Signals>),
        problems: &[Kind::UnknownDevice, Kind::NotReady],
        examples: &[
            example("All signals", under!("/signals"), ""),
            example("Signals of what is received", under!("/signals"), "direction=receive"),
        ],
        serves: Serves::Signals,
        ..USUAL
    },
    Operation {
        id: "getHealth",
        path: under!("/health"),
        summary: "Whether the exporter is ready, how current its counts are, and what it lost",
        description: "The status is 200 whether it is ready or not; `/-/ready` has one that says so.",
        output: Output::Json(SchemaGenerator::subschema_for::<Health>),
        examples: &[example("The health of the exporter", under!("/health"), "")],
        serves: Serves::Health,
        ..USUAL
    },
    Operation {
        id: "getConfig",
        path: under!("/config"),
        scope: Scope::Read,
        summary: "The settings in force, and what has set each",
        description: "Values without secrets: headers have `<secret>` in place of their value, and \
            addresses of receivers end before what may be secret. The header `ETag` is another one for \
            other settings.",
        output: Output::Json(SchemaGenerator::subschema_for::<Settings>),
        examples: &[example("All settings", under!("/config"), "")],
        serves: Serves::Settings,
        ..USUAL
    },
    Operation {
        id: "patchConfig",
        method: Method::Patch,
        path: under!("/config"),
        scope: Scope::Admin,
        summary: "Change settings",
        description: "A JSON merge patch (RFC 7396) of `values`, applied whole or not at all. The API is \
            stronger than the command line, the environment and the file, also when the file is read \
            again. `null` gives a key, or a section, back to them. What is changed ends with the \
            process, unless `api.state_file` is set. Keys that name files, addresses to send to or to \
            listen on, or credentials change by file alone. Each change is in the log, with who asked.",
        parameters: &CHANGE,
        body: Some(Body {
            content_types: &TYPES,
            schema: None,
            most_bytes: 64 << 10,
            description: "Sections with the keys to change.",
        }),
        output: Output::Json(SchemaGenerator::subschema_for::<Outcome>),
        problems: &[
            Kind::MalformedBody,
            Kind::InvalidSetting,
            Kind::FileOnly,
            Kind::Stale,
            Kind::BodyTooLarge,
            Kind::UnsupportedType,
            Kind::NotKept,
        ],
        examples: &[
            Example {
                body: "{\"sources\": {\"limit\": 200}}",
                ..example("What more sources would change", under!("/config"), "dry_run=true")
            },
            Example {
                body: "{\"log\": {\"level\": \"debug\"}}",
                ..example("A more detailed log", under!("/config"), "")
            },
            Example {
                body: "{\"log\": {\"level\": null}}",
                ..example("The level that the file has", under!("/config"), "")
            },
        ],
        serves: Serves::Change,
        ..USUAL
    },
    Operation {
        id: "getOpenapi",
        path: under!("/openapi.json"),
        summary: "This API as an OpenAPI 3.0 document",
        description: "`packet-exporter openapi` prints the same document, also as YAML.",
        output: Output::Document,
        examples: &[example("The document", under!("/openapi.json"), "")],
        serves: Serves::Document,
        ..USUAL
    },
    Operation {
        id: "getOpenapiAws",
        path: under!("/openapi.aws.json"),
        summary: "The document that Amazon API Gateway imports",
        description: "This API as a REST API of API Gateway: signed requests, passed on over a VPC link. \
            The stage variables `backend` and `vpcLinkId` have what is behind it. `packet-exporter openapi \
            --aws` prints the same document, and with `--uri` and `--target` one for a given balancer.",
        output: Output::Document,
        examples: &[example("The document", under!("/openapi.aws.json"), "")],
        serves: Serves::AwsDocument,
        since: "1.1.0",
        ..USUAL
    },
    Operation {
        id: "getDocs",
        path: under!("/docs"),
        summary: "The reference of this API as a page",
        description: "A page of HTML without scripts, and without anything from elsewhere.",
        output: Output::Page,
        examples: &[example("The reference", under!("/docs"), "")],
        title: Some("API reference"),
        serves: Serves::Reference,
        ..USUAL
    },
    Operation {
        id: "getProblem",
        path: under!("/problems/{name}"),
        summary: "What a kind of problem means, as a page",
        description: "The `type` of a problem is the path of this page.",
        parameters: &[Parameter {
            name: "name",
            place: Place::Path,
            allowed: Allowed::Text(Form::KIND),
            default: None,
            help: "The kind of problem.",
        }],
        output: Output::Page,
        examples: &[example(
            "What an unknown parameter is",
            under!("/problems/unknown-parameter"),
            "",
        )],
        serves: Serves::ProblemPage,
        ..USUAL
    },
    sampled::LIST,
    sampled::PACKET,
    sampled::CAPTURE,
    sampled::RECORDINGS,
    sampled::RECORDING,
];

const USUAL: Operation = Operation {
    id: "",
    method: Method::Get,
    path: "",
    scope: Scope::Metrics,
    summary: "",
    description: "",
    parameters: &[],
    body: None,
    output: Output::Document,
    problems: &[],
    examples: &[],
    since: "1.0.0",
    deprecated: None,
    title: None,
    serves: Serves::Document,
};

const fn example(about: &'static str, path: &'static str, query: &'static str) -> Example {
    Example { about, path, query, body: "" }
}
