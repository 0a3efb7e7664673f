//! Programs and filters of others that see first what is sent, and end what comes behind them.

use rustix::process::Signal;
use tests::cable::Cable;
use tests::claims::{NOBODY, claim};
use tests::exporter::Exporter;
use tests::links;
use tests::load::{Generator, Traffic};
use tests::patience::wait_for;
use tests::programs;

const CLSACT: [&str; 2] = ["--datapath.transmit", "clsact"];
const ATTACHED: &str = "packet_exporter_program_attached";
const FAILURES: &str = "packet_exporter_attach_failures_total";
const WENT: &str = "moved in front of it";
const HIDDEN: [(&str, &str); 1] = [("reason", "hidden")];

/// Lets each frame go, and asks no filter behind it: direct action 0. Source: tc-bpf(8).
const ACCEPT: [&str; 4] = ["bpf", "bytecode", "1,6 0 0 0,", "direct-action"];

#[test]
#[ignore = "needs root: `cargo xtask test front`"]
fn what_is_sent_is_counted_in_front_of_a_filter_that_was_there_before() {
    let cable = Cable::lay("before");
    cable.here.run("tc", &["qdisc", "add", "dev", Cable::DEVICE, "clsact"]);
    add_filter(&cable, "1", "all");

    let exporter = Exporter::start(&cable.here, &CLSACT);

    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 10, 56);
    wait_for_sent(&exporter, 10);
    assert_eq!(attached(&exporter), Some(1));
    assert_eq!(exporter.said(WENT), 0, "it was in front from the beginning");
    assert_eq!(foreign_filters(&cable), 1, "the other one stays");
}

#[test]
#[ignore = "needs root: `cargo xtask test front`"]
fn what_is_sent_is_counted_in_front_of_a_filter_that_comes_later() {
    let cable = Cable::lay("later");
    let exporter = Exporter::start(&cable.here, &CLSACT);
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 4, 56);

    add_filter(&cable, "1", "all");

    wait_for("the exporter to go in front", || match exporter.said(WENT) {
        1 => Ok(()),
        other => Err(format!("{other} times: {:#?}", exporter.lines())),
    });
    let line = line(&exporter, WENT);
    assert!(line.contains("in_front=\"the bpf filter of preference 1\""), "{line}");
    programs::ping(&cable, Cable::THERE[0], 10, 56);
    wait_for_sent(&exporter, 14);
    assert_eq!(attached(&exporter), Some(1));
    assert_eq!(foreign_filters(&cable), 1, "the other one stays");
}

#[test]
#[ignore = "needs root: `cargo xtask test front`"]
fn a_filter_that_the_exporter_cannot_be_in_front_of_is_said_and_shown() {
    let cable = Cable::lay("hidden");
    let exporter = Exporter::start(&cable.here, &CLSACT);
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 3, 56);
    wait_for_sent(&exporter, 3);

    // A preference has filters of one protocol, so none of all protocols goes before this one.
    exporter.signal(Signal::STOP);
    cable.here.run("tc", &["filter", "del", "dev", Cable::DEVICE, "egress", "pref", "1"]);
    add_filter(&cable, "1", "ip");
    exporter.signal(Signal::CONT);

    wait_for("it to be shown", || {
        let failures = exporter.scrape().find(FAILURES, &HIDDEN);
        match (attached(&exporter), failures) {
            (Some(0), Some(1)) => Ok(()),
            other => Err(format!("{other:?}: {:#?}", exporter.lines())),
        }
    });
    let line = line(&exporter, "may hide frames from ours");
    assert!(line.contains("the bpf filter of preference 1 is in front"), "{line}");
    cable.here.run("tc", &["filter", "del", "dev", Cable::DEVICE, "egress", "pref", "1"]);
    wait_for("it to be over", || match attached(&exporter) {
        Some(1) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    programs::ping(&cable, Cable::THERE[0], 5, 56);
    wait_for_sent(&exporter, 8);
    assert_eq!(exporter.said_within("may hide frames from ours", 1), 1, "once: {line}");
}

#[test]
#[ignore = "needs root: `cargo xtask test front`"]
fn what_is_sent_is_counted_in_front_of_a_tcx_program_that_comes_later() {
    let cable = Cable::lay("tcx");
    let exporter = Exporter::start(&cable.here, &[]);
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 4, 56);
    let mut foreign = Generator::load(&Traffic::flood(), 0);

    let id = cable.here.within(|| foreign.accept(Cable::DEVICE));

    let chain =
        wait_for("the exporter to go in front", || match &links::senders(&cable.here)[..] {
            [ours, other] if *other == id => Ok([*ours, *other]),
            other => Err(format!("{other:?}, the foreign one is {id}")),
        });
    wait_for("that to be said", || match exporter.said(WENT) {
        1 => Ok(()),
        other => Err(format!("{other} times: {:#?}", exporter.lines())),
    });
    let line = line(&exporter, WENT);
    assert!(line.contains(&format!("id {id}")), "{line}");
    programs::ping(&cable, Cable::THERE[0], 10, 56);
    wait_for_sent(&exporter, 14);
    assert_eq!(attached(&exporter), Some(1));
    assert_eq!(links::senders(&cable.here), chain, "both stay");
}

