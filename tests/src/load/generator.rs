//! One loaded copy of the generator, with the floors that come with it.

use aya::maps::{Array, MapData, ProgramArray};
use aya::programs::tc::TcAttachOptions;
use aya::programs::{
    LinkOrder, ProgramFd, SchedClassifier, TcAttachType, TestRun, TestRunOptions, Xdp,
};
use aya::{Ebpf, EbpfLoader};

use super::Traffic;
use super::profile::Profile;

static OBJECT: &[u8] =
    aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/packet-exporter-bench"));

/// Frames that the kernel sends together; the ring of a veth device holds 256.
const BATCH: u32 = 64;

/// Where the kernel begins with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Pass,
    Parse,
    /// Rewrites the frame and hands it to the program that the generator is aimed at.
    Generate,
    /// Rewrites the frame and sends it out of the device on which it came in.
    Emit,
    /// Runs on for about 0.1 s, or until it is released, see [`Generator::flag`].
    Linger,
}

impl Entry {
    const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Parse => "parse",
            Self::Generate => "generate",
            Self::Emit => "emit",
            Self::Linger => "linger",
        }
    }
}

/// Makes frames of one kind of traffic. It may run on one thread at a time.
pub struct Generator {
    ebpf: Ebpf,
    pub traffic: Traffic,
    seed: u64,
}

/// A flag in the memory of a program, which goes on using it.
pub struct Flag(Array<MapData, u64>);

impl Flag {
    pub fn is_set(&self) -> bool {
        let Self(flag) = self;

        flag.get(&0, 0).expect("the only entry") != 0
    }

    pub fn set(&mut self, is_set: bool) {
        let Self(flag) = self;

        flag.set(0, u64::from(is_set), 0).expect("the only entry");
    }
}

impl Generator {
    /// Loads a generator; `seed` tells it from others of the same traffic.
    pub fn load(traffic: &Traffic, seed: u64) -> Self {
        let Traffic { profile, quantiles, .. } = traffic;
        let places = aya::util::nr_cpus().expect("a number of CPUs") * shared::GENERATIONS;
        let mut loader = EbpfLoader::new();
        loader
            .btf(None)
            .override_global("PROFILE_SEED", &seed, true)
            .override_global("PROFILE_SOURCES", &profile.sources, true)
            .override_global("PROFILE_ORDER", &profile.order, true)
            .override_global("PROFILE_QUANTILES", &profile.quantiles, true)
            .override_global("PROFILE_SPOOFED", &profile.spoofed, true)
            .override_global("PROFILE_PORTS", &profile.ports, true)
            .map_max_entries("QUANTILES", profile.quantiles.max(1))
            .map_max_entries(shared::maps::TOTALS, u32::try_from(places).expect("few CPUs"));
        let mut ebpf = loader.load(OBJECT).expect("an object that can be loaded");

        let map = ebpf.map_mut("QUANTILES").expect("the map of quantiles");
        let mut table = Array::<_, u32>::try_from(map).expect("an array");
        for (place, source) in (0..).zip(quantiles.iter()) {
            table.set(place, source, 0).expect("a place in the table");
        }

        Self { ebpf, traffic: traffic.clone(), seed }
    }

    /// Returns the program at `entry`, loaded.
    pub fn program(&mut self, entry: Entry) -> &mut Xdp {
        let program = self.ebpf.program_mut(entry.name()).expect("a program of this name");
        let program: &mut Xdp = program.try_into().expect("an XDP program");
        if program.fd().is_err() {
            program.load().unwrap_or_else(|error| panic!("cannot load {entry:?}: {error}"));
        }

        program
    }

    /// Puts the tag of VLAN 42 beside every frame that a device of this namespace sends, before
    /// any other program sees it, until the generator is dropped.
    pub fn tag(&mut self, device: &str) {
        self.classifier("tag", device, TcAttachType::Egress);
    }

    /// Lets every frame that a device of this namespace sends go before any other program sees it,
    /// until the generator is dropped; returns the kernel's number of the program that does.
    pub fn accept(&mut self, device: &str) -> u32 {
        self.classifier("accept", device, TcAttachType::Egress)
    }

    /// Puts a program of TCX that only passes before all others of a device of this namespace, in
    /// one direction, until the generator is dropped.
    pub fn pass_on(&mut self, device: &str, direction: TcAttachType) {
        self.classifier("pass_on", device, direction);
    }

