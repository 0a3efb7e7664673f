//! The effect of each key that is live.

mod pushes;
mod samples;

use tests::cable::Cable;

use super::crowds::{
    By, all_names, come_back, come_in_crowds, go_and_come_back, is_forgotten, take_over_one,
    taken_over, turned_away,
};
use super::observations::Row;
use super::scenes::{
    PORTS, SCANNING, SOURCES, apply_at_level_warn, attached, has, has_value, is_refused_a_page,
    is_tunnel, knock_from, knock_named, limit, lose_extra, ping_named, scan, scan_a_little,
    write_again,
};

pub(crate) use pushes::PUSHES;
pub(crate) use samples::SAMPLES;

/// All of them, a test for each group.
pub(crate) const GROUPS: [&[Row]; 6] = [DEVICES, DIMENSIONS, SIGNALS, SAMPLES, PUSHES, SERVER];

pub(crate) const DEVICES: &[Row] = &[
    Row {
        key: "devices.include",
        after: "'veth0|extra0'",
        seen: |it| attached(it, "extra0") == Some(1),
        ..Row::USUAL
    },
    Row {
        key: "devices.exclude",
        with: &[("devices.include", "'veth0|extra.*'")],
        after: "'extra.*'",
        seen: |it| attached(it, "extra0").is_none(),
        ..Row::USUAL
    },
    Row {
        key: "devices.linger",
        with: &[("devices.include", "'veth0|extra0'")],
        before: Some("'1h'"),
        after: "'1s'",
        first: lose_extra,
        seen: |it| !has(it, "packet_receive_packets_total", &[("device", "extra0")]),
        ..Row::USUAL
    },
    Row {
        key: "datapath.interval",
        after: "'2s'",
        seen: |it| has_value(it, "packet_exporter_interval_seconds", 2),
        ..Row::USUAL
    },
    Row {
        key: "datapath.miss_budget",
        with: &[("datapath.source_table_kib", "64")],
        before: Some("10000000"),
        after: "1000",
        first: come_in_crowds,
        seen: |it| turned_away(it, "guard") > 0,
        ..Row::USUAL
    },
];

pub(crate) const DIMENSIONS: &[Row] = &[
    // The slowest come first, as several are observed at a time.
    Row {
        key: "sources.churn",
        with: &[("sources.limit", "4")],
        before: Some("1"),
        after: "1000",
        first: |it| take_over_one(it, By::Source),
        seen: |it| taken_over(it, By::Source) >= all_names(),
        ..Row::USUAL
    },
    Row {
        key: "sources.remembered",
        with: &[("sources.limit", "1"), ("sources.idle", "'1s'")],
        after: "2",
        first: |it| go_and_come_back(it, By::Source),
        then: |it| come_back(it, By::Source),
        seen: |it| is_forgotten(it, By::Source),
        ..Row::USUAL
    },
    Row {
        key: "ports.churn",
        with: &[("ports.limit", "4")],
        before: Some("1"),
        after: "1000",
        first: |it| take_over_one(it, By::Port),
        seen: |it| taken_over(it, By::Port) >= all_names(),
        ..Row::USUAL
    },
    Row {
        key: "ports.remembered",
        with: &[("ports.limit", "1"), ("ports.idle", "'1s'")],
        after: "2",
        first: |it| go_and_come_back(it, By::Port),
        then: |it| come_back(it, By::Port),
        seen: |it| is_forgotten(it, By::Port),
        ..Row::USUAL
    },
    Row {
        key: "sources.enabled",
        after: "false",
        seen: |it| !has(it, "packet_receive_source_packets_total", &[]),
        ..Row::USUAL
    },
    Row {
        key: "sources.limit",
        after: "7",
        seen: |it| limit(it, "source") == Some(14),
        ..Row::USUAL
    },
    Row {
        key: "ports.enabled",
        after: "false",
        seen: |it| !has(it, "packet_receive_port_packets_total", &[]),
        ..Row::USUAL
    },
    Row { key: "ports.limit", after: "7", seen: |it| limit(it, "port") == Some(14), ..Row::USUAL },
    Row {
        key: "sources.idle",
        after: "'1s'",
        first: ping_named,
        seen: |it| !has(it, SOURCES, &[("source", Cable::THERE[0])]),
        ..Row::USUAL
    },
    Row {
        key: "ports.idle",
        after: "'1s'",
        first: knock_named,
        seen: |it| !has(it, PORTS, &[("port", "999")]),
        ..Row::USUAL
    },
    Row {
        key: "ports.ephemeral",
        before: Some("'1-2'"),
        after: "'20000-20100'",
        first: knock_named,
        then: |it| knock_from(it, 20_050, 20_060..=20_070),
        seen: |it| {
            let ephemeral = it.house.service.scrape().find(PORTS, &[("port", "ephemeral")]);
            ephemeral > Some(0)
        },
        ..Row::USUAL
    },
    Row {
        key: "ports.services",
        after: "['50000']",
        first: knock_named,
        then: |it| knock_from(it, 40_000, 50_000..=50_000),
        seen: |it| has(it, PORTS, &[("protocol", "udp"), ("port", "50000")]),
        ..Row::USUAL
    },
    Row {
        key: "vlans.enabled",
        after: "true",
        seen: |it| has(it, "packet_receive_vlan_packets_total", &[]),
        ..Row::USUAL
    },
    Row {
        key: "parser.vxlan_ports",
        after: "[4799]",
        seen: |it| is_tunnel(it, 4799, "vxlan"),
        ..Row::USUAL
    },
    Row {
        key: "parser.geneve_ports",
        after: "[6082, 6083]",
        seen: |it| is_tunnel(it, 6083, "geneve"),
        ..Row::USUAL
    },
    Row {
        key: "dscp.enabled",
        after: "true",
        seen: |it| has(it, "packet_receive_ecn_packets_total", &[]),
        ..Row::USUAL
    },
    Row {
        key: "vlans.limit",
        with: &[("vlans.enabled", "true")],
        after: "7",
        seen: |it| limit(it, "vlan") == Some(14),
        ..Row::USUAL
    },
];

