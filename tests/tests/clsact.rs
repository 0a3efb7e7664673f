//! Filters of clsact, which other processes may remove and which outlive their process.

use exporter::datapath::{Datapath, Inspector, Options};
use rustix::process::Signal;
use serde_json::Value;
use tests::cable::Cable;
use tests::claims::{NOBODY, claim};
use tests::exporter::Exporter;
use tests::patience::wait_for;
use tests::programs;

const CLSACT: [&str; 2] = ["--datapath.transmit", "clsact"];
const ATTACHED: &str = "packet_exporter_program_attached";
const HOOK: [(&str, &str); 1] = [("hook", "tc_egress")];

/// A filter as `tc` shows it.
#[derive(Debug, PartialEq, Eq)]
struct Filter {
    priority: u64,
    program: u64,
}

#[test]
#[ignore = "needs root: `cargo xtask test clsact`"]
fn a_filter_that_somebody_takes_off_is_put_back_and_counting_goes_on() {
    let cable = Cable::lay("taken");
    let exporter = Exporter::start(&cable.here, &CLSACT);
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 4, 56);
    let said = || exporter.said("The program was removed");
    let ways = [
        &["filter", "del", "dev", "veth0", "egress"][..],
        &["qdisc", "del", "dev", "veth0", "clsact"],
    ];

    for (times, way) in (1..).zip(ways) {
        cable.here.run("tc", way);

        wait_for("the filter to be put back", || match &filters(&cable)[..] {
            [_] if said() == times => Ok(()),
            other => Err(format!("{other:?}, said {} times", said())),
        });
        programs::ping(&cable, Cable::THERE[0], 4, 56);
        wait_for_sent(&exporter, 4 * (times as u64 + 1));
    }

    let scrape = exporter.scrape();
    assert_eq!(scrape.find(ATTACHED, &HOOK), Some(1));
    let lines = exporter.lines();
    let is_about = |line: &&String| line.contains("level=warn");
    assert!(lines.iter().filter(is_about).all(|line| line.contains("direction=transmit")));
    assert_eq!(said(), 2, "{lines:#?}");
}

#[test]
#[ignore = "needs root: `cargo xtask test clsact`"]
fn a_filter_in_the_place_of_ours_is_not_taken_for_it_and_stays() {
    let cable = Cable::lay("place");
    let _exporter = Exporter::start(&cable.here, &CLSACT);
    let [Filter { priority, program }] = filters(&cable)[..] else { panic!("one filter") };
    let [priority, handle] = [priority.to_string(), program.to_string()];
    let place = ["dev", Cable::DEVICE, "egress", "pref", &priority, "protocol", "all"];
    // One instruction: matches nothing. Source: tc-bpf(8).
    let another = ["handle", &handle, "bpf", "bytecode", "1,6 0 0 0,"];

    cable.here.run("tc", &[&["filter", "replace"], &place[..], &another].concat());

    wait_for("a filter of ours beside the other one", || match &filters(&cable)[..] {
        [_] => Ok(()),
        other => Err(format!("{other:?}")),
    });
    let shown = cable.here.run("tc", &["filter", "show", "dev", Cable::DEVICE, "egress"]);
    assert!(shown.contains("bytecode '1,6 0 0 0'"), "{shown}");
}

