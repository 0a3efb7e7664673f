use super::*;

const LIST: &str = "\
# What is read.

otlp: pushes to others
    also otlp.rs
    only otlp.rs a_push_arrives
prometheus: scrapes
    also service.rs promtool_is_silent
    only service.rs a_minute_of_scrapes
    only live.rs prometheus_has_all
release: the build that users get
    also service.rs
    dev service.rs a_plant_is_found
    linked sums.rs
";

fn suites() -> Suites {
    Suites::read(LIST).unwrap()
}

fn parts(suite: &str, words: &[&str]) -> Vec<(&'static str, Vec<String>)> {
    let filters = Filters::with_files(words, &["otlp", "service", "live"]);
    let parts = suites().find(suite).unwrap().parts(&filters);

    parts.into_iter().map(|Part { file, names, .. }| (file, names)).collect()
}

#[test]
fn a_suite_has_whole_files_and_single_tests() {
    assert_eq!(parts("otlp", &[]), [("otlp", vec![])]);
    let of_service = ["promtool_is_silent", "a_minute_of_scrapes"].map(str::to_owned).to_vec();
    let of_live = vec!["prometheus_has_all".to_owned()];
    assert_eq!(parts("prometheus", &[]), [("live", of_live), ("service", of_service)]);
}

#[test]
fn filters_choose_within_a_suite() {
    assert_eq!(parts("otlp", &["push"]), [("otlp", vec!["push".to_owned()])]);
    assert_eq!(parts("prometheus", &["live"]), [("live", vec!["prometheus_has_all".to_owned()])]);
    let named = vec!["a_minute_of_scrapes".to_owned()];
    assert_eq!(parts("prometheus", &["minute"]), [("service", named)]);
    assert_eq!(parts("prometheus", &["nothing"]), []);
    assert_eq!(parts("otlp", &["live"]), []);
}

#[test]
fn what_only_one_suite_has_is_left_out_by_the_others() {
    let suites = suites();
    let all = ["a_push_arrives", "a_minute_of_scrapes", "prometheus_has_all"];

    assert_eq!(suites.only_elsewhere(None), all);
    assert_eq!(suites.only_elsewhere(suites.find("otlp")), all[1..]);
    assert_eq!(suites.only_elsewhere(suites.find("release")), all);
}

#[test]
fn tests_that_need_the_dev_build_are_told_apart() {
    let suites = suites();
    let release = suites.find("release").unwrap();

    assert_eq!(release.dev().collect::<Vec<_>>(), ["a_plant_is_found"]);
    assert_eq!(release.dev_files(), BTreeSet::from(["service"]));
    assert_eq!(parts("release", &["service"]), [("service", vec![])]);
}

#[test]
fn files_that_have_in_themselves_what_they_test_are_told_apart() {
    let suites = suites();
    let parts = suites.find("release").unwrap().parts(&Filters::default());

    let linked: Vec<_> = parts.iter().map(|part| (part.file, part.is_linked)).collect();
    assert_eq!(linked, [("service", false), ("sums", true)]);
}

#[test]
fn a_line_that_cannot_be_read_is_named() {
    let cases = [
        ("otlp\n", "line 1", "NAME: WHAT IT TESTS"),
        ("    also a.rs\n", "line 1", "belongs to no suite"),
        ("a: b\n\n    olny a.rs b\n", "line 3", "only FILE TEST"),
        ("a: b\n    only a.rs\n", "line 2", "only FILE TEST"),
        ("a: b\n    also a\n", "line 2", "`.rs`"),
        ("a: b\na: c\n", "line 2", "two suites `a`"),
    ];

    for (list, line, reason) in cases {
        let error = format!("{:#}", Suites::read(list).unwrap_err());
        assert!(error.contains(line) && error.contains(reason), "{list:?}: {error}");
    }
}

#[test]
fn the_list_of_the_project_can_be_read() {
    let suites = Suites::of_project().unwrap();

    for name in ["otlp", "prometheus", "kernels", "systemd", "release"] {
        assert!(suites.find(name).is_some_and(|suite| !suite.members.is_empty()), "{name}");
    }
}
