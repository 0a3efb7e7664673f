//! What has the configuration read again, and what comes of it.

use std::fs;

use rustix::process::Signal;
use tests::cable::Cable;

use super::house::{House, SUCCESSFUL, Settings};

fn cable(name: &str) -> Cable {
    let cable = Cable::lay(name);
    cable.plug_in();

    cable
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn a_request_is_answered_with_what_is_in_force_and_what_waits() {
    let cable = cable("rlpost");
    let house = House::start(&cable, &Settings::usual(), &["--ports.limit=5"]);

    let settings = Settings::usual().with(&[
        ("sources.limit", "7"),
        ("log.format", "'json'"),
        ("ports.limit", "6"),
    ]);
    let text = house.apply(&settings);

    let told = ["Applied:\n  sources.limit = 7 (", "Needs a restart:\n  log.format = \"json\" ("];
    assert!(told.iter().all(|told| text.contains(told)), "{text}");
    assert!(text.contains("Changed in the file to no effect:\n  ports.limit ("), "{text}");
    assert!(!text.contains("Still applying"), "{text}");
    let limit = |dimension| {
        house.service.scrape().find("packet_exporter_series_limit", &[("dimension", dimension)])
    };
    // Both directions.
    assert_eq!((limit("source"), limit("port")), (Some(14), Some(10)));
    assert_eq!(house.gauge("packet_exporter_config_overridden_keys"), 1);
    assert_eq!(house.gauge("packet_exporter_config_waiting_keys"), 1);
    assert_eq!(house.service.said_within("Changed keys need a restart", 1), 1);
    house.apply(&Settings::usual());
    assert_eq!(house.gauge("packet_exporter_config_waiting_keys"), 0);
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn what_is_refused_changes_nothing_and_says_why() {
    let cable = cable("rlrefused");
    let house = House::start(&cable, &Settings::usual(), &[]);

    let bad = Settings::usual().with(&[
        ("sources.limit", "7"),
        ("sources.churn", "0"),
        ("otlp.endpoints", "'https://127.0.0.1:1'"),
    ]);
    house.write(&bad);
    let refused = house.post();
    house.write(&bad.with(&[("sources.churn", "1"), ("otlp.ca_file", "'/nonexistent/ca.pem'")]));
    let unreadable = house.post();

    assert_eq!((refused.0, unreadable.0), (500, 500), "{refused:?} {unreadable:?}");
    assert!(refused.1.contains("`sources.churn` ("), "{refused:?}");
    assert!(unreadable.1.contains("/nonexistent/ca.pem"), "{unreadable:?}");
    assert_eq!(house.gauge(SUCCESSFUL), 0);
    let limit = [("dimension", "source")];
    let limit = house.service.scrape().find("packet_exporter_series_limit", &limit);
    assert_eq!(limit, Some(200));
    house.apply(&Settings::usual());
    assert_eq!(house.gauge(SUCCESSFUL), 1);
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn devices_of_which_none_is_there_are_refused_and_counting_goes_on() {
    let cable = cable("rlnone");
    let house = House::start(&cable, &Settings::usual(), &[]);

    house.write(&Settings::usual().with(&[("devices.include", "'vteh0'")]));
    let refused = house.post();
    house.write(&Settings::usual().with(&[("devices.exclude", "'veth.*'")]));
    let excluded = house.post();

    assert_eq!((refused.0, excluded.0), (500, 500), "{refused:?} {excluded:?}");
    let text = "no device matches `devices.include` \"vteh0\"; the devices are ";
    assert!(refused.1.contains(text), "{refused:?}");
    assert!(excluded.1.contains("and not `devices.exclude` \"veth.*\""), "{excluded:?}");
    assert_eq!(house.gauge(SUCCESSFUL), 0);
    let attached = house.service.scrape().find("packet_exporter_program_attached", &[]);
    assert_eq!(attached, Some(2));
    house.apply(&Settings::usual());
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn without_being_enabled_no_request_reloads() {
    let cable = cable("rlforbidden");
    let off = Settings::usual().with(&[("web.enable_lifecycle", "false")]);
    let house = House::start(&cable, &off, &[]);

    house.write(&Settings::usual());

    assert_eq!(house.post().0, 403);
    assert_eq!(house.reloads("api", None), 0);
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn a_storm_of_signals_is_followed_and_says_little() {
    let cable = cable("rlstorm");
    let mut house = House::start(&cable, &Settings::usual(), &[]);

    for number in 0..500 {
        if number == 250 {
            house.write(&Settings::usual().with(&[("sources.limit", "7")]));
        }
        house.service.signal(Signal::HUP);
    }
    house.hang_up();

    let limit = [("dimension", "source")];
    let limit = house.service.scrape().find("packet_exporter_series_limit", &limit);
    assert_eq!(limit, Some(14));
    assert_eq!(
        house.service.said_within("Configuration is applied", 1),
        1,
        "{}",
        house.service.log()
    );
    assert!(house.service.said("nothing has changed") <= 2, "{}", house.service.log());
}

#[test]
#[ignore = "needs root: `cargo xtask test reload`"]
fn a_thousand_broken_files_leave_no_trace_but_a_line_each() {
    const FILES: usize = 1000;
    let cable = cable("rlbroken");
    let mut house = House::start(&cable, &Settings::usual(), &[]);
    let path = house.path("config.toml");
    let broken = |number: usize| {
        fs::write(&path, format!("[sources]\nlimit{number} = 1\n")).unwrap();
    };
    for number in 0..100 {
        broken(number);
        assert_eq!(house.post().0, 500);
    }
    let memory = |house: &House<'_>| {
        let text = house.service.status("VmRSS");
        text.trim_end_matches(" kB").trim().parse::<u64>().unwrap()
    };
    let threads = house.service.threads().len();
    let before = memory(&house);

    for number in 100..FILES {
        broken(number);
        assert_eq!(house.post().0, 500);
    }

    assert_eq!(house.service.said_within("Configuration is refused", FILES), FILES);
    let grown = memory(&house).saturating_sub(before);
    assert!(grown < 2048, "it grew by {grown} KiB");
    assert!(house.service.threads().len() <= threads + 2, "{:?}", house.service.threads());
    house.service.wait_for_fold();
    let text = house.apply(&Settings::usual().with(&[("sources.limit", "7")]));
    assert!(text.starts_with("Applied:\n  sources.limit = 7"), "{text}");
}
