//! A sender that a panic interrupted is run again.

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
    pushing.sender.has_run = true;
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
    pushing.sender.has_run = true;
    pushing.show(3);
    pushing.push().await;
    assert_eq!(fake.got().iter().find_map(packets), Some(3));
    drop(fake);
    // Its connection would break amid a request.
    pushing.sender.client.is_broken = true;
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
    pushing.sender.has_run = true;
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

    pushing.sender.change(client.client, make, times);
    pushing.show(5);
    pushing.run_until(3).await;

    let got: Vec<_> = fake.got().iter().filter_map(packets).collect();
    assert_eq!(got, [3, 0, 2, 0]);
    assert_eq!(pushing.sender.make.style.began, example::at(0));
}
