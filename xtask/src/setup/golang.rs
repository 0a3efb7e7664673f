//! Programs that no distribution has whole, built with Go where Go is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::kept;
use crate::process;

/// The suites that the programs are for.
pub(super) const OTLP: &str = "otlp";
const API: &str = "api";

const COLLECTOR: &str = "otelcol-0.162.0";
/// What the Collector consists of: the receiver under test, and an exporter that prints what it
/// received. Without the provider of variables it does not start.
const MANIFEST: &str = "\
dist: {name: otelcol-0.162.0, description: receives for tests, version: 0.162.0, output_path: out}
receivers:
  - gomod: go.opentelemetry.io/collector/receiver/otlpreceiver v0.162.0
processors:
  - gomod: go.opentelemetry.io/collector/processor/batchprocessor v0.162.0
exporters:
  - gomod: go.opentelemetry.io/collector/exporter/debugexporter v0.162.0
providers:
  - gomod: go.opentelemetry.io/collector/confmap/provider/envprovider v1.68.0
  - gomod: go.opentelemetry.io/collector/confmap/provider/fileprovider v1.68.0
  - gomod: go.opentelemetry.io/collector/confmap/provider/yamlprovider v1.68.0
";
const BUILDER: &str = "go.opentelemetry.io/collector/cmd/builder@v0.162.0";

/// Its version 3.16, which as a module of Go is called 0.316.
const PROMETHEUS: &str = "prometheus-3.16.0";
const PROMETHEUS_MODULE: &str = "github.com/prometheus/prometheus/cmd/prometheus@v0.316.0";

/// What compares OpenAPI documents.
const OASDIFF: &str = "oasdiff-1.38.0";
const OASDIFF_MODULE: &str = "github.com/oasdiff/oasdiff@v1.38.0";

/// What optimizing takes is a third of all; the programs are quick enough without.
const UNOPTIMIZED: &str = "all=-N -l";

pub(crate) const ELSEWHERE: &str = "Go 1.26 or newer in PATH, and the network while it is built";

/// The OpenTelemetry Collector.
pub(crate) fn collector() -> Option<PathBuf> {
    kept::kept(OTLP, COLLECTOR)
}

/// A Prometheus with its receiver of OTLP, which Debian takes out.
pub(crate) fn otlp_prometheus() -> Option<PathBuf> {
    kept::kept(OTLP, PROMETHEUS)
}

/// What finds the changes of an OpenAPI document that break clients.
pub(crate) fn oasdiff() -> Option<PathBuf> {
    kept::kept(API, OASDIFF)
}

pub(crate) fn make_collector() -> Result<()> {
    kept::keep(OTLP, COLLECTOR, |scratch| {
        fs::write(scratch.join("manifest.yaml"), MANIFEST).context("cannot write the manifest")?;
        process::step(
            "building the OpenTelemetry Collector (one to three minutes)",
            go(scratch)?.args(["run", BUILDER, "--config", "manifest.yaml"]).args([
                "--ldflags",
                "-s",
                "--gcflags",
                UNOPTIMIZED,
            ]),
        )?;

        Ok(scratch.join("out").join(COLLECTOR))
    })
}

pub(crate) fn make_prometheus() -> Result<()> {
    kept::keep(OTLP, PROMETHEUS, |scratch| {
        // It is scraping and receiving that tests want, not finding out what to scrape.
        process::step(
            "building Prometheus with its OTLP receiver (one to three minutes)",
            go(scratch)?.args(["install", "-tags", "remove_all_sd,netgo", PROMETHEUS_MODULE]),
        )?;

        kept::named(&scratch.join("bin/prometheus"), PROMETHEUS)
    })
}

pub(crate) fn make_oasdiff() -> Result<()> {
    kept::keep(API, OASDIFF, |scratch| {
        process::step(
            "building oasdiff (half a minute to two minutes)",
            go(scratch)?.args(["install", OASDIFF_MODULE]),
        )?;

        kept::named(&scratch.join("bin/oasdiff"), OASDIFF)
    })
}

/// Go, with everything that it downloads and caches below `scratch`.
pub(super) fn go(scratch: &Path) -> Result<Command> {
    let Some(go) = process::find("go") else {
        bail!("it is built with Go, and there is no `go` in PATH");
    };
    let mut command = Command::new(go);
    command.current_dir(scratch);
    command.env("GOBIN", scratch.join("bin"));
    command.env("GOCACHE", scratch.join("cache"));
    command.env("GOMODCACHE", scratch.join("modules"));
    // The flags of the Collector's builder, so that it compiles nothing a second time with others;
    // and modules that can be removed.
    let flags =
        format!("-ldflags=-s '-gcflags={UNOPTIMIZED}' -trimpath -buildvcs=false -modcacherw");
    command.env("GOFLAGS", flags).env("CGO_ENABLED", "0");

    Ok(command)
}
