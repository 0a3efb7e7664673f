//! The rules for names, helps and labels. Source, unless stated otherwise: client_golang,
//! `prometheus/testutil/promlint/validations`.

use super::*;

const RECEIVE: &str = "\
packet_receive_packets_total packet_receive_bytes_total packet_receive_frame_size_bytes \
packet_receive_cast_packets_total packet_receive_tcp_packets_total \
packet_receive_icmp_packets_total packet_receive_fragments_total \
packet_receive_malformed_packets_total packet_receive_encapsulated_packets_total \
packet_receive_verdicts_total packet_receive_dscp_packets_total \
packet_receive_ecn_packets_total packet_receive_vlan_packets_total \
packet_receive_port_packets_total packet_receive_port_bytes_total \
packet_receive_source_packets_total packet_receive_source_bytes_total \
packet_receive_distinct_sources packet_receive_distinct_ports \
packet_receive_source_entropy_ratio packet_receive_port_entropy_ratio \
packet_receive_scanning_sources packet_receive_syn_sources";

const TRANSMIT: &str = "\
packet_transmit_packets_total packet_transmit_bytes_total packet_transmit_frame_size_bytes \
packet_transmit_cast_packets_total packet_transmit_tcp_packets_total \
packet_transmit_icmp_packets_total packet_transmit_fragments_total \
packet_transmit_malformed_packets_total packet_transmit_encapsulated_packets_total \
packet_transmit_verdicts_total packet_transmit_dscp_packets_total \
packet_transmit_ecn_packets_total packet_transmit_vlan_packets_total \
packet_transmit_port_packets_total packet_transmit_port_bytes_total \
packet_transmit_destination_packets_total packet_transmit_destination_bytes_total \
packet_transmit_distinct_destinations packet_transmit_distinct_ports \
packet_transmit_destination_entropy_ratio packet_transmit_port_entropy_ratio \
packet_transmit_scanned_destinations packet_transmit_syn_destinations";

const OTHERS: &str = "\
packet_exporter_build_info packet_exporter_program_attached packet_exporter_program_info packet_exporter_device_info \
packet_exporter_counting_since_timestamp_seconds packet_exporter_imbalanced_intervals_total \
packet_exporter_attach_failures_total packet_exporter_fold_duration_seconds \
packet_exporter_folds_total packet_exporter_interval_seconds packet_exporter_fold_failures_total \
packet_exporter_last_fold_timestamp_seconds packet_exporter_config_last_reload_successful \
packet_exporter_config_last_reload_success_timestamp_seconds packet_exporter_config_reloads_total \
packet_exporter_config_overridden_keys packet_exporter_config_waiting_keys \
packet_exporter_unattributed_packets_total packet_exporter_guard_active \
packet_exporter_map_entries packet_exporter_map_entries_limit packet_exporter_map_memory_bytes \
packet_exporter_memory_bytes packet_exporter_memory_limit_bytes \
packet_exporter_series packet_exporter_series_limit packet_exporter_series_evicted_total \
packet_exporter_listening_age_seconds \
packet_exporter_samples_total packet_exporter_samples_lost_total \
packet_exporter_part_up packet_exporter_part_restarts_total \
packet_exporter_http_refusals_total packet_exporter_connection_panics_total \
packet_exporter_otlp_exports_total packet_exporter_otlp_export_failures_total \
packet_exporter_otlp_exported_points_total packet_exporter_otlp_rejected_points_total \
packet_exporter_otlp_export_duration_seconds packet_exporter_log_events_lost_total \
process_cpu_seconds_total process_open_fds process_max_fds process_virtual_memory_bytes \
process_virtual_memory_max_bytes process_resident_memory_bytes process_start_time_seconds \
process_threads";

#[test]
fn these_are_all_names_in_their_order() {
    let names: Vec<_> = families().map(|family| family.stored_name()).collect();

    let expected = [RECEIVE, TRANSMIT, OTHERS].join(" ");

    assert_eq!(names, expected.split(' ').collect::<Vec<_>>());
}

