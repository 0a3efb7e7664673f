use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Instant;
use std::{env, fs};

use proptest::prelude::*;
use shared::{Count, Direction};

use crate::catalog::{Choice, example};
use crate::health::DeviceInfo;
use crate::process::Process;
use crate::snapshot::{Flow, Snapshot};

use super::*;

/// The committed exposition of the example, by format.
const GOLDEN: [(Format, &str); 2] = [
    (Format::Text0_0_4, concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/metrics.txt")),
    (
        Format::OpenMetrics1_0_0,
        concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/metrics.openmetrics.txt"),
    ),
];

#[test]
fn a_scrape_reads_like_this() {
    for (format, path) in GOLDEN {
        let scrape = encode(&example::readings(), format);

        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(path, &scrape).unwrap();
        }
        let golden = fs::read_to_string(path).unwrap_or_default();
        let differing = scrape.lines().zip(golden.lines()).find(|(ours, golden)| ours != golden);
        assert!(
            scrape == golden,
            "{path} differs, first in {differing:?}; `UPDATE_GOLDEN=1 cargo test -p exporter` rewrites it"
        );
    }
}

#[test]
fn series_do_not_change_with_the_format() {
    let samples = |format| -> Vec<String> {
        let scrape = encode(&example::readings(), format);
        scrape.lines().filter(|line| !line.starts_with('#')).map(String::from).collect()
    };

    let text = samples(Format::Text0_0_4);

    assert!(text.len() > 100);
    for format in [Format::Text1_0_0, Format::OpenMetrics0_0_1, Format::OpenMetrics1_0_0] {
        assert_eq!(samples(format), text);
    }
}

#[test]
fn no_family_is_announced_without_samples() {
    let readings =
        Readings { snapshot: Arc::default(), process: Process::default(), ..example::readings() };

    for format in [Format::Text0_0_4, Format::OpenMetrics1_0_0] {
        let scrape = encode(&readings, format);

        let lines: Vec<_> = scrape.lines().collect();
        for pair in lines.windows(2).filter(|pair| pair[0].starts_with("# TYPE")) {
            let is_lonely = pair[1].starts_with("# HELP") || pair[1].starts_with("# EOF");
            assert!(!is_lonely, "{pair:?}");
        }
        assert!(scrape.contains("\npacket_exporter_folds_total 0\n"));
        assert!(!scrape.contains("packet_receive"));
        assert!(!scrape.contains("process_"));
    }
}

#[test]
fn what_is_not_chosen_leaves_no_trace() {
    let choice = Choice::without(&["packet_exporter_.*".parse().unwrap()]);
    let choice = choice.asking([].into_iter(), ["process"].into_iter()).unwrap();
    let readings = Readings { choice, ..example::readings() };

    for format in [Format::Text0_0_4, Format::OpenMetrics1_0_0] {
        let scrape = encode(&readings, format);

        let is_known =
            |line: &str| line.contains("packet_receive_") || line.contains("packet_transmit_");
        assert!(scrape.lines().all(|line| is_known(line) || line == "# EOF"), "{scrape}");
        assert!(scrape.lines().count() > 100);
    }
    let nothing = Readings { choice: Choice::without(&[".*".parse().unwrap()]), ..readings };
    assert_eq!(encode(&nothing, Format::Text0_0_4), "");
    assert_eq!(encode(&nothing, Format::OpenMetrics1_0_0), "# EOF\n");
}

#[test]
fn a_device_may_be_called_anything_the_kernel_allows() {
    let scrape = encode(&one(example::empty("a\"b\\c{λ}", Direction::Receive)), Format::Text0_0_4);

    let expected = r#"packet_receive_verdicts_total{device="a\"b\\c{λ}",action="pass"} 0"#;
    assert!(scrape.lines().any(|line| line == expected), "{scrape}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_label_of_a_device_is_one_line_and_reads_back_as_it_was(alias in "(?s:.{0,40})") {
        let mut readings = example::readings();
        let snapshot = Arc::make_mut(&mut readings.snapshot);
        let device = DeviceInfo { alias: alias.as_str().into(), ..snapshot.health.devices[0].clone() };
        snapshot.health.devices = [device].into();

        for (format, _) in GOLDEN {
            let scrape = encode(&readings, format);

            let infos: Vec<_> = scrape
                .split('\n')
                .filter(|line| line.starts_with("packet_exporter_device_info{"))
                .collect();
            prop_assert_eq!(infos.len(), 1);
            let (_, value) = infos[0].split_once("driver=\"ixgbe\",").unwrap();
            let (value, _) = value.rsplit_once("master=").unwrap();
            prop_assert_eq!(value, labelled(&alias), "{}", infos[0]);
        }
    }
}

/// Returns an alias as the label has it. Source: exposition_formats.md of Prometheus, "Comments, help text,
/// and type information".
fn labelled(alias: &str) -> String {
    if alias.is_empty() {
        return String::new();
    }
    let escaped = alias.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n");

    format!("alias=\"{escaped}\",")
}

#[test]
fn counters_are_exact_beyond_what_a_float_can_hold() {
    let mut flow = example::empty("eth0", Direction::Receive);
    Arc::make_mut(&mut flow.totals).cells[0][0] = Count { packets: (1 << 53) + 1, bytes: u64::MAX };

    for format in [Format::Text0_0_4, Format::OpenMetrics1_0_0] {
        let scrape = encode(&one(flow.clone()), format);

        let labels = r#"{device="eth0",family="ipv4",protocol="tcp"}"#;
        for (name, value) in [("packets", "9007199254740993"), ("bytes", "18446744073709551615")] {
            let expected = format!("packet_receive_{name}_total{labels} {value}\n");
            assert!(scrape.contains(&expected), "{expected}");
        }
    }
}

#[test]
#[ignore = "a measurement: `cargo test --release -p exporter -- --ignored --nocapture encodes`"]
#[expect(clippy::print_stdout, reason = "the figure is what it is for")]
fn it_encodes_100_000_series_in() {
    let sources = (0..50_000_u32).map(|n| {
        let address = IpAddr::from(Ipv4Addr::from(n << 8 | 7));
        example::named(address, n.into(), u64::from(n) << 20)
    });
    let flow = example::of_sources(sources);
    let readings = one(flow);

    for (format, _) in GOLDEN {
        let times = (0..11).map(|_| {
            let start = Instant::now();
            let length = encode(&readings, format).len();
            (start.elapsed(), length)
        });
        let mut times: Vec<_> = times.collect();
        times.sort();
        let (best, length) = times[0];
        println!("{format:?}: best {best:?}, median {:?}, {length} bytes", times[5].0);
    }
}

/// Readings of a single flow.
fn one(flow: Flow) -> Readings {
    let snapshot = Snapshot { flows: vec![Arc::new(flow)], ..Snapshot::default() };

    Readings { snapshot: Arc::new(snapshot), ..example::readings() }
}
