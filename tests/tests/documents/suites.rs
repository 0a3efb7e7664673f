//! The list of suites.

use std::iter;

use tests::sources::{TextFile, rust_files};

use crate::read;

const LIST: &str = "tests/suites.txt";
/// Where a file of the list is.
const FILES: &str = "tests/tests/";

/// What the list has for a file where a test is a unit test, and where those are.
const UNIT_TESTS: (&str, &str) = ("lib.rs", "/src/");

/// Tests are left out by parts of their names, so a name in the list must be in no other name.
#[test]
fn each_test_of_a_suite_is_there_once() {
    let sources = rust_files(&["exporter", "exporter-ebpf", "grafana", "shared", "tests", "xtask"]);
    let list = read(LIST);
    let members: Vec<_> = list.lines().filter(|line| line.starts_with(' ')).collect();

    let strays: Vec<_> =
        members.iter().flat_map(|line| iter::repeat(*line).zip(strays(line, &sources))).collect();

    assert!(!members.is_empty());
    assert!(strays.is_empty(), "{strays:#?}");
}

/// Returns what is wrong with `also|only|dev|linked FILE [TEST]`.
fn strays(line: &str, sources: &[TextFile]) -> Vec<String> {
    let mut words = line.split_whitespace().skip(1);
    let file = words.next().unwrap_or_default();
    let folder = format!("{FILES}{}/", file.trim_end_matches(".rs"));
    let (unit_tests, where_they_are) = UNIT_TESTS;
    let is_of_file = |path: &str| {
        if file == unit_tests {
            return path.contains(where_they_are);
        }
        path.strip_prefix(FILES) == Some(file) || path.starts_with(&folder)
    };
    if !sources.iter().any(|source| is_of_file(&source.path)) {
        return vec![format!("there is no {FILES}{file}")];
    }
    let Some(test) = words.next() else { return Vec::new() };

    let all =
        || sources.iter().flat_map(|source| iter::repeat(source).zip(functions(&source.text)));
    let places: Vec<_> = all().filter(|(_, name)| *name == test).map(|it| &it.0.path).collect();
    let mut strays = match places.as_slice() {
        [path] if is_of_file(path) => Vec::new(),
        [] => vec!["there is no such test".to_owned()],
        places => vec![format!("the test is in {places:?}")],
    };
    let longer = all().map(|(_, name)| name).filter(|name| name.contains(test) && *name != test);
    strays.extend(longer.map(|name| format!("it would stand for `{name}` too")));

    strays
}

fn functions(code: &str) -> impl Iterator<Item = &str> {
    let behind = code.split("fn ").skip(1);

    behind.filter_map(|rest| rest.split(|it: char| !it.is_alphanumeric() && it != '_').next())
}
