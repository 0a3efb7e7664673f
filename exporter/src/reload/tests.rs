mod patching;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::Command;

const SOON: Duration = Duration::from_secs(20);

/// A configuration file whose reload runs.
struct House {
    folder: TempDir,
    config: watch::Receiver<Arc<Config>>,
    health: watch::Receiver<Arc<Configuration>>,
    trigger: Trigger,
    stop: CancellationToken,
    /// How many reloads the service manager was told of.
    begun: Arc<AtomicUsize>,
    running: JoinHandle<()>,
}

fn inputs(path: &Path, flags: &[&str]) -> Inputs {
    let file = format!("--config.file={}", path.display());
    let arguments = ["packet-exporter", &file].into_iter().chain(flags.iter().copied());
    let Ok(Command::Run(inputs)) = Command::parse(arguments.map(Into::into)) else {
        panic!("not a command line: {flags:?}")
    };

    inputs
}

impl House {
    fn with(text: &str) -> Self {
        Self::of(text, &[], |_| Ok(()), Vec::new)
    }

    fn of(
        text: &str,
        flags: &[&str],
        check: impl Fn(&Config) -> Result<(), Box<dyn Error + Send + Sync>> + Send + Sync + 'static,
        applying: impl FnOnce() -> Vec<Applying>,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, text).unwrap();
        let inputs = inputs(&path, flags);
        let in_force = InForce::read(&inputs).unwrap();
        let (live, config) = watch::channel(Arc::new(in_force.loaded.config.clone()));
        let (reload, health) = Reload::new(in_force, live, Arc::new(check));
        let mut reload = reload.waiting_for(applying());
        let ((trigger, mut requests), stop) = (channel(), CancellationToken::new());
        let stopped = stop.clone();
        let counted = Arc::new(AtomicUsize::new(0));
        let begun = Arc::clone(&counted);
        #[expect(clippy::disallowed_methods, reason = "the test waits for it")]
        let running = tokio::spawn(async move {
            while let Some(Some(request)) = stopped.run_until_cancelled(requests.next()).await {
                let told = Arc::clone(&begun);
                reload.answer(request, || told.fetch_add(1, Ordering::Relaxed)).await;
            }
        });

        Self { folder, config, health, trigger, stop, begun: counted, running }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    async fn try_text(&self, text: &str) -> Answer {
        fs::write(self.path(), text).unwrap();
        self.again().await
    }

    async fn again(&self) -> Answer {
        let answer = self.trigger.reload(ReloadSource::Signal);
        timeout(SOON, answer).await.expect("an answer in time")
    }

    fn count(&self, outcome: ReloadOutcome) -> u64 {
        let health = self.health.borrow();
        health.reloads.iter().filter(|((_, it), _)| *it == outcome).map(|(_, count)| count).sum()
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::Relaxed)
    }

    async fn end(self) {
        self.stop.cancel();
        timeout(SOON, self.running).await.expect("it stops in time").unwrap();
    }
}

#[tokio::test]
async fn what_is_valid_is_applied_and_what_needs_a_restart_is_told() {
    let house = House::with("[sources]\nlimit = 7\n");

    let text = "[sources]\nlimit = 8\n[log]\nformat = 'json'\n";
    let answer = house.try_text(text).await.unwrap();

    let path = house.path().display().to_string();
    assert_eq!(
        answer,
        format!(
            "Applied:\n  sources.limit = 8 ({path}:2)\nNeeds a restart:\n  \
             log.format = \"json\" ({path}:4)\n"
        )
    );
    assert_eq!(house.config.borrow().sources.limit, 8);
    assert_eq!(house.config.borrow().log, crate::config::Log::default());
    let health = Arc::clone(&house.health.borrow());
    assert_eq!((health.is_current, health.waiting), (true, 1));
    assert_eq!(health.reloads.get(&(ReloadSource::Signal, ReloadOutcome::Applied)), Some(&1));
    house.end().await;
}

#[tokio::test]
async fn what_is_refused_changes_nothing_and_every_reason_is_told() {
    let house = House::with("[sources]\nlimit = 7\n");
    let before = house.health.borrow().read;

    let answer = house.try_text("[sources]\nlimit = 8\nlimits = 1\n[log]\nlevel = 'loud'\n").await;

    let reasons = answer.unwrap_err();
    for reason in ["`sources.limits` (", ":3): there is no such key", "`log.level` ("] {
        assert!(reasons.contains(reason), "{reasons}");
    }
    assert_eq!(house.config.borrow().sources.limit, 7);
    let health = Arc::clone(&house.health.borrow());
    assert_eq!((health.is_current, health.read), (false, before));
    assert_eq!(house.count(ReloadOutcome::Refused), 1);
    house.try_text("[sources]\nlimit = 7\n").await.unwrap();
    assert!(house.health.borrow().is_current);
    house.end().await;
}

#[tokio::test]
async fn what_the_text_does_not_show_is_refused_before_anything_is_applied() {
    let check = |config: &Config| {
        if config.otlp.ca_file.as_os_str().is_empty() { Ok(()) } else { Err("no such CA".into()) }
    };
    let house = House::of("", &[], check, Vec::new);

    let answer = house.try_text("[sources]\nlimit = 8\n[otlp]\nca_file = '/ca'\n").await;

    assert_eq!(answer.unwrap_err(), "no such CA");
    assert_eq!(**house.config.borrow(), Config::default());
    house.end().await;
}

