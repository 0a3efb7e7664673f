//! The wiring diagram: configuration, parts, run, stop.

mod applying;
mod devices;
mod doctor;
mod history;
mod host_memory;
mod inspect;
mod inspections;
mod listening;
mod openapi;
mod options;
mod pages;
mod parts;
mod pause;
mod pushes;
mod readiness;
mod samples;
mod sampling;
mod service_manager;
mod token;
mod top;

use std::sync::Arc;

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::causes::with_causes;
use crate::config::{Config, Inputs, Loaded, Problem};
use crate::datapath::{Datapath, ProgramNames};
use crate::export::otlp;
use crate::folder::{self, Folder, Pace};
use crate::health::{Health, ReloadSource};
use crate::http::{self, Listeners, Refusals, TokenFile, WebFile};
use crate::interfaces::Interface;
use crate::outbound::{Proxies, ProxyProblem};
use crate::reload::{self, InForce, Reload, Trigger};
use crate::snapshot::Snapshot;
use crate::version::Build;
use crate::{datapath, interfaces, logging, privileges};

use self::devices::{Devices, NoDevices};
use self::inspections::Inspections;
use self::pages::Pages;
use self::parts::Parts;
use self::pushes::{LogPush, Pushes, Sources};
use self::sampling::Taking;
use self::service_manager::Reloads;

pub use self::doctor::doctor;
pub use self::inspect::inspect;
pub use self::openapi::openapi;
pub use self::token::new_token;
pub use self::top::top;

/// Why the program ended without being asked to.
#[derive(Debug)]
pub enum Failure {
    /// Before anything was counted: the configuration or the machine does not do.
    Refused(anyhow::Error),
    /// While it was running.
    Failed(anyhow::Error),
}

/// Returns whether the configuration is valid, and where it comes from.
pub fn check(inputs: &Inputs) -> Result<String, Failure> {
    // With what the API has set, and what is wrong with the file that keeps it.
    let loaded = InForce::read(inputs).map_err(|error| Failure::Refused(error.into()))?.loaded;
    web_file(&loaded.config).map_err(Failure::Refused)?;
    token_file(&loaded.config).map_err(Failure::Refused)?;
    pushes::check(&loaded.config.otlp).map_err(Failure::Refused)?;

    Ok(loaded.to_string())
}

/// Counts and serves until asked to stop.
pub fn run(inputs: &Inputs) -> Result<(), Failure> {
    let app = start(inputs).map_err(Failure::Refused)?;
    // The log is last to end.
    let App { log: _log, supervisor, runtime, parts, mut signals } = app;

    let outcome = supervisor.block_on(parts.run(signals.stop()));
    // What is left waits for a file or the look-up of a name, and nobody waits for that.
    runtime.shutdown_background();
    // What can be attached is known only after the start of the parts.
    outcome.map_err(|error| match error.downcast::<NoDevices>() {
        Ok(none) => Failure::Refused(none.into()),
        Err(error) => Failure::Failed(error),
    })
}

struct App {
    log: logging::Output,
    /// Waits for signals and for the parts, on the main thread and apart from `runtime`, so that a
    /// part that blocks cannot delay a stop.
    supervisor: Runtime,
    runtime: Runtime,
    parts: Parts,
    signals: Signals,
}

