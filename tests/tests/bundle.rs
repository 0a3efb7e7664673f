//! `packet-exporter doctor --bundle`: an archive whatever the host is like, and no secret in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use tests::cable::Cable;
use tests::hanging::Hanging;
use tests::service::{Service, behind, command};
use tests::tools;

/// The files of an archive, by their paths in it.
type Files = BTreeMap<String, String>;

/// Packs what there is into `a.tar.gz`, with those arguments and variables besides.
fn packed(folder: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let file = folder.path().join("a.tar.gz").display().to_string();
    let arguments = [&["doctor", "--bundle", &file], arguments].concat();

    command(&arguments).envs(variables.iter().copied()).output().expect("the service can be run")
}

#[track_caller]
fn unpacked(folder: &TempDir) -> Files {
    let archive = folder.path().join("a.tar.gz");
    let to = folder.path().join("unpacked");
    fs::create_dir(&to).unwrap();
    let tar = Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(&to).output().unwrap();
    assert!(tar.status.success(), "{}", text(&tar.stderr));
    let root = to.join("packet-exporter-bundle");
    let mut files = Files::new();
    read(&root, &root, &mut files);

    files
}

fn read(root: &Path, folder: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            read(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().display().to_string();
            files.insert(name, String::from_utf8(fs::read(&path).unwrap()).unwrap());
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Writes a file beside the archive.
fn file(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();

    path.display().to_string()
}

/// Returns why a file is missing, as the manifest has it.
#[track_caller]
fn missing(files: &Files, name: &str) -> Option<String> {
    let manifest: Value = serde_json::from_str(&files["bundle.json"]).unwrap();
    let all = manifest["files"].as_array().unwrap();
    let file = all.iter().find(|file| file["file"] == name);
    let file = file.unwrap_or_else(|| panic!("{name} is not in {manifest}"));

    file["missing"].as_str().map(ToOwned::to_owned)
}

#[test]
fn what_a_host_is_and_what_is_missing_is_in_one_archive() {
    let folder = TempDir::new().unwrap();
    let arguments = ["--web.listen-address", "127.0.0.1:1", "--sources.limit", "7"];

    let output = packed(&folder, &arguments, &[]);

    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let files = unpacked(&folder);
    for (name, part) in [
        ("version.txt", "packet-exporter, version "),
        ("config.txt", "sources.limit = 7 (command line)\n"),
        ("config.txt", "ports.limit = 64 (default)\n"),
        ("doctor.txt", "privileges"),
        ("doctor.json", "\"check\":\"kernel\""),
        ("kernel/version", "Linux"),
        ("kernel/sysctl.txt", "kernel.unprivileged_bpf_disabled = "),
        ("devices/net-dev", "lo:"),
        ("devices/sysfs.txt", "lo\n  ifindex 1\n"),
        ("process/self.txt", "CapEff:"),
        ("README.txt", "metrics.txt\n"),
    ] {
        assert!(files[name].contains(part), "{part:?} is not in {name}:\n{}", files[name]);
    }
    // Nothing listens on port 1.
    assert!(missing(&files, "metrics.txt").unwrap().contains("127.0.0.1:1: "));
    let summary = text(&output.stdout);
    for part in ["wrote ", "metrics.txt", "personal data", "--no-addresses"] {
        assert!(summary.contains(part), "{part:?} is not in:\n{summary}");
    }
}

#[test]
fn no_secret_is_in_an_archive_wherever_it_is_set() {
    const HASH: &str = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";
    let folder = TempDir::new().unwrap();
    let headers = file(&folder, "headers", "authorization: Bearer zq-headers-file\n");
    let web = file(&folder, "web.yml", &format!("basic_auth_users:\n  alice: {HASH}\n"));
    let config = file(
        &folder,
        "config.toml",
        &format!(
            "[otlp]\nendpoints = \"https://localhost:1/v1/metrics?key=zq-query\"\n\
             headers = [\"x-key=zq-header\"]\nheaders_file = {headers:?}\n\
             logs_headers = \"x-key=zq-logs-header\"\n[web]\nconfig_file = {web:?}\n"
        ),
    );
    let variables = [
        ("OTEL_EXPORTER_OTLP_HEADERS", "a=zq-otel-headers"),
        ("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "b=Basic%20zq-otel-logs"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://user:zq-password@localhost:1"),
        ("PACKET_EXPORTER_OTLP__TOKEN", "zq-unknown-key"),
        ("PACKET_EXPORTER_OTLP_HEADERS", "zq-misnamed"),
        ("HTTPS_PROXY", "http://user:zq-proxy@localhost:1"),
        ("ZQ", "zq-environment"),
    ];
    let refused = ("PACKET_EXPORTER_OTLP__ENDPOINTS", "http://user:zq-refused@localhost:1");

    for (extra, is_refused) in [(None, false), (Some(refused), true)] {
        let folder = TempDir::new().unwrap();
        let variables: Vec<_> = if is_refused {
            extra.iter().chain(&variables).copied().collect()
        } else {
            variables[..3].to_vec()
        };
        let output = packed(&folder, &["--config.file", &config], &variables);

        let files = unpacked(&folder);
        assert_eq!(files["config.txt"].contains("refused"), is_refused, "{}", files["config.txt"]);
        let printed = [("stdout", text(&output.stdout)), ("stderr", text(&output.stderr))];
        let printed = printed.iter().map(|(name, text)| (*name, text));
        for (name, text) in files.iter().map(|(name, text)| (name.as_str(), text)).chain(printed) {
            assert!(!text.contains("zq-"), "{name}:\n{text}");
            assert!(!text.contains("$2y$"), "{name}:\n{text}");
        }
    }
}

#[test]
fn a_configuration_that_is_refused_is_what_the_archive_tells() {
    let folder = TempDir::new().unwrap();
    let config = file(&folder, "config.toml", "[sources]\nlimit = \"many\"\n[no\n");
    let arguments = ["--config.file", &config];

    let output = packed(&folder, &arguments, &[]);

    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let files = unpacked(&folder);
    assert!(files["config.txt"].contains("is not TOML: line 3"), "{}", files["config.txt"]);
    assert!(files["doctor.txt"].contains("about the defaults"), "{}", files["doctor.txt"]);
}

#[test]
fn files_that_hang_or_cannot_be_read_do_not_keep_the_archive() {
    let folder = TempDir::new().unwrap();
    let web = file(&folder, "web.yml", "");
    let headers = file(&folder, "headers", "");
    let hanging = [&web, &headers].map(|path| Hanging::in_place_of(path));
    let arguments = [
        "--web.config.file",
        &web,
        "--otlp.headers-file",
        &headers,
        "--otlp.endpoints",
        "localhost:1",
        "--otlp.ca-file",
        "/proc/1/mem",
    ];
    let begun = Instant::now();

    let output = packed(&folder, &arguments, &[]);

    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
    let files = unpacked(&folder);
    assert!(files["config.txt"].contains("web.config_file"), "{}", files["config.txt"]);
    assert!(files["doctor.txt"].contains("its file system may hang"), "{}", files["doctor.txt"]);
    drop(hanging);
}

/// Puts a journal of our own before that of this machine, and returns the path of programs.
fn journal(folder: &TempDir, script: &str) -> String {
    let program = file(folder, "journalctl", &format!("#!/bin/sh\n{script}\n"));
    fs::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();

    format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap())
}

#[test]
fn the_journal_is_in_the_archive_without_secrets_that_somebody_logged() {
    let folder = TempDir::new().unwrap();
    let path = journal(&folder, "echo \"$@\"; echo 'key zq-header of 192.0.2.7'");
    let arguments = ["--otlp.headers", "a=zq-header", "--no-addresses"];

    let output = packed(&folder, &arguments, &[("PATH", &path)]);

    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let log = &unpacked(&folder)["log.txt"];
    assert!(log.contains("--unit packet-exporter --lines 1000"), "{log}");
    assert!(log.ends_with("key <secret> of address-1\n"), "{log}");
}

#[test]
fn a_journal_that_fails_or_does_not_answer_is_named() {
    for (script, reason) in
        [("echo 'no journal' >&2; exit 1", "no journal"), ("exec sleep 1000", "no end within 8s")]
    {
        let folder = TempDir::new().unwrap();
        let path = journal(&folder, script);

        let output = packed(&folder, &[], &[("PATH", &path)]);

        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let reason_given = missing(&unpacked(&folder), "log.txt").unwrap();
        assert!(reason_given.contains(reason), "{reason_given}");
    }
}

#[test]
fn a_file_that_is_there_stays_and_one_that_cannot_be_written_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let taken = file(&folder, "a.tar.gz", "precious");

    let output = packed(&folder, &[], &[]);
    let nowhere = command(&["doctor", "--bundle", "/proc/a.tar.gz"]).output().unwrap();
    let no_folder = folder.path().join("no/a.tar.gz");
    let no_folder = command(&["doctor", "--bundle", no_folder.to_str().unwrap()]).output().unwrap();

    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is there already"), "{}", text(&output.stderr));
    assert_eq!(fs::read_to_string(taken).unwrap(), "precious");
    for output in [nowhere, no_folder] {
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("cannot write `"), "{}", text(&output.stderr));
    }
    assert_eq!(names(folder.path()), ["a.tar.gz"]);
}

