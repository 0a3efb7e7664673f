//! Sums of windows are the sums of their folds, whatever comes and goes.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::interval::balanced::hard_times;
use crate::interval::{Totals, sum};

/// What becomes of a device at a fold.
#[derive(Clone, Copy, Debug)]
enum Turn {
    Read,
    Unread,
    Gone,
}

fn turns() -> impl Strategy<Value = Vec<[Turn; 2]>> {
    let turn =
        || prop_oneof![8 => Just(Turn::Read), 1 => Just(Turn::Unread), 1 => Just(Turn::Gone)];

    vec((turn(), turn()).prop_map(|(one, other)| [one, other]), 40)
}

const DEVICES: [&str; 2] = ["eth0", "eth1"];
const WINDOWS: [u64; 6] = [1, 3, 20, 90, 600, 3600];

proptest! {
    #[test]
    fn the_sum_of_a_window_is_that_of_the_folds_in_it(
        one in hard_times(), other in hard_times(), turns in turns()
    ) {
        let mut scene = Scene::new(LIMIT);
        let mut counted = Vec::new();

        for ((one, other), turns) in one.into_iter().zip(other).zip(turns) {
            let elapsed = one.elapsed;
            let all = DEVICES.into_iter().zip(turns).zip(vec![one, other]);
            let read: Vec<_> = all
                .filter_map(|((device, turn), interval)| match turn {
                    Turn::Read => Some((device, Some(interval))),
                    Turn::Unread => Some((device, None)),
                    Turn::Gone => None,
                })
                .collect();
            scene.fold(elapsed, &read);
            let fold = scene.snapshot.health.folding.folds;
            for (device, interval) in read {
                counted.extend(interval.map(|interval| (fold, device, interval)));
            }
            let Some(longest) = scene.history.view().window(Duration::from_hours(1)) else {
                continue;
            };

            check(&longest, &counted)?;
            for seconds in WINDOWS {
                check(&scene.window(Duration::from_secs(seconds)), &counted)?;
            }
        }
        prop_assert_eq!(scene.history.recount(), scene.history.bytes());
    }

    #[test]
    fn bytes_that_are_no_record_are_read_as_none(mut bytes in vec(any::<u8>(), 0..300)) {
        let mut rest = &*bytes;
        while unpack(&mut rest).is_some() && !rest.is_empty() {}

        // Nor does a list end.
        bytes.insert(0, 0x7f);
        let _ = unpack(&mut &*bytes);
    }
}

fn check(window: &Window, counted: &[(u64, &str, Interval)]) -> Result<(), TestCaseError> {
    let first = window.steps.first().unwrap().after;
    let is_in = |fold: u64| fold > first && fold <= window.last();
    prop_assert!(window.is_whole || first == 1, "all of it");
    prop_assert_eq!(window.folds(), (window.last() - first, 0));

    let found = all(window);
    for device in DEVICES {
        let own = counted.iter().filter(|(fold, name, _)| is_in(*fold) && *name == device);
        let mut totals = Totals::default();
        own.for_each(|(_, _, interval)| totals += &interval.totals);
        let Some(flow) = found.flows.iter().find(|flow| &*flow.device == device) else {
            prop_assert_eq!(totals.frames(), Count::default(), "{} was there", device);
            continue;
        };

        prop_assert_eq!(&*flow.totals, &totals);
        let whole = |dimension| match dimension {
            Dimension::Sources => totals.ip(),
            Dimension::Ports => totals.with_ports(),
            Dimension::Vlans => Count::default(),
        };
        for (dimension, breakdown) in flow.breakdowns.present() {
            let named = sum(breakdown.named.iter().map(|named| &named.count));
            let all = sum(breakdown.other.iter().chain([&named]));
            // Nothing else counts all VLANs, so what one has that gets its name back is a guess by time.
            if dimension != Dimension::Vlans {
                prop_assert_eq!(all, whole(dimension), "{:?}", dimension);
            }
        }
    }

    Ok(())
}
