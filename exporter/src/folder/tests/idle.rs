//! What flows cost that count nothing.

use super::*;
use crate::files;
use crate::interval::Sketches;

const FLOWS: usize = 400;
const FOLDS: u32 = 100;

#[test]
fn a_flow_that_counts_nothing_is_published_as_it_was() {
    let folder = folder(watch::channel(Arc::default()).0);
    let mut state = State::new(plan());
    let mut published = Vec::new();

    for frames in [3, 0, 0, 1] {
        let looked = if frames > 0 { counted(frames) } else { look(Ok(nothing()), FIRST) };
        let health = fold(&mut state, looked);
        folder.publish(&state, health);
        published.push(Arc::clone(&folder.snapshot.borrow().flows[0]));
    }

    let [first, second, third, fourth] = &published[..] else { panic!("four folds") };
    assert!(Arc::ptr_eq(&first.totals, &second.totals));
    assert!(Arc::ptr_eq(second, third), "nothing is copied");
    assert!(!Arc::ptr_eq(third, fourth));
    assert_eq!(fourth.totals.frames().packets, 4);
}

#[test]
#[ignore = "a measurement: `cargo test --release -p exporter --lib idle -- --ignored --nocapture`"]
#[expect(clippy::print_stdout, reason = "the figures are what it is for")]
fn what_idle_flows_cost() {
    let whole = || Sketches {
        sources: [(); 2].map(|()| vec![0; shared::SKETCH_REGISTERS]),
        ports: [(); 3].map(|()| vec![0; shared::PORT_BITMAP_WORDS]),
    };
    let cases: [(&str, &dyn Fn() -> Sketches); 2] =
        [("no sketches", &Sketches::default), ("whole sketches", &whole)];

    for (name, sketches) in cases {
        let folder = folder(watch::channel(Arc::default()).0);
        let mut state = State::new(plan());
        let before = resident();
        fold_all(&mut state, &folder, || packets(1));
        let begun = Instant::now();
        for _ in 0..FOLDS {
            fold_all(&mut state, &folder, || Interval { sketches: sketches(), ..nothing() });
        }
        let each = begun.elapsed() / FOLDS;
        let more = resident().saturating_sub(before) >> 10;
        println!("{name}: {FLOWS} flows, {each:?} a fold, {more} KiB more in memory");
    }
}

fn nothing() -> Interval {
    Interval { elapsed: Duration::from_secs(1), ..Interval::default() }
}

fn fold_all(state: &mut State, folder: &Folder, counted: impl Fn() -> Interval) {
    let drained = |number| Drained {
        device: format!("veth{number:03}").into(),
        direction: Direction::Receive,
        since: FIRST,
        counted: Ok(counted()),
    };
    let collected =
        Collected { drained: (0..FLOWS).map(drained).collect(), ..Collected::default() };
    let health = fold(state, collected);
    folder.publish(state, health);
}

/// Resident bytes of this process. Source: proc_pid_statm(5).
fn resident() -> u64 {
    let pages = files::of_kernel("/proc/self/statm").unwrap();

    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}
