//! A sender that a panic interrupted is run again.

use super::super::super::fake::papers::Papers;
use super::*;
use crate::config::Temporality;

fn deltas(port: u16) -> Otlp {
    Otlp { temporality: Temporality::Delta, interval: Duration::from_hours(1), ..http(port) }
}

impl Pushing {
    /// Begins a push and drops it once a request has arrived, as a panic would.
    async fn interrupted(&mut self, fake: &Fake) {
        let before = fake.got().len();

        tokio::select! {
            () = self.push() => panic!("the push has ended"),
            () = until("a request", || fake.got().len() > before) => {}
        }
    }

    /// Runs it until so many pushes are taken, and stops it, as an operator may stop one of many.
    async fn run_until(&mut self, exports: u64) {
        let (stop, stopped) = (CancellationToken::new(), CancellationToken::new());
        let mut health = self.health.clone();
        let taken = async {
            health.wait_for(|push| push.exports == exports).await.unwrap();
            stop.cancel();
            stopped.cancelled().await;
        };
        let running = async {
            self.sender.run(self.source.clone(), stop.clone()).await;
            stopped.cancel();
        };

        tokio::join!(timeout(DEADLINE, taken), running).0.expect("it stops");
    }
}

#[tokio::test]
async fn what_was_on_its_way_in_a_panic_is_not_pushed_twice() {
    let fake = Fake::start([Reply::OK, Reply::Silence]).await;
    let mut pushing = Pushing::new(&deltas(fake.port));
    pushing.sender.ran = Ran::Interrupted;
    pushing.show(3);
    pushing.push().await;
    pushing.show(5);
    pushing.interrupted(&fake).await;
    pushing.show(9);

    pushing.run_until(2).await;

    // The last one is that of the stop.
    let got: Vec<_> = fake.got().iter().filter_map(packets).collect();
    assert_eq!(got, [3, 2, 4, 0]);
}

#[tokio::test]
async fn what_had_not_arrived_before_a_panic_is_pushed_after_it() {
    let fake = Fake::start([]).await;
    let port = fake.port;
    let mut pushing = Pushing::new(&deltas(port));
    pushing.sender.ran = Ran::Interrupted;
    pushing.show(3);
    pushing.push().await;
    assert_eq!(fake.got().iter().find_map(packets), Some(3));
    drop(fake);
    // Its connection would break amid a request.
    pushing.sender.client.close();
    pushing.show(5);
    pushing.push_once().await;
    assert_eq!(pushing.failures(PushFailure::Connect), 1);

    let fake = Fake::at(port, [], None).await;
    pushing.show(9);
    pushing.run_until(2).await;

    let got: Vec<_> = fake.got().iter().filter_map(packets).collect();
    assert_eq!(got, [6, 0]);
}

#[tokio::test]
async fn the_ends_of_cumulative_series_are_told_after_a_panic() {
    let fake = Fake::start([Reply::OK, Reply::Silence]).await;
    let mut pushing =
        Pushing::new(&Otlp { temporality: Temporality::Cumulative, ..deltas(fake.port) });
    pushing.sender.ran = Ran::Interrupted;
    pushing.show_sources(&["192.0.2.1"]);
    pushing.push().await;
    pushing.show_sources(&[]);
    pushing.interrupted(&fake).await;

    pushing.run_until(2).await;

    let ends = |got: &Got| format!("{:?}", got.metrics()).matches("192.0.2.1").count();
    let got: Vec<_> = fake.got().iter().map(ends).collect();
    assert!(got[1] > 0, "{got:?}");
    assert_eq!(got, [got[1], got[1], got[1], 0], "the interrupted push may not have arrived");
}

#[tokio::test]
async fn a_sender_with_other_settings_goes_on_where_it_was() {
    let fake = Fake::start([]).await;
    let otlp = deltas(fake.port);
    let mut pushing = Pushing::new(&otlp);
    pushing.show(3);
    pushing.run_until(1).await;
    let Pushing { sender: Sender { client, mut make, times, .. }, .. } = Pushing::new(&otlp);
    make.style.began = example::at(1000);

    pushing.sender.change(client, make, times);
    pushing.show(5);
    pushing.run_until(3).await;

    let got: Vec<_> = fake.got().iter().filter_map(packets).collect();
    assert_eq!(got, [3, 0, 2, 0]);
    assert_eq!(pushing.sender.make.style.began, example::at(0));
}

