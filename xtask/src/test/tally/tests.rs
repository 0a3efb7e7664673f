use super::*;

#[test]
fn the_last_line_sums_what_the_runners_said() {
    let mut tally = Tally::default();

    for line in [
        "running 4 tests",
        "test parse::a_frame_is_counted ... ok",
        "test parse::a_tag_is_skipped ... FAILED",
        "SKIPPED scrape: no promtool",
        "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; 0.00s",
        "test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; 1.20s",
    ] {
        tally.read(line);
    }
    tally.check("clippy", true);
    tally.not_run("kernel", "needs root");

    assert_eq!(
        tally.to_string(),
        "
== summary
failed   parse::a_tag_is_skipped
skipped  scrape: no promtool
skipped  kernel: needs root
10 passed, 1 failed, 2 skipped
"
    );
}

#[test]
fn what_a_failed_test_said_is_said_again_at_the_end() {
    let mut tally = Tally::default();

    for line in [
        "test a_tag_is_skipped ... FAILED",
        "test b ... ok",
        "successes:",
        "---- b stdout ----",
        "of no interest",
        "failures:",
        "---- a_tag_is_skipped stdout ----",
        "thread 'a_tag_is_skipped' panicked at tests/parse.rs:7:5:",
        "3 tags",
        "stack backtrace:",
        "   0: __rustc::rust_begin_unwind",
        "failures:",
        "    a_tag_is_skipped",
        "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; 0.00s",
    ] {
        tally.read(line);
    }

    assert_eq!(
        tally.to_string(),
        "\
---- a_tag_is_skipped stdout ----
thread 'a_tag_is_skipped' panicked at tests/parse.rs:7:5:
3 tags

== summary
failed   a_tag_is_skipped
1 passed, 1 failed, 0 skipped
"
    );
}

#[test]
fn a_skip_is_seen_behind_the_words_of_the_runner() {
    let mut tally = Tally::default();

    tally.read("test otlp ... SKIPPED otlp: no receiver");
    tally.read("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");

    assert!(tally.to_string().ends_with("\n0 passed, 0 failed, 1 skipped\n"), "{tally}");
}

#[test]
fn a_run_without_any_test_is_not_good() {
    let mut tally = Tally::default();

    tally.read("test result: ok. 0 passed; 0 failed; 5 ignored; 0 measured; 9 filtered out");

    assert!(!tally.is_good());
}

#[test]
fn a_run_of_skipped_tests_alone_is_not_good() {
    let mut tally = Tally::default();

    tally.read("SKIPPED otlp: no receiver");
    tally.read("test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");

    assert!(!tally.is_good());
}

#[test]
fn a_skipped_test_fails_a_strict_run_unless_its_tool_is_optional() {
    let mut tally = Tally::default();
    let optional = Optional::read("go: to build receivers\n    a_push_arrives\n");
    for line in [
        "SKIPPED a_push_arrives: no collector",
        "SKIPPED a_scrape_arrives: no Prometheus",
        "test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
    ] {
        tally.read(line);
    }
    tally.not_run("frames_are_counted", "needs root");

    tally.refuse_skips(&optional);

    assert!(!tally.is_good());
    assert_eq!(
        tally.to_string(),
        "
== summary
failed   a_scrape_arrives was skipped, and is not in tests/optional.txt
failed   frames_are_counted was skipped, and is not in tests/optional.txt
skipped  a_push_arrives: no collector
skipped  a_scrape_arrives: no Prometheus
skipped  frames_are_counted: needs root
1 passed, 2 failed, 3 skipped
"
    );
}

#[test]
fn a_test_that_skips_two_of_its_parts_is_one_skipped_test() {
    let mut tally = Tally::default();

    for line in [
        "SKIPPED devices: no bond",
        "SKIPPED devices: no VLAN",
        "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out",
    ] {
        tally.read(line);
    }

    assert!(tally.to_string().ends_with("\n1 passed, 0 failed, 1 skipped\n"), "{tally}");
}
