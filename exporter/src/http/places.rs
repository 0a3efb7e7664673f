//! The connections there are, and which one makes room for another.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::limits::Limits;
use super::peer::Peer;
use super::refusals::Refusals;
use super::requests::{Activity, Requests};
use crate::config::AlternativeName;
use crate::health::HttpRefusal;

/// The places for connections. When there are too few, the connection that is idle for longest
/// loses its place; if none is idle, the oldest of the peer that has most.
#[derive(Debug)]
pub(super) struct Places {
    most: usize,
    most_of_peer: usize,
    /// Whether half of the places are kept for connections with a login.
    keeps_half: AtomicBool,
    taken: Mutex<Taken>,
    refusals: Refusals,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    by_number: BTreeMap<u64, Seat>,
    /// When each peer that recently showed a login last did so.
    logged_in: BTreeMap<Peer, Instant>,
}

#[derive(Debug)]
struct Seat {
    peer: Peer,
    requests: Requests,
    login: Login,
    make_room: CancellationToken,
}

/// What is known of the login of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Login {
    None,
    /// Another connection of the peer has shown one.
    OfPeer,
    Shown,
}

/// The place of one connection; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) peer: Peer,
    pub(super) requests: Requests,
    /// Cancelled when the connection has lost its place to another one.
    pub(super) make_room: CancellationToken,
    number: u64,
    places: Arc<Places>,
    /// Of the certificate of the client, once that was verified.
    names: OnceLock<Vec<AlternativeName>>,
}

/// Which connections are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TooMany {
    Of(Peer),
    WithoutLogin,
    InAll,
}

impl Places {
    /// A request protects its connection for at most this long. It is the usual time limit of a
    /// scrape.
    const UNANSWERED: Duration = Duration::from_secs(10);

    pub(super) fn new(limits: &Limits, refusals: Refusals) -> Arc<Self> {
        Arc::new(Self {
            most: limits.connections,
            most_of_peer: limits.connections_of_peer,
            keeps_half: AtomicBool::new(false),
            taken: Mutex::default(),
            refusals,
        })
    }

    /// Sets whether half of the places are kept for connections with a login.
    pub(super) fn keep_half(&self, keeps_half: bool) {
        self.keeps_half.store(keeps_half, Ordering::Relaxed);
    }

    /// Returns whether half of the places are kept for connections with a login.
    pub(super) fn keeps_half(&self) -> bool {
        self.keeps_half.load(Ordering::Relaxed)
    }

    /// Takes a place for a new connection of `peer`; `None` if no other connection can make room.
    pub(super) fn take(self: &Arc<Self>, peer: Peer) -> Option<Place> {
        let mut refused = Vec::new();
        let place = self.take_after(peer, &mut refused);
        for peer in refused {
            self.refusals.count(HttpRefusal::Connections, peer, None);
        }

        place
    }

    /// Takes a place, and adds to `refused` the peers of those that made room or found none.
    fn take_after(self: &Arc<Self>, peer: Peer, refused: &mut Vec<Peer>) -> Option<Place> {
        let mut taken = self.taken();
        let login = taken.login_of(peer);
        while let Some(too_many) = self.too_many(&taken, peer, login) {
            let number = taken.makes_room(too_many, peer);
            let seat = number.and_then(|number| taken.by_number.remove(&number));
            refused.push(seat.as_ref().map_or(peer, |seat| seat.peer));
            seat?.make_room.cancel();
        }

        let number = taken.next;
        taken.next += 1;
        let (requests, make_room) = (Requests::default(), CancellationToken::new());
        let seat = Seat { peer, requests: requests.clone(), login, make_room: make_room.clone() };
        taken.by_number.insert(number, seat);

        let (places, names) = (Arc::clone(self), OnceLock::new());
        Some(Place { peer, requests, make_room, number, places, names })
    }

