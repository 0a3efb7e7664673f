//! Who may know what. A new line here is a decision about the design.

mod architecture {
    mod documented;
    pub(crate) mod pure;
    mod waiting;
}

use std::fs;
use std::path::Path;
use std::slice;

use tests::graph::{graph, reachable};
use tests::rust_paths::{Named, named};
use tests::sources::{TextFile, root, rust_files};

use architecture::pure::PURE;

/// Where a module stands: it names only what stands on a line below its own, never a neighbour.
const LINES: &[&[&str]] = &[
    &["app"],
    // Pure: what is found of a host, judged and packed.
    &["doctor", "bundle"],
    // One outside crate each.
    &[
        "capture",
        "datapath",
        "driver",
        "interfaces",
        "http",
        "export::prometheus",
        "export::otlp",
        "listening",
        "logging",
        "notify",
        "privileges",
        "reload",
    ],
    // What other hosts are asked with, for those above.
    &["outbound"],
    // Time and channels only.
    &["folder"],
    // Pure: what was counted up to a fold, in the words of the catalogue; the page and the terminal that
    // show it.
    &["api", "page", "top"],
    // Pure: what is in a capture, in the words of the catalogue.
    &["inspect"],
    // Pure: no clock, no I/O.
    &["ledger", "catalog"],
    &["signals", "history"],
    // Plain data.
    &["snapshot"],
    &["config"],
    &["health"],
    &["interval"],
    // Whose certificates count, in both directions of TLS.
    &["trusted"],
    // Which ports are those of services.
    &["services"],
    // Packets that were taken, in the words of captures.
    &["samples"],
    &["html"],
    &[
        "causes",
        "dimension",
        "files",
        "netlink",
        "printable",
        "process",
        "record",
        "scope",
        "version",
    ],
];

/// A crate from outside, and the only places that may name it.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("anyhow", &["app", "folder", "main"]),
    ("axum", &["http"]),
    ("aya", &["datapath"]),
    ("base64", &["api", "http"]),
    ("bcrypt", &["http"]),
    ("bytes", &["http", "outbound", "export::otlp"]),
    ("caps", &["privileges"]),
    ("clap", &["config"]),
    ("clap_complete", &["config"]),
    ("clap_mangen", &["config"]),
    ("exporter_ebpf", &["app", "inspect"]),
    ("figment", &["config"]),
    ("flate2", &["app::doctor::bundle", "bundle", "capture", "http", "export::otlp"]),
    ("futures_util", &["http", "interfaces"]),
    ("http_body", &["http", "outbound"]),
    ("http_body_util", &["http", "outbound", "export::otlp"]),
    ("httpdate", &["export::otlp"]),
    ("humantime", &["api", "app", "config", "http"]),
    ("humantime_serde", &["config", "http"]),
    ("hyper", &["http", "outbound", "export::otlp"]),
    ("hyper_rustls", &["outbound"]),
    ("hyper_util", &["http", "outbound"]),
    ("libc", &["datapath"]),
    ("listenfd", &["http"]),
    ("notify", &["reload"]),
    ("opentelemetry", &["export::otlp"]),
    ("opentelemetry_appender_tracing", &["export::otlp"]),
    ("opentelemetry_http", &["export::otlp"]),
    ("opentelemetry_otlp", &["export::otlp"]),
    ("opentelemetry_proto", &["export::otlp"]),
    ("opentelemetry_sdk", &["export::otlp"]),
    ("procfs", &["process"]),
    ("prometheus_client", &["export::prometheus"]),
    ("prost", &["export::otlp"]),
    ("ratatui", &["app::top", "top"]),
    ("regex", &["config"]),
    ("ring", &["http", "outbound", "export::otlp"]),
    ("rtnetlink", &["interfaces"]),
    ("rustix", &["datapath", "privileges"]),
    ("rustls", &["http", "outbound", "trusted", "export::otlp"]),
    // Reading them may hang, which is bounded there.
    ("rustls_native_certs", &["trusted"]),
    ("schemars", &["api", "inspect"]),
    ("sd_notify", &["notify"]),
    ("serde", &["api", "bundle", "config", "doctor", "http", "inspect", "top", "export::otlp"]),
    ("serde_json", &["api", "bundle", "config", "doctor", "inspect", "top", "export::otlp"]),
    ("serde_saphyr", &["http"]),
    ("socket2", &["datapath", "http", "netlink"]),
    ("strsim", &["config"]),
    ("subtle", &["http"]),
    ("tar", &["bundle"]),
    ("tokio", &["app", "folder", "http", "interfaces", "outbound", "export::otlp", "reload"]),
    ("tokio_rustls", &["http"]),
    ("tokio_util", &["app", "folder", "http", "interfaces", "export::otlp", "reload"]),
    ("toml", &["config"]),
    ("tonic", &["export::otlp"]),
    ("tonic_types", &["export::otlp"]),
    ("tower_service", &["http", "outbound"]),
    (
        "tracing",
        &["app", "datapath", "folder", "http", "interfaces", "logging", "export::otlp", "reload"],
    ),
    ("tracing_logfmt", &["logging"]),
    ("tracing_subscriber", &["logging"]),
    ("webpki", &["http", "trusted"]),
    ("x509_parser", &["http", "trusted"]),
    ("zerocopy", &["datapath"]),
    ("zstd", &["capture", "http", "export::otlp"]),
];
/// What waits for a disk or a mount, and the only modules that may name it. Beside `files`, which
/// bounds that in time: the kernel's own file system of pins, and a capture that a command reads.
const FILES_IN: &[&str] = &["files", "datapath::pins", "app::inspect"];
const FILES: &[&str] = &["std::fs", "tokio::fs"];