/// Nobody wants defaults from a file that is gone, or that a full disk left empty.
#[tokio::test]
async fn a_file_that_vanishes_or_is_emptied_is_refused() {
    let house = House::with("[sources]\nlimit = 7\n");

    fs::remove_file(house.path()).unwrap();
    let gone = house.again().await.unwrap_err();
    let emptied = house.try_text(" \n").await.unwrap_err();
    let torn = house.try_text("[sources]\nlim").await.unwrap_err();

    assert!(gone.contains("cannot read the configuration file"), "{gone}");
    assert!(emptied.contains("is empty; to go back to the defaults"), "{emptied}");
    assert!(torn.contains("is not TOML: line 2"), "{torn}");
    assert_eq!(house.config.borrow().sources.limit, 7);
    house.try_text("# Defaults.\n").await.unwrap();
    assert_eq!(house.config.borrow().sources.limit, 100);
    house.end().await;
}

#[tokio::test]
async fn a_change_of_the_file_that_leaves_its_text_is_none() {
    let house = House::with("[sources]\nlimit = 7\n");
    let of_file = || house.trigger.reload(ReloadSource::File);

    assert_eq!(of_file().await, Ok("Nothing has changed.\n".into()));
    fs::write(house.path(), "nothing").unwrap();
    let refused = of_file().await;
    assert_eq!(of_file().await, refused);
    assert!(refused.is_err());

    assert_eq!(house.count(ReloadOutcome::Refused), 1);
    assert_eq!(house.count(ReloadOutcome::Unchanged), 0);
    assert_eq!(house.begun(), 1, "nothing became of the others");
    house.end().await;
}

#[tokio::test]
async fn each_request_of_many_has_its_answer() {
    let house = House::with("[sources]\nlimit = 7\n");
    fs::write(house.path(), "[sources]\nlimit = 8\n").unwrap();

    let mut answers = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let trigger = house.trigger.clone();
        answers.spawn(async move { trigger.reload(ReloadSource::Api).await });
    }
    let answers = timeout(SOON, answers.join_all()).await.unwrap();

    let applied = answers.iter().filter(|it| it.as_ref().unwrap().starts_with("Applied:")).count();
    assert_eq!((answers.len(), applied), (50, 1));
    assert_eq!(house.count(ReloadOutcome::Unchanged), 49);
    house.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_part_that_does_not_apply_it_is_named() {
    let (tell, applied) = watch::channel(Arc::new(Config::default()));
    let applying = || vec![Applying::as_told("folder", applied)];
    let house = House::of("", &[], |_| Ok(()), applying);

    fs::write(house.path(), "[sources]\nlimit = 8\n").unwrap();
    let answer = house.trigger.reload(ReloadSource::Signal).await.unwrap();

    assert!(answer.ends_with("Still applying it:\n  folder\n"), "{answer}");
    drop(tell);
    house.end().await;
}

#[tokio::test]
async fn keys_that_flags_set_are_counted_and_named() {
    let house = House::of("[sources]\nlimit = 7\n", &["--sources.limit=5"], |_| Ok(()), Vec::new);
    assert_eq!(house.health.borrow().overridden, 1);

    let answer = house.try_text("[sources]\nlimit = 8\n[ports]\nlimit = 8\n").await.unwrap();

    let shadowed = "sources.limit (";
    let told = answer.split("Changed in the file to no effect:\n  ").nth(1).unwrap();
    assert!(told.starts_with(shadowed) && told.ends_with(":2) is set by command line\n"), "{told}");
    assert_eq!(house.config.borrow().sources.limit, 5);
    house.end().await;
}

#[tokio::test]
async fn a_thousand_broken_files_keep_nothing_from_the_next_good_one() {
    let house = House::with("[sources]\nlimit = 7\n");

    for number in 0..1000 {
        house.try_text(&format!("[sources]\nlimit{number} = 8\n")).await.unwrap_err();
    }

    house.try_text("[sources]\nlimit = 8\n").await.unwrap();
    assert_eq!(house.config.borrow().sources.limit, 8);
    assert_eq!(house.count(ReloadOutcome::Refused), 1000);
    house.end().await;
}

/// The text stays, and a certificate that was missing is there.
#[tokio::test]
async fn what_is_refused_beside_its_text_is_tried_again_and_counts_once() {
    let is_there = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_there);
    let check = move |config: &Config| {
        let is_fine = config.otlp.ca_file.as_os_str().is_empty() || seen.load(Ordering::Relaxed);
        if is_fine { Ok(()) } else { Err("no such CA".into()) }
    };
    let house = House::of("", &[], check, Vec::new);
    let of_file = || house.trigger.reload(ReloadSource::File);

    fs::write(house.path(), "[otlp]\nca_file = '/ca'\n").unwrap();
    for _ in 0..3 {
        assert_eq!(of_file().await, Err("no such CA".into()));
    }
    assert_eq!((house.count(ReloadOutcome::Refused), house.begun()), (1, 1));
    is_there.store(true, Ordering::Relaxed);

    assert!(of_file().await.unwrap().starts_with("Applied:"));
    assert_eq!(house.begun(), 2);
    assert!(house.health.borrow().is_current);
    assert_eq!(of_file().await, Ok("Nothing has changed.\n".into()));
    assert_eq!(house.begun(), 2);
    house.end().await;
}
