//! What the service may do.

use serde_json::Value;
use tests::cable::Cable;
use tests::filter::{ENOSYS, EPERM, filtered, without_capset};
use tests::service::{Service, behind, command, refused};

use super::refusals::assert_said;
use super::{QUICK, assert_nothing_attached, cable};

const DOCTOR: [&str; 4] = ["doctor", "--json", "--devices.include", Cable::DEVICE];

/// Root without any capability but those.
fn setpriv(capabilities: &str) -> Vec<String> {
    let set = format!("--bounding-set=-all{capabilities}");

    ["setpriv", &set, "--inh-caps=-all", "--no-new-privs"].map(Into::into).to_vec()
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_capability_that_is_missing_is_named() {
    let cases = [
        ("", "CAP_BPF and no CAP_NET_ADMIN and no CAP_PERFMON"),
        (",+net_admin,+perfmon", "CAP_BPF;"),
        (",+bpf,+perfmon", "CAP_NET_ADMIN;"),
        (",+bpf,+net_admin", "CAP_PERFMON;"),
    ];

    for (capabilities, missing) in cases {
        let cable = cable("caps");
        let before = setpriv(capabilities);
        let before: Vec<_> = before.iter().map(String::as_str).collect();

        let refusal = refused(&cable.here, behind(&before, &QUICK));

        let message = format!("this process has no {missing}");
        assert_said(&refusal, &[&message, "run as root", "AmbientCapabilities="]);
        assert_nothing_attached(&cable);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn the_three_capabilities_are_enough() {
    let cable = cable("three");
    let before = setpriv(",+bpf,+net_admin,+perfmon");
    let before: Vec<_> = before.iter().map(String::as_str).collect();

    let mut service = Service::spawn(&cable.here, behind(&before, &QUICK));
    service.wait_until_ready();

    // What is received, and what is sent.
    assert_eq!(service.scrape().find("packet_exporter_program_attached", &[]), Some(2));
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn root_keeps_what_later_attaches_need() {
    /// CAP_NET_ADMIN, CAP_PERFMON and CAP_BPF. Source: include/uapi/linux/capability.h.
    const NEEDED: u64 = 1 << 12 | 1 << 38 | 1 << 39;
    let cable = cable("kept");

    let service = super::quick(&cable);

    // Nor does a program that it might start get more.
    for set in ["CapEff", "CapPrm", "CapBnd"] {
        assert_all(&service, set, |found| u64::from_str_radix(found, 16) == Ok(NEEDED));
    }
    for set in ["CapInh", "CapAmb"] {
        assert_all(&service, set, |found| u64::from_str_radix(found, 16) == Ok(0));
    }
    assert_all(&service, "NoNewPrivs", |found| found == "1");
    cable.cut();
    cable.lay_again();
    let mut service = service;
    service.wait_until("a device that came back is attached", |service| {
        service.scrape().find("packet_exporter_program_attached", &[]) == Some(2)
            && service.said("Counting") == 4
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn capabilities_that_one_may_not_drop_are_a_warning() {
    let cable = cable("undropped");

    let mut service = without_capset(EPERM, || Service::spawn(&cable.here, command(&QUICK)));
    service.wait_until_ready();

    let warning = "Rights that are not needed are kept; run as a user of its own";
    assert_eq!(service.said_within(warning, 2), 2, "{}", service.log());
    assert_eq!(service.said_within("cannot drop capabilities", 1), 1, "{}", service.log());
    assert_eq!(service.status("NoNewPrivs"), "1");
    let doctor = ["doctor", "--json", "--datapath.transmit", "off", "--web.listen-address", ":1"];
    let doctor = without_capset(EPERM, || refused(&cable.here, command(&doctor)));
    let privileges = check(&doctor.stdout, "privileges");
    assert_eq!(privileges["state"], "warning", "{privileges}");
    assert!(privileges["found"].as_str().unwrap().contains("cannot drop capabilities"));
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_bpf_call_that_is_blocked_is_told_with_what_blocks_it() {
    let cable = cable("blocked");
    let filter = "a seccomp filter may forbid it, which systemd and container runtimes set: add \
                  `bpf` to `SystemCallFilter=`, or use a seccomp profile that allows bpf(2); or a \
                  security module or kernel lockdown forbids it: see the kernel's log";
    let not_permitted = format!(
        "this process is not permitted to load programs: {filter}: Operation not permitted (os \
         error 1)"
    );
    let not_there = format!(
        "bpf(2) is not available to this process: {filter}; or this kernel lacks it, then run on \
         Linux 5.10 or newer with CONFIG_BPF_SYSCALL and CONFIG_BPF_JIT: Function not implemented \
         (os error 38)"
    );

    for (error, expected) in [(EPERM, not_permitted), (ENOSYS, not_there)] {
        let run = filtered(None, error, || refused(&cable.here, command(&QUICK)));
        let doctor = filtered(None, error, || refused(&cable.here, command(&DOCTOR)));

        assert_said(&run, &[&format!("packet-exporter: {expected}")]);
        assert_eq!(check(&doctor.stdout, "programs")["found"], expected);
        assert_nothing_attached(&cable);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_user_namespace_is_told_as_what_blocks_bpf() {
    let cable = cable("userns");
    let unshare = ["unshare", "--user", "--map-root-user"];
    let expected = "this process is not permitted to load programs: it runs in a user namespace, \
                    where bpf(2) is not permitted; start it outside of one: as root, not in a \
                    rootless container, without `PrivateUsers=`: Operation not permitted (os error \
                    1)";

    let run = refused(&cable.here, behind(&unshare, &QUICK));
    let doctor = refused(&cable.here, behind(&unshare, &DOCTOR));

    assert_said(&run, &[&format!("packet-exporter: {expected}")]);
    assert_eq!(check(&doctor.stdout, "programs")["found"], expected);
}

/// Each thread is as it should be, those of the runtime too.
#[track_caller]
fn assert_all(service: &Service<'_>, name: &str, is_so: impl Fn(&str) -> bool) {
    let found = service.status_of_threads(name);

    assert!(found.len() > 1 && found.iter().all(|found| is_so(found)), "{name}: {found:?}");
}

/// One thing that `doctor --json` looked at.
#[track_caller]
fn check(diagnosis: &str, name: &str) -> Value {
    let said: Value = serde_json::from_str(diagnosis).unwrap();
    let checks = said["checks"].as_array().unwrap();

    checks.iter().find(|check| check["check"] == name).expect("it is looked at").clone()
}
