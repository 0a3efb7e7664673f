//! The part that has programs know on which ports this host listens.

use std::mem;
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
    sockets: Sockets,
    tell: F,
    /// When they were read last.
    read: watch::Sender<Option<Instant>>,
    /// What the log has about protocols that cannot be listed, and about failures.
    missing: Vec<PortProtocol>,
    failure: Option<String>,
}

/// Starts the part, which passes ports to `tell`; returns what reads how old its knowledge is.
pub(super) fn start(
    parts: &OptionalParts,
    tell: impl FnMut(Listening) + Send + 'static,
) -> anyhow::Result<impl Fn() -> Listened + Send + Sync + 'static> {
    let (following, age) = Following::new(tell);
    parts.start("listening", following)?;

    Ok(age)
}

impl<F: FnMut(Listening) + Send + 'static> Optional for Following<F> {
    async fn run(&mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);

        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let mut sockets = mem::take(&mut self.sockets);
            let reading = spawn_blocking(move || (sockets.read(), sockets));
            let Some(outcome) = stop.run_until_cancelled(reading).await else { break };
            let (heard, sockets) = outcome?;
            self.sockets = sockets;
            match heard {
                Ok(heard) => self.heard(heard),
                Err(error) => self.failed(with_causes(&error)),
            }
        }

        Ok(())
    }
}

impl<F: FnMut(Listening)> Following<F> {
    fn new(tell: F) -> (Self, impl Fn() -> Listened + Send + Sync + 'static) {
        let (read, last) = watch::channel(None);
        let (missing, failure) = (Vec::new(), None);

        let following = Self { sockets: Sockets::default(), tell, read, missing, failure };
        (following, move || Listened { age: last.borrow().map(|read: Instant| read.elapsed()) })
    }

    fn heard(&mut self, Heard { listening, missing }: Heard) {
        (self.tell)(listening);
        self.failure = None;
        if missing.len() < PortProtocol::ALL.len() {
            self.read.send_replace(Some(Instant::now()));
        }
        if missing != self.missing {
            log_missing(&missing);
            self.missing = missing;
        }
    }

    /// Logs a failure, once for each reason. What was read before stays in force.
    fn failed(&mut self, error: String) {
        if self.failure.as_ref() != Some(&error) {
            tracing::warn!(
                error,
                "Cannot list the sockets of this host; ports count as listened on as they were"
            );
            self.failure = Some(error);
        }
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
    use std::sync::{Arc, Mutex};

    use tokio::runtime::Handle;
    use tokio::time::timeout;

    use super::*;

    fn heard(port: u16, missing: &[PortProtocol]) -> Heard {
        let mut listening = Listening::default();
        listening.insert(PortProtocol::Tcp, port);

        Heard { listening, missing: missing.to_vec() }
    }

    #[test]
    fn a_kernel_that_lists_no_sockets_leaves_the_age_out() {
        let (mut following, age) = Following::new(drop::<Listening>);

        following.heard(heard(1, PortProtocol::ALL));

        assert_eq!(age().age, None);
        following.heard(heard(1, &PortProtocol::ALL[1..]));
        assert!(age().age.is_some(), "TCP is enough");
    }

    #[test]
    fn what_was_heard_stays_in_force_while_reading_fails() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let list = Arc::clone(&told);
        let (mut following, age) = Following::new(move |it| list.lock().unwrap().push(it));

        following.heard(heard(8443, &[]));
        following.failed("timed out".into());

        let told = told.lock().unwrap();
        assert_eq!(told.len(), 1);
        assert!(told[0].contains(PortProtocol::Tcp, 8443));
        assert!(age().age.is_some());
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
