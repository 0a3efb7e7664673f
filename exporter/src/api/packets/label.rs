//! What packets can be listed and selected by.

use shared::{Cast, Direction, Encapsulation, Family, FragmentPosition, Malformed, Protocol};

use crate::api::parameter::{Allowed, Form};
use crate::catalog::{ECN, ICMP_TYPES, TCP_CLASSES};

/// What packets can be listed and selected by. The order is that of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::api) enum Label {
    Device,
    Direction,
    Family,
    Protocol,
    Port,
    Source,
    Destination,
    Size,
    Flags,
    Cast,
    Icmp,
    Fragment,
    Malformed,
    Encapsulation,
    Vlan,
    Dscp,
    Ecn,
}

impl Label {
    pub(in crate::api) const ALL: [Self; 17] = [
        Self::Device,
        Self::Direction,
        Self::Family,
        Self::Protocol,
        Self::Port,
        Self::Source,
        Self::Destination,
        Self::Size,
        Self::Flags,
        Self::Cast,
        Self::Icmp,
        Self::Fragment,
        Self::Malformed,
        Self::Encapsulation,
        Self::Vlan,
        Self::Dscp,
        Self::Ecn,
    ];

    pub(in crate::api) const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Direction => "direction",
            Self::Family => "family",
            Self::Protocol => "protocol",
            Self::Port => "port",
            Self::Source => "source",
            Self::Destination => "destination",
            Self::Size => "size",
            Self::Flags => "flags",
            Self::Cast => "cast",
            Self::Icmp => "icmp",
            Self::Fragment => "fragment",
            Self::Malformed => "malformed",
            Self::Encapsulation => "encapsulation",
            Self::Vlan => "vlan",
            Self::Dscp => "dscp",
            Self::Ecn => "ecn",
        }
    }

    /// Returns the values that can be asked for.
    pub(in crate::api) const fn allowed(self) -> Allowed {
        match self {
            Self::Device => Allowed::Text(Form::DEVICE),
            Self::Direction => Allowed::OneOf(Direction::LABELS),
            Self::Family => Allowed::OneOf(Family::LABELS),
            Self::Protocol => Allowed::OneOf(Protocol::LABELS),
            Self::Port => Allowed::Text(Form::PORT),
            Self::Source | Self::Destination => Allowed::Text(Form::ADDRESS),
            Self::Size => Allowed::OneOf(&SIZES),
            Self::Flags => Allowed::OneOf(&TCP_CLASSES),
            Self::Cast => Allowed::OneOf(Cast::LABELS),
            Self::Icmp => Allowed::OneOf(&ICMP_TYPES),
            Self::Fragment => Allowed::OneOf(FragmentPosition::LABELS),
            Self::Malformed => Allowed::OneOf(Malformed::LABELS),
            Self::Encapsulation => Allowed::OneOf(Encapsulation::LABELS),
            Self::Vlan => Allowed::Integer(0, 4095),
            Self::Dscp => Allowed::Integer(0, 63),
            Self::Ecn => Allowed::OneOf(&ECN),
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|label| label.name() == name)
    }

    /// Returns the closed set that its values are of.
    pub(super) const fn values(self) -> &'static [&'static str] {
        match self.allowed() {
            Allowed::OneOf(values) => values,
            Allowed::Integer(..) | Allowed::SomeOf(_) | Allowed::Text(_) => &[],
        }
    }
}

/// Largest sizes in bytes, in the order of [`shared::SIZE_BOUNDS`], and what is larger than all.
pub(super) const SIZES: [&str; 10] =
    ["64", "128", "256", "512", "1024", "2048", "4096", "8192", "16384", "larger"];

#[cfg(test)]
mod tests {
    use shared::SIZE_BOUNDS;

    use super::*;

    #[test]
    fn sizes_are_those_that_are_counted() {
        let bounds: Vec<_> = SIZE_BOUNDS.iter().map(ToString::to_string).collect();

        assert_eq!(SIZES[..SIZE_BOUNDS.len()], bounds);
        assert_eq!(SIZES.len(), SIZE_BOUNDS.len() + 1);
    }

    #[test]
    fn labels_are_found_by_their_names() {
        for (place, label) in Label::ALL.into_iter().enumerate() {
            assert_eq!(label as usize, place);
            assert_eq!(Label::named(label.name()), Some(label));
        }
        assert_eq!(Label::named("Device"), None);
    }
}
