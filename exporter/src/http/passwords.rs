//! Checking passwords: one at a time, on a thread of its own, for a bounded number of clients.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::basic_auth::{Credentials, Verified};
use super::limits::Limits;
use super::peer::Peer;
use super::web_file::WebRules;

/// What became of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    Wrong,
    /// Too many passwords wait to be checked.
    Unchecked,
    /// The check panicked.
    Panicked,
}

/// Checks passwords.
///
/// bcrypt takes long on purpose. One password is checked at a time, so that guessing takes one
/// CPU, and not on a thread that folds or renders. A check that has begun goes on when its
/// client hangs up, and so does its turn; a client that hangs up before its turn leaves the queue.
#[derive(Debug)]
pub(super) struct Passwords {
    verified: Arc<Verified>,
    turns: Arc<Semaphore>,
    queue: Arc<Mutex<BTreeMap<Peer, usize>>>,
}

/// A client in the queue.
#[derive(Debug)]
struct Waiting {
    peer: Peer,
    queue: Arc<Mutex<BTreeMap<Peer, usize>>>,
}

impl Passwords {
    pub(super) fn new() -> Self {
        Self { verified: Arc::default(), turns: Arc::new(Semaphore::new(1)), queue: Arc::default() }
    }

    /// Checks a password, at once if it was right before.
    pub(super) async fn check(
        &self,
        credentials: Credentials,
        rules: &Arc<WebRules>,
        peer: Peer,
    ) -> Verdict {
        let users = &rules.config.basic_auth_users;
        if self.verified.knows(&credentials, users) {
            return Verdict::Right;
        }

        let Some(_waiting) = Waiting::enter(&self.queue, peer) else { return Verdict::Unchecked };
        let Ok(turn) = Arc::clone(&self.turns).acquire_owned().await else {
            return Verdict::Unchecked;
        };
        // Perhaps it was checked for another client meanwhile.
        if self.verified.knows(&credentials, users) {
            return Verdict::Right;
        }

        let (verified, rules) = (Arc::clone(&self.verified), Arc::clone(rules));
        let verify = move || verified.verify(&credentials, &rules.config.basic_auth_users);
        on_a_thread(verify, turn).await
    }
}

async fn on_a_thread(
    verify: impl FnOnce() -> bool + Send + 'static,
    turn: OwnedSemaphorePermit,
) -> Verdict {
    let (tell, told) = oneshot::channel();
    let started = thread::Builder::new().name("passwords".into()).spawn(move || {
        let is_right = verify();
        drop(turn);
        // The client may have hung up.
        let _ = tell.send(is_right);
    });
    if let Err(error) = started {
        tracing::warn!(%error, "Cannot start the thread that checks passwords");
        return Verdict::Unchecked;
    }

    match told.await {
        Ok(true) => Verdict::Right,
        Ok(false) => Verdict::Wrong,
        Err(_) => Verdict::Panicked,
    }
}

impl Waiting {
    /// Enters the queue; `None` if it is full.
    fn enter(queue: &Arc<Mutex<BTreeMap<Peer, usize>>>, peer: Peer) -> Option<Self> {
        let mut waiting = locked(queue);
        let of_peer = waiting.get(&peer).copied().unwrap_or(0);
        let is_full = waiting.values().sum::<usize>() >= Limits::PASSWORDS;
        if is_full || of_peer >= Limits::PASSWORDS_OF_PEER {
            return None;
        }
        waiting.insert(peer, of_peer + 1);

        Some(Self { peer, queue: Arc::clone(queue) })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waiting = locked(&self.queue);
        match waiting.get_mut(&self.peer) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                waiting.remove(&self.peer);
            }
        }
    }
}

fn locked(queue: &Mutex<BTreeMap<Peer, usize>>) -> MutexGuard<'_, BTreeMap<Peer, usize>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use tokio::time::{sleep, timeout};

    use super::*;
    use crate::http::web_config::WebConfig;

    const DEADLINE: Duration = Duration::from_mins(2);

    /// One user, `alice` with `secret`, whose hash has this cost.
    fn rules(cost: u32) -> Arc<WebRules> {
        let hash = bcrypt::hash_with_salt("secret", cost, [7; 16]).unwrap();
        let text = format!("basic_auth_users:\n  alice: {hash}\n");

        WebRules::new(WebConfig::parse(Path::new("web.yml"), &text).unwrap())
    }

    fn guess(password: &str) -> Credentials {
        Credentials::parse(&format!("Basic {}", STANDARD.encode(format!("alice:{password}"))))
            .unwrap()
    }

    fn peer(number: u8) -> Peer {
        Peer::of([192, 0, 2, number].into())
    }

    #[tokio::test]
    async fn a_check_whose_client_hangs_up_keeps_its_turn_until_it_is_done() {
        let passwords = Passwords::new();
        let rules = rules(12);
        let mut goes_on = 0;
        for number in 0..100 {
            // Each hangs up as soon as its check has begun, or while it waits.
            let check = passwords.check(guess(&number.to_string()), &rules, peer(1));
            assert!(timeout(Duration::ZERO, check).await.is_err(), "{number} was not checked");
            goes_on += 1 - passwords.turns.available_permits();
        }

        assert!(goes_on > 0, "each turn went with its client");
        assert!(locked(&passwords.queue).is_empty(), "clients that hung up are in the queue");
        let is_done = async {
            while passwords.turns.available_permits() == 0 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(DEADLINE, is_done).await.expect("the check ends");
    }

    #[tokio::test]
    async fn a_right_password_is_checked_behind_those_that_hung_up_and_then_is_known() {
        let passwords = Passwords::new();
        let rules = rules(4);
        for number in 0..100 {
            let check = passwords.check(guess(&number.to_string()), &rules, peer(1));
            let _ = timeout(Duration::ZERO, check).await;
        }

        let first = passwords.check(guess("secret"), &rules, peer(2));
        let first = timeout(DEADLINE, first).await.expect("it has a turn");
        let known = timeout(Duration::ZERO, passwords.check(guess("secret"), &rules, peer(3)));

        assert_eq!(first, Verdict::Right);
        assert_eq!(known.await.expect("it is known at once"), Verdict::Right);
    }

    #[tokio::test]
    async fn a_check_that_panics_is_no_wrong_password_and_ends_its_turn() {
        let turns = Arc::new(Semaphore::new(1));
        let turn = Arc::clone(&turns).acquire_owned().await.unwrap();

        let verdict = on_a_thread(|| panic!("planted"), turn).await;

        assert_eq!(verdict, Verdict::Panicked);
        let next = timeout(DEADLINE, turns.acquire()).await.expect("the turn has ended");
        assert!(next.is_ok());
    }

    #[tokio::test]
    async fn the_queue_has_a_bound_for_each_peer_and_for_all() {
        let passwords = Passwords::new();
        let rules = rules(4);
        let queue = &passwords.queue;
        let enter = |number| Waiting::enter(queue, peer(number));

        let of_one: Vec<_> = (0..100).filter_map(|_| enter(1)).collect();
        let of_all: Vec<_> = (2..100).filter_map(enter).collect();
        let unchecked = passwords.check(guess("secret"), &rules, peer(200)).await;
        let lengths = [of_one.len(), of_one.len() + of_all.len()];
        drop((of_one, of_all));
        let checked = passwords.check(guess("secret"), &rules, peer(200)).await;

        assert_eq!(lengths, [Limits::PASSWORDS_OF_PEER, Limits::PASSWORDS]);
        assert_eq!((unchecked, checked), (Verdict::Unchecked, Verdict::Right));
    }
}
