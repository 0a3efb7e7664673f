//! `doctor --bundle`: gathers what a bug report needs. Whatever cannot be had is named.

mod devices;
mod kernel;
mod log;
mod metrics;
mod programs;
mod running;

use std::fmt::{Display, Write as _};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, anyhow};

use super::facts;
use crate::app::Failure;
use crate::bundle::{Head, Item, Packed, Secrets, pack};
use crate::causes::with_causes;
use crate::config::{self, Bundle, Config, Inputs, Loaded};
use crate::doctor::Diagnosis;
use crate::files;
use crate::printable::printable;
use crate::version::Build;

/// How long all of it may take together.
const PATIENCE: Duration = Duration::from_secs(20);
const REPORT: &str = "Whether counting would work here";

/// Something that is gathered on a thread of its own, which may hang.
struct Gathering {
    /// What is missing if it does.
    file: &'static str,
    about: &'static str,
    items: Receiver<Vec<Item>>,
}

/// Writes the archive, and what is in it for the one who asked.
pub(super) fn write(inputs: &Inputs, bundle: &Bundle) -> Result<(), Failure> {
    refuse_what_is_there(bundle).map_err(Failure::Refused)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let head = Head {
        version: Build::THIS.version,
        created: now.as_secs(),
        no_addresses: bundle.no_addresses,
    };

    let loaded = Config::load(inputs).map_err(|error| with_causes(&error));
    let items = gathered(inputs, &loaded);
    let secrets = secrets(inputs, &loaded);
    let packed = pack(items, &head, &secrets).context("cannot pack the archive");
    let packed = packed.map_err(Failure::Failed)?;
    let size = packed.bytes.len();
    let summary = summary(&packed, bundle.to.as_deref(), size);
    written(packed.bytes, bundle.to.as_deref()).map_err(Failure::Failed)?;

    // Standard output may be the archive itself.
    let _nobody_reads = match bundle.to {
        Some(_) => write!(io::stdout(), "{}", printable(&summary)),
        None => write!(io::stderr(), "{}", printable(&summary)),
    };
    Ok(())
}

/// Before anything is gathered, which takes a while.
fn refuse_what_is_there(bundle: &Bundle) -> anyhow::Result<()> {
    let Some(path) = &bundle.to else { return Ok(()) };
    let is_taken =
        files::is_taken(path).with_context(|| format!("cannot look for `{}`", path.display()))?;
    if is_taken {
        return Err(anyhow!(
            "`{}` is there already and stays as it is; name another file, or - for standard output",
            path.display()
        ));
    }

    Ok(())
}

fn gathered(inputs: &Inputs, loaded: &Result<Loaded, String>) -> Vec<Item> {
    let begun = Instant::now();
    let config = loaded.as_ref().map_or_else(|_| Config::default(), |it| it.config.clone());
    let (web, devices, is_refused) = (config.web.clone(), config.devices.clone(), loaded.is_err());
    let mut items = vec![
        Item::new("version.txt", "This build", Ok(Build::THIS.to_string())),
        configuration(loaded),
        variables(inputs),
    ];

    // Before the diagnosis loads programs and listens on the addresses.
    let first = [
        Gathering::start("bpf/", "BPF programs and maps", programs::items),
        Gathering::start("metrics.txt", metrics::ABOUT, move || metrics::items(&web)),
    ];
    items.extend(first.into_iter().flat_map(|it| it.end(begun + PATIENCE / 2)));
    let then = [
        Gathering::start("doctor.txt", REPORT, move || diagnosis(&config, is_refused)),
        Gathering::start("kernel/", "The kernel and its settings", kernel::items),
        Gathering::start("devices/", "Network devices", move || devices::items(&devices)),
        Gathering::start("process/", "Processes of the exporter", running::items),
        Gathering::start("log.txt", log::ABOUT, log::items),
    ];
    items.extend(then.into_iter().flat_map(|it| it.end(begun + PATIENCE)));

    items
}

fn configuration(loaded: &Result<Loaded, String>) -> Item {
    let text = match loaded {
        Ok(loaded) => loaded.effective(),
        Err(refused) => format!("{refused}\n"),
    };

    Item::new(
        "config.txt",
        "The configuration with the origin of each value, or why it is refused",
        Ok(text),
    )
}

fn variables(inputs: &Inputs) -> Item {
    let names = lines(inputs.variable_names());
    let names = if names.is_empty() { Err("none is set".to_owned()) } else { Ok(names) };

    Item::new("variables.txt", "Names of the environment variables that the exporter reads", names)
}

