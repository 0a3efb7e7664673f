//! Prometheus and Alertmanager of the demo, beside the exporter.

#[path = "../../../tests/src/alerting/watching.rs"]
#[expect(unreachable_pub, reason = "the tests start them with the same configurations")]
pub(crate) mod watching;

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::network::Network;
use super::scrape;
use crate::process::{target_dir, workspace};
use crate::setup;
use watching::{Target, Watch, alertmanager_arguments, alertmanager_config};

const PROMETHEUS: u16 = 9090;
const ALERTMANAGER: u16 = 9093;
const READY_WITHIN: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(100);

/// Prometheus, and Alertmanager if it was wanted. They end with the namespace of the host.
pub(crate) struct Monitoring<'a> {
    pub(crate) prometheus: SocketAddr,
    pub(crate) alertmanager: Option<SocketAddr>,
    folder: &'a Folder,
}

/// A folder for files of a demo, which goes when it is dropped.
pub(crate) struct Folder(PathBuf);

/// The rules that Prometheus has.
pub(crate) enum Rules<'a> {
    /// As they are shipped; nobody is told of alerts.
    Shipped,
    /// Those of a folder, with a scrape every second; Alertmanager is told of alerts.
    Quick(&'a Path),
}

impl<'a> Monitoring<'a> {
    /// Starts them in the namespace of the host. Returns `None` if the machine has no Prometheus.
    pub(crate) fn start(
        network: &mut Network,
        exporter: SocketAddr,
        rules: &Rules<'_>,
        folder: &'a Folder,
    ) -> Result<Option<Self>> {
        let Some(program) = setup::prometheus() else { return Ok(None) };
        let address = |port| SocketAddr::from((network.management, port));
        let mut monitoring = Self { prometheus: address(PROMETHEUS), alertmanager: None, folder };

        if let Rules::Quick(_) = rules {
            let program = setup::alertmanager().context("Alertmanager is missing")?;
            monitoring.alertmanager = Some(address(ALERTMANAGER));
            monitoring.start_alertmanager(network, &program, address(ALERTMANAGER))?;
        }
        monitoring.start_prometheus(network, &program, exporter, rules)?;

        Ok(Some(monitoring))
    }

    fn start_alertmanager(
        &self,
        network: &mut Network,
        program: &Path,
        address: SocketAddr,
    ) -> Result<()> {
        // The demo looks by itself at what Alertmanager has.
        let config = alertmanager_config(None);

        self.run(network, program, "alertmanager", &config, &alertmanager_arguments(address))
    }

    fn start_prometheus(
        &self,
        network: &mut Network,
        program: &Path,
        exporter: SocketAddr,
        rules: &Rules<'_>,
    ) -> Result<()> {
        let (every, rules) = match rules {
            Rules::Shipped => (5, workspace().join("grafana/rules")),
            Rules::Quick(folder) => (1, folder.join("rules")),
        };
        let targets = &[Target { instance: &exporter.to_string(), address: exporter }];
        let watch = Watch { targets, every, rules: &rules, alertmanager: self.alertmanager };
        let listen = format!("--web.listen-address={}", self.prometheus);
        let options = ["--storage.tsdb.path=prometheus-data".to_owned(), listen];

        self.run(network, program, "prometheus", &watch.config(), &options)
    }

    /// Starts a program in the folder, which has its configuration and its log there.
    fn run(
        &self,
        network: &mut Network,
        program: &Path,
        name: &str,
        config: &str,
        options: &[String],
    ) -> Result<()> {
        fs::write(self.folder.0.join(format!("{name}.yml")), config)?;
        let log = File::create(self.folder.0.join(format!("{name}.log")))?;
        let program = program.to_str().context("the path of a program is not UTF-8")?;
        let mut command = network.host.command(program);
        command.arg(format!("--config.file={name}.yml")).args(options);
        command.current_dir(&self.folder.0).stdout(log.try_clone()?).stderr(log);

        network.host.start(name, &mut command)
    }

    /// Waits until both answer.
    pub(crate) fn wait_until_ready(&self, stop: &AtomicBool) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        for address in [Some(self.prometheus), self.alertmanager].into_iter().flatten() {
            while let Err(error) = scrape::get(address, "/-/ready") {
                if stop.load(Ordering::Relaxed) {
                    bail!("stopped before everything was ready");
                }
                if Instant::now() > deadline {
                    let name =
                        if address == self.prometheus { "prometheus" } else { "alertmanager" };
                    let log = fs::read_to_string(self.folder.0.join(format!("{name}.log")));
                    let log = log.unwrap_or_default();
                    return Err(error.context(format!("{name} does not answer; its log:\n{log}")));
                }
                thread::sleep(STEP);
            }
        }

        Ok(())
    }
}

impl Folder {
    /// Makes it below the folder of what is built.
    pub(crate) fn make() -> Result<Self> {
        let path = target_dir()?.join(format!("demo-{}", process::id()));
        fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;

        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            println!("cannot remove {}: {error}", self.0.display());
        }
    }
}
