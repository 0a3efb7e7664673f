//! What is asked for.

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// `None` stands for all.
    pub device: Option<String>,
    pub direction: Direction,
    pub order: Order,
}

/// Which way packets go that lists show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Received,
    Sent,
}

/// What the first row has most of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Packets,
    Bits,
}

impl Direction {
    /// Returns the value of the API's label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Received => "receive",
            Self::Sent => "transmit",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Sent => "sent",
        }
    }

    /// Returns the API's label for addresses of the other end.
    pub fn address(self) -> &'static str {
        match self {
            Self::Received => "source",
            Self::Sent => "destination",
        }
    }
}

impl Order {
    /// Returns the API's word for it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Packets => "packet_rate",
            Self::Bits => "byte_rate",
        }
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Packets => "packets",
            Self::Bits => "bits",
        }
    }
}
