//! How long an answer takes.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use super::*;
use crate::catalog::example::{named, of_sources};
use crate::snapshot::Before;

#[test]
fn as_many_keys_as_there_may_be_on_a_page_take_little_time() {
    /// Ten times what a release takes at the most, as this build is slower and the machine busy.
    const MOST: Duration = Duration::from_millis(300);
    const KEYS: u32 = 16_384;
    let sources = |more: u64| {
        let one = |number: u32| {
            let address = IpAddr::from(Ipv4Addr::from_bits(number));
            named(address, u64::from(number) + more, 9)
        };
        vec![Arc::new(of_sources((0..KEYS).map(one)))]
    };
    let readings = with(|snapshot| {
        snapshot.flows = sources(1);
        let (flows, elapsed) = (sources(0), Duration::from_secs(1));
        snapshot.before = Some(Arc::new(Before { flows, folded: example::at(2), elapsed }));
    });

    let took = (0..5).map(|_| {
        let begun = Instant::now();
        let answer = ask_of("/api/v1/packets?by=source&top=16384", &readings);
        let took = begun.elapsed();
        assert_eq!(answer.status, 200);
        assert!(answer.body.len() > KEYS as usize * 100);
        took
    });
    let least = took.min().unwrap();

    assert!(least <= MOST, "{least:?}");
}
