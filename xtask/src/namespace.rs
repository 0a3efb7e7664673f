//! Network namespaces, which go with everything in them when they are dropped.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

pub(crate) struct Namespace {
    name: String,
    children: Vec<(String, Child)>,
}

impl Namespace {
    pub(crate) fn add(name: &str) -> Result<Self> {
        ip(&format!("netns add {name}"))?;
        let namespace = Self { name: name.to_owned(), children: Vec::new() };
        ip(&format!("-n {name} link set lo up"))?;

        Ok(namespace)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Runs `ip` on this namespace.
    pub(crate) fn ip(&self, arguments: &str) -> Result<()> {
        ip(&format!("-n {} {arguments}", self.name))
    }

    /// A program to run in this namespace. A Ctrl-C on the terminal does not reach it.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]).process_group(0);
        command.stdin(Stdio::null());

        command
    }

    /// Starts a program that runs for as long as the namespace is there.
    pub(crate) fn start(&mut self, name: &str, command: &mut Command) -> Result<()> {
        let child = command.spawn().context("cannot run `ip netns exec`")?;
        self.children.push((name.to_owned(), child));

        Ok(())
    }

    /// The programs that have ended by themselves, each once.
    pub(crate) fn ended(&mut self) -> Vec<String> {
        let has_ended = |child: &mut Child| matches!(child.try_wait(), Ok(Some(_)));

        self.children.extract_if(.., |(_, child)| has_ended(child)).map(|(name, _)| name).collect()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
        for (_, child) in &mut self.children {
            let _ = child.wait();
        }
    }
}

/// Runs `ip` with arguments that hold no blanks.
pub(crate) fn ip(arguments: &str) -> Result<()> {
    let output = Command::new("ip")
        .args(arguments.split_whitespace())
        .process_group(0)
        .output()
        .context("cannot run `ip`")?;
    if !output.status.success() {
        bail!("`ip {arguments}` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }

    Ok(())
}

/// Removes namespaces called `PREFIX-PID-..` whose process was killed before it could.
pub(crate) fn remove_orphans(prefix: &str) {
    let entries = match fs::read_dir("/run/netns") {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return,
        Err(error) => {
            println!("cannot look for namespaces left behind: {error}");
            return;
        }
    };
    for name in entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()) {
        let owner = name.strip_prefix(prefix).and_then(|rest| rest.split('-').nth(1));
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            println!("removing {name}, left behind by a process that was killed");
            remove(&name);
        }
    }
}

fn remove(name: &str) {
    if let Err(error) = kill_all(name).and_then(|()| ip(&format!("netns del {name}"))) {
        println!("cannot remove the namespace {name}: {error:#}");
    }
}

/// Ends the processes that run in the namespace, also those that were just being started.
fn kill_all(name: &str) -> Result<()> {
    /// A busy machine takes a while to end a program with much memory.
    const WITHIN: Duration = Duration::from_secs(5);
    const STEP: Duration = Duration::from_millis(20);

    let deadline = Instant::now() + WITHIN;
    while Instant::now() < deadline {
        let mut pids = Command::new("ip");
        let pids = pids.args(["netns", "pids", name]).process_group(0).output()?;
        let pids = String::from_utf8_lossy(&pids.stdout).into_owned();
        if pids.trim().is_empty() {
            return Ok(());
        }
        signal("KILL", &pids)?;
        thread::sleep(STEP);
    }
    bail!("processes in it do not end");
}

/// Sends a signal to processes, given by their numbers and blanks between them. One that has ended
/// meanwhile is no error.
pub(crate) fn signal(name: &str, pids: &str) -> Result<()> {
    Command::new("sh")
        .args(["-c", "kill -s \"$0\" \"$@\"", name])
        .args(pids.split_whitespace())
        .process_group(0)
        .stderr(Stdio::null())
        .status()
        .context("cannot run `sh`")?;

    Ok(())
}
