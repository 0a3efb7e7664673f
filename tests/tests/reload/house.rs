//! A service that reads its configuration from a file of the test.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use tempfile::TempDir;
use tests::cable::Cable;
use tests::scrape::Scrape;
use tests::service::Service;

pub(crate) const RELOADS: &str = "packet_exporter_config_reloads_total";
pub(crate) const SUCCESSFUL: &str = "packet_exporter_config_last_reload_successful";

pub(crate) struct House<'a> {
    pub(crate) cable: &'a Cable,
    pub(crate) service: Service<'a>,
    folder: TempDir,
}

/// Keys with their values, as TOML has them.
#[derive(Clone, Debug)]
pub(crate) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// What every test has: the cable's end, folded often, and reloads over HTTP.
    pub(crate) fn usual() -> Self {
        let usual = [
            ("devices.include", "'veth0'"),
            ("devices.linger", "'1s'"),
            ("datapath.interval", "'100ms'"),
            ("web.enable_lifecycle", "true"),
            ("config.watch", "false"),
        ];

        Self(usual.map(|(key, value)| (key.into(), value.into())).into())
    }

    #[must_use]
    pub(crate) fn with(mut self, settings: &[(&str, &str)]) -> Self {
        self.0.extend(settings.iter().map(|(key, value)| ((*key).into(), (*value).into())));

        self
    }

    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|(key, value)| format!("{key} = {value}\n")).collect()
    }

    /// Returns the text with the path of this folder wherever a value has `FOLDER`.
    fn below(&self, folder: &Path) -> String {
        self.text().replace("FOLDER", folder.to_str().expect("a path in UTF-8"))
    }
}

impl<'a> House<'a> {
    pub(crate) fn start(cable: &'a Cable, settings: &Settings, flags: &[&str]) -> Self {
        let folder = TempDir::with_prefix("packet-exporter-").expect("a folder");

        Self::start_in(cable, folder, settings, flags)
    }

    /// Starts with a folder that has other files already.
    pub(crate) fn start_in(
        cable: &'a Cable,
        folder: TempDir,
        settings: &Settings,
        flags: &[&str],
    ) -> Self {
        let path = folder.path().join("config.toml");
        fs::write(&path, settings.below(folder.path())).expect("a file");

        Self::start_with(cable, folder, &path, flags)
    }

    /// Starts with a file that is below the folder.
    pub(crate) fn start_with(
        cable: &'a Cable,
        folder: TempDir,
        path: &Path,
        flags: &[&str],
    ) -> Self {
        let path = path.to_str().expect("a path in UTF-8");
        let arguments = [&["--config.file", path], flags].concat();
        let service = Service::start(&cable.here, &arguments);

        Self { cable, service, folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, settings: &Settings) {
        let text = settings.below(self.folder.path());
        fs::write(self.path("config.toml"), text).expect("a file");
    }

    /// Requests a reload over HTTP; returns status and text.
    pub(crate) fn post(&self) -> (u16, String) {
        let answer = self.service.request("POST /-/reload", &[]).expect("it answers");

        (answer.status, answer.text())
    }

    /// Has settings applied; returns what the answer says.
    #[track_caller]
    pub(crate) fn apply(&self, settings: &Settings) -> String {
        self.write(settings);
        let (status, text) = self.post();
        assert_eq!(status, 200, "{text}");

        text
    }

    /// Sends SIGHUP, and waits until it was followed.
    #[track_caller]
    pub(crate) fn hang_up(&mut self) {
        let before = self.reloads("signal", None);
        self.service.signal(Signal::HUP);
        self.service.wait_until("the reload", |service| {
            reloads(&service.get("/metrics").map_or(String::new(), |it| it.text()), "signal", None)
                .or_else(|| reloads(&service.get("/m").ok()?.text(), "signal", None))
                .is_some_and(|now| now > before)
        });
    }

    pub(crate) fn reloads(&self, source: &str, outcome: Option<&str>) -> u64 {
        let text = self.service.get("/metrics").expect("it answers").text();

        reloads(&text, source, outcome).expect("a count of reloads")
    }

    pub(crate) fn gauge(&self, name: &str) -> u64 {
        self.service.scrape().find(name, &[]).unwrap_or_else(|| panic!("no {name}"))
    }
}

fn reloads(text: &str, source: &str, outcome: Option<&str>) -> Option<u64> {
    if !text.contains(RELOADS) {
        return None;
    }
    let mut labels = vec![("source", source)];
    labels.extend(outcome.map(|outcome| ("outcome", outcome)));

    Scrape::read(text).find(RELOADS, &labels)
}
