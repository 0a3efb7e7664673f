//! Attacks on the watched device, and the alerts that they raise.

#[path = "../../../tests/src/attacks/list.rs"]
#[expect(unreachable_pub, dead_code, reason = "the tests play the attacks, by the same list")]
pub(crate) mod list;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::alerts::{self, Stage};
use super::exporter::Exporter;
use super::monitoring::Monitoring;
use super::monitoring::watching::SCALE;
use super::network::{CLIENTS, DEVICE, ETHERNET, HOST, Network};
use crate::process;
use list::{Attack, End};

/// What is usual is learned in it, and the first attack begins after it.
const USUAL: Duration = Duration::from_secs(20);
/// Several times what the slowest alert takes.
const PATIENCE: Duration = Duration::from_mins(2);
const STEP: Duration = Duration::from_millis(200);

/// Everything that an attack is played with.
pub(crate) struct Scene<'a> {
    pub(crate) network: &'a mut Network,
    pub(crate) exporter: &'a mut Exporter,
    pub(crate) monitoring: &'a Monitoring<'a>,
    /// What sends.
    pub(crate) program: &'a Path,
    pub(crate) stop: &'a AtomicBool,
}

/// Builds what sends, and makes rules with short times in a folder.
pub(crate) fn prepare(folder: &Path) -> Result<PathBuf> {
    let build = ["build", "--release", "--package=tests", "--bin=attack"];
    process::succeed(process::cargo().args(build))?;
    let make = ["run", "--release", "--quiet", "--package=grafana", "--"];
    let scale = ["--scale", &SCALE.to_string(), "--into"];
    process::succeed(process::cargo().args(make).args(scale).arg(folder))?;

    Ok(process::target_dir()?.join("release/attack"))
}

/// Plays attacks until each has raised its alerts and they are resolved. Returns early when the user
/// stops it.
pub(crate) fn show(attacks: &[&Attack], scene: &mut Scene<'_>) -> Result<()> {
    println!("{} s of ordinary traffic first, so that it is known what is usual", USUAL.as_secs());
    let begun = Instant::now();
    while begun.elapsed() < USUAL && scene.goes_on()? {
        thread::sleep(STEP);
    }

    for attack in attacks {
        if !scene.goes_on()? {
            break;
        }
        scene.play(attack)?;
    }
    Ok(())
}

impl Scene<'_> {
    fn goes_on(&mut self) -> Result<bool> {
        self.exporter.must_run()?;

        Ok(!self.stop.load(Ordering::Relaxed))
    }

    fn play(&mut self, attack: &Attack) -> Result<()> {
        println!("\n{}: {}", attack.name, attack.about);
        let mut lines = Lines::default();
        let has_fired = {
            let mut sender = self.send(attack)?;
            self.watch(attack, &mut lines, |lines| {
                sender.must_run()?;
                Ok(lines.all(attack, Stage::Told))
            })?
        };
        if !has_fired {
            return Ok(());
        }

        println!("{:>5} s  the attack ends", lines.begun.elapsed().as_secs());
        self.watch(attack, &mut lines, |lines| Ok(lines.are_over()))?;
        Ok(())
    }

    /// Prints what becomes of alerts until they are as they have to be. Returns `false` if the user
    /// stops it before that.
    fn watch(
        &mut self,
        attack: &Attack,
        lines: &mut Lines,
        mut is_so: impl FnMut(&Lines) -> Result<bool>,
    ) -> Result<bool> {
        let deadline = Instant::now() + PATIENCE;
        while self.goes_on()? {
            lines.add(attack, alerts::read(self.monitoring)?);
            if is_so(lines)? {
                return Ok(true);
            }
            if Instant::now() > deadline {
                bail!(
                    "the alerts of {} are not as they have to be: {:?}",
                    attack.name,
                    lines.stages
                );
            }
            thread::sleep(STEP);
        }

        Ok(false)
    }

    fn send(&self, attack: &Attack) -> Result<Sender> {
        let Network { host, lan, .. } = &*self.network;
        let [of_host, of_lan] = ETHERNET;
        let client = CLIENTS[5];
        let (namespace, ends) = match attack.from {
            End::Lan => (lan, [client, HOST, of_host]),
            End::Host => (host, [HOST, client, of_lan]),
        };
        let program = self.program.to_str().context("the path of a program is not UTF-8")?;
        let mut command = namespace.command(program);
        command.args([attack.name, DEVICE]).args(ends).stdin(Stdio::piped());

        Ok(Sender(command.spawn().context("cannot run `ip netns exec`")?))
    }
}

/// What sends an attack, until it is dropped.
struct Sender(Child);

impl Sender {
    fn must_run(&mut self) -> Result<()> {
        if let Some(status) = self.0.try_wait()? {
            bail!("the attack ended early ({status})");
        }

        Ok(())
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // It ends in order when its input does.
        drop(self.0.stdin.take());
        if let Err(error) = self.0.wait() {
            println!("cannot wait for the end of the attack: {error}");
        }
    }
}

/// How far each alert has come, and since when this is looked at.
struct Lines {
    begun: Instant,
    stages: BTreeMap<String, Stage>,
}

impl Default for Lines {
    fn default() -> Self {
        Self { begun: Instant::now(), stages: BTreeMap::new() }
    }
}

impl Lines {
    /// Prints what has changed.
    fn add(&mut self, attack: &Attack, now: BTreeMap<String, alerts::Alert>) {
        let seconds = self.begun.elapsed().as_secs();
        let ended: Vec<String> =
            self.stages.keys().filter(|name| !now.contains_key(*name)).cloned().collect();
        for name in ended {
            self.stages.remove(&name);
            println!("{seconds:>5} s  {name:<28} resolved");
        }
        for (name, alert) in now {
            let before = self.stages.insert(name.clone(), alert.stage);
            if before == Some(alert.stage) {
                continue;
            }
            let other =
                if attack.alerts.contains(&name.as_str()) { "" } else { "  (of another cause)" };
            println!("{seconds:>5} s  {name:<28} {}{other}", alert.stage);
            if alert.stage == Stage::Told {
                println!("{}", alert.message());
            }
        }
    }

    /// Returns whether each alert of an attack has come so far.
    fn all(&self, attack: &Attack, stage: Stage) -> bool {
        attack.alerts.iter().all(|name| self.stages.get(*name) == Some(&stage))
    }

    /// Returns whether nothing fires any more.
    fn are_over(&self) -> bool {
        self.stages.values().all(|stage| *stage == Stage::Pending)
    }
}
