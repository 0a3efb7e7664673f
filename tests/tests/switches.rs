//! Constants of programs change while they count: each frame is counted once, and adds up.

mod switches {
    pub(super) mod bed;
    pub(super) mod senders;
}

use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use exporter::datapath::{Datapath, Inspector, LinkLayer, Options, Placement, TransmitChoice};
use exporter::health::{Hook, Mode};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use shared::Direction;
use tests::corpus;
use tests::oracle::{self, Rules};
use tests::rows::Rows;
use tests::skb::RECEIVED;

use switches::bed::{self, Bed, Way, clients_in};

/// Changes of constants of both programs.
const CHANGES: usize = 100;
/// The limit of open files is that of the process: a test that lowers it has the process for itself.
static LIMIT: RwLock<()> = RwLock::new(());
/// Rows of what is counted by key.
const KEYED: [&str; 4] = ["source", "port", "vlan", "touched"];

#[test]
#[ignore = "needs root: `cargo xtask test switches`"]
fn a_native_program_and_one_of_tcx_change_under_load() {
    conserves("native-tcx", Placement::xdp(Mode::Native), TransmitChoice::Tcx);
}

#[test]
#[ignore = "needs root: `cargo xtask test switches`"]
fn a_generic_program_and_a_filter_of_clsact_change_under_load() {
    conserves("generic-clsact", Placement::xdp(Mode::Generic), TransmitChoice::Clsact);
}

#[test]
#[ignore = "needs root: `cargo xtask test switches`"]
fn programs_of_tcx_change_in_both_directions_under_load() {
    conserves("tcx-tcx", RECEIVED, TransmitChoice::Tcx);
}

#[test]
#[ignore = "needs root: `cargo xtask test switches`"]
fn filters_of_clsact_change_in_both_directions_under_load() {
    let received = Placement::tc(Hook::TcIngress, LinkLayer::Ethernet);
    conserves("clsact-clsact", received, TransmitChoice::Clsact);
}

/// The control: the same checks notice a program that is removed and put back.
#[test]
#[ignore = "needs root: `cargo xtask test switches`"]
fn a_gap_between_two_programs_is_noticed() {
    let _limit = usual_limit();
    let mut bed = Bed::make("gap", Placement::xdp(Mode::Generic), TransmitChoice::Clsact);

    let verdict = bed.run(20, Way::WithAGap);

    let missing = verdict.unwrap_err();
    assert!(missing.contains("were sent"), "{missing}");
}

/// The control: the same checks notice a part that was off for some of an interval.
#[test]
#[ignore = "needs root: `cargo xtask test switches`"]
fn an_interval_of_which_a_part_was_off_does_not_add_up() {
    let _limit = usual_limit();
    let mut bed = Bed::make("part", Placement::xdp(Mode::Generic), TransmitChoice::Tcx);

    let verdict = bed.run(8, Way::AsIfAllWereOn);

    let broken = verdict.unwrap_err();
    assert!(broken.contains("does not add up"), "{broken}");
}

#[test]
#[ignore = "needs root: `cargo xtask test switches`"]
fn each_choice_of_constants_counts_what_it_says_on_the_maps_of_another() {
    let _limit = usual_limit();
    let all = Options { vlans: true, ..Options::default() };
    let datapath = Datapath::new(Options::default()).unwrap();
    let mut inspector = Inspector::new(&datapath).unwrap();
    let cases: Vec<_> = corpus::table().into_iter().filter(corpus::Case::is_sendable).collect();
    let outcomes: Vec<_> = cases
        .iter()
        .map(|case| oracle::read(&case.frame, &Rules::project()).outcome(Direction::Receive))
        .collect();

    for options in [
        all.clone(),
        Options { sources: false, ports: false, signals: false, vlans: false, ..all.clone() },
        all.clone(),
        Options { port_rules: clients_in(1..=1023), ..all.clone() },
        Options { vlans: false, ..all.clone() },
        all.clone(),
    ] {
        inspector.change(&options).unwrap();
        inspector.wait().unwrap();
        inspector.read().unwrap();
        for case in &cases {
            inspector.run(&case.frame).unwrap();
        }
        let interval = inspector.drain().unwrap();

        let expected = Rows::expected(&outcomes, &options.port_rules);
        let Options { sources, ports, vlans, signals, .. } = options;
        let switches = [sources, ports, vlans, signals];
        assert_eq!(bed::counted(&interval), switches);
        let off: Vec<_> = KEYED.into_iter().zip(switches).filter(|it| !it.1).collect();
        let off: Vec<&str> = off.into_iter().map(|(row, _)| row).collect();
        assert_eq!(
            Rows::of(&interval).differences(&expected.without(&off)),
            [""; 0],
            "{switches:?}"
        );
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test switches`"]
fn where_no_other_program_can_be_loaded_the_one_before_goes_on() {
    let _alone = LIMIT.write().unwrap_or_else(PoisonError::into_inner);
    let mut bed = Bed::make("limit", Placement::xdp(Mode::Native), TransmitChoice::Tcx);
    let limit = getrlimit(Resource::Nofile);

    // As many as there are, and too few for the maps of another program.
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
    setrlimit(Resource::Nofile, Rlimit { current: Some(open + 3), ..limit }).unwrap();
    let failed = bed.run(1, Way::Replaced);
    setrlimit(Resource::Nofile, limit).unwrap();

    let error = failed.unwrap_err();
    assert!(error.contains("change 0"), "{error}");
    assert!(bed.counts_all(), "the programs before have gone on");
    assert_eq!(bed.run(1, Way::Replaced), Ok(()), "and are replaced once that can be done");
    assert!(!bed.counts_all());
}

fn conserves(cable: &str, placement: Placement, transmit: TransmitChoice) {
    let _limit = usual_limit();
    let mut bed = Bed::make(cable, placement, transmit);

    let verdict = bed.run(CHANGES, Way::Replaced);

    assert_eq!(verdict, Ok(()));
}

/// Returns what keeps the limit of open files as it is.
fn usual_limit() -> RwLockReadGuard<'static, ()> {
    LIMIT.read().unwrap_or_else(PoisonError::into_inner)
}
