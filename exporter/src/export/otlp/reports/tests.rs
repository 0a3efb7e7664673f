use tracing_subscriber::layer::Identity;

use super::*;
use crate::config::Log;
use crate::logging;
use crate::logging::tests::Paper;

/// How many points each request has.
const POINTS: usize = 10;

/// What a receiver says that does not speak OTLP.
const UNREAD: &str = "ok";

/// What is logged of pushes; of each request, how many points were rejected and what was said.
/// The last request of a push that is not whole fails.
fn logged(pushes: &[(&[(u64, &str)], bool)]) -> Vec<String> {
    let paper = Paper::default();
    let writer = paper.clone();
    let log = Log::default();
    let (subscriber, _level) = logging::subscriber(&log, move || writer.clone(), None::<Identity>);
    let (mut reports, _health) = Reports::new(&"a".into());

    tracing::subscriber::with_default(subscriber, || {
        for (answers, is_whole) in pushes {
            for (rejected, message) in *answers {
                let is_unread = *message == UNREAD;
                let answer = Answer { rejected: *rejected, message: (*message).into(), is_unread };
                reports.answer(answer, POINTS);
            }
            let failure = SendError::Timeout(Duration::from_secs(1));
            reports.push(if *is_whole { Ok(()) } else { Err(failure) }, Duration::ZERO);
        }
    });

    let text = paper.text();
    let lines = text.lines().map(|line| line.split_once("message=").unwrap().1);
    lines.map(|line| line.replace(" endpoint=a", "")).collect()
}

#[test]
fn points_that_are_turned_away_without_a_word_are_logged() {
    let lines = logged(&[(&[(3, "")], true)]);

    assert_eq!(lines, [r#""The receiver rejected data points" rejected=3 message="#]);
}

#[test]
fn what_is_said_of_some_requests_is_logged_once_and_not_for_each_push() {
    let push: (&[(u64, &str)], bool) =
        (&[(0, ""), (3, "3 are too old"), (0, ""), (2, "2 are too old")], true);
    let later: (&[(u64, &str)], bool) = (&[(1, "1 are too old"), (0, "")], true);
    let good: (&[(u64, &str)], bool) = (&[(0, ""), (0, "")], true);

    let lines = logged(&[push, later, push, good, good, push]);

    let bad = r#""The receiver rejected data points" rejected=5 message="3 are too old""#;
    assert_eq!(lines, [bad, r#""The receiver accepts all data points again""#, bad]);
}

#[test]
fn another_reason_is_logged_and_so_is_what_comes_with_no_rejection() {
    let lines = logged(&[
        (&[(0, "old protocol")], true),
        (&[(0, "old protocol")], true),
        (&[(1, "old protocol"), (1, "full")], true),
        (&[(1, "full")], true),
    ]);

    assert_eq!(
        lines,
        [
            r#""Message from the receiver" message="old protocol""#,
            r#""The receiver rejected data points" rejected=2 message="full; old protocol""#,
        ]
    );
}

#[test]
fn a_push_that_fails_before_the_rejection_does_not_end_it() {
    let rejected: (&[(u64, &str)], bool) = (&[(0, ""), (1, "full")], true);

    let lines = logged(&[rejected, (&[(0, "")], false), rejected]);

    let ours = lines.iter().filter(|line| line.contains("data points")).count();
    assert_eq!(ours, 1, "{lines:#?}");
}

#[test]
fn an_answer_that_cannot_be_read_is_a_warning_once() {
    let unread: (&[(u64, &str)], bool) = (&[(0, UNREAD), (0, "")], true);

    let lines = logged(&[unread, unread]);

    let expected =
        r#""The answers of the receiver are not OTLP; check that the points arrive" message=ok"#;
    assert_eq!(lines, [expected]);
}

#[test]
fn no_more_points_are_turned_away_than_there_were() {
    let (mut reports, health) = Reports::new(&"a".into());

    for _ in 0..3 {
        reports.answer(Answer { rejected: i64::MAX as u64, ..Answer::default() }, POINTS);
    }

    let push = health.borrow();
    assert_eq!((push.rejected, push.points), (3 * POINTS as u64, 0));
}