fn diagnosis(config: &Config, is_refused: bool) -> Vec<Item> {
    let (text, json) = (REPORT, "The same as JSON");
    let diagnosis = match facts(config) {
        Ok(facts) => Diagnosis::of(&facts),
        Err(error) => {
            let reason = format!("{error:#}");
            return vec![
                Item::new("doctor.txt", text, Err(reason.clone())),
                Item::new("doctor.json", json, Err(reason)),
            ];
        }
    };
    let head = if is_refused {
        "The configuration is refused (config.txt). This is about the defaults.\n\n"
    } else {
        ""
    };
    let mut object = Vec::new();
    let written = diagnosis.write(&mut object).map_err(|error| error.to_string());

    vec![
        Item::new("doctor.txt", text, Ok(format!("{head}{diagnosis}"))),
        Item::new(
            "doctor.json",
            json,
            written.map(|()| String::from_utf8_lossy(&object).into_owned()),
        ),
    ]
}

/// Returns each as one line.
fn lines(all: impl Iterator<Item = impl Display>) -> String {
    all.fold(String::new(), |mut text, it| {
        // A string takes all that is written.
        let _written = writeln!(text, "{it}");
        text
    })
}

impl Gathering {
    fn start(
        file: &'static str,
        about: &'static str,
        gather: impl FnOnce() -> Vec<Item> + Send + 'static,
    ) -> Self {
        let (done, items) = sync_channel(1);
        // Without a thread nothing is sent, and that is seen at the end.
        let _left_behind_if_it_hangs =
            thread::Builder::new().name("gather".into()).spawn(move || {
                let _nobody_waits_any_more = done.send(gather());
            });

        Self { file, about, items }
    }

    fn end(self, deadline: Instant) -> Vec<Item> {
        let left = deadline.saturating_duration_since(Instant::now());
        let reason = match self.items.recv_timeout(left) {
            Ok(items) => return items,
            Err(RecvTimeoutError::Timeout) => "it did not answer in time".to_owned(),
            Err(RecvTimeoutError::Disconnected) => "gathering it failed".to_owned(),
        };

        vec![Item::new(self.file, self.about, Err(reason))]
    }
}

/// Finds what must not be in the archive, if anything writes it by mistake.
fn secrets(inputs: &Inputs, loaded: &Result<Loaded, String>) -> Secrets {
    let mut secrets = Secrets::default();
    for secret in config::secrets(inputs) {
        secrets.keep(&secret);
    }
    let Ok(Loaded { config, .. }) = loaded else { return secrets };
    let text = |path: &Path| {
        let is_named = !path.as_os_str().is_empty();
        is_named.then(|| files::text(path).ok()).flatten().unwrap_or_default()
    };
    for line in text(&config.otlp.headers_file).lines() {
        secrets.keep_of_header(line);
    }
    // Source: crypt(5), the hashes of bcrypt.
    let web = text(&config.web.config_file);
    let is_hash = |word: &&str| word.starts_with("$2");
    for hash in web.split(|it: char| it.is_whitespace() || "'\",{}".contains(it)).filter(is_hash) {
        secrets.keep(hash);
    }

    secrets
}

fn written(bytes: Vec<u8>, to: Option<&Path>) -> anyhow::Result<()> {
    let Some(path) = to else {
        let mut out = io::stdout().lock();
        return match out.write_all(&bytes).and_then(|()| out.flush()) {
            // A reader that went away has read enough.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(error).context("cannot write the archive to standard output")
            }
            _ => Ok(()),
        };
    };

    files::write_new(path, bytes)
        .with_context(|| format!("cannot write `{}`; nothing of it is left", path.display()))
}

fn summary(packed: &Packed, to: Option<&Path>, size: usize) -> String {
    let Packed { manifest, .. } = packed;
    let to = to.map_or_else(|| "standard output".into(), |path| path.display().to_string());
    let there = manifest.files.iter().filter(|it| it.missing.is_none()).count();
    let mut text = format!("wrote {to}: {there} files, {} KiB\n", size.div_ceil(1024));

    if manifest.missing().next().is_some() {
        text += "not in it:\n";
    }
    for (file, reason) in manifest.missing() {
        // A string takes all that is written.
        let _written = writeln!(text, "  {file:<22} {reason}");
    }

    text + manifest.privacy() + "\nRead through it before you pass it on.\n"
}
