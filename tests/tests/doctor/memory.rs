//! What maps take: as `doctor` tells it before, as the service tells it, and as the kernel charges it.

use tests::cable::Namespace;
use tests::group::Group;
use tests::service::{Service, behind, command, refused};
use tests::veths;

use crate::said;

/// More than there is: nothing is to be refused.
const LIMIT: u64 = 4 << 30;
/// The devices of a test, with a budget that does not depend on the host.
const SETTINGS: [&str; 4] = ["--devices.include", "v[0-9]+", "--datapath.memory", "256MiB"];
/// One device has tables of its own.
const OWN: [&str; 1] = ["--datapath.override={devices = 'v0', class = 'own'}"];

#[test]
#[ignore = "needs root: `cargo xtask test doctor`"]
fn a_device_of_the_own_class_is_charged_what_is_told() {
    let test = "a_device_of_the_own_class_is_charged_what_is_told";

    is_charged_what_is_told(test, 1, &OWN);
}

#[test]
#[ignore = "needs root: `cargo xtask test doctor`"]
fn fifty_devices_of_the_shared_class_are_charged_what_is_told() {
    let test = "fifty_devices_of_the_shared_class_are_charged_what_is_told";

    is_charged_what_is_told(test, 50, &[]);
}

#[test]
#[ignore = "needs root: `cargo xtask test doctor`"]
fn a_device_of_each_class_beside_many_is_charged_what_is_told() {
    let test = "a_device_of_each_class_beside_many_is_charged_what_is_told";

    is_charged_what_is_told(test, 51, &OWN);
}

/// What `doctor` and the service tell differs from what the kernel charged by a tenth at most. The
/// kernel has charged programs, threads, sockets and page tables too.
fn is_charged_what_is_told(test: &str, devices: usize, classes: &[&str]) {
    let name = format!("charged-{devices}");
    let group = Group::make(&name, LIMIT);
    let Some(before) = group.before() else {
        println!("SKIPPED {test}: this machine has no controller of memory");
        return;
    };
    let namespace = Namespace::make(&name);
    veths::be_silent(&namespace);
    veths::make(&namespace, "v", 0..devices);
    let settings = [&SETTINGS[..], classes].concat();

    let doctor = refused(&namespace, command(&[&["doctor", "--json"], &settings[..]].concat()));
    let expected = said(&doctor)["memory"]["bytes"].as_u64().unwrap();
    let mut service =
        Service::spawn(&namespace, behind(&before.each_ref().map(|it| &**it), &settings));
    service.wait_until_ready();
    service.wait_for_fold();
    let scrape = service.scrape();
    let taken = scrape.find("packet_exporter_memory_bytes", &[("part", "maps")]).unwrap();
    let charged = group.kernel_memory().unwrap();

    println!(
        "{devices} devices, KiB: {} expected, {} taken, {} charged",
        expected >> 10,
        taken >> 10,
        charged >> 10
    );
    let attached = scrape.find("packet_exporter_program_attached", &[]);
    assert_eq!(attached, Some(2 * devices as u64), "{}", service.log());
    assert_eq!(service.log().matches("class=own").count(), 2 * classes.len());
    for told in [expected, taken] {
        assert!(told.abs_diff(charged) <= told / 10, "{told}, and {charged} is charged");
    }
}
