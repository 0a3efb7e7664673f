//! `GET /devices`: which devices are counted, how, and what was refused.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use shared::Direction;

use super::moment::rfc3339;
use crate::catalog::Readings;
use crate::health::{Attachment, DeviceInfo, Mode, Running};
use crate::snapshot::{Flow, Snapshot};

/// Devices that are wanted or counted, in the order of their names.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Devices {
    items: Vec<Known>,
}

/// One device. What is not known of it, or left out by `metrics.exclude`, is null.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Device")]
struct Known {
    device: String,
    /// Null too where the device is wanted by name and not there.
    ifindex: Option<u32>,
    /// The kernel's name for its kind, as `veth`.
    kind: Option<String>,
    /// The driver of its hardware.
    driver: Option<String>,
    /// What an operator remarked on it, or the network namespace of its other end.
    alias: Option<String>,
    /// The device that it is a part of, as a bond.
    master: Option<String>,
    /// Programs that are wanted or were tried, receive first.
    programs: Vec<AtHook>,
    /// What is counted, receive first.
    flows: Vec<Counting>,
}

/// A program at a hook of the device.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Program")]
struct AtHook {
    direction: &'static str,
    hook: &'static str,
    /// It runs, and no other program may hide frames from it.
    attached: bool,
    /// False where the direction is counted at another hook, and this one was tried in vain.
    wanted: bool,
    /// How XDP runs it; null on the hooks of tc.
    mode: Option<&'static str>,
    program: Option<String>,
    tag: Option<String>,
    /// Attempts that failed, by reason.
    failures: BTreeMap<&'static str, u64>,
}

/// One direction that is counted.
#[derive(Debug, Serialize, JsonSchema)]
struct Counting {
    direction: &'static str,
    /// When counting began.
    since: String,
    /// Intervals whose parts did not add up; always 0.
    imbalanced_intervals: u64,
}

/// What is known of one name.
#[derive(Default)]
struct Parts<'a> {
    info: Option<&'a DeviceInfo>,
    attachments: Vec<&'a Attachment>,
    flows: Vec<&'a Flow>,
}

impl Devices {
    pub(super) fn of(readings: &Readings) -> Self {
        let Snapshot { flows, health, .. } = &*readings.snapshot;
        let shows = |name| readings.choice.has_name(name);
        let has_info = shows("packet_exporter_device");
        let has_programs = shows("packet_exporter_program");

        let mut by_name: BTreeMap<&str, Parts<'_>> = BTreeMap::new();
        for info in health.devices.iter() {
            by_name.entry(&info.device).or_default().info = Some(info).filter(|_| has_info);
        }
        for attachment in &health.attachments {
            by_name.entry(&attachment.device).or_default().attachments.push(attachment);
        }
        for flow in flows {
            by_name.entry(&flow.device).or_default().flows.push(flow);
        }
        let known = |(name, parts)| Known::of(name, parts, has_programs);

        Self { items: by_name.into_iter().map(known).collect() }
    }
}

impl Known {
    fn of(name: &str, parts: Parts<'_>, has_programs: bool) -> Self {
        let Parts { info, attachments, flows } = parts;
        let known = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let text = |of: fn(&DeviceInfo) -> &str| info.map(of).and_then(known);
        let mut programs: Vec<_> =
            attachments.into_iter().map(|it| AtHook::of(it, has_programs)).collect();
        programs.sort_by_key(|program| program.direction != Direction::Receive.label());

        Self {
            device: name.into(),
            ifindex: info.map(|info| info.ifindex),
            kind: text(|info| &info.kind),
            driver: text(|info| &info.driver),
            alias: text(|info| &info.alias),
            master: text(|info| &info.master),
            programs,
            flows: flows.into_iter().map(Counting::of).collect(),
        }
    }
}

impl AtHook {
    fn of(attachment: &Attachment, has_programs: bool) -> Self {
        let Attachment { device: _, hook, running, is_wanted, failures } = attachment;
        let attached = running.is_some();
        let running = running.as_ref().filter(|_| has_programs);

        Self {
            direction: hook.direction().label(),
            hook: hook.label(),
            attached,
            wanted: *is_wanted,
            mode: running.and_then(|it| it.mode).map(Mode::label),
            program: running.map(|Running { program, .. }| program.clone()),
            tag: running.map(|Running { tag, .. }| tag.clone()),
            failures: failures.iter().map(|(reason, count)| (reason.label(), *count)).collect(),
        }
    }
}

impl Counting {
    fn of(flow: &Flow) -> Self {
        Self {
            direction: flow.direction.label(),
            since: rfc3339(flow.since),
            imbalanced_intervals: flow.imbalanced.iter().sum(),
        }
    }
}
