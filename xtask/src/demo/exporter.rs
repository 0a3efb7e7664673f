//! The exporter of the demo, which stops when it is dropped.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::network::{DEVICE, Network};
use super::scrape;
use crate::namespace;

const PORT: u16 = 10199;
const READY_WITHIN: Duration = Duration::from_secs(20);
const STOPS_WITHIN: Duration = Duration::from_secs(8);
const STEP: Duration = Duration::from_millis(50);

pub(crate) struct Exporter {
    child: Child,
    listens_on: SocketAddr,
}

impl Exporter {
    pub(crate) fn start(network: &Network, program: &Path, options: &[&str]) -> Result<Self> {
        let listens_on = SocketAddr::from((network.management as Ipv4Addr, PORT));
        let program = program.to_str().context("the path of the program is not UTF-8")?;
        let child = network
            .host
            .command(program)
            .args(["run", "--devices.include", DEVICE, "--log.level", "warn"])
            .args(["--web.listen-address", &listens_on.to_string()])
            .args(options)
            .spawn()
            .context("cannot run `ip netns exec`")?;

        Ok(Self { child, listens_on })
    }

    pub(crate) fn listens_on(&self) -> SocketAddr {
        self.listens_on
    }

    pub(crate) fn wait_until_ready(&mut self, stop: &AtomicBool) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        while let Err(error) = scrape::scrape(self.listens_on) {
            self.must_run()?;
            if stop.load(Ordering::Relaxed) {
                bail!("stopped before the exporter was ready");
            }
            if Instant::now() > deadline {
                return Err(error.context(format!("no answer within {READY_WITHIN:?}")));
            }
            thread::sleep(STEP);
        }

        Ok(())
    }

    pub(crate) fn must_run(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the exporter ended early ({status})");
        }

        Ok(())
    }

    /// Sends it the signal to stop, and kills it if it does not end in time.
    pub(crate) fn stop(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        namespace::signal("TERM", &self.child.id().to_string())?;

        let deadline = Instant::now() + STOPS_WITHIN;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                if !status.success() {
                    bail!("the exporter was asked to stop and failed ({status})");
                }
                return Ok(());
            }
            thread::sleep(STEP);
        }
        self.child.kill()?;
        self.child.wait()?;

        bail!("the exporter did not stop within {STOPS_WITHIN:?} and was killed");
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            println!("{error:#}");
        }
    }
}