#[test]
#[ignore = "needs root: `cargo xtask test clsact`"]
fn another_queue_discipline_in_the_place_of_clsact_is_left_alone_and_said() {
    let cable = Cable::lay("ingress");
    cable.here.run("tc", &["qdisc", "add", "dev", Cable::DEVICE, "ingress"]);
    let exporter = Exporter::start(&cable.here, &CLSACT);

    let said = "has the queue discipline `ingress`";
    wait_for("it to be said", || match exporter.lines() {
        lines if lines.iter().any(|line| line.contains(said)) => Ok(()),
        lines => Err(lines.join("\n")),
    });
    assert_eq!(filters(&cable), []);

    cable.here.run("tc", &["qdisc", "del", "dev", Cable::DEVICE, "ingress"]);
    wait_for("the filter in the place that is free", || match &filters(&cable)[..] {
        [_] => Ok(()),
        other => Err(format!("{other:?}")),
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test clsact`"]
fn a_device_that_is_made_anew_with_its_index_gets_a_filter() {
    let cable = Cable::lay("anew");
    let exporter = Exporter::start(&cable.here, &CLSACT);
    let index = Cable::index(&cable.here).to_string();
    let peer = ["type", "veth", "peer", "name", Cable::DEVICE, "netns", cable.there.name()];

    cable.cut();
    cable.here.ip(&[&["link", "add", Cable::DEVICE, "index", &index], &peer[..]].concat());

    wait_for("a filter on the new device", || match &filters(&cable)[..] {
        [_] => Ok(()),
        other => Err(format!("{other:?}")),
    });
    cable.there.ip(&["address", "add", "192.0.2.2/24", "dev", Cable::DEVICE]);
    cable.here.ip(&["address", "add", "192.0.2.1/24", "dev", Cable::DEVICE]);
    cable.here.ip(&["link", "set", Cable::DEVICE, "up"]);
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 3, 56);
    wait_for_sent(&exporter, 3);
}

#[test]
#[ignore = "needs root: `cargo xtask test clsact`"]
fn exporters_leave_each_others_filters_alone_and_all_count() {
    let cable = Cable::lay("both");
    let mut first = Exporter::start(&cable.here, &CLSACT);
    let before = filters(&cable);
    let second = Exporter::spawn(&cable.here, 10_200, &CLSACT);
    wait_for("the second filter", || match filters(&cable).len() {
        2 => Ok(()),
        other => Err(format!("{other} filters")),
    });
    cable.plug_in();

    programs::ping(&cable, Cable::THERE[0], 5, 56);

    for exporter in [&first, &second] {
        wait_for_sent(exporter, 5);
    }
    // The one that has the XDP hook attaches again, and leaves the other one's filter alone.
    let of_second = filters(&cable).into_iter().find(|filter| !before.contains(filter)).unwrap();
    let [priority, handle] = [before[0].priority, before[0].program].map(|it| it.to_string());
    let place = ["dev", Cable::DEVICE, "egress", "pref", &priority, "handle", &handle, "bpf"];
    cable.here.run("tc", &[&["filter", "del"], &place[..]].concat());
    wait_for("the first filter to be put back", || match filters(&cable) {
        now if now.len() == 2 && now.contains(&of_second) => Ok(()),
        other => Err(format!("{other:?}, among them {of_second:?}")),
    });
    programs::ping(&cable, Cable::THERE[0], 3, 56);
    wait_for_sent(&first, 8);
    wait_for_sent(&second, 8);
    first.signal(Signal::TERM);
    let (status, lines) = first.end();
    assert_eq!(status.code(), Some(0), "{lines:#?}");
    assert_eq!(filters(&cable), [of_second]);
}

#[test]
#[ignore = "needs root: `cargo xtask test clsact`"]
fn a_filter_that_a_kill_left_is_taken_off_by_the_next_start() {
    let cable = Cable::lay("stale");
    let mut killed = Exporter::start(&cable.here, &CLSACT);
    assert_eq!(killed.scrape().find(ATTACHED, &HOOK), Some(1));
    killed.signal(Signal::KILL);
    killed.end();
    let left = filters(&cable);
    assert_eq!(left.len(), 1, "a filter has no process");

    let mut next = Exporter::start(&cable.here, &CLSACT);

    let [now] = &filters(&cable)[..] else { panic!("{:?}", filters(&cable)) };
    assert!(!left.contains(now));
    next.signal(Signal::TERM);
    let (status, lines) = next.end();
    assert_eq!(status.code(), Some(0), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("Removed a filter")), "{lines:#?}");
    assert_eq!(filters(&cable), []);
}

/// The unit of an exporter may have a user of its own, while another one is run by root.
#[test]
#[ignore = "needs root: `cargo xtask test clsact`"]
fn a_filter_of_an_exporter_under_another_user_stays() {
    let cable = Cable::lay("users");
    let mut other = Exporter::start(&cable.here, &CLSACT);
    let [Filter { program, .. }] = filters(&cable)[..] else { panic!("one filter") };
    let claimed = claim(&cable, &program.to_string(), "/of-another-user", NOBODY);
    other.signal(Signal::KILL);
    other.end();

    let first = Exporter::start(&cable.here, &CLSACT);
    let programs: Vec<_> = filters(&cable).iter().map(|it| it.program).collect();
    assert_eq!((programs.len(), programs.contains(&program)), (2, true), "{programs:?}");
    drop(claimed);
    let _second = Exporter::spawn(&cable.here, 10_200, &CLSACT);

    wait_for("the filter without a process to go", || match filters(&cable) {
        now if now.len() == 2 && now.iter().all(|it| it.program != program) => Ok(()),
        other => Err(format!("{other:?}: {:#?}", first.lines())),
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test clsact`"]
fn a_filter_that_a_kill_left_is_taken_off_where_others_have_the_hook_and_a_filter() {
    let cable = Cable::lay("beside");
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut foreign = Inspector::new(&datapath).unwrap();
    let id = foreign.program().unwrap().info().unwrap().id().to_string();
    cable.here.run("bpftool", &["net", "attach", "xdp", "id", &id, "dev", Cable::DEVICE]);
    let _living = Exporter::start(&cable.here, &CLSACT);
    let of_living = filters(&cable);
    let mut killed = Exporter::spawn(&cable.here, 10_200, &CLSACT);
    wait_for("the second filter", || match filters(&cable).len() {
        2 => Ok(()),
        other => Err(format!("{other} filters")),
    });
    killed.signal(Signal::KILL);
    killed.end();
    let left = filters(&cable);
    assert_eq!(left.len(), 2, "{left:?}");

    let [stale] = &left.iter().filter(|it| **it != of_living[0]).collect::<Vec<_>>()[..] else {
        panic!("{left:?}, and {of_living:?}");
    };

    let mut next = Exporter::spawn(&cable.here, 10_201, &CLSACT);
    wait_for("the third filter in place of the second", || match filters(&cable) {
        now if now.len() == 2 && !now.contains(stale) => Ok(()),
        other => Err(format!("{other:?}, {stale:?} is stale")),
    });
    next.signal(Signal::KILL);
    next.end();
    let _tcx = Exporter::spawn(&cable.here, 10_202, &[]);

    wait_for("only the filter that has a process", || match filters(&cable) {
        now if now == of_living => Ok(()),
        other => Err(format!("{other:?}, not {of_living:?}")),
    });
}

fn filters(cable: &Cable) -> Vec<Filter> {
    let shown = cable.here.run("tc", &["-j", "filter", "show", "dev", Cable::DEVICE, "egress"]);
    let shown: Value = serde_json::from_str(&shown).expect("`tc -j` prints JSON");
    let of_program = |filter: &Value| {
        let options = &filter["options"];
        let is_ours = options["bpf_name"] == "count_sent";
        let of = |value: &Value| value.as_u64().expect("a number");
        is_ours
            .then(|| Filter { priority: of(&filter["pref"]), program: of(&options["prog"]["id"]) })
    };

    shown.as_array().expect("a list").iter().filter_map(of_program).collect()
}

fn wait_for_sent(exporter: &Exporter, expected: u64) {
    wait_for("the pings to be counted", || {
        match exporter.scrape().transmitted("", &[("protocol", "icmp")]).packets {
            packets if packets == expected => Ok(()),
            other => Err(format!("{other} of {expected}")),
        }
    });
}
