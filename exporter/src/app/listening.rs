//! The part that has programs know on which ports this host listens.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use shared::PortProtocol;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::parts::{Optional, OptionalParts};
use crate::causes::with_causes;
use crate::health::Listened;
use crate::listening::{Heard, Sockets};
use crate::services::Listening;

/// How often sockets are read.
const EVERY: Duration = Duration::from_secs(5);

/// Reads the sockets of this host again and again, and passes their ports on.
struct Following<F> {
    /// One reading follows another, so nothing waits for the lock.
    sockets: Arc<Mutex<Sockets>>,
    tell: F,
    /// When they were read last.
    read: watch::Sender<Option<Instant>>,
    /// What the log has about protocols that cannot be listed, and about failures.
    missing: Vec<PortProtocol>,
    failed: Vec<(PortProtocol, String)>,
}

/// Starts the part, which passes ports to `tell`; returns what reads how old its knowledge is.
pub(super) fn start(
    parts: &OptionalParts,
    tell: impl Fn(Listening) + Clone + Send + 'static,
) -> anyhow::Result<impl Fn() -> Listened + Send + Sync + 'static> {
    let (following, age) = Following::new(tell);
    parts.start("listening", following)?;

    Ok(age)
}

impl<F: Fn(Listening) + Clone + Send + 'static> Optional for Following<F> {
    async fn run(&mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);

        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let (sockets, tell) = (Arc::clone(&self.sockets), self.tell.clone());
            let reading = spawn_blocking(move || {
                let read = sockets.lock().unwrap_or_else(PoisonError::into_inner).read();
                let Heard { listening, missing, failed } = read;
                // Every port is ranked anew.
                tell(listening);
                (missing, failed)
            });
            let Some(outcome) = stop.run_until_cancelled(reading).await else { break };
            let (missing, failed) = outcome?;
            self.note(missing, &failed);
        }

        Ok(())
    }
}

impl<F> Following<F> {
    fn new(tell: F) -> (Self, impl Fn() -> Listened + Send + Sync + 'static) {
        let (read, last) = watch::channel(None);
        let (missing, failed) = (Vec::new(), Vec::new());

        let following = Self { sockets: Arc::default(), tell, read, missing, failed };
        (following, move || Listened { age: last.borrow().map(|read: Instant| read.elapsed()) })
    }

    /// Logs which protocols are not read, once for each reason. The age is that of the oldest list: it
    /// grows while any fails.
    fn note(&mut self, missing: Vec<PortProtocol>, failed: &[(PortProtocol, io::Error)]) {
        let is_any_listed = missing.len() < PortProtocol::ALL.len();
        if is_any_listed && failed.is_empty() {
            self.read.send_replace(Some(Instant::now()));
        }
        if missing != self.missing {
            log_missing(&missing);
            self.missing = missing;
        }
        let failed: Vec<_> = failed.iter().map(|(it, error)| (*it, with_causes(error))).collect();
        for (protocol, error) in failed.iter().filter(|it| !self.failed.contains(it)) {
            tracing::warn!(
                protocol = protocol.label(),
                error,
                "Cannot list the sockets of a protocol; its ports count as listened on as before"
            );
        }
        self.failed = failed;
    }
}

fn log_missing(missing: &[PortProtocol]) {
    for protocol in missing {
        let protocol_label = protocol.label();
        match protocol {
            PortProtocol::Tcp | PortProtocol::Udp => tracing::warn!(
                protocol = protocol_label,
                "This kernel cannot list sockets of the protocol (CONFIG_INET_DIAG, \
                 CONFIG_INET_UDP_DIAG); the service port is chosen without them"
            ),
            // Few hosts have any.
            PortProtocol::Sctp => tracing::debug!("This kernel has no sockets of SCTP to list"),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Handle;
    use tokio::time::timeout;
    use tracing_subscriber::layer::Identity;

    use super::*;
    use crate::config::Log;
    use crate::logging::{self, tests::Paper};

    #[test]
    fn a_kernel_that_lists_no_sockets_leaves_the_age_out() {
        let (mut following, age) = Following::new(drop::<Listening>);

        following.note(PortProtocol::ALL.to_vec(), &[]);

        assert_eq!(age().age, None);
        following.note(PortProtocol::ALL[1..].to_vec(), &[]);
        assert!(age().age.is_some(), "TCP is enough");
    }

    #[test]
    fn a_list_that_fails_again_and_again_is_one_warning_and_grows_old() {
        let paper = Paper::default();
        let writer = paper.clone();
        let (subscriber, _level) =
            logging::subscriber(&Log::default(), move || writer.clone(), None::<Identity>);
        let (mut following, age) = Following::new(drop::<Listening>);
        let failed = |protocol| (protocol, io::Error::from(io::ErrorKind::TimedOut));

        tracing::subscriber::with_default(subscriber, || {
            following.note(vec![], &[failed(PortProtocol::Udp)]);
            following.note(vec![], &[failed(PortProtocol::Udp)]);
            following.note(vec![], &[failed(PortProtocol::Tcp), failed(PortProtocol::Udp)]);
        });

        let text = paper.text();
        assert_eq!(text.matches("protocol=udp").count(), 1, "{text}");
        assert_eq!(text.matches("protocol=tcp").count(), 1, "{text}");
        assert_eq!(age().age, None, "no look was whole");
        following.note(vec![], &[]);
        assert!(age().age.is_some());
    }

    #[tokio::test]
    async fn a_reading_that_panics_leaves_what_was_known() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mut following, _age) =
            Following::new(|_: Listening| panic!("on purpose: the ports go nowhere"));

        let outcome = following.run(CancellationToken::new()).await;

        assert!(outcome.is_err_and(|error| error.to_string().contains("panicked")));
        let known = format!("{:?}", following.sockets);
        let is_listed = !Sockets::default().read().missing.contains(&PortProtocol::Tcp);
        assert_eq!(known.contains(&port.to_string()), is_listed, "{known}");
    }

    #[tokio::test]
    async fn the_part_reads_the_sockets_of_this_host_at_once_and_stops() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let stop = CancellationToken::new();
        let parts = OptionalParts::on(Handle::current(), stop.clone());
        let (tell, mut told) = watch::channel(None);
        let age = start(&parts, move |it| drop(tell.send_replace(Some(it)))).unwrap();

        let first = timeout(Duration::from_secs(20), told.wait_for(Option::is_some)).await;
        let first = first.unwrap().unwrap().clone().unwrap();

        if age().age.is_some() {
            assert!(first.contains(PortProtocol::Tcp, port));
        }
        stop.cancel();
        timeout(Duration::from_secs(20), parts.ended()).await.unwrap();
    }
}
