//! The corpus covers everything that the parser tells apart, and the oracle agrees with it.

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use shared::{
    Cast, Direction, Encapsulation, Family, FragmentPosition, Malformed, Protocol, SIZE_BOUNDS,
    size_bucket,
};
use tests::capture;
use tests::corpus::bytes::{DESTINATION, DESTINATION_V6};
use tests::corpus::{self, Case};
use tests::oracle::{self, Rules};
use tests::outcome::Outcome;

#[test]
fn the_oracle_says_what_is_written_by_hand() {
    let mut disagreements = Vec::new();

    for Case { name, frame, expected } in corpus::table() {
        let said = oracle::read(&frame, &Rules::project()).outcome(Direction::Receive);
        if said != expected {
            disagreements.push(format!("{name}\n  oracle: {said}\n  table:  {expected}"));
        }
    }

    assert!(disagreements.is_empty(), "\n{}", disagreements.join("\n"));
}

#[test]
fn what_is_sent_has_the_address_it_goes_to() {
    for Case { name, frame, expected } in corpus::table() {
        let said = oracle::read(&frame, &Rules::project()).outcome(Direction::Transmit);

        let address = match expected.family {
            Family::Ipv4 => Some(DESTINATION.into()),
            Family::Ipv6 => Some(DESTINATION_V6.into()),
            Family::Arp | Family::Mpls | Family::Other => None,
        };
        assert_eq!(said, Outcome { address, ..expected }, "{name}");
    }
}

#[test]
fn every_member_of_every_set_is_there() {
    let table = corpus::table();
    let seen = |label: fn(&Outcome) -> Option<&'static str>| -> BTreeSet<_> {
        table.iter().filter_map(|case| label(&case.expected)).collect()
    };
    let all = |labels: &mut dyn Iterator<Item = &'static str>| labels.collect::<BTreeSet<_>>();

    let families = seen(|it| Some(it.family.label()));
    assert_eq!(families, all(&mut Family::ALL.iter().map(|it| it.label())));
    let protocols = seen(|it| Some(it.protocol.label()));
    assert_eq!(protocols, all(&mut Protocol::ALL.iter().map(|it| it.label())));
    let reasons = seen(|it| Some(it.malformed?.label()));
    assert_eq!(reasons, all(&mut Malformed::ALL.iter().map(|it| it.label())));
    let casts = seen(|it| Some(it.cast.label()));
    assert_eq!(casts, all(&mut Cast::ALL.iter().map(|it| it.label())));
    let encapsulations = seen(|it| Some(it.encapsulation?.label()));
    assert_eq!(encapsulations, all(&mut Encapsulation::ALL.iter().map(|it| it.label())));
    for family in [Family::Ipv4, Family::Ipv6] {
        let of_family = table.iter().filter(|case| case.expected.family == family);
        let positions = of_family.filter_map(|case| case.expected.fragment);
        let positions: BTreeSet<_> = positions.map(FragmentPosition::label).collect();
        assert_eq!(positions, all(&mut FragmentPosition::ALL.iter().map(|it| it.label())));
    }
}

#[test]
fn every_flag_byte_and_every_size_is_there() {
    let table = corpus::table();

    let flags: BTreeSet<_> = table.iter().filter_map(|case| case.expected.tcp_flags).collect();
    let buckets: BTreeSet<_> = table.iter().map(|case| size_bucket(case.expected.length)).collect();

    assert_eq!(flags.len(), 256);
    assert_eq!(buckets, (0..=SIZE_BOUNDS.len()).collect());
}

#[test]
fn each_name_is_of_one_frame() {
    let mut names = BTreeSet::new();

    for Case { name, .. } in corpus::table().into_iter().chain(corpus::sweeps()) {
        assert!(names.insert(name.clone()), "two frames are called {name:?}");
    }
}

#[test]
fn the_committed_capture_is_of_this_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let paths = [folder.join("frames.pcap"), folder.join("frames.txt")];
    let (pcap, text) = corpus::files();

    if env::var_os("UPDATE_CORPUS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        fs::write(&paths[0], &pcap).unwrap();
        fs::write(&paths[1], &text).unwrap();
    }

    let committed = paths.map(|path| fs::read(path).unwrap_or_default());
    assert!(
        committed == [pcap, text.clone().into_bytes()],
        "tests/corpus is stale; run `UPDATE_CORPUS=1 cargo test -p tests --test corpus`"
    );
    let frames = capture::read(&folder.join("frames.pcap"));
    assert_eq!(frames.len(), text.lines().count(), "a line for each frame");
}
