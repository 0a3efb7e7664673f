//! Pinned programs count while no exporter runs.

use std::fs;
use std::mem::offset_of;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use aya::maps::{Array, Map, MapData};
use rustix::process::Signal;
use shared::{Count, LAYOUT, Parsed, Totals};
use tests::cable::Cable;
use tests::exporter::Exporter;
use tests::patience::wait_for;
use tests::programs;
use tests::service::{command, refused};

/// A BPF file system of the test's own, taken away when it is dropped.
struct BpfFileSystem(PathBuf);

impl BpfFileSystem {
    fn mount(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("pins-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        let mounted = Command::new("mount").args(["-t", "bpf", "bpf"]).arg(&path).status().unwrap();
        assert!(mounted.success(), "a BPF file system can be mounted");

        Self(path)
    }

    /// The flags of an exporter that pins its programs here.
    fn flags(&self) -> [&str; 3] {
        ["--datapath.pin", "--datapath.pin-path", self.0.to_str().unwrap()]
    }

    /// How many taps have pins.
    fn taps(&self) -> usize {
        below(&self.0).iter().map(|namespace| below(namespace).len()).sum()
    }

    /// Changes the first entry of a map that is pinned for the only tap of a direction.
    fn change<V: aya::Pod>(&self, direction: &str, map: &str, change: impl FnOnce(&mut V)) {
        let is_wanted = |path: &PathBuf| path.display().to_string().ends_with(direction);
        let tap = below(&self.0).iter().flat_map(below).find(is_wanted).expect("a tap with pins");
        let map = MapData::from_pin(tap.join(map)).expect("a map that is pinned");
        let mut map = Array::<_, V>::try_from(Map::Array(map)).expect("an array of such entries");

        let mut entry = map.get(&0, 0).expect("the first entry");
        change(&mut entry);
        map.set(0, entry, 0).expect("the first entry");
    }
}

fn below(path: impl AsRef<Path>) -> Vec<PathBuf> {
    fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

impl Drop for BpfFileSystem {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg(&self.0).status();
        let _gone = fs::remove_dir(&self.0);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn a_restart_under_load_misses_no_frame() {
    let same: [&str; 0] = [];
    let other = ["--datapath.source-table-kib", "128"];
    for (name, more) in [("the same tables", &same[..]), ("other tables", &other)] {
        println!("{name}:");
        let cable = Cable::lay("restart");
        let pins = BpfFileSystem::mount("restart");
        let mut first = Exporter::start(&cable.here, &pins.flags());
        let program = cable.here.xdp_program(Cable::DEVICE);
        cable.plug_in();
        let mut load = flood(&cable);
        wait_until_received(&cable, 20_000);

        first.signal(Signal::TERM);
        let (status, lines) = first.end();
        assert_eq!(status.code(), Some(0), "{lines:#?}");
        assert_eq!(cable.here.xdp_program(Cable::DEVICE), program, "the program stays");
        let at_the_stop = programs::received_by(&cable.here).packets;
        wait_until_received(&cable, at_the_stop + 5_000);
        let second = Exporter::start(&cable.here, &[&pins.flags()[..], more].concat());
        assert!(load.try_wait().unwrap().is_none(), "there is load all the time");
        load.kill().unwrap();
        load.wait().unwrap();

        let before = counted_until_stop(&lines);
        assert!(before.packets > 0, "the first one counted some");
        wait_for("both exporters to have counted everything", || {
            let now = second.scrape().received("", &[]).packets;
            let device = programs::received_by(&cable.here).packets;
            let sum = before.packets + now;
            if sum == device { Ok(()) } else { Err(format!("{sum} of {device}, {now} now")) }
        });
        let info = [("device", Cable::DEVICE), ("hook", "xdp"), ("mode", "native")];
        assert_eq!(second.scrape().find("packet_exporter_program_info", &info), Some(1));
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn what_comes_after_a_kill_is_counted_by_the_next() {
    let cable = Cable::lay("killed");
    let pins = BpfFileSystem::mount("killed");
    let mut first = Exporter::start(&cable.here, &pins.flags());
    cable.plug_in();
    programs::ping(&cable, Cable::THERE[0], 5, 56);
    let icmp = [("protocol", "icmp")];
    wait_for("the pings to be counted", || match first.scrape().received("", &icmp).packets {
        5 => Ok(()),
        other => Err(format!("{other} of 5")),
    });

    first.signal(Signal::KILL);
    first.end();
    let doctor = ["doctor", "--json", "--devices.include", Cable::DEVICE];
    let told = refused(&cable.here, command(&[&doctor[..], &pins.flags()].concat()));
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.stdout.contains("left its program pinned"), "{told:?}");
    programs::ping(&cable, Cable::THERE[0], 9, 56);
    let second = Exporter::start(&cable.here, &pins.flags());

    wait_for("the later pings to be counted", || {
        match second.scrape().received("", &icmp).packets {
            9 => Ok(()),
            other => Err(format!("{other} of 9")),
        }
    });
    assert_eq!(pins.taps(), 2);
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn a_start_without_pins_takes_them_off() {
    let cable = Cable::lay("unpinned");
    let pins = BpfFileSystem::mount("unpinned");
    let mut pinned = Exporter::start(&cable.here, &pins.flags());
    pinned.signal(Signal::TERM);
    pinned.end();
    assert_eq!(pins.taps(), 2);

    let [_, flag, path] = pins.flags();
    let mut next = Exporter::start(&cable.here, &[flag, path]);

    assert_eq!(pins.taps(), 0);
    next.signal(Signal::KILL);
    next.end();
    wait_for("the program to be gone", || match cable.here.xdp_program(Cable::DEVICE) {
        None => Ok(()),
        Some(id) => Err(format!("program {id} is there")),
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn pins_of_a_device_that_is_gone_are_gone_too() {
    let cable = Cable::lay("pinless");
    let pins = BpfFileSystem::mount("pinless");
    let _exporter = Exporter::start(&cable.here, &pins.flags());
    assert_eq!(pins.taps(), 2);

    cable.cut();

    wait_for("the pins to be gone", || match pins.taps() {
        0 => Ok(()),
        other => Err(format!("{other} taps")),
    });
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn two_exporters_do_not_share_pins() {
    let cable = Cable::lay("shared");
    let pins = BpfFileSystem::mount("shared");
    let first = Exporter::start(&cable.here, &pins.flags());

    let (status, lines) = Exporter::spawn(&cable.here, 10_200, &pins.flags()).end();

    assert_eq!(status.code(), Some(2), "{lines:#?}");
    let said = lines.join("\n");
    assert!(said.contains("another exporter has its programs in"), "{said}");
    assert_eq!(first.scrape().find("packet_exporter_program_attached", &[]), Some(2));
}

#[test]
#[ignore = "needs root: `cargo xtask test pins`"]
fn what_is_no_bpf_file_system_is_refused() {
    let cable = Cable::lay("nobpf");
    let flags = ["--datapath.pin", "--datapath.pin-path", "/tmp/packet-exporter-pins"];

    let (status, lines) = Exporter::spawn(&cable.here, 10_199, &flags).end();

    assert_eq!(status.code(), Some(2), "{lines:#?}");
    let said = lines.join("\n");
    assert!(said.contains("is not on a BPF file system; mount one with `mount -t bpf"), "{said}");
}

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
        totals[offset_of!(Totals, sizes)] = 1;
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
        pins.change(direction, "LAYOUT", |layout: &mut [u8; 64]| {
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
    assert!(said.contains("The pinned maps are of another version"), "{said}");
    assert_eq!(pins.taps(), 2);
}

/// Sends echo requests without a pause, three million at the most.
fn flood(cable: &Cable) -> Child {
    let mut ping = cable.there.command("ping");
    ping.args(["-q", "-f", "-c", "3000000", "-I", Cable::THERE[0], Cable::HERE[0]]);

    ping.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("`ip` can be run")
}

fn wait_until_received(cable: &Cable, packets: u64) {
    wait_for("frames to come in", || match programs::received_by(&cable.here).packets {
        received if received >= packets => Ok(()),
        received => Err(format!("{received} of {packets}")),
    });
}

/// What the exporter said when it stopped.
fn counted_until_stop(lines: &[String]) -> Count {
    let line = lines
        .iter()
        .find(|line| line.contains("Counted until the stop") && line.contains("=receive"))
        .unwrap_or_else(|| panic!("nothing was said: {lines:#?}"));
    let number = |name: &str| {
        let (_, rest) = line.split_once(name).expect("the number has a name");
        rest.split(' ').next().and_then(|number| number.parse().ok()).expect("a number")
    };

    Count { packets: number(" packets="), bytes: number(" bytes=") }
}