    /// Runs the program of TCX that only passes `times` times on the frame of this traffic.
    pub fn repeat_pass_on(&mut self, times: u32) -> u32 {
        let frame = self.traffic.frame.clone();
        let mut options = TestRunOptions::new();
        options.data_in = Some(&frame);
        options.repeat = times;
        let result = self.loaded_classifier("pass_on").test_run(options);

        result.expect("a program that runs").return_value
    }

    fn loaded_classifier(&mut self, name: &str) -> &mut SchedClassifier {
        let program = self.ebpf.program_mut(name).expect("a program of this name");
        let program: &mut SchedClassifier = program.try_into().expect("a classifier");
        if program.fd().is_err() {
            program.load().unwrap_or_else(|error| panic!("cannot load `{name}`: {error}"));
        }

        program
    }

    /// Puts a program before all others that see what a device sends or receives.
    fn classifier(&mut self, name: &str, device: &str, direction: TcAttachType) -> u32 {
        let program = self.loaded_classifier(name);
        let first = TcAttachOptions::TcxOrder(LinkOrder::first());
        program.attach_with_options(device, direction, first).expect("a program before all others");

        program.info().expect("a loaded program").id()
    }

    /// Returns a descriptor of the program at `entry`, for generators to be aimed at.
    pub fn descriptor(&mut self, entry: Entry) -> ProgramFd {
        let fd = self.program(entry).fd().expect("a loaded program");

        fd.try_clone().expect("one more descriptor")
    }

    /// Sends what is generated from now on to `program`.
    pub fn aim(&mut self, program: &ProgramFd) {
        let map = self.ebpf.map_mut("UNDER_TEST").expect("the map of programs");
        let mut programs = ProgramArray::try_from(map).expect("an array of programs");
        programs.set(0, program, 0).expect("a program of the same type");
    }

    /// Runs `times` frames from `entry` on, on the CPU that the thread is on.
    pub fn run(&mut self, entry: Entry, times: u32) -> u32 {
        let frame = self.traffic.frame.clone();
        let mut options = TestRunOptions::new();
        options.data_in = Some(&frame);
        options.repeat = times;
        let result = self.program(entry).test_run(options);

        result.unwrap_or_else(|error| panic!("cannot run {entry:?}: {error}")).return_value
    }

    /// Sends `times` frames out of the device with this index, through the kernel's whole path:
    /// the other end of its cable receives them natively.
    pub fn emit(&mut self, device: u32, times: u32) {
        let frame = self.traffic.frame.clone();
        let context = context(frame.len(), device);
        let mut options = TestRunOptions::new();
        options.data_in = Some(&frame);
        options.ctx_in = Some(&context);
        options.repeat = times;
        options.attrs = options.attrs.xdp_live_frames(BATCH);
        let result = self.program(Entry::Emit).test_run(options);

        result.unwrap_or_else(|error| panic!("cannot send out of device {device}: {error}"));
    }

    /// Returns a flag that [`Entry::Linger`] shares with the test: `BEGUN`, `RELEASED` or `ENDED`.
    pub fn flag(&mut self, name: &str) -> Flag {
        let map = self.ebpf.take_map(name).unwrap_or_else(|| panic!("no flag {name}"));

        Flag(Array::try_from(map).expect("an array"))
    }

    /// Returns how many frames were generated so far.
    pub fn sent(&self) -> u64 {
        let map = self.ebpf.map("SENT").expect("the map of what was sent");
        let sent = Array::<_, u64>::try_from(map).expect("an array");

        sent.get(&0, 0).expect("the only entry")
    }

    /// Returns the profile with the seed that this generator has.
    pub fn profile(&self) -> Profile {
        Profile { seed: self.seed, ..self.traffic.profile }
    }
}

/// Returns an `xdp_md` for a frame that came in on `device`. Source: include/uapi/linux/bpf.h.
fn context(length: usize, device: u32) -> Vec<u8> {
    let end = u32::try_from(length).expect("a frame that fits into a page");
    // Where data begins and ends, metadata, the device and its queue, the way out.
    let fields = [0, end, 0, device, 0, 0];

    fields.map(u32::to_ne_bytes).concat()
}
