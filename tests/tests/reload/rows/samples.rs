//! Keys of sampled packets.

use serde_json::Value;

use super::super::observations::{Row, Scene};
use super::super::scenes::{has, knock};

const TAKEN: &str = "packet_exporter_samples_total";
const ON: (&str, &str) = ("samples.enabled", "true");
const ALL: (&str, &str) = ("samples.one_in", "1");
const FAST: (&str, &str) = ("samples.per_second", "1000");
const TOKENS: (&str, &str) = ("api.token_file", "'FOLDER/tokens.toml'");
const DISCARD: (&str, &str) = ("samples.matching", "['port=9']");

pub(crate) const SAMPLES: &[Row] = &[
    Row {
        key: "samples.enabled",
        after: "true",
        seen: |it| has(it, "packet_exporter_memory_bytes", &[("part", "samples")]),
        ..Row::USUAL
    },
    Row {
        key: "samples.one_in",
        with: &[ON],
        before: Some("1000000000"),
        after: "1",
        seen: |it| taken(it, 1) > 0,
        ..Row::USUAL
    },
    Row {
        key: "samples.per_second",
        with: &[ON, ALL],
        before: Some("1"),
        after: "1000",
        seen: |it| taken(it, 200) > 100,
        ..Row::USUAL
    },
    Row {
        key: "samples.matching",
        with: &[ON, ALL],
        before: Some("['malformed']"),
        after: "['port=9']",
        seen: |it| taken(it, 9) > 0,
        ..Row::USUAL
    },
    Row {
        key: "samples.snap_length",
        with: &[ON, ALL, DISCARD, TOKENS],
        after: "20",
        seen: |it| last_captured(it) == Some(20),
        ..Row::USUAL
    },
    Row {
        key: "samples.payload",
        with: &[ON, ALL, DISCARD, TOKENS],
        after: "true",
        // Ethernet, IPv4 and UDP.
        seen: |it| last_captured(it) > Some(14 + 20 + 8),
        ..Row::USUAL
    },
    Row {
        key: "samples.kept",
        with: &[ON, ALL, FAST, TOKENS],
        after: "1",
        seen: |it| {
            knock(it, 1..=20);
            samples(it).is_some_and(|it| it["taken"].as_u64() > Some(1) && it["kept"] == 1)
        },
        ..Row::USUAL
    },
];

/// Sends to so many ports, and returns how many packets were sampled so far.
fn taken(scene: &Scene<'_>, ports: u16) -> u64 {
    knock(scene, 1..=ports);

    scene.house.service.scrape().find(TAKEN, &[("device", "veth0")]).unwrap_or_default()
}

/// Sends to the port that is sampled, and returns how much was taken of the last packet so far.
fn last_captured(scene: &Scene<'_>) -> Option<u64> {
    knock(scene, 9..=9);

    samples(scene)?["items"].as_array()?.first()?["captured"].as_u64()
}

fn samples(scene: &Scene<'_>) -> Option<Value> {
    let token = std::fs::read_to_string(scene.house.path("token")).ok()?;
    let login = format!("Bearer {token}");
    let line = "GET /api/v1/packets/samples";
    let answer = scene.house.service.request(line, &[("Authorization", &login)]).ok()?;

    serde_json::from_slice(&answer.body).ok()
}
