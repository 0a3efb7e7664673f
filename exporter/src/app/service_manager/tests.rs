use std::os::unix::net::UnixDatagram;

use super::*;
use crate::config::Config;
use crate::health::{Attachment, Folding, Hook, Mode, Running};

const INTERVAL: Duration = Duration::from_secs(1);
const WATCHDOG: Duration = Duration::from_secs(30);

/// Notices, and the other ends of all that they know and tell.
struct Telling {
    folder: tempfile::TempDir,
    socket: UnixDatagram,
    snapshot: watch::Sender<Arc<Snapshot>>,
    reloads: Reloads,
    stop: CancellationToken,
}

impl Telling {
    fn start(watchdog: Option<Duration>, health: Health) -> (Self, Notices) {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        let manager = Manager::at(path.as_os_str(), watchdog).unwrap();
        let snapshot = Arc::new(Snapshot { health, ..Snapshot::default() });
        let (snapshot, reader) = watch::channel(snapshot);
        let reloads = Reloads::new();
        let mut config = Config::default();
        config.datapath.interval = INTERVAL;
        let (_writer, config) = watch::channel(Arc::new(config));
        let notices = Notices::new(manager, reader, &reloads, config);

        (Self { folder, socket, snapshot, reloads, stop: CancellationToken::new() }, notices)
    }

    fn show(&self, health: Health) {
        self.snapshot.send_replace(Arc::new(Snapshot { health, ..Snapshot::default() }));
    }

    /// Waits a little, and returns the lines that came meanwhile.
    async fn told(&self) -> Vec<String> {
        sleep(Duration::from_millis(250)).await;

        self.all()
    }

    fn all(&self) -> Vec<String> {
        let mut room = [0; 1024];
        let mut told = Vec::new();
        while let Ok(length) = self.socket.recv(&mut room) {
            let text = String::from_utf8(room[..length].to_vec()).unwrap();
            told.extend(text.lines().map(ToOwned::to_owned));
        }

        told
    }
}

fn attaching(tried: usize) -> Health {
    Health { attaching: Some(Attaching { tried, wanted: 3 }), ..Health::default() }
}

/// A device that is counted and one that is not, after so many folds and failures.
fn counting(folds: u64, failures: u64) -> Health {
    let running = Running { mode: Some(Mode::Native), program: String::new(), tag: String::new() };
    let attachment = |device: &str, running| Attachment {
        device: device.into(),
        hook: Hook::Xdp,
        running,
        is_wanted: true,
        failures: std::collections::BTreeMap::new(),
    };
    let last = Some(UNIX_EPOCH + Duration::from_secs(86_400 + 3_661));

    Health {
        attachments: vec![attachment("eth0", Some(running)), attachment("eth1", None)],
        folding: Folding { folds, failures, last, ..Folding::default() },
        ..Health::default()
    }
}

#[tokio::test(start_paused = true)]
async fn the_manager_is_told_of_the_start_reloads_and_the_stop_in_their_order() {
    let (telling, mut notices) = Telling::start(None, attaching(0));
    let stop = telling.stop.clone();
    let running = tokio::spawn(async move { notices.run(stop).await });

    let extended = "EXTEND_TIMEOUT_USEC=60000000";
    assert_eq!(telling.told().await, [extended, "STATUS=Attaching: 0 of 3 devices tried."]);
    telling.show(attaching(2));
    assert_eq!(telling.told().await, [extended, "STATUS=Attaching: 2 of 3 devices tried."]);
    telling.show(counting(4, 0));
    assert_eq!(telling.told().await, ["READY=1", "STATUS=Counting on 1 of 2 devices."]);
    telling.show(counting(5, 0));
    assert_eq!(telling.told().await, [""; 0], "nothing is new");
    telling.show(counting(5, 1));
    let blind = "STATUS=Cannot read 1 of 2 devices since 01:01:01 UTC; the log has the reason.";
    assert_eq!(telling.told().await, [blind]);
    telling.show(counting(6, 1));
    assert_eq!(telling.told().await, ["STATUS=Counting on 1 of 2 devices."]);

    let reloading = telling.reloads.begin();
    let told = telling.told().await;
    assert_eq!((told.len(), &*told[0]), (2, "RELOADING=1"));
    let microseconds = told[1].strip_prefix("MONOTONIC_USEC=").unwrap();
    assert!(microseconds.parse::<u64>().is_ok_and(|it| it > 0), "{told:?}");
    drop(reloading);
    assert_eq!(telling.told().await, ["READY=1"]);

    telling.stop.cancel();
    running.await.unwrap().unwrap();
    assert_eq!(telling.all(), ["STOPPING=1"]);
}

#[tokio::test(start_paused = true)]
async fn the_watchdog_is_fed_as_long_as_folds_go_on() {
    let (telling, mut notices) = Telling::start(Some(WATCHDOG), counting(1, 0));
    let stop = telling.stop.clone();
    let running = tokio::spawn(async move { notices.run(stop).await });
    let fed = |told: Vec<String>| told.iter().filter(|line| *line == "WATCHDOG=1").count();

    let mut folds = 1;
    for _ in 0..60 {
        folds += 1;
        telling.show(counting(folds, 0));
        sleep(INTERVAL).await;
    }
    assert!((5..=7).contains(&fed(telling.all())), "every ten seconds");

    sleep(WATCHDOG * 4).await;
    assert!(fed(telling.all()) <= 2, "the fold hangs");

    telling.show(counting(folds + 1, 0));
    sleep(WATCHDOG / 2).await;
    assert!((1..=2).contains(&fed(telling.all())), "it goes on");
    telling.stop.cancel();
    running.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_the_manager_has_no_room_for_is_told_once_it_has() {
    let (telling, mut notices) = Telling::start(Some(WATCHDOG), counting(1, 0));
    let path = telling.folder.path().join("notify");
    let other = Manager::at(path.as_os_str(), None).unwrap();
    while other.tell(&[Message::Watchdog]).is_ok() {}
    let stop = telling.stop.clone();
    let running = tokio::spawn(async move { notices.run(stop).await });
    sleep(WATCHDOG).await;

    let before = telling.all();
    let after = telling.told().await;

    assert!(before.iter().all(|line| line == "WATCHDOG=1"), "{before:?}");
    assert_eq!(after, ["READY=1", "STATUS=Counting on 1 of 2 devices."]);
    telling.stop.cancel();
    running.await.unwrap().unwrap();
}
