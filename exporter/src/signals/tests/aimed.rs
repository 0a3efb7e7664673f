//! Addresses that a sender chooses so that they might share hashes: whatever the seeds, they do not.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use shared::{Address, SOURCE_WAYS, first_place, hash_address};

use super::registers_of;
use crate::signals::hyperloglog::estimate;

/// Addresses of each family.
const ADDRESSES: u16 = 16_384;
/// The last set of the first table, as by default.
const LAST: u32 = 2047;
const SEEDS: [[u64; 2]; 4] = [
    [0, 0],
    [1, 2],
    [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344],
    [0xa409_3822_299f_31d0, 0xa409_3822_299f_31d0],
];
/// The address whose bits and bytes are changed.
const BASE: [u8; 16] = [0x20, 1, 0x0d, 0xbd, 0, 1, 2, 6, 1, 2, 3, 4, 5, 6, 7, 9];

/// The name of a family, and its address with each number below [`ADDRESSES`].
type Family = (String, Box<dyn Fn(u16) -> Address>);

#[test]
fn no_two_aimed_addresses_have_the_same_hash() {
    for_each_family(|family, seeds, hashes| {
        let different: BTreeSet<_> = hashes.iter().collect();

        assert_eq!(different.len(), hashes.len(), "{family}, seeds {seeds:x?}");
    });
}

/// Of 8,192 places 16,384 sources take 8,070 by chance, with a standard deviation below 14.
#[test]
fn aimed_addresses_take_as_many_places_of_the_first_table_as_any() {
    for_each_family(|family, seeds, hashes| {
        let mut sets = vec![0; LAST as usize + 1];
        for hash in hashes {
            sets[first_place(*hash, LAST) as usize] += 1;
        }

        let places: usize = sets.into_iter().map(|keys: usize| keys.min(SOURCE_WAYS)).sum();
        assert!((7990..8150).contains(&places), "{family}, seeds {seeds:x?}: {places} places");
    });
}

/// The standard error is 1.6 %: about 1,000 estimates lie within four times that.
#[test]
fn aimed_addresses_are_estimated_as_well_as_any() {
    for_each_family(|family, seeds, hashes| {
        let estimate = estimate(&registers_of(hashes.iter().copied()));

        let off = (estimate / f64::from(ADDRESSES) - 1.0).abs();
        assert!(off < 0.065, "{family}, seeds {seeds:x?}: {estimate}");
    });
}

/// Checks the hashes of every family, with all seeds.
fn for_each_family(check: impl Fn(&str, [u64; 2], &[u64])) {
    for (family, address) in families() {
        let addresses: Vec<_> = (0..ADDRESSES).map(address).collect();
        for seeds in SEEDS {
            let hashes: Vec<_> =
                addresses.iter().map(|address| hash_address(*address, seeds)).collect();
            check(&family, seeds, &hashes);
        }
    }
}

fn families() -> Vec<Family> {
    let mut families = hosts();
    families.extend((0..=50).step_by(5).flat_map(bits));
    for varied in 0..16 {
        for (one, other) in (0..8).flat_map(|byte| [(byte, byte ^ 4), (byte, byte + 8)]) {
            if one < other && ![one, other].contains(&varied) {
                families.push(bytes(varied, one, other));
            }
        }
    }

    families
}

/// Addresses that hosts give themselves, or are given.
fn hosts() -> Vec<Family> {
    let of = |name: &str, address: fn([u8; 2]) -> Address| -> Family {
        (name.to_owned(), Box::new(move |number| address(number.to_be_bytes())))
    };

    vec![
        of("IPv4", |[a, b]| Ipv4Addr::new(10, 0, a, b).into()),
        of("subnets of /64 with one host", |[a, b]| {
            ipv6([0x20, 1, 0x0d, 0xb8, 0, 0, a, b, 0, 0, 0, 0, 0, 0, 0, 1])
        }),
        of("subnets of /64 whose hosts count", |[a, b]| {
            ipv6([0x20, 1, 0x0d, 0xb8, 0, 0, 0, a, 0, 0, 0, 0, 0, 0, 0, b])
        }),
        // RFC 4291, appendix A.
        of("EUI-64", |[a, b]| {
            ipv6([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 2, 0x42, 0xac, 0xff, 0xfe, 0x11, a, b])
        }),
    ]
}

/// Numbers that begin at one bit of the low word, of the high word, or of both.
fn bits(first: u32) -> [Family; 4] {
    let of = |low: bool, high: bool, name: &str| -> Family {
        let address = move |number: u16| {
            let bits = u128::from(u64::from(number) << first);
            let word = |is_in: bool| if is_in { bits } else { 0 };
            ipv6((u128::from_be_bytes(BASE) ^ (word(high) << 64 | word(low))).to_be_bytes())
        };
        (format!("{name}, from {first} on"), Box::new(address))
    };
    // The words are read as they lie in memory, so that these are numbers to the program.
    let as_in_memory = move |number: u16| {
        let bits = (u64::from(number) << first).to_ne_bytes();
        let mut address = BASE;
        address.iter_mut().zip(bits.into_iter().cycle()).for_each(|(byte, bits)| *byte ^= bits);
        ipv6(address)
    };

    [
        of(true, false, "low bits"),
        of(false, true, "high bits"),
        of(true, true, "both words alike"),
        (format!("both words alike in memory, from {first} on"), Box::new(as_in_memory)),
    ]
}

/// One byte that takes any value, and two that change together.
fn bytes(varied: usize, one: usize, other: usize) -> Family {
    let address = move |number: u16| {
        let [upper, lower] = number.to_be_bytes();
        let mut address = BASE;
        address[varied] = lower;
        address[one] = upper;
        address[other] = upper;
        ipv6(address)
    };

    (format!("byte {varied}, and bytes {one} and {other} alike"), Box::new(address))
}

fn ipv6(bytes: [u8; 16]) -> Address {
    Ipv6Addr::from(bytes).into()
}
