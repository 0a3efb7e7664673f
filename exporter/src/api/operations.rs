//! The table of operations: routes, the OpenAPI document and the reference are made from this.

use schemars::SchemaGenerator;

use super::change::TYPES;
use super::devices::Devices;
use super::health::Health;
use super::kind::Kind;
use super::operation::{Body, Example, Method, Operation, Output, Serves};
use super::packets::TOP_TEXT;
use super::packets::contract::Packets;
use super::packets::label::Label;
use super::packets::selection::Order;
use super::parameter::{Allowed, Form, Parameter, Place};
use super::path::under;
use super::settings::{Outcome, Settings};
use super::signals::Signals;
use crate::scope::Scope;

/// Every operation, in the order of the reference.
pub static OPERATIONS: [Operation; 9] = [
    Operation {
        id: "getPackets",
        path: under!("/packets"),
        summary: "Packets and bytes that were counted, and their rates",
        description: "Counts since counting began, by the labels of `by`, of the packets that all \
            other labels select. What was not counted together is refused: nothing is estimated. \
            The numbers are those of `/metrics` at the same fold.",
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
        ],
        serves: Serves::Packets,
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

const fn query(name: &'static str, allowed: Allowed, help: &'static str) -> Parameter {
    Parameter { name, place: Place::Query, allowed, default: None, help }
}

const fn label(label: Label, help: &'static str) -> Parameter {
    query(label.name(), label.allowed(), help)
}

const ONE_DEVICE: &str = "Only packets of this device; without it of all, added up.";
const DIRECTION: &str = "Only packets of this direction. Without it: both if `by` has `direction`, \
    what was sent for destinations, else what was received. Directions are never added up.";

static PACKETS: [Parameter; 21] = [
    query(
        "by",
        Allowed::SomeOf(&LABELS),
        "Labels of the rows; without any, there is only the total. At most four can be together.",
    ),
    Parameter {
        default: Some(TOP_TEXT),
        ..query("top", Allowed::Integer(1, 16_384), "Most rows of a page.")
    },
    Parameter {
        default: Some("packets"),
        ..query(
            "order",
            Allowed::OneOf(&Order::NAMES),
            "What the first row has most of. Rates are those of the last fold.",
        )
    },
    query(
        "cursor",
        Allowed::Text(Form::CURSOR),
        "Where the page begins; valid until the next fold.",
    ),
    label(Label::Device, ONE_DEVICE),
    label(Label::Direction, DIRECTION),
    label(Label::Family, "Only frames of this family."),
    label(Label::Protocol, "Only packets of this IP protocol."),
    label(Label::Port, "Only packets of this service port."),
    label(Label::Source, "Only received packets of this source address, if it has a name."),
    label(Label::Destination, "Only sent packets to this destination address, if it has a name."),
    label(
        Label::Size,
        "Only frames of up to so many bytes, and of more than the next smaller size.",
    ),
    label(Label::Flags, "Only TCP packets of this class of flags."),
    label(Label::Cast, "Only frames of this destination type."),
    label(Label::Icmp, "Only ICMP messages of this type."),
    label(Label::Fragment, "Only fragments of this position."),
    label(Label::Malformed, "Only malformed frames that failed this check first."),
    label(Label::Encapsulation, "Only packets that carry others in this way."),
    label(Label::Vlan, "Only packets of this VLAN, if it has a name."),
    label(Label::Dscp, "Only IP packets with this DSCP."),
    label(Label::Ecn, "Only IP packets with this ECN codepoint."),
];

static CHANGE: [Parameter; 2] = [
    Parameter {
        default: Some("false"),
        ..query(
            "dry_run",
            Allowed::OneOf(&["true", "false"]),
            "Whether to tell only what would change.",
        )
    },
    Parameter {
        name: "If-Match",
        place: Place::Header,
        allowed: Allowed::Text(Form::TAGS),
        default: None,
        help: "Change nothing if the settings have another `ETag` by now. Without it, any will do.",
    },
];

static SIGNALS: [Parameter; 2] = [
    label(Label::Device, "Only signals of this device."),
    label(Label::Direction, "Only signals of this direction."),
];

/// The names of all labels.
const LABELS: [&str; Label::ALL.len()] = {
    let mut names = [""; Label::ALL.len()];
    let mut place = 0;
    while place < names.len() {
        names[place] = Label::ALL[place].name();
        place += 1;
    }

    names
};
