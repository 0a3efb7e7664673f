//! Which tests cargo runs, against which build of the service.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process;
use crate::setup;

/// How a program is built.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Build {
    /// With its assertions, and quick to build.
    #[default]
    Dev,
    /// As users get it.
    Release,
}

/// Tests of the workspace.
#[derive(Debug, Default)]
pub(crate) struct Selection<'a> {
    /// The build of the service that the tests start.
    pub(crate) service: Build,
    /// The build of the tests themselves.
    pub(crate) tests: Build,
    /// Cargo's arguments that name kinds of targets, such as `--test=live`; all if there are none.
    pub(crate) targets: Vec<String>,
    /// Parts of names; any test will do if there are none.
    pub(crate) names: &'a [String],
    /// Names of tests to leave out.
    pub(crate) left_out: Vec<&'a str>,
}

impl Build {
    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }

    /// Returns cargo's arguments for the tests. In the dev build one set of features serves the
    /// service, one file of tests and all of them; the release build is that of users.
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &["--workspace"],
            Self::Release => &["--release", "--package=tests"],
        }
    }
}

impl Selection<'_> {
    /// Returns what builds the service that the tests start, and the tests.
    pub(crate) fn builds(&self) -> Vec<(&'static str, Command)> {
        let build = |arguments: &[&str]| {
            let mut cargo = process::cargo();
            cargo.arg("build").args(arguments);
            cargo
        };
        let mut tests = build(self.tests.arguments());
        match self.targets.as_slice() {
            [] => tests.arg("--tests"),
            targets => tests.args(targets),
        };

        match self.service {
            Build::Dev => {
                tests.arg("--bin=packet-exporter");
                vec![("the service and the tests", tests)]
            }
            Build::Release => {
                let service = build(&["--release", "--package=exporter", "--bins"]);
                vec![
                    ("the service, release build", service),
                    ("the tests of the release build", tests),
                ]
            }
        }
    }

    /// Returns a run of these tests, open for arguments of the test programs.
    pub(crate) fn command(&self) -> Result<Command> {
        let Self { service, tests, targets, names, left_out } = self;
        let service = process::target_dir()?.join(service.folder()).join("packet-exporter");

        let mut cargo = process::cargo();
        cargo.args(["test", "--no-fail-fast"]).args(tests.arguments());
        cargo.args(targets).arg("--").args(*names);
        cargo.args(left_out.iter().flat_map(|name| ["--skip", name]));
        cargo.env("PACKET_EXPORTER_BIN", service);
        // A variable that is not set tells a test that the tool is missing.
        cargo.envs(tools().into_iter().filter_map(|(name, tool)| Some((name, tool?))));

        Ok(cargo)
    }
}

fn tools() -> [(&'static str, Option<PathBuf>); 19] {
    [
        ("PACKET_EXPORTER_PROMETHEUS", setup::prometheus()),
        ("PACKET_EXPORTER_PROMTOOL", setup::promtool()),
        ("PACKET_EXPORTER_ALERTMANAGER", setup::alertmanager()),
        ("PACKET_EXPORTER_AMTOOL", setup::amtool()),
        ("PACKET_EXPORTER_PYTHON", setup::python()),
        ("PACKET_EXPORTER_COLLECTOR", setup::collector()),
        ("PACKET_EXPORTER_OTLP_PROMETHEUS", setup::otlp_prometheus()),
        ("PACKET_EXPORTER_VICTORIA_METRICS", setup::victoria_metrics()),
        ("PACKET_EXPORTER_ROTEL", setup::rotel()),
        ("PACKET_EXPORTER_FAKETIME", setup::faketime()),
        ("PACKET_EXPORTER_KERNELS", setup::kernels()),
        ("PACKET_EXPORTER_SYSTEMD", setup::system()),
        ("PACKET_EXPORTER_BROWSER", process::find("chromium")),
        ("PACKET_EXPORTER_COMPONENTS", setup::components()),
        ("PACKET_EXPORTER_BROWSING", setup::browsing()),
        ("PACKET_EXPORTER_CONTRACT", setup::contract()),
        ("PACKET_EXPORTER_CONTRACT_PYTHON", setup::contract_python()),
        ("PACKET_EXPORTER_OASDIFF", setup::oasdiff()),
        ("PACKET_EXPORTER_DASHBOARD_READER", setup::reader()),
    ]
}