/// Starts all parts. Devices are attached by the folder then, so that pages are served meanwhile and
/// a signal that asks to stop is followed at once.
fn start(inputs: &Inputs) -> anyhow::Result<App> {
    datapath::share_heap();
    let in_force = InForce::read(inputs)?;
    let Loaded { config, problems, .. } = in_force.loaded.clone();
    let (bridge, log_push) = LogPush::new(&config.otlp)?;
    let (mut log, level) = logging::start(&config.log, Some(bridge))?;
    tracing::info!(version = Build::THIS.version, revision = Build::THIS.revision, "Starting");
    log_problems(&problems);

    privileges::check()?;
    raise_limits();
    // Later that would take more rights than are kept.
    let names = ProgramNames::read();
    // What is configured now; every part reads it there, and keeps no copy.
    let (live, live_config) = watch::channel(Arc::new(config));
    let config = Arc::clone(&live_config.borrow());
    let (trigger, requests) = reload::channel();
    let listeners = listeners(&config)?;
    // There is one thread yet, and what takes more is done. The web configuration is read again
    // and again, so it is read first with the rights that are left.
    for kept in privileges::keep_needed() {
        let error = with_causes(&kept);
        tracing::warn!(error, "Rights that are not needed are kept; run as a user of its own");
    }
    log.start_writing()?;
    let (web, tokens) = (web_file(&config)?, token_file(&config)?);
    if !config.datapath.pin {
        datapath::clear_pins(&config.datapath.pin_path);
    }
    let origin = otlp::HostResource::detect();
    let datapath = Datapath::new(options::datapath(&config))?;

    let supervisor = Builder::new_current_thread().enable_all().build()?;
    let signals = {
        let _inside = supervisor.enter();
        Signals::catch(trigger.clone()).context("cannot catch signals")?
    };
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let inside = runtime.enter();
    let lost_events = log_push.lost();
    let pushes = Pushes::new(&config.otlp, &origin, log_push)?;
    let ranks = datapath.port_ranks();
    let (inspections, copies) = (Inspections::new(ranks.clone()), datapath.samples());
    let (interfaces_tx, interfaces) = watch::channel(runtime.block_on(interfaces::list())?);
    let devices = Devices::new(datapath, Arc::clone(&config), interfaces.clone(), names)?;
    let check = check_of(&config, live_config.clone(), interfaces.clone());
    let (reload, configuration) = Reload::new(in_force, live, check);

    let health = Health { attaching: devices.attaching(), ..Health::default() };
    let (applied, told) = watch::channel(None);
    let (snapshot_tx, snapshot) =
        watch::channel(Arc::new(Snapshot { health, ..Snapshot::default() }));
    let folder =
        Folder { config: live_config.clone(), plan: options::plan, snapshot: snapshot_tx, applied };
    announce(&listeners, web.as_ref());
    let refusals = Refusals::default();
    let lines = log.lines();
    let lost = move || lines.lost() + lost_events.read();
    let mut parts = Parts::on(runtime.handle().clone());
    let taking = Taking::new(copies, ranks.clone(), live_config.clone(), interfaces.clone());
    let (samples, taken) = sampling::start(&parts.optional(), taking)?;
    let listened = listening::start(&parts.optional(), move |it| ranks.listen(it))?;
    let history = history::start(&parts.optional(), &snapshot, &live_config, samples.clone())?;
    let read = pushes.read(Sources {
        configuration,
        configs: live_config.clone(),
        parts: parts.optional(),
        refusals: refusals.clone(),
        lost,
        listened,
        history: history.clone(),
        taken,
        samples: samples.clone(),
    });
    let pages = Pages {
        configs: live_config.clone(),
        read: Arc::clone(&read),
        snapshot: snapshot.clone(),
        history,
        trigger: trigger.clone(),
        settings: reload.effective(),
        samples,
        inspections,
    };
    let site = pages.site(refusals, tokens);

    parts.start("http", |stop| async move { Ok(http::serve(listeners, site, web, stop).await?) });
    follow_interfaces(&mut parts, interfaces_tx, live_config.clone());
    let folding = parts.start_blocking("folder", |stop| {
        let mut devices = devices;
        // The next process takes what is counted from now on.
        let last_look = !devices.are_pinned();
        let stopped = stop.clone();
        let pace = Pace { changes: interfaces, stop, last_look };
        let collect = move |config: &_| devices.collect(config, &|| stopped.is_cancelled());
        folder::run(folder, collect, pace)
    });
    folding.context("cannot start the thread that folds")?;
    let reloads = Reloads::new();
    service_manager::start(&parts.optional(), &snapshot, &reloads, live_config.clone())?;
    let pushing = pushes.start(&parts, &snapshot, &read, live_config.clone())?;
    let logging = applying::start(&mut parts, "log", &live_config, move |config| {
        level.set(config.log.level);
    });
    let reload = reload.waiting_for(vec![logging, applying::by_the_folder(told), pushing]);
    parts.optional().start("reload", applying::ReloadPart { reload, requests, reloads })?;
    let file = inputs.file.path().to_owned();
    applying::follow_file(&parts.optional(), file, live_config, trigger)?;
    drop(inside);

    Ok(App { log, supervisor, runtime, parts, signals })
}

