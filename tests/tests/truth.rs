//! The oracle reads what independent dissectors read.

use std::collections::BTreeSet;

use tests::capture;
use tests::truth::{self, Columns};

#[test]
fn the_oracle_agrees_with_the_dissectors_in_every_number() {
    let Some(captures) =
        truth::captures_for("the_oracle_agrees_with_the_dissectors_in_every_number")
    else {
        return;
    };
    let mut disagreements = Vec::new();
    let mut read = 0;

    for capture in &captures {
        let frames = capture::read(&capture.path);
        let name = capture.path.file_name().unwrap().display();
        let differences = differences(&truth::sums(&frames), &capture.truth);
        disagreements.extend(differences.into_iter().map(|text| format!("{name}: {text}")));
        read += frames.len();
    }

    println!("{} captures, {read} frames", captures.len());
    assert!(read > 0, "there are no frames in the captures");
    assert!(disagreements.is_empty(), "\n{}", disagreements.join("\n"));
}

#[test]
fn one_frame_less_is_noticed() {
    let Some(captures) = truth::captures_for("one_frame_less_is_noticed") else { return };

    for capture in captures {
        let mut frames = capture::read(&capture.path);
        frames.pop();

        let differences = differences(&truth::sums(&frames), &capture.truth);

        assert!(!differences.is_empty(), "{}", capture.path.display());
    }
}

/// Names each column that differs; a column that only one side has differs too.
fn differences(sums: &Columns, truth: &Columns) -> Vec<String> {
    let columns: BTreeSet<_> = sums.keys().chain(truth.keys()).collect();
    let column = |name| match (sums.get(name), truth.get(name)) {
        (ours, theirs) if ours == theirs => None,
        (ours, theirs) => Some(format!("`{name}` is {ours:?}, not {theirs:?}")),
    };

    columns.into_iter().filter_map(column).collect()
}
