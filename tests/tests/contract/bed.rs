//! A service that has something to answer to every operation.

use std::fs;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use tests::cable::Cable;
use tests::http::{self, Answer};
use tests::running::Running;
use tests::service::{PORT, Service, command};

use super::spec::{Operation, operations};

/// A service with traffic, and a token that may do everything. Nobody needs it afterwards: it may be changed.
pub(super) struct Bed<'a> {
    pub(super) service: Service<'a>,
    pub(super) folder: TempDir,
    pub(super) token: String,
    cable: &'a Cable,
    _senders: [Running; 2],
}

/// A network of its own, both ends plugged in.
pub(super) fn cable(test: &str) -> Cable {
    let cable = Cable::lay(test);
    cable.plug_in();

    cable
}

impl<'a> Bed<'a> {
    /// Counts everything on the cable, and writes all it does to the log.
    pub(super) fn start(cable: &'a Cable, more: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let printed = command(&["token", "new", "--name", "all", "--scope", "admin"]).output();
        let printed = String::from_utf8(printed.unwrap().stdout).unwrap();
        let (token, entry) = printed.split_once('\n').unwrap();
        let tokens = folder.path().join("tokens.toml");
        fs::write(&tokens, entry).unwrap();

        let all = ["--vlans.enabled", "--dscp.enabled", "--log.level", "debug", "--api.token-file"];
        let on = ["--devices.include", Cable::DEVICE];
        let arguments = [&on[..], &all, &[tokens.to_str().unwrap()], more].concat();
        let mut service = Service::start(&cable.here, &arguments);
        let senders = Cable::HERE.map(|address| {
            Running::start(cable.there.command("ping").args(["-q", "-i", "0.02", address]))
        });
        service.wait_until("it has a history", |it| {
            it.get("/api/v1/history").is_ok_and(|answer| answer.status == 200)
        });

        Self { service, folder, token: token.into(), cable, _senders: senders }
    }

    /// Returns the document that the service answers with.
    pub(super) fn document(&self) -> Value {
        let answer = self.service.get("/api/v1/openapi.json").unwrap();
        assert_eq!(answer.status, 200);

        serde_json::from_slice(&answer.body).unwrap()
    }

    pub(super) fn operations(&self) -> Vec<Operation> {
        operations(&self.document())
    }

    /// Returns the header that shows the token.
    pub(super) fn login(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// Returns a program to run beside the service.
    pub(super) fn command(&self, program: &str) -> Command {
        self.cable.here.command(program)
    }

    /// Sends a request with the token.
    pub(super) fn ask(&self, method: &str, target: &str) -> Answer {
        let (line, login) = (format!("{method} {target}"), self.login());
        let headers = [("Authorization", login.as_str())];

        http::request(&self.cable.here, PORT, &line, &headers)
            .unwrap_or_else(|error| panic!("{line}: {error}"))
    }
}
