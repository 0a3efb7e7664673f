//! How long an answer takes.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::*;
use crate::catalog::example::{named, of_sources};
use crate::snapshot::Before;

/// Returns the shortest of some answers with so many keys.
fn took(keys: u32) -> Duration {
    let sources = |more: u64| {
        let one = |number: u32| {
            let address = IpAddr::from(Ipv4Addr::from_bits(number));
            named(address, u64::from(number) + more, 9)
        };
        vec![Arc::new(of_sources((0..keys).map(one)))]
    };
    let readings = with(|snapshot| {
        snapshot.flows = sources(1);
        snapshot.before = Some(Arc::new(Before {
            flows: sources(0),
            folded: example::at(2),
            elapsed: Duration::from_secs(1),
            unread: BTreeSet::new(),
            unread_last: BTreeSet::new(),
        }));
    });

    let all = (0..5).map(|_| {
        let begun = Instant::now();
        let answer = ask_of("/api/v1/packets?by=source&top=16384", &readings);
        let took = begun.elapsed();
        assert_eq!(answer.status, 200);
        assert!(answer.body.len() > keys as usize * 100);
        took
    });

    all.min().unwrap()
}

/// Sixteen times as many keys take about that much longer; what goes through all keys for each of
/// them would take 256 times as long.
#[test]
fn the_time_of_an_answer_grows_with_its_keys_and_not_with_their_square() {
    let [few, many] = [1024, 16_384].map(took);

    assert!(many < 100 * few, "{few:?}, {many:?}");
}