impl Pushing {
    /// Has the sender go on with other settings, as a reload does.
    fn change(&mut self, otlp: &Otlp) {
        let Pushing { sender: Sender { client, make, times, .. }, .. } = Pushing::new(otlp);

        self.sender.change(client, make, times);
    }

    /// Pushes once, of which the second request is answered so and what follows is not sent.
    async fn push_in_part(&mut self, fake: &Fake, failure: Reply) {
        fake.then([Reply::OK, failure]);
        self.push_once().await;

        assert_eq!(self.sender.unfinished.as_ref().map(|it| it.may_have_arrived), Some(true));
        fake.then([]);
    }
}

/// Requests of few points, so that there are several in a push.
fn in_parts(port: u16) -> Otlp {
    Otlp { max_points: 40, ..deltas(port) }
}

/// A sender of which 3 packets arrived whole, and the push of 5 in part.
async fn pushed_in_part(fake: &Fake) -> Pushing {
    let mut pushing = Pushing::new(&in_parts(fake.port));
    pushing.show(3);
    pushing.run_until(1).await;
    pushing.show(5);
    pushing.push_in_part(fake, Reply::status(503)).await;

    pushing
}

fn sum(fake: &Fake) -> i64 {
    fake.got().iter().filter_map(packets).sum()
}

#[tokio::test]
async fn deltas_of_a_push_that_failed_are_sent_after_a_change_of_the_settings() {
    let fake = Fake::start([]).await;
    let mut pushing = pushed_in_part(&fake).await;
    let sent: Vec<_> = pushing.sender.unfinished.as_ref().unwrap().requests.clone().into();

    pushing.change(&Otlp { interval: Duration::from_mins(30), ..in_parts(fake.port) });
    pushing.show(9);
    let before = fake.got().len();
    pushing.run_until(3).await;

    let again = &fake.got()[before..][..sent.len()];
    let ours = sent.iter().zip(again).all(|(sent, got)| got.is(&sent.body));
    assert!(ours, "they are sent as they were");
    assert_eq!(sum(&fake), 9);
}

#[tokio::test]
async fn deltas_that_are_encoded_in_another_way_now_are_left_out_and_never_doubled() {
    let fake = Fake::start([]).await;
    let mut pushing = pushed_in_part(&fake).await;

    let json = Protocol::HttpJson;
    pushing.change(&Otlp { protocol: json, ..in_parts(fake.port) });
    pushing.show(9);
    pushing.run_until(3).await;

    assert!(pushing.sender.unfinished.is_none());
    assert!((7..=9).contains(&sum(&fake)), "{}", sum(&fake));
}

#[tokio::test]
async fn a_push_that_may_have_arrived_in_part_is_the_newest_that_the_receiver_has() {
    let fake = Fake::start([]).await;
    let mut pushing = Pushing::new(&in_parts(fake.port));
    assert!(pushing.sender.newest().is_none());
    pushing.show(3);
    pushing.push_once().await;
    let whole = pushing.sender.newest().unwrap().time;
    pushing.show(5);
    pushing.push_in_part(&fake, Reply::status(503)).await;
    let newest = pushing.sender.newest().unwrap().clone();
    assert!(newest.time > whole);

    let mut next = Pushing::new(&in_parts(fake.port));
    next.sender.begin_after(newest);
    next.show(9);
    next.push().await;

    assert!((7..=9).contains(&sum(&fake)), "nothing of it is pushed twice: {}", sum(&fake));
}

#[tokio::test]
async fn a_connection_that_cannot_be_made_is_tried_at_each_push() {
    let papers = Papers::new(false);
    let fake = Fake::with([], Some(papers.acceptor.clone())).await;
    let folder = tempfile::TempDir::new().unwrap();
    let ca_file = folder.path().join("ca.pem");
    let endpoints = vec![format!("https://localhost:{}", fake.port).parse().unwrap()];
    let otlp = Otlp { endpoints, ca_file: ca_file.clone(), ..deltas(fake.port) };
    let receiver = Receiver::of_metrics(&otlp).unwrap().remove(0);
    let mut pushing = Pushing::new(&deltas(fake.port));
    pushing.sender.client = Connection::unmade(receiver);
    pushing.show(3);

    pushing.push_once().await;
    pushing.push_once().await;
    assert_eq!(pushing.failures(PushFailure::Local), 2);
    std::fs::copy(papers.path("ca.pem"), &ca_file).unwrap();
    pushing.push_once().await;

    assert_eq!((pushing.health().exports, sum(&fake)), (1, 3));
}