pub(crate) const SIGNALS: &[Row] = &[
    Row {
        key: "signals.enabled",
        after: "false",
        seen: |it| !has(it, "packet_receive_distinct_sources", &[]),
        ..Row::USUAL
    },
    Row {
        key: "signals.window",
        with: &[("signals.scan_ports", "4")],
        after: "'10s'",
        first: scan,
        seen: |it| has_value(it, SCANNING, 0),
        ..Row::USUAL
    },
    Row {
        key: "signals.scan_ports",
        before: Some("64"),
        after: "4",
        first: scan_a_little,
        then: scan,
        seen: |it| it.house.service.scrape().find(SCANNING, &[]) > Some(0),
        ..Row::USUAL
    },
];

pub(crate) const SERVER: &[Row] = &[
    Row {
        key: "web.telemetry_path",
        after: "'/m'",
        seen: |it| it.house.service.get("/m").is_ok_and(|it| it.status == 200),
        ..Row::USUAL
    },
    Row { key: "web.max_requests", after: "1", seen: is_refused_a_page, ..Row::USUAL },
    Row {
        key: "web.enable_lifecycle",
        before: Some("false"),
        after: "true",
        seen: |it| it.house.post().0 == 200,
        ..Row::USUAL
    },
    Row {
        key: "api.history_memory",
        after: "'0'",
        seen: |it| !has(it, "packet_exporter_memory_bytes", &[("part", "history")]),
        ..Row::USUAL
    },
    Row {
        // What comes through a proxy does not come from this host.
        key: "web.trusted_proxies",
        after: "'127.0.0.1'",
        seen: |it| it.house.service.get("/api/v1/config").is_ok_and(|it| it.status == 401),
        ..Row::USUAL
    },
    Row {
        // Certificates are verified by the web configuration.
        key: "api.client_names",
        after: "'dns:a=admin'",
        seen: |it| {
            let shown = it.house.service.get("/api/v1/config");
            shown.is_ok_and(|it| it.text().contains("\"client_names\":[\"dns:a=admin\"]"))
        },
        ..Row::USUAL
    },
    Row {
        key: "api.gateway_names",
        after: "'dns:b=read'",
        seen: |it| {
            let shown = it.house.service.get("/api/v1/config");
            shown.is_ok_and(|it| it.text().contains("\"gateway_names\":[\"dns:b=read\"]"))
        },
        ..Row::USUAL
    },
    Row {
        // The users themselves are in the web configuration, which is read for every request.
        key: "api.users",
        after: "'ann=admin'",
        seen: |it| {
            let shown = it.house.service.get("/api/v1/config");
            shown.is_ok_and(|it| it.text().contains("\"users\":[\"ann=admin\"]"))
        },
        ..Row::USUAL
    },
    Row {
        key: "metrics.exclude",
        after: "['packet_receive_frame_size_.*']",
        seen: |it| !has(it, "packet_receive_frame_size_bytes_count", &[("device", "veth0")]),
        ..Row::USUAL
    },
    Row {
        key: "log.level",
        before: Some("'warn'"),
        after: "'info'",
        first: apply_at_level_warn,
        seen: |it| it.house.service.said("Configuration is applied") > 0,
        ..Row::USUAL
    },
    Row {
        key: "config.watch",
        after: "true",
        then: write_again,
        seen: |it| it.house.reloads("file", Some("applied")) > 0,
        ..Row::USUAL
    },
];
