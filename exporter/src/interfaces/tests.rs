use std::cell::Cell;
use std::task::Poll;

use futures_util::stream;
use tracing_subscriber::layer::Identity;

use super::*;
use crate::config::Log;
use crate::logging::{self, tests::Paper};

#[tokio::test(start_paused = true)]
async fn a_list_that_a_change_interrupted_is_asked_for_again() {
    let interrupted = vec![link("eth0", NLM_F_DUMP_INTR)];
    let whole = vec![link("eth0", 0), link("eth1", 0)];
    let mut answers = [interrupted, whole].into_iter();

    let interfaces = settled(|| {
        let next = answers.next().unwrap();
        async { Ok(next) }
    });

    let interfaces = listed(interfaces.await.unwrap()).unwrap();
    let names: Vec<_> = interfaces.into_iter().map(|it| it.name).collect();
    assert_eq!(names, ["eth0".into(), "eth1".into()]);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_never_whole_is_not_believed() {
    let mut attempts = 0;

    let interfaces = settled(|| {
        attempts += 1;
        async { Ok(vec![link("eth0", 0), link("eth1", NLM_F_DUMP_INTR)]) }
    });

    assert!(matches!(interfaces.await, Err(InterfacesError::Unsettled)));
    assert_eq!(attempts, ATTEMPTS);
}

#[test]
fn lists_that_fail_are_one_warning_until_one_succeeds() {
    let paper = Paper::default();
    let writer = paper.clone();
    let (subscriber, _level) =
        logging::subscriber(&Log::default(), move || writer.clone(), None::<Identity>);
    let unsettled = Some(&InterfacesError::Unsettled);

    tracing::subscriber::with_default(subscriber, || {
        let mut is_failing = false;
        for error in [None, unsettled, unsettled, unsettled, None, None, unsettled] {
            tell(&mut is_failing, error);
        }
    });

    let text = paper.text();
    assert_eq!(text.matches("Cannot list the interfaces").count(), 2, "{text}");
    assert_eq!(text.matches("can be listed again").count(), 1, "{text}");
}

#[tokio::test(start_paused = true)]
async fn messages_do_not_pile_up_while_lists_fail() {
    let left = Cell::new(100_000);
    let mut messages = stream::poll_fn(|_| match left.get() {
        0 => Poll::Pending,
        more => {
            left.set(more - 1);
            Poll::Ready(Some(()))
        }
    });
    let fail = || async { Err(InterfacesError::Unsettled) };

    let relay = relay(&mut messages, fail, |_| panic!("there is no list"));

    assert!(time::timeout(2 * RETRY, relay).await.is_err(), "it goes on");
    assert_eq!(left.get(), 0);
}

fn link(name: &str, flags: u16) -> Answer {
    let mut link = LinkMessage::default();
    link.attributes.push(LinkAttribute::IfName(name.into()));
    let mut answer = message(RouteNetlinkMessage::NewLink(link));
    answer.header.flags = flags;

    answer
}