/// Starts the part that knows the devices of this host.
fn follow_interfaces(
    parts: &mut Parts,
    interfaces: watch::Sender<Vec<Interface>>,
    configs: watch::Receiver<Arc<Config>>,
) {
    parts.start("interfaces", |stop| async move {
        let is_wanted = |it: &Interface| it.is_wanted(&configs.borrow().devices);
        Ok(interfaces::watch(interfaces, is_wanted, stop).await?)
    });
}

/// Logs what is wrong with settings that are not refused.
fn log_problems(problems: &[Problem]) {
    for Problem { setting, text } in problems {
        tracing::warn!(setting, problem = text, "Problem with a setting");
    }
    for ProxyProblem { variable, text } in Proxies::problems() {
        tracing::warn!(variable, problem = text, "Problem with an environment variable");
    }
}

/// Raises the limits that maps and programs meet, while this process still has the right.
fn raise_limits() {
    if let Some(limited) = datapath::raise_limits() {
        let error = with_causes(&limited);
        tracing::warn!(error, "Maps and programs may not fit in a limit");
    }
}

/// Returns what looks at the files and the devices that a new configuration names, as the start does.
fn check_of(
    config: &Config,
    live: watch::Receiver<Arc<Config>>,
    interfaces: watch::Receiver<Vec<Interface>>,
) -> reload::Check {
    let (web_config, tokens) = (config.web.config_file.clone(), config.api.token_file.clone());

    Arc::new(move |config| {
        pushes::check(&config.otlp)?;
        let before = live.borrow().devices.clone();
        NoDevices::check_change(&before, &config.devices, &interfaces.borrow())?;
        // The one in use is read again by itself; another one is for the next start.
        if config.web.config_file != web_config {
            web_file(config)?;
        }
        if config.api.token_file != tokens {
            token_file(config)?;
        }
        Ok(())
    })
}

fn listeners(config: &Config) -> anyhow::Result<Listeners> {
    let listeners = if config.web.systemd_socket {
        Listeners::passed()?
    } else {
        Listeners::bind(&config.web.listen_address)?
    };

    Ok(listeners.with_api(&config.api.listen_address)?)
}

fn announce(listeners: &Listeners, web: Option<&WebFile>) {
    for address in listeners.addresses() {
        tracing::info!(%address, tls = web.is_some_and(WebFile::has_tls), "Listening");
    }
}

fn web_file(config: &Config) -> anyhow::Result<Option<WebFile>> {
    let path = &config.web.config_file;

    Ok(if path.as_os_str().is_empty() { None } else { Some(WebFile::open(path)?) })
}

fn token_file(config: &Config) -> anyhow::Result<Option<Arc<TokenFile>>> {
    let path = &config.api.token_file;
    let is_named = !path.as_os_str().is_empty();

    Ok(is_named.then(|| TokenFile::open(path)).transpose()?.map(Arc::new))
}

/// The signals that ask to stop or to read the configuration again, caught from the start on.
struct Signals {
    trigger: Trigger,
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    fn catch(trigger: Trigger) -> std::io::Result<Self> {
        Ok(Self {
            trigger,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits to be asked to stop.
    async fn stop(&mut self) {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => break,
                _ = self.terminate.recv() => break,
                _ = self.hangup.recv() => self.trigger.ask(ReloadSource::Signal),
            }
        }
        tracing::info!("Stopping");
    }
}
