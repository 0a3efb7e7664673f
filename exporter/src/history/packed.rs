//! Records in bytes: numbers take as many as they need, seven bits each.

use std::net::IpAddr;

use shared::{Count, PortKey};

use super::added::{Added, Known};
use super::keyed::{Keyed, parts};
use super::slots::{Slot, WITH_BYTES};
use crate::dimension::{ByDimension, Dimension, SeriesKey};
use crate::snapshot::{Signals, Unattributed};

/// What a record has, in its first byte; a bit for each dimension follows.
const UNKNOWN_BEGIN: u8 = 1;
const UNKNOWN_END: u8 = 1 << 1;
const SIGNALS: u8 = 1 << 2;
const FIRST_DIMENSION: u8 = 1 << 3;

/// What an address begins with.
const V4: u8 = 4;
const V6: u8 = 6;

/// Writes a record.
pub(super) fn pack(added: &Added, to: &mut Vec<u8>) {
    let Added { risen, keyed, signals, known } = added;
    let there = |dimension: Dimension| !keyed[dimension].is_nothing();

    let mut head = 0;
    head |= if known.begin { 0 } else { UNKNOWN_BEGIN };
    head |= if known.end { 0 } else { UNKNOWN_END };
    head |= if signals.is_some() { SIGNALS } else { 0 };
    for dimension in Dimension::ALL.into_iter().filter(|it| there(*it)) {
        head |= FIRST_DIMENSION << dimension as u8;
    }
    to.push(head);

    put(to, risen.len() as u64);
    let mut next = 0;
    for (slot, count) in risen {
        put(to, (slot - next).into());
        put(to, count.packets);
        if *slot < WITH_BYTES {
            put(to, count.bytes);
        }
        next = slot + 1;
    }
    for dimension in Dimension::ALL.into_iter().filter(|it| there(*it)) {
        pack_keyed(dimension, &keyed[dimension], to);
    }
    if let Some(signals) = signals {
        pack_signals(signals, to);
    }
}

/// Reads a record; `None` where the bytes are none.
pub(super) fn unpack(bytes: &mut &[u8]) -> Option<Added> {
    let head = byte(bytes)?;
    let known = Known { begin: head & UNKNOWN_BEGIN == 0, end: head & UNKNOWN_END == 0 };

    let mut risen = Vec::new();
    let mut next: Slot = 0;
    for _ in 0..take(bytes)? {
        let slot = next.checked_add(take(bytes)?.try_into().ok()?)?;
        let packets = take(bytes)?;
        let bytes = if slot < WITH_BYTES { take(bytes)? } else { 0 };
        risen.push((slot, Count { packets, bytes }));
        next = slot.checked_add(1)?;
    }
    let mut keyed: ByDimension<Keyed> = ByDimension::default();
    for dimension in Dimension::ALL {
        if head & FIRST_DIMENSION << dimension as u8 != 0 {
            keyed[dimension] = unpack_keyed(dimension, bytes)?;
        }
    }
    let signals = if head & SIGNALS == 0 { None } else { Some(unpack_signals(bytes)?) };

    Some(Added { risen, keyed, signals, known })
}

/// Writes a number.
pub(super) fn put(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    to.push(number.to_le_bytes()[0]);
}

/// Reads a number.
pub(super) fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = byte(bytes)?;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }

    None
}

fn pack_keyed(dimension: Dimension, keyed: &Keyed, to: &mut Vec<u8>) {
    let Keyed { keys, rest, other, reasons } = keyed;

    put(to, keys.len() as u64);
    for (key, count) in keys {
        match key {
            SeriesKey::Address(IpAddr::V4(address)) => {
                to.push(V4);
                to.extend(address.octets());
            }
            SeriesKey::Address(IpAddr::V6(address)) => {
                to.push(V6);
                to.extend(address.octets());
            }
            SeriesKey::Port(port) => put(to, port.0.into()),
            SeriesKey::Vlan(id) => put(to, (*id).into()),
        }
        put_count(to, *count);
    }
    let parts = parts(dimension);
    for count in rest.iter().take(parts).chain(other.iter().take(parts)) {
        put_count(to, *count);
    }
    let Unattributed { guard, evicted, unnamed } = reasons;
    for packets in [guard, evicted, unnamed] {
        put(to, *packets);
    }
}

fn unpack_keyed(dimension: Dimension, bytes: &mut &[u8]) -> Option<Keyed> {
    let mut keyed = Keyed::default();
    for _ in 0..take(bytes)? {
        let key = match dimension {
            Dimension::Sources => address(bytes)?.into(),
            Dimension::Ports => PortKey(take(bytes)?.try_into().ok()?).into(),
            Dimension::Vlans => u16::try_from(take(bytes)?).ok()?.into(),
        };
        keyed.keys.push((key, take_count(bytes)?));
    }
    let parts = parts(dimension);
    let Keyed { rest, other, .. } = &mut keyed;
    for count in rest.iter_mut().take(parts).chain(other.iter_mut().take(parts)) {
        *count = take_count(bytes)?;
    }
    let [guard, evicted, unnamed] = [take(bytes)?, take(bytes)?, take(bytes)?];
    keyed.reasons = Unattributed { guard, evicted, unnamed };

    Some(keyed)
}

/// Shares of one are written in thirty-two bits, as estimates are.
fn pack_signals(signals: &Signals, to: &mut Vec<u8>) {
    let Signals {
        distinct_sources,
        distinct_ports,
        source_entropy,
        port_entropy,
        scanning_sources,
        syn_sources,
    } = signals;

    let share = |it: &Option<f64>| it.unwrap_or(f64::NAN);
    for number in distinct_sources.iter().copied().chain([source_entropy, port_entropy].map(share))
    {
        #[expect(clippy::cast_possible_truncation, reason = "seven digits are enough")]
        to.extend((number as f32).to_le_bytes());
    }
    for number in distinct_ports {
        put(to, *number);
    }
    for number in [scanning_sources, syn_sources] {
        put(to, number.map_or(0, |it| it.saturating_add(1)));
    }
}

fn unpack_signals(bytes: &mut &[u8]) -> Option<Signals> {
    let mut signals = Signals::default();
    for number in &mut signals.distinct_sources {
        *number = real(bytes)?;
    }
    for share in [&mut signals.source_entropy, &mut signals.port_entropy] {
        *share = Some(real(bytes)?).filter(|it| !it.is_nan());
    }
    for number in &mut signals.distinct_ports {
        *number = take(bytes)?;
    }
    for number in [&mut signals.scanning_sources, &mut signals.syn_sources] {
        *number = take(bytes)?.checked_sub(1);
    }

    Some(signals)
}

fn put_count(to: &mut Vec<u8>, Count { packets, bytes }: Count) {
    put(to, packets);
    put(to, bytes);
}

fn take_count(bytes: &mut &[u8]) -> Option<Count> {
    Some(Count { packets: take(bytes)?, bytes: take(bytes)? })
}

fn address(bytes: &mut &[u8]) -> Option<IpAddr> {
    match byte(bytes)? {
        V4 => Some(some::<4>(bytes)?.into()),
        V6 => Some(some::<16>(bytes)?.into()),
        _ => None,
    }
}

fn real(bytes: &mut &[u8]) -> Option<f64> {
    Some(f32::from_le_bytes(some(bytes)?).into())
}

fn byte(bytes: &mut &[u8]) -> Option<u8> {
    some::<1>(bytes).map(|[byte]| byte)
}

fn some<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;

    Some(*first)
}
