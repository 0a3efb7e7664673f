use tokio::time::advance;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn places(connections: usize, connections_of_peer: usize) -> Arc<Places> {
    let limits = Limits { connections, connections_of_peer, ..Limits::default() };

    Places::new(&limits, Refusals::default())
}

/// The peer with this number.
fn peer(number: u8) -> Peer {
    Peer::of([192, 0, 2, number].into())
}

/// Takes places for peers that each come a second after the one before.
async fn take(places: &Arc<Places>, peers: impl IntoIterator<Item = u8>) -> Vec<Place> {
    let mut taken = Vec::new();
    for number in peers {
        advance(SECOND).await;
        taken.push(places.take(peer(number)).expect("there is room, or somebody makes some"));
    }

    taken
}

fn have_lost(places: &[Place]) -> Vec<bool> {
    places.iter().map(|place| place.make_room.is_cancelled()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_connection_that_is_idle_for_longest_makes_room() {
    let places = places(3, 3);
    let taken = take(&places, [1, 2, 3]).await;
    // The first did something in between.
    advance(SECOND).await;
    drop(taken[0].requests.begin());

    let newest = take(&places, [4]).await;

    assert_eq!(have_lost(&taken), [false, true, false]);
    assert_eq!(have_lost(&newest), [false]);
    assert_eq!(places.refusals.read().refusals[&HttpRefusal::Connections], 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_being_answered_makes_no_room_unless_that_takes_too_long() {
    let places = places(2, 2);
    let taken = take(&places, [1, 2]).await;
    let requests: Vec<_> = taken.iter().map(|place| place.requests.begin()).collect();

    let refused = places.take(peer(3));
    advance(Places::UNANSWERED).await;
    let newest = take(&places, [3]).await;

    assert!(refused.is_none());
    assert_eq!(have_lost(&taken), [true, false]);
    assert_eq!(places.refusals.read().refusals[&HttpRefusal::Connections], 2);
    drop((requests, newest));
}

#[tokio::test(start_paused = true)]
async fn a_peer_with_too_many_connections_makes_room_for_itself() {
    let places = places(10, 2);
    let others = take(&places, [1]).await;
    let own = take(&places, [2, 2]).await;
    own[0].log_in();

    let newest = take(&places, [2]).await;

    assert_eq!(have_lost(&others), [false]);
    assert_eq!(have_lost(&own), [false, true], "a login is kept where there is a choice");
    drop(newest);
}

#[tokio::test(start_paused = true)]
async fn half_of_the_places_are_kept_for_logins_where_there_are_any() {
    let places = places(4, 4);
    places.keep_half(true);
    let known = take(&places, [1, 2]).await;
    known.iter().for_each(Place::log_in);

    let strangers = take(&places, [3, 4, 5, 6]).await;

    assert_eq!(have_lost(&known), [false; 2]);
    assert_eq!(have_lost(&strangers), [true, true, false, false]);
}

#[tokio::test(start_paused = true)]
async fn more_logins_than_half_make_room_too() {
    let places = places(4, 4);
    places.keep_half(true);
    let known = take(&places, [1, 2, 3, 4]).await;
    known.iter().for_each(Place::log_in);

    let strangers = take(&places, [5, 6, 7]).await;

    assert_eq!(have_lost(&known), [true, true, false, false]);
    assert_eq!(have_lost(&strangers), [true, false, false]);
}

#[tokio::test(start_paused = true)]
async fn a_place_is_free_when_its_connection_has_ended() {
    let places = places(1, 1);

    for _ in 0..3 {
        drop(take(&places, [1]).await);
    }

    assert_eq!(places.refusals.read(), crate::health::Serving::default());
}

#[tokio::test(start_paused = true)]
async fn four_peers_whose_requests_never_end_lock_no_other_out() {
    const MOST: usize = 512;
    let places = places(MOST, MOST / 4);
    let others = take(&places, [0, 1, 2, 3].into_iter().cycle().take(MOST)).await;
    let requests: Vec<_> = others.iter().map(|place| place.requests.begin()).collect();

    let one_of_them = places.take(peer(0));
    let scrape = places.take(peer(9)).expect("it has fewer connections than each of them");
    let _answering = scrape.requests.begin();
    let next = places.take(peer(8));

    assert!(one_of_them.is_none());
    assert!(next.is_some());
    assert!(!scrape.make_room.is_cancelled());
    // Of equal peers, the oldest connection; then of one that still has most.
    let lost = have_lost(&others);
    assert_eq!(lost.iter().filter(|lost| **lost).count(), 2);
    assert!(lost[0] && lost[1]);
    drop(requests);
}

#[tokio::test(start_paused = true)]
async fn strangers_whose_requests_never_end_lock_no_login_out() {
    let places = places(8, 4);
    places.keep_half(true);
    let strangers = take(&places, [1, 1, 1, 1]).await;
    let requests: Vec<_> = strangers.iter().map(|place| place.requests.begin()).collect();

    let first = take(&places, [2]).await;
    first[0].log_in();
    drop(first);
    let second = take(&places, [2]).await;

    assert_eq!(have_lost(&strangers), [true, false, false, false]);
    assert_eq!(have_lost(&second), [false]);
    drop(requests);
}

#[tokio::test(start_paused = true)]
async fn the_login_of_a_peer_is_remembered_for_an_hour() {
    let places = places(2, 2);
    places.keep_half(true);
    let known = take(&places, [1]).await;
    known[0].log_in();
    drop(known);
    let stranger = take(&places, [2]).await;

    advance(Taken::LOGIN.saturating_sub(3 * SECOND)).await;
    let within = take(&places, [1]).await;
    let lost_within = have_lost(&stranger);
    drop(within);
    advance(SECOND).await;
    let later = take(&places, [1]).await;

    assert_eq!((lost_within, have_lost(&stranger)), (vec![false], vec![true]));
    drop(later);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_has_shown_its_login_stays_beside_those_of_its_peer_that_have_not() {
    let places = places(4, 4);
    places.keep_half(true);
    let known = take(&places, [1]).await;
    known[0].log_in();

    let others = take(&places, [1, 1, 1, 1, 1]).await;

    assert_eq!(have_lost(&known), [false]);
    assert_eq!(have_lost(&others), [true, true, false, false, false]);
}

#[tokio::test(start_paused = true)]
async fn the_logins_of_a_bounded_number_of_peers_are_remembered() {
    let places = places(1, 1);
    for number in (0..).take(Taken::LOGINS + 1) {
        take(&places, [number]).await[0].log_in();
    }

    let taken = places.taken();

    assert_eq!(taken.logged_in.len(), Taken::LOGINS);
    assert_eq!((taken.login_of(peer(0)), taken.login_of(peer(1))), (Login::None, Login::OfPeer));
}
