//! What packets are counted by, as a list that every layer goes through; plain data.

use std::array;
use std::net::IpAddr;
use std::ops::{Index, IndexMut};

use shared::PortKey;

/// What packets are counted by, with a series for each key that has a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// Source addresses of what was received, destination addresses of what was sent.
    Sources,
    /// Service ports.
    Ports,
    /// Ids of the outermost VLAN tags.
    Vlans,
}

/// A key of any dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SeriesKey {
    Address(IpAddr),
    Port(PortKey),
    Vlan(u16),
}

/// One value for each dimension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByDimension<T>([T; Dimension::ALL.len()]);

impl Dimension {
    /// Every dimension, in the order of its index.
    pub const ALL: [Self; 3] = [Self::Sources, Self::Ports, Self::Vlans];

    /// Returns the value of the label `dimension`, which is the same for both directions.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Sources => "source",
            Self::Ports => "port",
            Self::Vlans => "vlan",
        }
    }

    /// Returns whether the kernel samples new keys where there are too many.
    pub const fn has_guard(self) -> bool {
        match self {
            Self::Sources | Self::Ports => true,
            // Each id has a place of its own.
            Self::Vlans => false,
        }
    }
}

impl SeriesKey {
    /// Returns whether its name counts against the limit; `ephemeral` ports always have one.
    pub const fn is_limited(self) -> bool {
        match self {
            Self::Port(port) => !port.is_ephemeral(),
            Self::Address(_) | Self::Vlan(_) => true,
        }
    }
}

impl<T> ByDimension<T> {
    /// Makes the value of each dimension.
    pub fn from_fn(mut value: impl FnMut(Dimension) -> T) -> Self {
        Self(array::from_fn(|index| value(Dimension::ALL[index])))
    }

    #[must_use]
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> ByDimension<U> {
        ByDimension(self.0.map(change))
    }

    /// Returns each dimension with its value, in the order of [`Dimension::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Dimension, &T)> {
        Dimension::ALL.into_iter().zip(&self.0)
    }
}

impl<T> ByDimension<Option<T>> {
    /// Returns each dimension that has a value.
    pub fn present(&self) -> impl Iterator<Item = (Dimension, &T)> {
        self.iter().filter_map(|(dimension, value)| Some((dimension, value.as_ref()?)))
    }
}

impl<T> Index<Dimension> for ByDimension<T> {
    type Output = T;

    fn index(&self, dimension: Dimension) -> &T {
        &self.0[dimension as usize]
    }
}

impl<T> IndexMut<Dimension> for ByDimension<T> {
    fn index_mut(&mut self, dimension: Dimension) -> &mut T {
        &mut self.0[dimension as usize]
    }
}

impl From<IpAddr> for SeriesKey {
    fn from(address: IpAddr) -> Self {
        Self::Address(address)
    }
}

impl From<PortKey> for SeriesKey {
    fn from(port: PortKey) -> Self {
        Self::Port(port)
    }
}

/// The id of a VLAN.
impl From<u16> for SeriesKey {
    fn from(id: u16) -> Self {
        Self::Vlan(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_dimension_is_found_under_its_own_index() {
        let labels = ByDimension::from_fn(Dimension::label);

        for dimension in Dimension::ALL {
            assert_eq!(labels[dimension], dimension.label());
        }
        let in_order: Vec<_> =
            labels.iter().map(|(dimension, label)| (dimension, *label)).collect();
        assert_eq!(in_order, Dimension::ALL.map(|dimension| (dimension, dimension.label())));
    }

    #[test]
    fn a_dimension_without_a_value_is_left_out() {
        let mut values = ByDimension::default();
        values[Dimension::Ports] = Some(1);

        assert_eq!(values.present().collect::<Vec<_>>(), [(Dimension::Ports, &1)]);
    }
}
