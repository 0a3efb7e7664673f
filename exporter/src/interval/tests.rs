use super::balanced::Burst;
use super::*;

#[test]
fn what_a_key_had_no_room_for_is_evicted_where_maps_were_adopted() {
    let burst = Burst::from([192, 0, 2, 1].into(), 1 << 36);
    let mut interval = balanced::interval(&[burst], Duration::from_hours(4));
    interval.sources.keys[0].count.packets -= 1 << 35;

    interval.make_up();

    assert_eq!(interval.imbalance(), None);
    assert_eq!(interval.sources.evicted, Count { packets: 1 << 35, bytes: 0 });
}