/// Crates that are part of how everything here is written.
const EVERYWHERE: &[&str] = &["shared", "thiserror"];

/// The places of unsafe code, of the service and of the program in the kernel. The last five only
/// read the context and make a `Packet`, of what the kernel gives and of a slice.
const UNSAFE_IN: &[&str] = &[
    "exporter/src/datapath/wire",
    "exporter-ebpf/src/maps",
    "exporter-ebpf/src/pool/maps",
    "exporter-ebpf/src/packet.rs",
    "exporter-ebpf/src/frame.rs",
    "exporter-ebpf/src/object.rs",
    "exporter-ebpf/src/sample",
    "exporter-ebpf/src/pool/main.rs",
    "exporter-ebpf/src/buffer",
    "exporter-ebpf/src/parse/host.rs",
    "exporter-ebpf/src/segments/header/tests.rs",
];

#[test]
fn a_module_names_only_what_stands_below_its_line() {
    let mut strays = Vec::new();

    for (path, module, named) in modules() {
        if module == ["main"] || module == ["lib"] || module == ["export"] {
            continue;
        }
        let Some((own, line)) = place(&module) else {
            strays.push(format!("{path} stands on no line of LINES"));
            continue;
        };
        for other in &named.inside {
            match place(other) {
                Some((name, below)) if name == own || below > line => {}
                Some((name, _)) => strays.push(format!("{path} names `{name}`")),
                None => strays.push(format!("{path} names `{}`", other.join("::"))),
            }
        }
    }

    assert_none(&strays);
}

#[test]
fn each_line_names_modules_that_are_there() {
    let modules: Vec<_> = modules().into_iter().map(|(_, module, _)| module).collect();
    let names = LINES.iter().copied().flatten().chain(PURE);

    let strays: Vec<_> = names
        .filter(|name| !modules.iter().any(|module| is_in(module, name)))
        .map(|name| format!("there is no module `{name}`"))
        .collect();

    assert_none(&strays);
}

/// A child may name what its parent has, and the parent its children.
#[test]
fn modules_do_not_name_each_other_in_circles() {
    let graph = graph(&modules());

    let strays: Vec<_> = graph
        .iter()
        .flat_map(|(from, all)| all.iter().map(move |to| (from, to)))
        .filter(|(from, to)| reachable(&graph, to).contains(from.as_str()))
        .map(|(from, to)| format!("`{from}` names `{to}`, from which it is reached"))
        .collect();

    assert_none(&strays);
}

#[test]
fn each_outside_crate_is_known_in_one_place() {
    let mut strays = Vec::new();

    for (path, module, named) in modules() {
        for outside in &named.outside {
            let Some((name, places)) = ONLY_IN.iter().find(|(name, _)| *name == outside[0]) else {
                continue;
            };
            if !places.iter().any(|place| is_in(&module, place)) {
                strays.push(format!("{path} names `{name}`, which belongs in {places:?}"));
            }
        }
    }

    assert_none(&strays);
}

#[test]
fn files_are_read_in_one_place() {
    let mut strays = Vec::new();

    for (path, module, named) in modules() {
        if FILES_IN.iter().any(|place| is_in(&module, place)) {
            continue;
        }
        for name in named.outside.iter().map(|outside| outside.join("::")) {
            if FILES.iter().any(|it| name == *it || name.starts_with(&format!("{it}::"))) {
                strays.push(format!("{path} names `{name}`, which belongs in {FILES_IN:?}"));
            }
        }
    }

    assert_none(&strays);
}

