//! Runs programs: long ones give a sign of life, and failing ones their last words.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use anyhow::{Context, Result, bail};

const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
const LAST_WORDS: usize = 15;

/// Runs a step whose output is of interest only when it fails.
pub(crate) fn step(name: &str, command: &mut Command) -> Result<()> {
    println!("{name} ...");
    let begun = Instant::now();
    let (mut child, lines) = spawn(command)?;

    let mut last_words = VecDeque::new();
    let mut next_sign = begun + SIGN_OF_LIFE;
    loop {
        match lines.recv_timeout(next_sign.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                last_words.truncate(LAST_WORDS - 1);
                last_words.push_front(line);
            }
            Err(RecvTimeoutError::Timeout) => {
                let last = last_words.front().map_or("", |line| line.trim());
                println!("  {:>4} s  {last:.100}", begun.elapsed().as_secs());
                next_sign += SIGN_OF_LIFE;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }

    let status = child.wait()?;
    if !status.success() {
        let last_words: Vec<_> =
            last_words.iter().rev().map(|line| format!("{line:.300}")).collect();
        bail!("{name} failed ({status}). Its last lines:\n    {}", last_words.join("\n    "));
    }
    if begun.elapsed().as_secs() > 0 {
        println!("{name}: done in {} s", begun.elapsed().as_secs());
    }

    Ok(())
}

/// Starts a program; the lines of both its outputs come in the order in which it writes them.
pub(crate) fn spawn(command: &mut Command) -> Result<(Child, Receiver<String>)> {
    let (output, input) = io::pipe().context("cannot make a pipe")?;
    let child = command
        .stdin(Stdio::null())
        .stdout(input.try_clone().context("cannot make a pipe")?)
        .stderr(input)
        .spawn()
        .with_context(|| format!("cannot run `{}`", command.get_program().display()))?;
    // The command holds ends of the pipe, and the lines end when nothing does.
    command.stdout(Stdio::null()).stderr(Stdio::null());

    let (sender, lines) = mpsc::channel();
    follow(output, sender);

    Ok((child, lines))
}

/// Runs a program on this terminal.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let name = command.get_program().display().to_string();
    let status = command.status().with_context(|| format!("cannot run `{name}`"))?;
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }

    Ok(())
}

/// What a program prints; `None` if it cannot run or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();

    output.status.success().then_some(text)
}

/// Finds a program in `PATH` and where Debian has those of the administrator, which `PATH` leaves
/// out for others.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let administrator = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);

    env::split_paths(&path)
        .chain(administrator)
        .map(|directory| directory.join(program))
        .find(|file| fs::metadata(file).is_ok_and(|it| it.is_file() && it.mode() & 0o111 != 0))
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace());

    cargo
}

pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Where cargo puts what it builds: this program, `debug/xtask`, among others.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let this = env::current_exe().context("cannot find out where cargo builds")?;
    let directory = this.ancestors().nth(2).context("cannot find out where cargo builds")?;

    Ok(directory.to_owned())
}

pub(crate) fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn follow(output: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if lines.send(text).is_err() {
                break;
            }
            line.clear();
        }
    });
}
