//! What a request selects, and how it wants it listed.

use std::net::IpAddr;

use shared::Direction;

use super::counted::{Counted, Key, Part};
use super::label::Label;
use crate::api::parameter::Given;
use crate::api::problem::Problem;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    pub(super) by: Vec<Label>,
    /// `None` stands for both.
    pub(super) direction: Option<Direction>,
    pub(super) device: Option<&'a str>,
    /// Beside those, in the order of the labels.
    pub(super) filters: Vec<(Label, Part<'a>)>,
    pub(super) counted: &'static Counted,
    pub(super) order: Order,
}

/// What the first row has most of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::api) enum Order {
    Packets,
    Bytes,
    PacketRate,
    ByteRate,
}

impl Order {
    pub(in crate::api) const NAMES: [&str; 4] = ["packets", "bytes", "packet_rate", "byte_rate"];

    fn named(name: &str) -> Self {
        match name {
            "bytes" => Self::Bytes,
            "packet_rate" => Self::PacketRate,
            "byte_rate" => Self::ByteRate,
            _ => Self::Packets,
        }
    }

    pub(super) const fn is_of_bytes(self) -> bool {
        matches!(self, Self::Bytes | Self::ByteRate)
    }
}

impl<'a> Selection<'a> {
    pub(super) fn new(given: &'a Given) -> Result<Self, Problem> {
        let by = given.text("by").unwrap_or("");
        let mut by: Vec<_> = by.split(',').filter_map(Label::named).collect();
        by.sort_unstable();
        let filters: Vec<_> = Label::ALL
            .into_iter()
            .filter_map(|label| Some((label, given.text(label.name())?)))
            .collect();

        let asked: Vec<_> =
            by.iter().copied().chain(filters.iter().map(|(label, _)| *label)).collect();
        let counted = Counted::with(&asked)?;
        let filter = |wanted| filters.iter().find(|(label, _)| *label == wanted);
        let direction = filter(Label::Direction).map(|(_, text)| *text);

        Ok(Self {
            direction: direction_of(direction, &by, counted),
            device: filter(Label::Device).map(|(_, text)| *text),
            filters: filters
                .iter()
                .filter(|(label, _)| !matches!(label, Label::Direction | Label::Device))
                .map(|(label, text)| (*label, part(*label, text)))
                .collect(),
            by,
            counted,
            order: given.text("order").map_or(Order::Packets, Order::named),
        })
    }

    pub(super) fn has(&self, direction: Direction) -> bool {
        self.direction.is_none_or(|own| own == direction)
    }

    pub(super) fn directions(&self) -> impl Iterator<Item = Direction> {
        Direction::ALL.iter().copied().filter(|direction| self.has(*direction))
    }

    /// Returns whether a series passes the filters.
    pub(super) fn selects(&self, key: &Key<'_>) -> bool {
        self.filters.iter().all(|filter| self.passes(filter, key))
    }

    /// Returns whether a series passes the filters but the one of its key: what has no name is in no
    /// row, whatever key is asked for.
    pub(super) fn selects_without_key(&self, key: &Key<'_>) -> bool {
        let keyed = self.counted.keyed();
        let mut others = self.filters.iter().filter(|(label, _)| Some(*label) != keyed);

        others.all(|filter| self.passes(filter, key))
    }

    fn passes(&self, (label, wanted): &(Label, Part<'_>), key: &Key<'_>) -> bool {
        let mut parts = self.counted.labels.iter().zip(key);

        parts.any(|(own, part)| own == label && part == wanted)
    }

    /// Returns whether keys are selected one by one.
    pub(super) fn filters_keys(&self) -> bool {
        self.filters.iter().any(|(label, _)| Some(*label) == self.counted.keyed())
    }
}

/// Two directions are no sum: a frame that is forwarded is in both. So it is one, unless both are
/// listed.
fn direction_of(asked: Option<&str>, by: &[Label], counted: &Counted) -> Option<Direction> {
    let named = |text: &str| Direction::ALL.iter().copied().find(|it| it.label() == text);

    match asked {
        Some(text) => named(text),
        None if by.contains(&Label::Direction) => None,
        None if counted.labels.contains(&Label::Destination) => Some(Direction::Transmit),
        None => Some(Direction::Receive),
    }
}

fn part(label: Label, text: &str) -> Part<'_> {
    match label {
        Label::Source | Label::Destination => text.parse::<IpAddr>().ok().map(Part::Address),
        Label::Port | Label::Vlan | Label::Dscp => text.parse().ok().map(Part::Number),
        Label::Device
        | Label::Direction
        | Label::Family
        | Label::Protocol
        | Label::Size
        | Label::Flags
        | Label::Cast
        | Label::Icmp
        | Label::Fragment
        | Label::Malformed
        | Label::Encapsulation
        | Label::Ecn => None,
    }
    .unwrap_or(Part::Text(text))
}
