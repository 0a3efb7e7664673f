//! A container in which systemd runs, with the service as it was built.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tests::cable::Cable;
use tests::patience::wait_for;
use tests::service::Tracer;
use tests::tools;

use super::UNIT;

/// Boots; the host may have cgroups of both versions, and systemd wants one.
const BOOT: &str =
    "umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec \"$@\"";

/// A container with the cable's end here; it is gone when this is dropped.
pub(super) struct Booted {
    nspawn: Child,
    /// The number of its systemd outside.
    leader: u32,
    _files: TempDir,
}

impl Booted {
    /// Boots the system in a folder, and leaves that as it is.
    pub(super) fn boot(system: &Path, cable: &Cable, unit: &str) -> Self {
        let files = TempDir::new().expect("a folder");
        let write = |name: &str, text: &str| {
            let path = files.path().join(name);
            fs::write(&path, text).expect("a file");
            path.display().to_string()
        };
        let settings = format!("PACKET_EXPORTER_DEVICES__INCLUDE={}\n", Cable::DEVICE);
        let binds = [
            (tools::service().display().to_string(), "/usr/bin/packet-exporter".to_owned()),
            (write("unit", unit), format!("/etc/systemd/system/{UNIT}")),
            (write("settings", &settings), "/etc/default/packet-exporter".into()),
        ];
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", BOOT, "sh", "systemd-nspawn", "-q", "-b", "-D"]);
        command.arg(system).args(["--volatile=overlay", "--register=no", "--keep-unit"]);
        command.args(["--console=pipe", "--system-call-filter=bpf"]);
        command.arg("--capability=CAP_BPF,CAP_PERFMON,CAP_NET_ADMIN");
        command.arg(format!("--machine=packet-exporter-{}", std::process::id()));
        command.arg(format!("--network-namespace-path=/run/netns/{}", cable.here.name()));
        for (from, to) in binds {
            command.arg(format!("--bind-ro={from}:{to}"));
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
        let nspawn = command.spawn().expect("`unshare` can be run");
        let mut booted = Self { nspawn, leader: 0, _files: files };
        booted.leader = wait_for("systemd", || booted.find_leader());

        wait_for("the boot", || {
            let state = booted.output(&["systemctl", "is-system-running"]);
            if ["running", "degraded"].contains(&state.trim()) { Ok(()) } else { Err(state) }
        });
        booted
    }

    fn find_leader(&self) -> Result<u32, String> {
        let of = |process: u32, what: &str| fs::read_to_string(format!("/proc/{process}/{what}"));
        let parent = format!("PPid:\t{}\n", self.nspawn.id());
        let processes = fs::read_dir("/proc").map_err(|error| error.to_string())?.flatten();
        let numbers = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());

        numbers
            .filter(|it| of(*it, "status").is_ok_and(|status| status.contains(&parent)))
            .find(|it| of(*it, "comm").is_ok_and(|name| name == "systemd\n"))
            .ok_or_else(|| "there is no child called systemd".into())
    }

    fn inside(&self, program: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-a", "-t", &self.leader.to_string(), "--"]).args(program);

        command
    }

    fn output(&self, program: &[&str]) -> String {
        let output = self.inside(program).output().expect("`nsenter` can be run");

        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs a program inside to its end, which is to be a good one.
    #[track_caller]
    pub(super) fn run(&self, program: &[&str]) {
        let output = self.inside(program).output().expect("`nsenter` can be run");
        if !output.status.success() {
            let journal = self.output(&["journalctl", "-n", "50", "--no-pager", "-u", UNIT]);
            panic!("{program:?}: {}\n{journal}", String::from_utf8_lossy(&output.stderr));
        }
    }

    /// What systemd says of the unit.
    pub(super) fn property(&self, name: &str) -> String {
        self.output(&["systemctl", "show", "--value", "-p", name, UNIT]).trim().to_owned()
    }

    /// The number, outside, of a thread of the service.
    pub(super) fn thread(&self, name: &str) -> Option<u32> {
        let processes = fs::read_dir("/proc").ok()?.flatten();
        let is_ours = |process: &u32| {
            let of = |process: &str| fs::read_link(format!("/proc/{process}/ns/pid")).ok();
            let comm = fs::read_to_string(format!("/proc/{process}/comm"));
            comm.is_ok_and(|comm| comm == "packet-exporter\n")
                && of(&process.to_string()) == of(&self.leader.to_string())
        };
        let process = processes
            .filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok())
            .find(is_ours)?;
        let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?.flatten();

        threads
            .filter(|it| {
                fs::read_to_string(it.path().join("comm")).is_ok_and(|it| it.trim() == name)
            })
            .find_map(|it| it.file_name().to_str()?.parse().ok())
    }
}

impl Drop for Booted {
    fn drop(&mut self) {
        // With its first process all others end; they do not end with what started it.
        let leader = i32::try_from(self.leader).ok().and_then(Pid::from_raw);
        let killed = leader.map(|leader| kill_process(leader, Signal::KILL));
        if !matches!(killed, Some(Ok(()))) {
            let _ended = self.nspawn.kill();
        }
        let _status = self.nspawn.wait();
    }
}

/// Has a thread of the service hang in its next call of the kernel; `None` without strace.
pub(super) fn hang(booted: &Booted, thread: &str) -> Option<Tracer> {
    let thread = booted.thread(thread).expect("a thread of its own");

    Tracer::delay(thread)
}
