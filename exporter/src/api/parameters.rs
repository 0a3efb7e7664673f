//! Parameters of the operations about counts.

use super::packets::label::Label;
use super::packets::selection::Order;
use super::packets::{HISTORY_TOP_TEXT, TOP_TEXT};
use super::parameter::{Allowed, Form, Parameter, Place};
use super::points::POINTS_TEXT;
use super::samples::capture::{BYTES_TEXT, COUNT_TEXT, ONE_IN_TEXT, PER_SECOND_TEXT, SECONDS_TEXT};
use super::samples::list::TOP_TEXT as SAMPLES_TOP_TEXT;
use super::window::WINDOW_TEXT;

const fn query(name: &'static str, allowed: Allowed, help: &'static str) -> Parameter {
    Parameter { name, place: Place::Query, allowed, default: None, help }
}

const fn label(label: Label, help: &'static str) -> Parameter {
    query(label.name(), label.allowed(), help)
}

const ONE_DEVICE: &str = "Only packets of this device; without it of all, added up.";
const DIRECTION: &str = "Only packets of this direction. Without it: both if `by` has `direction`, \
    what was sent for destinations, else what was received. Directions are never added up.";

pub(super) static PACKETS: [Parameter; 22] = before_selectors(&[
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
    query(
        "window",
        Allowed::Text(Form::HOUR),
        "Count only what came in so much time before the last fold; without it, since counting began.",
    ),
]);

const WINDOW: Parameter = Parameter {
    default: Some(WINDOW_TEXT),
    ..query("window", Allowed::Text(Form::DAY), "How far back from the last fold.")
};
const POINTS: Parameter = Parameter {
    default: Some(POINTS_TEXT),
    ..query("points", Allowed::Integer(1, 300), "About the most points.")
};

pub(super) static HISTORY: [Parameter; 21] = before_selectors(&[
    query(
        "by",
        Allowed::SomeOf(&LABELS),
        "Labels of the series; without any, there is one of the total.",
    ),
    WINDOW,
    POINTS,
    Parameter {
        default: Some(HISTORY_TOP_TEXT),
        ..query("top", Allowed::Integer(1, 100), "Most series.")
    },
    PACKETS[21],
]);

pub(super) static SIGNAL_HISTORY: [Parameter; 4] = [
    WINDOW,
    POINTS,
    label(Label::Device, "Only signals of this device."),
    label(Label::Direction, "Only signals of this direction."),
];

pub(super) static SIGNALS: [Parameter; 2] = [
    label(Label::Device, "Only signals of this device."),
    label(Label::Direction, "Only signals of this direction."),
];

/// Labels that select packets.
const SELECTORS: [Parameter; 17] = [
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

/// Returns parameters of an operation and, behind them, the labels that select packets.
const fn before_selectors<const N: usize>(own: &[Parameter]) -> [Parameter; N] {
    before(own, &SELECTORS)
}

/// Returns parameters and, behind them, others.
const fn before<const N: usize>(own: &[Parameter], others: &[Parameter]) -> [Parameter; N] {
    let mut all = [others[0]; N];
    let mut place = 0;
    while place < N {
        all[place] = if place < own.len() { own[place] } else { others[place - own.len()] };
        place += 1;
    }

    all
}

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

pub(super) static CHANGE: [Parameter; 2] = [
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

/// What selects packets that are sampled or captured.
const OF_SAMPLES: [Parameter; 6] = [
    label(Label::Device, "Only packets of this device."),
    label(Label::Direction, "Only packets of this direction."),
    query(
        "prefix",
        Allowed::Text(Form::PREFIX),
        "Only packets of IP whose far end is in this prefix: the source of what is received, the \
         destination of what is sent.",
    ),
    query("port", Allowed::Integer(0, 65_535), "Only packets from or to this port."),
    query("protocol", Allowed::Text(Form::NUMBERED_PROTOCOL), "Only packets of this IP protocol."),
    Parameter {
        default: Some("false"),
        ..query("malformed", Allowed::OneOf(&["true", "false"]), "Whether only malformed packets.")
    },
];

pub(super) static SAMPLES: [Parameter; 9] = before(
    &[
        Parameter {
            default: Some(SAMPLES_TOP_TEXT),
            ..query("top", Allowed::Integer(1, 1000), "Most packets of a page.")
        },
        query("since", Allowed::Text(Form::ID), "Only packets that are newer than this one."),
        query("cursor", Allowed::Text(Form::ID), "Only packets that are older than this one."),
    ],
    &OF_SAMPLES,
);

pub(super) static CAPTURE: [Parameter; 11] = before(
    &[
        Parameter {
            default: Some(COUNT_TEXT),
            ..query("count", Allowed::Integer(1, 1_000_000), "Packets after which it ends.")
        },
        Parameter {
            default: Some(BYTES_TEXT),
            ..query(
                "bytes",
                Allowed::Integer(1, 1 << 30),
                "Bytes of the file after which it ends, with the packet that reaches them.",
            )
        },
        Parameter {
            default: Some(SECONDS_TEXT),
            ..query("seconds", Allowed::Integer(1, 60), "Seconds after which it ends.")
        },
        Parameter {
            default: Some(ONE_IN_TEXT),
            ..query(
                "one_in",
                Allowed::Integer(1, 1_000_000),
                "Captures on average one of so many packets that match.",
            )
        },
        Parameter {
            default: Some(PER_SECOND_TEXT),
            ..query(
                "per_second",
                Allowed::Integer(1, 1_000_000),
                "Most packets a second; what is more is lost, and counted.",
            )
        },
    ],
    &OF_SAMPLES,
);

pub(super) static ID: [Parameter; 1] = [Parameter {
    place: Place::Path,
    ..query("id", Allowed::Text(Form::ID), "The id, as an answer has it.")
}];
pub(super) static INSPECTION: [Parameter; 2] = [
    Parameter {
        default: Some("false"),
        ..query(
            "each",
            Allowed::OneOf(&["true", "false"]),
            "Whether to describe every packet, beside what they are together.",
        )
    },
    query(
        "link",
        Allowed::Integer(0, 65_535),
        "Number of the link type of a frame that is sent as it is; without it Ethernet, 1.",
    ),
];
