//! Pinned maps that something else has changed.

use std::mem::offset_of;

use rustix::process::Signal;
use shared::{LAYOUT, Parsed, Totals};
use tests::cable::Cable;
use tests::exporter::Exporter;
use tests::patience::wait_for;
use tests::programs;

use super::file_system::BpfFileSystem;

/// The counts of a CPU are changed from outside, as nothing but a defect would.
#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn counts_that_do_not_add_up_are_counted_and_warned_of_once() {
    const LENGTH: usize = offset_of!(Totals, parsed) + offset_of!(Parsed, length);
    let cable = Cable::lay("unbalanced");
    let pins = BpfFileSystem::mount("unbalanced");
    let exporter = Exporter::start(&cable.here, &pins.flags());
    let imbalanced = |labels: &[(&str, &str)]| {
        exporter.scrape().find("packet_exporter_imbalanced_intervals_total", labels)
    };
    assert_eq!(imbalanced(&[("device", Cable::DEVICE), ("direction", "receive")]), Some(0));
    assert_eq!(imbalanced(&[]), Some(0));

    pins.change("receive", "TOTALS", |totals: &mut [u8; size_of::<Totals>()]| {
        totals[LENGTH] = 60;
        totals[offset_of!(Totals, counts.sizes)] = 1;
    });

    let of_sizes = [("direction", "receive"), ("law", "sizes")];
    wait_for("the interval to be counted", || match imbalanced(&of_sizes) {
        Some(1) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    assert_eq!(imbalanced(&[]), Some(1), "the other laws and the other direction are kept");
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 3, 56);
    wait_for("the pings to be counted", || {
        match exporter.scrape().received("", &[("protocol", "icmp")]).packets {
            3 => Ok(()),
            other => Err(format!("{other} of 3")),
        }
    });
    let lines = exporter.lines();
    let warnings: Vec<_> = lines.iter().filter(|line| line.contains("do not add up")).collect();
    assert_eq!(warnings.len(), 1, "{lines:#?}");
    assert!(warnings[0].contains("law=sizes") && warnings[0].contains("parts_packets=1 "));
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn maps_that_another_version_laid_out_are_not_adopted() {
    let cable = Cable::lay("relaid");
    let pins = BpfFileSystem::mount("relaid");
    let mut first = Exporter::start(&cable.here, &pins.flags());
    cable.plug_in();
    first.signal(Signal::KILL);
    first.end();
    programs::ping(&cable, Cable::THERE[0], 5, 56);
    for direction in ["receive", "transmit"] {
        pins.change(direction, "LAYOUT", |layout: &mut [u8; 104]| {
            layout[..8].copy_from_slice(&(LAYOUT - 1).to_ne_bytes());
        });
    }

    let second = Exporter::start(&cable.here, &pins.flags());

    programs::ping(&cable, Cable::THERE[0], 3, 56);
    wait_for("the later pings to be counted", || {
        match second.scrape().received("", &[("protocol", "icmp")]).packets {
            3 => Ok(()),
            other => Err(format!("{other} of 3")),
        }
    });
    let said = second.lines().join("\n");
    assert!(said.contains("The pinned maps have another version"), "{said}");
    assert_eq!(pins.taps(), 2);
    // The link stayed as it was made.
    let info = [("device", Cable::DEVICE), ("hook", "xdp"), ("mode", "native")];
    assert_eq!(second.scrape().find("packet_exporter_program_info", &info), Some(1));
}