#[test]
#[ignore = "needs root: `cargo xtask test front`"]
fn a_program_that_keeps_going_in_front_is_given_up_on() {
    let cable = Cable::lay("again");
    let exporter = Exporter::start(&cable.here, &[]);
    let mut foreign = Generator::load(&Traffic::flood(), 0);
    let mut latest = cable.here.within(|| foreign.accept(Cable::DEVICE));

    wait_for("the exporter to show it", || {
        if links::senders(&cable.here)[0] != latest {
            // The next copy is in front before this one is gone.
            let mut next = Generator::load(&Traffic::flood(), 0);
            latest = cable.here.within(|| next.accept(Cable::DEVICE));
            foreign = next;
        }
        let failures = exporter.scrape().find(FAILURES, &HIDDEN);
        match (attached(&exporter), failures) {
            (Some(0), Some(times)) if times > 0 => Ok(()),
            other => Err(format!("{other:?}: {:#?}", exporter.lines())),
        }
    });
    exporter.said_within("again and again", 1);

    drop(foreign);
    wait_for("the exporter to be the first again", || match attached(&exporter) {
        Some(1) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    exporter.said_within("No program is in front", 1);
}

#[test]
#[ignore = "needs root: `cargo xtask test front`"]
fn exporters_do_not_go_in_front_of_each_other() {
    for hook in ["tcx", "clsact"] {
        let cable = Cable::lay("peace");
        let transmit = ["--datapath.transmit", hook];
        let first = Exporter::start(&cable.here, &transmit);
        let second = Exporter::spawn(&cable.here, 10_200, &transmit);
        wait_for("the second one to be ready", || match second.said("Counting") {
            2 => Ok(()),
            other => Err(format!("{other}: {:#?}", second.lines())),
        });
        cable.plug_in();

        for round in 1..=3 {
            programs::ping(&cable, Cable::THERE[0], 5, 56);
            wait_for_sent(&first, 5 * round);
            wait_for_sent(&second, 5 * round);
        }

        for exporter in [&first, &second] {
            assert_eq!(exporter.said(WENT), 0, "{hook}: {:#?}", exporter.lines());
            assert_eq!(attached(exporter), Some(1), "{hook}");
            assert_eq!(exporter.scrape().find(FAILURES, &HIDDEN), Some(0), "{hook}");
        }
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test front`"]
fn a_filter_behind_a_tcx_program_is_shown_as_hidden() {
    let cable = Cable::lay("behind");
    let exporter = Exporter::start(&cable.here, &CLSACT);
    let mut foreign = Generator::load(&Traffic::flood(), 0);

    let id = cable.here.within(|| foreign.accept(Cable::DEVICE));

    wait_for("it to be shown", || match attached(&exporter) {
        Some(0) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    let line = line(&exporter, "may hide frames from ours");
    assert!(line.contains("a TCX program") && line.contains(&format!("id {id}")), "{line}");
    let mut exporter = exporter;
    exporter.signal(Signal::TERM);
    let (status, lines) = exporter.end();
    assert_eq!(status.code(), Some(0), "{lines:#?}");
}

/// Any user may bind the name by which exporters know each other's programs.
#[test]
#[ignore = "needs root: `cargo xtask test front`"]
fn a_user_who_vouches_for_a_program_is_not_believed_and_the_superuser_is() {
    let cable = Cable::lay("forged");
    let exporter = Exporter::start(&cable.here, &CLSACT);
    let mut foreign = Generator::load(&Traffic::flood(), 0);
    exporter.signal(Signal::STOP);
    let id = cable.here.within(|| foreign.accept(Cable::DEVICE));
    let id = id.to_string();
    let forged = ["", "/0123456789abcdef"].map(|end| claim(&cable, &id, end, NOBODY));
    exporter.signal(Signal::CONT);

    wait_for("the program to be shown as hidden", || match attached(&exporter) {
        Some(0) => Ok(()),
        other => Err(format!("{other:?}: {:#?}", exporter.lines())),
    });
    let line = line(&exporter, "may hide frames from ours");
    assert!(line.contains(&format!("id {id}")), "{line}");

    let _of_an_exporter = claim(&cable, &id, "/of-another", 0);
    wait_for("the program to be taken for an exporter's", || match attached(&exporter) {
        Some(1) => Ok(()),
        other => Err(format!("{other:?}: {:#?}", exporter.lines())),
    });
    drop(forged);
}

fn add_filter(cable: &Cable, preference: &str, protocol: &str) {
    let place = ["dev", Cable::DEVICE, "egress", "pref", preference, "protocol", protocol];

    cable.here.run("tc", &[&["filter", "add"], &place[..], &ACCEPT].concat());
}

fn foreign_filters(cable: &Cable) -> usize {
    let shown = cable.here.run("tc", &["filter", "show", "dev", Cable::DEVICE, "egress"]);

    shown.matches("bytecode '1,6 0 0 0'").count()
}

fn attached(exporter: &Exporter) -> Option<u64> {
    let of = |hook| exporter.scrape().find(ATTACHED, &[("hook", hook)]);

    of("tcx_egress").or_else(|| of("tc_egress"))
}

fn line(exporter: &Exporter, what: &str) -> String {
    let lines = exporter.lines();

    lines.iter().find(|line| line.contains(what)).cloned().unwrap_or_else(|| panic!("{lines:#?}"))
}

fn wait_for_sent(exporter: &Exporter, expected: u64) {
    wait_for("the pings to be counted", || {
        match exporter.scrape().transmitted("", &[("protocol", "icmp")]).packets {
            packets if packets == expected => Ok(()),
            other => Err(format!("{other} of {expected}")),
        }
    });
}