    /// Returns which connections would be too many with one more of `peer`.
    fn too_many(&self, taken: &Taken, peer: Peer, login: Login) -> Option<TooMany> {
        let count =
            |too_many: TooMany| taken.by_number.values().filter(|it| too_many.are(it)).count();
        let is_bound_to_half = self.keeps_half() && login == Login::None;

        if count(TooMany::Of(peer)) >= self.most_of_peer {
            Some(TooMany::Of(peer))
        } else if is_bound_to_half && count(TooMany::WithoutLogin) >= self.most.div_ceil(2) {
            Some(TooMany::WithoutLogin)
        } else if taken.by_number.len() >= self.most {
            Some(TooMany::InAll)
        } else {
            None
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TooMany {
    fn are(self, seat: &Seat) -> bool {
        match self {
            Self::Of(peer) => seat.peer == peer,
            Self::WithoutLogin => seat.login == Login::None,
            Self::InAll => true,
        }
    }
}

impl Taken {
    /// Most peers whose login is remembered.
    const LOGINS: usize = 64;
    /// How long the login of a peer is remembered.
    const LOGIN: Duration = Duration::from_hours(1);

    /// Returns which connection makes room for a new one of `peer`: the one that is idle for
    /// longest, else the oldest of the peer that has most, if that is more than `peer` would have.
    fn makes_room(&self, too_many: TooMany, peer: Peer) -> Option<u64> {
        let idle = self.first(too_many, |seat| !seat.is_protected());

        idle.or_else(|| {
            let mut counts: BTreeMap<Peer, usize> = BTreeMap::new();
            for seat in self.by_number.values().filter(|seat| too_many.are(seat)) {
                *counts.entry(seat.peer).or_default() += 1;
            }
            let most = counts.values().copied().max().unwrap_or_default();
            let of_peer = counts.get(&peer).copied().unwrap_or_default();

            let has_most = |seat: &Seat| counts.get(&seat.peer) == Some(&most);
            if most > of_peer + 1 { self.first(too_many, has_most) } else { None }
        })
    }

    /// Returns the connection that has done nothing for longest; of one peer rather one without
    /// a login, and of all rather one that has shown none while its peer has.
    fn first(&self, too_many: TooMany, may: impl Fn(&Seat) -> bool) -> Option<u64> {
        let worth = |login| match too_many {
            TooMany::Of(_) | TooMany::WithoutLogin => login,
            TooMany::InAll if login == Login::OfPeer => Login::OfPeer,
            TooMany::InAll => Login::Shown,
        };

        self.by_number
            .iter()
            .filter(|(_, seat)| too_many.are(seat) && may(seat))
            .min_by_key(|(number, seat)| (worth(seat.login), seat.requests.activity(), **number))
            .map(|(number, _)| *number)
    }

    fn login_of(&self, peer: Peer) -> Login {
        let last = self.logged_in.get(&peer);
        let is_known = last.is_some_and(|last| last.elapsed() < Self::LOGIN);

        if is_known { Login::OfPeer } else { Login::None }
    }

    fn log_in(&mut self, number: u64) {
        let Some(seat) = self.by_number.get_mut(&number) else { return };
        seat.login = Login::Shown;
        self.logged_in.insert(seat.peer, Instant::now());
        if self.logged_in.len() > Self::LOGINS {
            let oldest = self.logged_in.iter().min_by_key(|(_, last)| **last);
            let oldest = oldest.map(|(peer, _)| *peer);
            oldest.and_then(|peer| self.logged_in.remove(&peer));
        }
    }
}

impl Seat {
    /// Returns whether a request is being answered, and not for too long. Streams take half of the places at
    /// most.
    fn is_protected(&self) -> bool {
        match self.requests.activity() {
            Activity::Idle(_) => false,
            Activity::Answering(begun) => begun.elapsed() < Places::UNANSWERED,
            Activity::Streaming(_) => true,
        }
    }
}

impl Place {
    /// Notes the names of a certificate that was verified, which is a login.
    pub(super) fn certify(&self, names: Vec<AlternativeName>) {
        let _it_is_the_first_one = self.names.set(names);
        self.log_in();
    }

    /// Returns the names of the verified certificate of the client.
    pub(super) fn names(&self) -> &[AlternativeName] {
        self.names.get().map_or(&[], Vec::as_slice)
    }

    /// Notes that the client has shown a valid login.
    pub(super) fn log_in(&self) {
        self.places.taken().log_in(self.number);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().by_number.remove(&self.number);
    }
}

#[cfg(test)]
mod tests;