#[test]
fn names_are_what_promtool_expects() {
    const TYPES: [&str; 6] = ["counter", "gauge", "histogram", "summary", "info", "untyped"];
    const ABBREVIATIONS: [&str; 12] =
        ["s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "m", "h", "d"];
    const NOT_BASE: [&str; 10] = [
        "milliseconds",
        "microseconds",
        "nanoseconds",
        "minutes",
        "hours",
        "days",
        "kilobytes",
        "megabytes",
        "bits",
        "percent",
    ];

    for family in families() {
        let name = family.stored_name();
        let parts: Vec<_> = name.split('_').collect();
        let ends_with = |suffix| parts.last() == Some(&suffix);

        assert!(is_snake_case(&name), "{name}");
        assert_eq!(ends_with("total"), family.kind() == Kind::Counter, "{name}");
        assert_eq!(ends_with("info"), family.kind() == Kind::Info, "{name}");
        assert!(!["count", "sum", "bucket"].into_iter().any(ends_with), "{name}");
        assert!(parts.iter().rev().skip(1).all(|part| !TYPES.contains(part)), "{name}");
        assert!(!parts.iter().any(|part| ABBREVIATIONS.contains(part)), "{name}");
        assert!(!parts.iter().any(|part| NOT_BASE.contains(part)), "{name}");
        // The name has to end with what `# UNIT` of OpenMetrics states.
        let units = ["packets", "bytes", "seconds", "ratio"];
        let named = family.name();
        assert!(units.iter().all(|unit| !named.ends_with(&format!("_{unit}"))), "{name}");
    }
}

#[test]
fn no_two_metrics_share_a_series_name() {
    let mut seen = BTreeSet::new();

    for family in families() {
        let name = family.stored_name();
        let series = match family.kind() {
            Kind::Histogram => ["_bucket", "_sum", "_count"].map(|s| format!("{name}{s}")).to_vec(),
            Kind::Counter | Kind::Gauge | Kind::Info => vec![name.clone()],
        };
        for series in series {
            assert!(seen.insert(series.clone()), "{series} twice");
        }
    }
}

#[test]
fn helps_are_one_clean_sentence() {
    for family in families() {
        let (name, help) = (family.stored_name(), family.help());

        assert!(help.starts_with(char::is_uppercase), "{name}: {help}");
        assert!(help.ends_with('.') && !help.contains(". "), "{name}: {help}");
        assert!(!help.contains(['\\', '"', '\n', '|']), "{name}: {help}");
        assert!(!help.contains("  "), "{name}: {help}");
    }
}

#[test]
fn labels_say_what_differs_and_nothing_of_the_target() {
    // Names that clash with what scrapers add.
    // Source: prometheus/docs, `writing_exporters.md`, sections "Labels" and "Target labels".
    const TAKEN: [&str; 14] = [
        "type",
        "region",
        "zone",
        "cluster",
        "az",
        "dc",
        "datacenter",
        "owner",
        "stage",
        "service",
        "env",
        "job",
        "instance",
        "host",
    ];

    for family in families() {
        let (name, labels) = (family.stored_name(), family.labels());

        for label in labels {
            // The field of the header is called so.
            let is_field = name.ends_with("_icmp_packets_total") && *label == "type";
            assert!(!TAKEN.contains(label) || is_field, "{name} {label}");
            assert!(is_snake_case(label) && !["le", "quantile"].contains(label), "{name} {label}");
            assert!(!name.contains(&format!("_{label}_{label}")), "{name} {label}");
        }
        assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), labels.len(), "{name}");
        // A direction is a metric of its own, so that sums mean something.
        assert_eq!(family.direction.is_some(), labels.first() == Some(&"device") && !is_own(&name));
    }
    let everywhere = |label| families().all(|family| family.labels().contains(&label));
    assert!(!families().flat_map(|family| family.labels()).any(|label| everywhere(*label)));
}

#[test]
fn no_label_value_is_called_total_or_all() {
    let readings = example::readings();

    for family in families() {
        let name = family.stored_name();
        for (labels, _) in read(&name, &readings).0 {
            assert!(!labels.iter().any(|value| ["total", "all"].contains(&&**value)), "{name}");
        }
    }
}

fn is_own(name: &str) -> bool {
    name.starts_with("packet_exporter_")
}

fn is_snake_case(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };

    name.split('_').all(is_part)
}
