//! How long a fold of the history takes, and how large it is.

use std::time::Instant;

use super::*;
use crate::snapshot::Named;

/// A second in which each of so many sources sent a packet more.
fn sources(number: u32, packets: u64) -> Arc<Flow> {
    let named = (0..number).map(|host| Named {
        since: example::at(0),
        ..example::named(std::net::IpAddr::from(Ipv4Addr::from(host)), packets, packets * 100)
    });

    Arc::new(example::of_sources(named))
}

#[test]
#[ignore = "a measurement: `cargo test -p exporter --lib history::tests::speed -- --ignored --nocapture`"]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn how_long_a_fold_takes() {
    for keys in [100, 16_384] {
        let mut scene = Scene::new(LIMIT);
        scene.publish(SECOND, vec![sources(keys, 1)], BTreeSet::new());
        let mut times = Vec::new();
        for fold in 2..70 {
            let last = scene.snapshot.clone();
            let history = std::mem::replace(&mut scene.history, History::new(LIMIT));
            scene.publish(SECOND, vec![sources(keys, fold)], BTreeSet::new());
            scene.history = history;

            let begun = Instant::now();
            scene.history.fold(&last, &scene.snapshot);
            let _view = scene.history.view();
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let steps = scene.history.tiers[0].recount() / 68;
        println!(
            "{keys} keys: median {:?}, slowest {:?}, {steps} bytes a step",
            times[34], times[67]
        );
        assert!(frames(&all(&scene.window(SECOND))) == 0, "only sources are counted");
    }
}
