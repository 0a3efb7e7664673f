//! An exporter that something goes wrong with, and its device.

use std::process::Command;

use tests::alerting::{Monitoring, Net, Target};
use tests::patience::pause;
use tests::service::{Service, command};

use super::super::played::Played;

/// Where a fault is played: an exporter on a device of its own, with the name of the fault.
pub(super) struct Host<'a> {
    pub(super) net: &'a Net,
    pub(super) monitoring: &'a Monitoring<'a>,
    pub(super) target: &'a Target<'a>,
    pub(super) played: &'a Played<'a>,
}

impl<'a> Host<'a> {
    pub(super) fn device(&self) -> &'a str {
        self.played.subject
    }

    /// Starts the exporter, and waits until it counts and Prometheus has seen it.
    pub(super) fn start(&self, arguments: &[&str]) -> Service<'a> {
        let mut service = self.start_by(|| self.spawn(self.command(arguments)));
        service.wait_until_ready();

        service
    }

    /// Returns an exporter to spawn.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let address = self.target.address.to_string();
        let mut command = command(&[&["--web.listen-address", &address], arguments].concat());
        // The arguments may name other devices.
        command.env("PACKET_EXPORTER_DEVICES__INCLUDE", self.device());

        command
    }

    pub(super) fn spawn(&self, command: Command) -> Service<'a> {
        Service::spawn_at(&self.net.host, self.target.address.port(), command)
    }

    /// Starts it in some way, and waits until Prometheus has seen it.
    pub(super) fn start_by(&self, spawn: impl FnOnce() -> Service<'a>) -> Service<'a> {
        let Target { instance, .. } = self.target;
        let started = format!("process_start_time_seconds{{instance=\"{instance}\"}}");
        let query = format!("last_over_time({started}[1h])");
        let last = || self.monitoring.prometheus.value(&query);
        let before = last();

        let mut service = spawn();
        service.wait_until("Prometheus sees it", |_| last().is_some_and(|it| Some(it) != before));

        service
    }

    /// Waits until Prometheus has seen folds of this start.
    pub(super) fn until_it_folds(&self, service: &mut Service<'_>) {
        let Target { instance, .. } = self.target;
        let query = format!("packet_exporter_folds_total{{instance=\"{instance}\"}}");
        let folds = || self.monitoring.prometheus.value(&query);
        let before = folds();

        service.wait_until("Prometheus sees it fold", |_| folds() > before);
    }

    /// Lets the fault go on until its alerts were told.
    pub(super) fn until_told(&self) {
        while self.played.goes_on() {
            pause();
        }
    }

    /// Lets the remedied exporter run until the alerts of all exporters are resolved.
    pub(super) fn until_the_end(&self) {
        while !self.played.is_over() {
            pause();
        }
    }
}
