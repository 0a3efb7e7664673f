//! Kernels that lack something, as a filter of system calls makes this one look.

use std::process::Command;

use rustix::process::Signal;
use tests::cable::Cable;
use tests::exporter::NATIVE;
use tests::filter::{EINVAL, ENOMEM, ENOSYS, EPERM, MAP_LOOKUP_AND_DELETE_BATCH, filtered};
use tests::scrape::Scrape;
use tests::service::{Refusal, Service, command, refused};

use super::refusals::assert_said;
use super::{QUICK, assert_nothing_attached, cable};

/// Commands of bpf(2). Source: include/uapi/linux/bpf.h.
const MAP_CREATE: u64 = 0;
const PROG_LOAD: u64 = 5;
const LINK_CREATE: u64 = 28;

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_kernel_without_what_counting_needs_is_refused_with_one_that_has_it() {
    let version = "run on Linux 5.10 or newer";
    let cases = [
        ("no bpf", None, ENOSYS, version),
        ("no map of maps", Some(MAP_CREATE), EINVAL, version),
        ("not permitted", Some(MAP_CREATE), EPERM, "add `bpf` to `SystemCallFilter=`"),
        ("no memory", Some(MAP_CREATE), ENOMEM, "lower `datapath.memory`"),
        (
            "no programs",
            Some(PROG_LOAD),
            EINVAL,
            "no XDP programs, which counting needs; run on Linux",
        ),
        ("no right to load", Some(PROG_LOAD), EPERM, "add `bpf` to `SystemCallFilter=`"),
        ("no link", Some(LINK_CREATE), EINVAL, "run on Linux 5.9 or newer"),
        ("no right to attach", Some(LINK_CREATE), EPERM, "add `bpf` to `SystemCallFilter=`"),
    ];

    for (name, bpf_command, error, advice) in cases {
        println!("{name}:");
        let cable = cable("lacking");

        // In the stack, a filter of clsact takes the place of a link.
        let arguments = [&QUICK[..], &NATIVE].concat();
        let refusal = without(&cable, bpf_command, error, command(&arguments));

        assert_said(&refusal, &[advice]);
        assert_nothing_attached(&cable);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn counts_that_cannot_be_read_are_failures_and_not_the_end() {
    let cable = cable("unread");
    let mut service = filtered(Some(MAP_LOOKUP_AND_DELETE_BATCH), EINVAL, || {
        Service::spawn(&cable.here, command(&QUICK))
    });

    let failures = |service: &Service<'_>| {
        let answer = service.get("/metrics").ok()?;
        Scrape::read(&answer.text()).find("packet_exporter_fold_failures_total", &[])
    };
    service.wait_until("folds fail", |service| failures(service) >= Some(3));

    let said = service.said("Cannot read the counts of a device");
    assert_eq!(said, 2, "once for each direction: {}", service.log());
    assert_eq!(service.get("/-/healthy").unwrap().status, 200);
    let scrape = service.scrape();
    assert_eq!(scrape.find("packet_exporter_program_attached", &[]), Some(2));
    // A failed reading is not shown as a fold that went well.
    assert_eq!(scrape.find("packet_exporter_folds_total", &[]), Some(0));
    assert_eq!(service.get("/-/ready").unwrap().status, 503);
    service.signal(Signal::TERM);
    assert_eq!(service.end().code(), Some(0), "{}", service.log());
}

/// What becomes of it where a command of bpf(2), or all of them, fail with `error`.
#[track_caller]
fn without(cable: &Cable, bpf_command: Option<u64>, error: u32, command: Command) -> Refusal {
    filtered(bpf_command, error, || refused(&cable.here, command))
}