fn names(folder: &Path) -> Vec<String> {
    let path = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();

    fs::read_dir(folder).unwrap().flatten().map(path).collect()
}

#[test]
fn standard_output_takes_the_archive_too() {
    let folder = TempDir::new().unwrap();

    let output = command(&["doctor", "--bundle", "-", "--no-addresses"]).output().unwrap();
    fs::write(folder.path().join("a.tar.gz"), &output.stdout).unwrap();

    assert_eq!(output.status.code(), Some(0));
    assert!(unpacked(&folder)["README.txt"].contains("replaced by numbers"));
    assert!(text(&output.stderr).starts_with("wrote standard output: "));
}

#[test]
#[ignore = "needs root: `cargo xtask test bundle`"]
fn an_exporter_that_runs_is_in_the_archive() {
    let cable = Cable::lay("bundle");
    cable.plug_in();
    let run = [
        "--devices.include",
        Cable::DEVICE,
        "--datapath.interval",
        "100ms",
        "--datapath.mode",
        "native",
    ];
    let mut service = Service::start(&cable.here, &run);
    cable.there.run("ping", &["-c", "1", "-W", "5", Cable::HERE[0]]);
    service.wait_until("the ping is counted", |it| {
        it.get("/metrics").is_ok_and(|answer| answer.text().contains(Cable::THERE[0]))
    });

    for (extra, is_masked) in [(&[][..], false), (&["--no-addresses"][..], true)] {
        let folder = TempDir::new().unwrap();
        let file: PathBuf = folder.path().join("a.tar.gz");
        let arguments = [&["doctor", "--bundle", file.to_str().unwrap()], extra, &run].concat();
        let output = cable.here.within(|| command(&arguments).output()).unwrap();

        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let files = unpacked(&folder);
        let metrics = &files["metrics.txt"];
        assert!(metrics.contains("packet_exporter_build_info"), "{metrics}");
        assert_eq!(metrics.contains(Cable::THERE[0]), !is_masked, "{metrics}");
        assert_eq!(metrics.contains("=\"address-"), is_masked, "{metrics}");
        assert!(files["bpf/programs.txt"].contains("name count_received"), "{files:?}");
        assert!(files["bpf/maps.txt"].contains("name TOTALS"), "{files:?}");
        let devices = &files["devices/programs.txt"];
        assert!(devices.contains("xdp program Some("), "{devices}");
        let of_process = files
            .iter()
            .find(|(name, _)| name.starts_with("process/") && *name != "process/self.txt");
        assert!(of_process.is_some_and(|(_, text)| text.contains("Seccomp:")), "{of_process:?}");
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test bundle`"]
fn a_user_without_rights_gets_an_archive_with_less() {
    let cable = Cable::lay("bundle-user");
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o777))
        .unwrap();
    let file = folder.path().join("a.tar.gz").display().to_string();
    let before = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

    let mut doctor = behind(&before, &["doctor", "--bundle", &file]);
    let output = cable.here.within(|| doctor.output()).unwrap();

    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let files = unpacked(&folder);
    assert!(missing(&files, "bpf/programs.txt").unwrap().contains("CAP_SYS_ADMIN"));
    assert!(files["doctor.txt"].contains("this process has no CAP_BPF"), "{}", files["doctor.txt"]);
}

#[test]
#[ignore = "needs root: `cargo xtask test bundle`"]
fn a_full_disk_is_named_and_half_an_archive_is_taken_away() {
    const ON_ONE_PAGE: &str = r#"
        mount -t tmpfs -o size=4k none "$1" || exit 99
        "$2" doctor --bundle "$1/a.tar.gz"
        code=$?
        ls -A "$1"
        exit $code
    "#;
    let folder = TempDir::new().unwrap();
    let mut unshared = Command::new("unshare");
    unshared
        .args(["--mount", "sh", "-c", ON_ONE_PAGE, "sh"])
        .arg(folder.path())
        .arg(tools::service());

    let output = unshared.output().expect("there is an unshare");

    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("No space left on device"), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "", "nothing is left there");
}