/// Clippy reads one file for a crate, so the one for the service has to repeat what is for all.
#[test]
fn the_lints_of_the_workspace_are_those_of_the_service_too() {
    let read = |path| fs::read_to_string(root().join(path)).unwrap();
    let service = read("exporter/clippy.toml");

    let strays: Vec<_> = read("clippy.toml")
        .lines()
        .filter(|line| !service.lines().any(|it| it == *line))
        .map(|line| format!("`{line}` is missing in exporter/clippy.toml"))
        .collect();

    assert_none(&strays);
}

#[test]
fn each_dependency_has_its_place() {
    let manifest = fs::read_to_string(root().join("exporter/Cargo.toml")).unwrap();
    let (_, dependencies) = manifest.split_once("[dependencies]\n").unwrap();
    let dependencies = dependencies.split("\n[").next().unwrap();
    let names = dependencies.lines().filter_map(|line| line.split([' ', '.']).next());
    let has_place =
        |name: &str| EVERYWHERE.contains(&name) || ONLY_IN.iter().any(|(known, _)| *known == name);

    let strays: Vec<_> = names
        .filter(|name| !name.is_empty() && !name.starts_with('#'))
        .map(|name| name.replace('-', "_"))
        .filter(|name| !has_place(name))
        .map(|name| format!("`{name}` has no line in ONLY_IN"))
        .collect();

    assert_none(&strays);
}

#[test]
fn unsafe_code_is_where_it_is_looked_for() {
    let is_expected = |path: &str| UNSAFE_IN.iter().any(|place| path.starts_with(place));

    let strays: Vec<_> = rust_files(&["exporter", "exporter-ebpf/src", "shared", "xtask"])
        .into_iter()
        // The benchmarked programs are not part of what is loaded on a host.
        .filter(|file| !is_expected(&file.path) && !file.path.contains("/bench/"))
        .filter(|file| named(&[], &file.text).has_unsafe)
        .map(|file| format!("{} has unsafe code", file.path))
        .collect();

    assert_none(&strays);
}

#[test]
fn files_are_short_enough_to_be_read() {
    /// Longest files in lines, of all, of those for the kernel without comments, and of `main`.
    const LONGEST: usize = 400;
    const LONGEST_OF_KERNEL: usize = 150;
    const LONGEST_MAIN: usize = 60;
    let folders = ["exporter", "exporter-ebpf", "grafana", "shared", "tests", "xtask"];

    let mut strays = Vec::new();
    for TextFile { path, text } in rust_files(&folders) {
        let lines = text.lines().count();
        let code = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let code = code.filter(|line| !line.starts_with("//")).count();
        let is_main = path == "exporter/src/main.rs";

        if lines > LONGEST || is_main && lines > LONGEST_MAIN {
            strays.push(format!("{path} has {lines} lines"));
        }
        if path.starts_with("exporter-ebpf/src/") && code > LONGEST_OF_KERNEL {
            strays.push(format!("{path} has {code} lines of code"));
        }
    }

    assert_none(&strays);
}

/// The service's files with their modules and what they name; without those only for tests.
fn modules() -> Vec<(String, Vec<String>, Named)> {
    let files = rust_files(&["exporter/src"]);
    let all: Vec<_> = files
        .into_iter()
        .map(|TextFile { path, text }| {
            let module = module(&path);
            let parts: Vec<_> = module.iter().map(String::as_str).collect();
            let named = named(&parts, &text);
            (path, module, named)
        })
        .collect();
    let of_tests: Vec<Vec<String>> = all
        .iter()
        .flat_map(|(_, module, named)| {
            named
                .test_modules
                .iter()
                .map(|name| [module.as_slice(), slice::from_ref(name)].concat())
        })
        .collect();

    let is_for_tests =
        |module: &[String]| of_tests.iter().any(|of_tests| module.starts_with(of_tests));
    all.into_iter().filter(|(_, module, _)| !is_for_tests(module)).collect()
}

/// `exporter/src/datapath/load.rs` is `datapath::load`.
fn module(path: &str) -> Vec<String> {
    let path = Path::new(path).strip_prefix("exporter/src").unwrap().with_extension("");

    path.iter().map(|part| part.to_str().unwrap().to_owned()).collect()
}

/// The part that a module belongs to, and its line.
fn place(module: &[String]) -> Option<(&'static str, usize)> {
    LINES.iter().enumerate().find_map(|(number, line)| {
        let part = line.iter().find(|part| is_in(module, part))?;
        Some((*part, number))
    })
}

fn is_in(module: &[String], part: &str) -> bool {
    part.split("::").enumerate().all(|(at, name)| module.get(at).is_some_and(|it| it == name))
}

#[track_caller]
fn assert_none(strays: &[String]) {
    assert!(strays.is_empty(), "\n{}", strays.join("\n"));
}
