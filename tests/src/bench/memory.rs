//! What the service takes when it has nothing to do.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::targets::Check;
use crate::patience::{Reason, let_pass};

/// The service is up and has folded a few times.
const SETTLED: Duration = Duration::from_secs(4);

/// Starts the service, if it was built, without devices, and reads its resident memory.
pub(super) fn measure(_rounds: usize) -> (String, Vec<Check>) {
    let Some(program) = program() else {
        let advice = "`cargo build --release -p exporter` builds it";
        return (
            format!("\nresident memory: there is no service to start; {advice}\n"),
            Vec::new(),
        );
    };
    let mut service = Service::start(&program);
    let begun = Instant::now();
    let mut resident = None;
    while begun.elapsed() < SETTLED {
        let Some(mebibytes) = service.resident() else { break };
        resident = Some(mebibytes);
        let_pass(Duration::from_millis(100), Reason::Sampling);
    }

    match resident {
        Some(mebibytes) if service.is_running() => (
            format!("\nresident memory, idle: {mebibytes:.1} MiB\n"),
            vec![Check::at_most("resident memory, idle, MiB", mebibytes, 20.0)],
        ),
        _ => ("\nresident memory: the service ended by itself\n".into(), Vec::new()),
    }
}

/// The service beside this program: built in the same profile.
pub(super) fn program() -> Option<PathBuf> {
    let path = std::env::current_exe().ok()?.with_file_name("packet-exporter");

    path.exists().then_some(path)
}

struct Service(Child);

impl Service {
    fn start(program: &PathBuf) -> Self {
        let mut command = Command::new(program);
        // The benchmark is in a namespace of its own, where this is the only device.
        command.args(["--web.listen-address", "127.0.0.1:0", "--devices.include", "lo"]);
        command.stdout(Stdio::null()).stderr(Stdio::null());

        Self(command.spawn().expect("the service can be started"))
    }

    /// Returns MiB; `None` once it has ended.
    fn resident(&self) -> Option<f64> {
        let Self(child) = self;
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: f64 = line.split_whitespace().next()?.parse().ok()?;

        Some(kibibytes / 1024.0)
    }

    fn is_running(&mut self) -> bool {
        let Self(child) = self;

        matches!(child.try_wait(), Ok(None))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let Self(child) = self;
        let _gone = child.kill();
        let _reaped = child.wait();
    }
}
