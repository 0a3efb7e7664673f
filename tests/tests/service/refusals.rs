//! What is refused at the start says what, where it was set, and what to do.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, id};

use tests::cable::Cable;
use tests::service::{PORT, Refusal, Service, command, refused};

use super::{ON_CABLE, assert_nothing_attached, cable};

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_device_that_is_not_there_is_refused_with_those_that_are() {
    let cable = cable("nodevice");

    let refusal = refused(&cable.here, command(&["--devices.include", "eht0"]));

    assert_said(
        &refusal,
        &["no device matches `devices.include` \"eht0\"", "the devices are lo, veth0"],
    );
    assert_nothing_attached(&cable);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_host_without_hardware_is_refused_with_what_to_set() {
    let cable = cable("nohardware");

    let refusal = refused(&cable.here, command(&[]));

    assert_said(&refusal, &["no device has hardware behind it", "`devices.include`", "veth0"]);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn the_hardware_of_another_network_namespace_is_not_that_of_this_one() {
    let test = "the_hardware_of_another_network_namespace_is_not_that_of_this_one";
    // The service sees the /sys of this process, and the devices of the namespace.
    let mut entries = fs::read_dir("/sys/class/net").unwrap().flatten();
    let hardware = entries.find(|entry| entry.path().join("device").exists());
    let Some(hardware) = hardware.and_then(|entry| entry.file_name().into_string().ok()) else {
        println!("SKIPPED {test}: this machine has no network hardware");
        return;
    };
    let cable = cable("othersys");
    cable.here.ip(&["link", "add", &hardware, "type", "veth", "peer", "name", "other0"]);

    let refusal = refused(&cable.here, command(&[]));

    assert_said(&refusal, &["no device has hardware behind it", &hardware]);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_port_in_use_is_refused_with_how_to_find_its_user() {
    let cable = cable("portused");
    let _user = cable.here.within(|| TcpListener::bind(("127.0.0.1", PORT)).unwrap());

    let refusal = refused(&cable.here, command(&ON_CABLE));

    assert_said(
        &refusal,
        &["`:10199`", "the port is in use", "ss -ltnp", "another `web.listen_address`"],
    );
    assert_nothing_attached(&cable);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_file_that_is_not_toml_is_refused_with_line_and_column() {
    let file = File::with("syntax.toml", "[devices]\ninclude = \"veth0\"\nexclude = veth1\n");

    let refusal = refused_of(&mut file.given_to(&[]));

    assert_said(&refusal, &[&format!("`{}` is not TOML: line 3, column 11", file.path())]);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn an_unknown_key_is_refused_with_the_one_that_was_meant() {
    let file = File::with("unknown.toml", "[devices]\ninclud = \"veth0\"\n");

    let refusal = refused_of(&mut file.given_to(&[]));

    let place = format!("`devices.includ` ({}:2)", file.path());
    assert_said(&refusal, &[&place, "there is no such key; did you mean `devices.include`?"]);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn everything_that_is_wrong_is_reported_at_once() {
    let text = "[datapath]\ninterval = \"1ms\"\nmiss_budget = 5\n[sources]\nlimit = 1000000\n";
    let file = File::with("several.toml", text);
    let mut command = file.given_to(&["--web.max-requests", "-1"]);
    command.env("PACKET_EXPORTER_PORTS__IDLE", "never");

    let refusal = refused_of(&mut command);

    let path = file.path();
    assert_said(
        &refusal,
        &[
            &format!("`datapath.interval` ({path}:2): must be 100ms to 60s, is \"1ms\""),
            &format!("`datapath.miss_budget` ({path}:3): must be 1000 to 10000000, is 5"),
            &format!("`sources.limit` ({path}:5): must be 0 to 10000, is 1000000"),
            "`ports.idle` (environment variable PACKET_EXPORTER_PORTS__IDLE): must be 1s to 24h",
            "`web.max_requests` (command line): must be 0 to 10000, is -1",
        ],
    );
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_variable_that_sets_no_key_is_refused() {
    let mut command = command(&ON_CABLE);
    command.env("PACKET_EXPORTER_DEVICES__INCLUDES", "veth0");

    let refusal = refused_of(&mut command);

    assert_said(
        &refusal,
        &["`devices.includes` (environment variable PACKET_EXPORTER_DEVICES__INCLUDES)"],
    );
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_file_that_cannot_be_read_is_refused_with_the_reason() {
    for (path, reason) in [("/nowhere/config.toml", "No such file"), ("/proc", "Is a directory")] {
        let refusal = refused_of(&mut command(&["--config.file", path]));

        let message = format!("cannot read the configuration file `{path}`");
        assert_said(&refusal, &[&message, reason]);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_check_says_what_is_set_and_where() {
    let file = File::with("valid.toml", "[devices]\ninclude = \"veth0\"\n");

    let valid = refused_of(&mut file.given_to(&["--config.check", "--log.level", "warn"]));
    let unknown = refused_of(&mut command(&["--config.check", "--log.level", "loud"]));

    assert_eq!(valid.code, Some(0), "{valid:?}");
    assert_eq!(
        valid.stdout,
        format!(
            "config is valid\n  devices.include = \"veth0\" ({}:2)\n  \
             log.level = \"warn\" (command line)\n",
            file.path()
        )
    );
    let allowed = "`log.level` (command line): must be error, warn, info or debug, is \"loud\"";
    assert_said(&unknown, &[allowed]);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn an_unknown_flag_is_refused_with_the_one_that_was_meant() {
    let refusal = refused_of(&mut command(&["--devices.includ", "veth0"]));

    assert_said(&refusal, &["unexpected argument '--devices.includ'", "'--devices.include'"]);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_path_of_metrics_that_has_another_page_is_refused() {
    for path in ["/-/metrics", "/healthz", "/livez", "/readyz", "metrics", "/a?b"] {
        let refusal = refused_of(&mut command(&["--web.telemetry-path", path]));

        let message = format!("is {path:?}");
        assert_said(&refusal, &["`web.telemetry_path` (command line): must be a path", &message]);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn a_web_configuration_that_is_broken_is_refused_with_its_path() {
    let missing = refused_of(&mut command(&["--web.config.file", "/nowhere/web.yml"]));
    let file = File::with("web.yml", "basic_auth_users:\n  ann: plain\n");
    let plain = refused_of(&mut command(&["--web.config.file", &file.path()]));
    let file = File::with("web.yml", "tls_server_confg: {}\n");
    let unknown = refused_of(&mut command(&["--config.check", "--web.config.file", &file.path()]));

    assert_said(&missing, &["/nowhere/web.yml", "No such file"]);
    assert_said(&plain, &["web.yml", "ann"]);
    assert_said(&unknown, &["web.yml", "tls_server_confg"]);
}

#[test]
#[ignore = "needs root: `cargo xtask test service`"]
fn variables_that_are_wrong_are_warned_of_and_do_not_stop_it() {
    let cable = cable("variables");
    let mut command = command(&ON_CABLE);
    command
        .env("PACKET_EXPORTER_DEVICES_EXCLUDE", "eth0")
        .env("PACKET_EXPORTER_SERVICE_HOST", "10.0.0.1")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", "127.0.0.1:4444")
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        .env("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/nowhere/a.pem")
        .env("OTEL_RESOURCE_ATTRIBUTES", "\"env=prod\"");

    let mut service = Service::spawn(&cable.here, command);
    service.wait_until_ready();

    let told = [
        "setting=PACKET_EXPORTER_DEVICES_EXCLUDE",
        "PACKET_EXPORTER_DEVICES__EXCLUDE",
        "setting=OTEL_EXPORTER_OTLP_ENDPOINT",
        "setting=OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        "setting=OTEL_RESOURCE_ATTRIBUTES",
    ];
    for told in told {
        assert_eq!(service.said_within(told, 1), 1, "{told}: {}", service.log());
    }
    assert_eq!(service.said_within("Problem with a setting", 4), 4, "{}", service.log());
}

#[track_caller]
pub(super) fn assert_said(refusal: &Refusal, parts: &[&str]) {
    assert_eq!(refusal.code, Some(2), "{}", refusal.stderr);
    assert_eq!(refusal.stdout, "");
    for part in parts {
        assert!(refusal.stderr.contains(part), "{part:?} is not in:\n{}", refusal.stderr);
    }
    println!("{}\n", refusal.stderr);
}

/// What is refused before any device is looked for.
#[track_caller]
fn refused_of(command: &mut Command) -> Refusal {
    let cable = Cable::lay("refused");
    let command = std::mem::replace(command, Command::new("true"));

    refused(&cable.here, command)
}

/// A file that is there for a test.
pub(super) struct File(PathBuf);

impl File {
    pub(super) fn with(name: &str, text: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("packet-exporter-test-{}", id()));
        fs::create_dir_all(&folder).unwrap();
        let file = Self(folder.join(name));
        file.write(text);

        file
    }

    pub(super) fn write(&self, text: &str) {
        fs::write(&self.0, text).unwrap();
    }

    pub(super) fn path(&self) -> String {
        self.0.display().to_string()
    }

    fn given_to(&self, arguments: &[&str]) -> Command {
        command(&[&["--config.file", &self.path()], arguments].concat())
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.0);
        // With its last file.
        let _gone = self.0.parent().map(fs::remove_dir);
    }
}
