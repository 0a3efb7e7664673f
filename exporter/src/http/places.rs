//! The connections there are, and which one makes room for another.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::limits::Limits;
use super::peer::Peer;
use super::refusals::Refusals;
use super::requests::{Activity, Requests};
use crate::health::HttpRefusal;

/// The places for connections. When there are too few, the connection that is idle for longest
/// loses its place.
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
}

#[derive(Debug)]
struct Seat {
    peer: Peer,
    requests: Requests,
    has_login: bool,
    make_room: CancellationToken,
}

/// The place of one connection; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) peer: Peer,
    pub(super) requests: Requests,
    /// Cancelled when the connection has lost its place to another one.
    pub(super) make_room: CancellationToken,
    /// Whether the client has shown a certificate.
    pub(super) has_certificate: AtomicBool,
    number: u64,
    places: Arc<Places>,
}

/// Which connections are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TooMany {
    Of(Peer),
    WithoutLogin,
    InAll,
}

impl Places {
    /// A request that is not answered for this long protects its connection no more. It is the
    /// usual time limit of a scrape.
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
        while let Some(too_many) = self.too_many(&taken, peer) {
            let number = taken.idle_for_longest(too_many);
            let seat = number.and_then(|number| taken.by_number.remove(&number));
            refused.push(seat.as_ref().map_or(peer, |seat| seat.peer));
            seat?.make_room.cancel();
        }

        let number = taken.next;
        taken.next += 1;
        let (requests, make_room) = (Requests::default(), CancellationToken::new());
        let seat = Seat {
            peer,
            requests: requests.clone(),
            has_login: false,
            make_room: make_room.clone(),
        };
        taken.by_number.insert(number, seat);

        Some(Place {
            peer,
            requests,
            make_room,
            has_certificate: AtomicBool::new(false),
            number,
            places: Arc::clone(self),
        })
    }

    /// Returns which connections would be too many with one more of `peer`.
    fn too_many(&self, taken: &Taken, peer: Peer) -> Option<TooMany> {
        let count =
            |too_many: TooMany| taken.by_number.values().filter(|it| too_many.are(it)).count();
        let is_half_kept = self.keeps_half.load(Ordering::Relaxed);

        if count(TooMany::Of(peer)) >= self.most_of_peer {
            Some(TooMany::Of(peer))
        } else if is_half_kept && count(TooMany::WithoutLogin) >= self.most.div_ceil(2) {
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
            Self::WithoutLogin => !seat.has_login,
            Self::InAll => true,
        }
    }
}

impl Taken {
    /// Returns the connection that is idle for longest; of one peer rather one without a login.
    fn idle_for_longest(&self, too_many: TooMany) -> Option<u64> {
        let is_of_peer = matches!(too_many, TooMany::Of(_));
        let rank = |(number, seat): (&u64, &Seat)| {
            let activity = seat.requests.activity();
            let is_protected = matches!(
                activity,
                Activity::AnsweringSince(begun) if begun.elapsed() < Places::UNANSWERED
            );
            (!is_protected).then_some((is_of_peer && seat.has_login, activity, *number))
        };

        self.by_number
            .iter()
            .filter(|(_, seat)| too_many.are(seat))
            .filter_map(rank)
            .min()
            .map(|(.., number)| number)
    }
}

impl Place {
    /// Notes that the client has shown a valid login.
    pub(super) fn log_in(&self) {
        if let Some(seat) = self.places.taken().by_number.get_mut(&self.number) {
            seat.has_login = true;
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().by_number.remove(&self.number);
    }
}

#[cfg(test)]
mod tests;
