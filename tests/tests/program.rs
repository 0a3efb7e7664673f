//! The program as the verifier left it: what it calls, what it reaches and what it returns.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use exporter::datapath::{Datapath, Inspector, LinkLayer, Options, Placement};
use exporter::health::{Hook, Mode};
use serde_json::Value;
use tests::skb::{RECEIVED, SENT};

/// Where a frame may lie in several buffers: more of it is claimed than can be read.
const LENGTH: &str = "bpf_xdp_get_buff_len";
/// Everything that is called, and in how many places at most: another compiler may join some. The
/// last two are where a key finds no room in the table of its CPU and the guard admits it.
const CALLS: [(&str, usize); 3] =
    [(LENGTH, 7), ("__htab_map_lookup_elem", 8), ("htab_lru_map_update_elem", 4)];
/// The same in the stack: there the length is no call, and headers in pages are pulled together.
const CALLS_IN_STACK: [(&str, usize); 3] =
    [("bpf_skb_pull_data", 1), ("__htab_map_lookup_elem", 8), ("htab_lru_map_update_elem", 4)];
const XDP: Placement = Placement::xdp(Mode::Native);
const TUNNEL: Placement = Placement::tc(Hook::TcxIngress, LinkLayer::None);
/// Inlined since Linux 6.10. Source: `do_misc_fixups` in kernel/bpf/verifier.c.
const CPU: &str = "bpf_get_smp_processor_id";

#[test]
#[ignore = "needs root: `cargo xtask test program`"]
fn the_programs_call_nothing_on_the_usual_path() {
    let of_tunnel = [&CALLS_IN_STACK[..], &[("bpf_skb_load_bytes_relative", 1)]].concat();
    for (placement, calls) in [
        (XDP, &CALLS[..]),
        (RECEIVED, &CALLS_IN_STACK),
        (TUNNEL, &of_tunnel),
        (SENT, &CALLS_IN_STACK),
    ] {
        let options = Options { vlans: true, traffic_classes: true, ..Options::default() };
        let Some(program) = load_for(placement, options) else { return };

        let sites = program.call_sites();

        println!(
            "{}: {} instructions, {sites:?}",
            placement.hook.label(),
            program.instructions.len()
        );
        let names: BTreeSet<_> = sites.keys().copied().collect();
        assert_eq!(names, calls.iter().map(|(name, _)| *name).collect());
        for &(name, most) in calls {
            let places = sites[name];
            assert!(places <= most, "{name} is called in {places} places, not in {most}");
        }
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test program`"]
fn what_is_switched_off_leaves_no_code_behind() {
    let off = Options {
        sources: false,
        ports: false,
        signals: false,
        vlans: false,
        traffic_classes: false,
        ..Options::default()
    };
    let Some(program) = load(off) else { return };
    let Some(whole) = load(Options::default()) else { return };

    assert_eq!(program.call_sites().into_keys().collect::<Vec<_>>(), [LENGTH]);
    assert_eq!(program.maps, [".rodata", "CONTROL", "TOTALS"].map(String::from).into());
    let [left, all] = [program.instructions.len(), whole.instructions.len()];
    println!("{left} of {all} instructions are left");
    assert!(left < all);
}

#[test]
#[ignore = "needs root: `cargo xtask test program`"]
fn the_programs_return_nothing_but_pass_and_next() {
    let pass = ["w0 = 2", "r0 = 2"];
    let next = ["w0 = -1", "r0 = -1"];

    for (placement, values) in [(XDP, pass), (RECEIVED, next), (TUNNEL, next), (SENT, next)] {
        let options = Options { vlans: true, traffic_classes: true, ..Options::default() };
        let Some(program) = load_for(placement, options) else { return };
        assert_returns(&program, values);
    }
}

/// Checks that every way to an end leads through one of `values`.
fn assert_returns(program: &Program, values: [&str; 2]) {
    let instructions = &program.instructions;
    let targets: BTreeSet<_> = instructions.iter().filter_map(Instruction::target).collect();
    let is_exit = |it: &&[Instruction]| it[1].text == "exit";
    let exits: Vec<_> = instructions.windows(2).filter(is_exit).collect();

    assert!(!exits.is_empty());
    for pair in exits {
        let at = pair[1].place;
        assert!(values.contains(&&*pair[0].text), "{:?} before {at}", pair[0].text);
        assert!(!targets.contains(&at), "a jump leads to the end at {at} past its value");
    }
}

/// The instructions that run, without those that the verifier removed.
struct Program {
    instructions: Vec<Instruction>,
    /// Names of the maps whose entries are reached.
    maps: BTreeSet<String>,
}

struct Instruction {
    place: i64,
    text: String,
}

/// Loads the program and reads it back; `None` without bpftool, with that printed.
fn load(options: Options) -> Option<Program> {
    load_for(XDP, options)
}

fn load_for(placement: Placement, options: Options) -> Option<Program> {
    let datapath = Datapath::new(options).unwrap();
    let inspector = Inspector::of(&datapath, placement).unwrap();
    let id = inspector.program_id().unwrap().to_string();
    let Some(dump) = bpftool(&["prog", "dump", "xlated", "id", &id]) else {
        println!("SKIPPED a test of the loaded program: `bpftool` cannot be run");
        return None;
    };

    let instructions: Vec<_> = dump.lines().filter_map(Instruction::read).collect();
    assert!(instructions.len() > 100, "bpftool printed:\n{dump}");

    let ids: BTreeSet<_> = instructions.iter().filter_map(Instruction::map).collect();
    let maps = ids.into_iter().map(map_name).collect();

    Some(Program { instructions, maps })
}

impl Program {
    /// Returns what is called, without what this kernel cannot inline, and in how many places.
    fn call_sites(&self) -> BTreeMap<&str, usize> {
        let calls = self.instructions.iter().filter_map(|it| it.text.strip_prefix("call "));
        let names = calls.map(|call| call.split_once('#').map_or(call, |(name, _)| name));
        let mut sites = BTreeMap::new();
        for name in names.filter(|name| *name != CPU || kernel() >= [6, 10]) {
            *sites.entry(name).or_default() += 1;
        }

        sites
    }
}

impl Instruction {
    /// Reads a line like `  12: (b4) w0 = 2`; the others hold sources.
    fn read(line: &str) -> Option<Self> {
        let (place, rest) = line.trim().split_once(": (")?;
        let (_, text) = rest.split_once(") ")?;

        Some(Self { place: place.parse().ok()?, text: text.to_owned() })
    }

    /// Returns the id of the map that it has the address of.
    fn map(&self) -> Option<&str> {
        let (_, rest) = self.text.split_once("map[id:")?;

        Some(rest.split_once(']')?.0)
    }

    /// Returns where a jump leads.
    fn target(&self) -> Option<i64> {
        let (_, distance) = self.text.split_once("goto pc")?;

        Some(self.place + 1 + distance.parse::<i64>().ok()?)
    }
}

fn map_name(id: &str) -> String {
    let shown = bpftool(&["--json", "map", "show", "id", id]).expect("a map of the program");
    let map: Value = serde_json::from_str(&shown).expect("bpftool prints JSON");

    map["name"].as_str().unwrap_or_default().to_owned()
}

fn bpftool(arguments: &[&str]) -> Option<String> {
    let output = Command::new("bpftool").args(arguments).output().ok()?;

    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first two numbers of the kernel's version.
fn kernel() -> [u32; 2] {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split(|it: char| !it.is_ascii_digit()).map(str::parse);

    [(); 2].map(|()| numbers.next().unwrap().unwrap())
}
