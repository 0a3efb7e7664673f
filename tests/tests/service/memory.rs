//! What an idle service takes.

use tests::service::Service;

use super::{ON_CABLE, cable};

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn an_idle_service_takes_little_memory() {
    /// Of the build that is tested, which has no optimization for size; a release is to take 20.
    const MOST: u64 = 40 << 10;
    let cable = cable("idle");
    let mut service = Service::start(&cable.here, &ON_CABLE);

    for _ in 0..5 {
        service.wait_for_fold();
    }

    let [resident, peak] = ["VmRSS", "VmHWM"].map(|name| service.status(name));
    println!("resident memory, idle, default configuration: {resident}, at the most {peak}");
    let resident: u64 = resident.trim_end_matches(" kB").parse().unwrap();
    assert!(resident <= MOST, "{resident} KiB");
}
