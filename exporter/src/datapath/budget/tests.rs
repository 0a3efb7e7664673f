use proptest::prelude::*;

use super::*;
use crate::datapath::LinkLayer;
use crate::datapath::options::SizeChoice;
use crate::health::Hook;

const MIB: u64 = 1 << 20;
/// The largest default of `datapath.memory`.
const HOST: u64 = 256 * MIB;

fn cpus(possible: usize, online: usize) -> Cpus {
    Cpus { possible, online }
}

fn own(taps: usize) -> Taps {
    Taps { own: taps, ..Taps::default() }
}

/// Some own taps, and so many that share the tables of each direction.
fn taps(own: usize, pools: usize, taps: usize) -> Taps {
    let hooks = [Hook::TcxIngress, Hook::TcxEgress].into_iter().take(pools);
    let shared = hooks.map(|hook| (Placement::tc(hook, LinkLayer::Ethernet), taps)).collect();

    Taps { own, shared }
}

fn planned(cpus: Cpus, taps: &Taps, room: u64) -> (Plan, u64) {
    let options = Options::default();
    let plan = Plan::of(&options, cpus, taps, room);

    (plan, bytes(&plan, &options, cpus, taps))
}

/// What so many taps take with the sizes of a plan.
fn bytes(plan: &Plan, options: &Options, cpus: Cpus, taps: &Taps) -> u64 {
    let of_pool = |slots: &usize| pool_bytes(options, cpus, plan.pool, *slots);

    taps.own as u64 * own_bytes(options, cpus, plan.own)
        + taps.slots().iter().map(of_pool).sum::<u64>()
}

#[test]
fn one_device_on_eight_cpus_has_ample_tables() {
    let (Plan { own: sizes, .. }, bytes) = planned(cpus(8, 8), &own(2), HOST);

    assert_eq!(sizes, AMPLE);
    assert!(bytes < 48 * MIB, "{bytes}");
}

#[test]
fn cpus_that_do_not_run_take_little() {
    let (Plan { own: sizes, .. }, bytes) = planned(cpus(256, 2), &own(2), HOST);

    assert_eq!(sizes, AMPLE);
    assert!(bytes <= 64 * MIB, "{bytes}");
}

#[test]
fn two_devices_on_128_cpus_fit_into_the_default() {
    let (Plan { own: sizes, .. }, bytes) = planned(cpus(128, 128), &own(4), HOST);

    assert!(bytes <= HOST, "{bytes}");
    assert!(bytes > HOST / 2, "{bytes}");
    assert!(sizes.source_sets >= 512 && sizes.source_overflow == 65_536, "{sizes:?}");
}

#[test]
fn two_hundred_small_devices_fit_beside_a_large_one() {
    let (Plan { own: sizes, pool }, bytes) = planned(cpus(64, 64), &taps(2, 2, 200), HOST);

    assert!(bytes <= HOST, "{bytes}");
    assert!(sizes.source_sets >= 512, "{sizes:?}");
    assert!(pool.tables.source_sets >= 512 && pool.kind_sets >= 512, "{pool:?}");
}

#[test]
fn a_tap_that_has_no_room_at_all_is_refused() {
    let options = Options::default();
    let least = own_bytes(&options, cpus(2, 2), LEAST);

    assert_eq!(one_own(&options, cpus(2, 2), least), Some(LEAST));
    assert_eq!(one_own(&options, cpus(2, 2), least - 1), None);
    assert!(least < MIB, "{least}");
}

#[test]
fn a_pool_has_as_many_slots_as_fit() {
    let options = Options::default();
    let of = |slots, room| one_pool(&options, cpus(2, 2), slots, room).is_some();

    assert!(of(400, 64 * MIB));
    assert!(!of(4000, 64 * MIB));
}

#[test]
fn what_is_set_by_hand_is_not_halved() {
    let by_hand = SizeChoice { source_overflow: Some(200_000), ..SizeChoice::default() };
    let options = Options { sizes: by_hand, ..Options::default() };

    let few = Plan::of(&options, cpus(2, 2), &own(2), 64 * MIB).own;

    assert_eq!(few.source_overflow, 200_000);
    assert!(few.source_sets >= LEAST.source_sets && few.port_overflow < AMPLE.port_overflow);
    assert_eq!(one_own(&options, cpus(2, 2), 32 * MIB), None);
}

#[test]
fn what_is_off_takes_next_to_nothing() {
    let on = Options { vlans: true, ..Options::default() };
    let off = Options { sources: false, ports: false, ..Options::default() };
    let bytes = |options: &Options| own_bytes(options, cpus(2, 2), AMPLE);

    assert!(bytes(&off) < MIB, "{}", bytes(&off));
    assert!(bytes(&on) > bytes(&Options::default()) + 2 * 32 * 1024);
}

#[test]
fn a_few_tunnels_beside_many_devices_have_few_slots() {
    let tunnels = Placement::tc(Hook::TcxEgress, LinkLayer::None);
    let many = taps(0, 2, 1000);
    let mut both = many.clone();
    both.shared.insert(tunnels, 3);

    assert_eq!(
        (both.slots_at(tunnels), both.slots_at(*many.shared.keys().next().unwrap())),
        (64, 1024)
    );
    let of_tunnels = planned(cpus(2, 2), &both, HOST).1 - planned(cpus(2, 2), &many, HOST).1;
    assert!(of_tunnels < 32 * MIB, "{of_tunnels}");
}

#[test]
fn the_next_pool_leaves_others_what_they_are_to_take() {
    assert_eq!(for_next_pool(100, &[]), 100);
    assert_eq!(for_next_pool(100, &[10, 20]), 70);
    assert_eq!(for_next_pool(90, &[50, 20]), 40, "an equal part where all have too little");
    assert_eq!(for_next_pool(90, &[50, 50]), 30);
}

proptest! {
    /// Whatever there is to divide: it is not exceeded as long as the least sizes fit, and what is set
    /// by hand stays as it is.
    #[test]
    fn no_more_is_given_than_there_is(
        possible in 1_usize..512,
        online in 1_usize..512,
        taps in (0_usize..40, 0_usize..3, 0_usize..400),
        room in MIB..4 * HOST,
        by_hand in proptest::option::of(0_u32..20),
    ) {
        let cpus = cpus(possible, online.min(possible));
        let taps = self::taps(taps.0, taps.1, taps.2);
        let source_overflow = by_hand.map(|power| 1024 << power.min(12));
        let sizes = SizeChoice { source_overflow, ..SizeChoice::default() };
        let options = Options { sizes, ..Options::default() };
        let least = Plan::of(&options, cpus, &taps, 0);

        let plan = Plan::of(&options, cpus, &taps, room);

        let taken = bytes(&plan, &options, cpus, &taps);
        prop_assert!(taken <= room.max(bytes(&least, &options, cpus, &taps)));
        prop_assert!(plan.own.source_sets.is_power_of_two());
        prop_assert!(plan.own.source_sets <= AMPLE.source_sets);
        if let Some(by_hand) = source_overflow {
            prop_assert_eq!(plan.own.source_overflow, by_hand);
            prop_assert_eq!(plan.pool.tables.source_overflow, by_hand);
        }
    }
}
