//! Whatever is asked, there is an answer.

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn any_query_is_answered(pairs: Vec<(String, String)>, place in 0..OPERATIONS.len()) {
        let operation = &OPERATIONS[place];
        let path: Vec<_> = pairs.iter().take(1).cloned().collect();

        let asked = Asked { path: &path, query: &pairs, ..Asked::default() };
        let answer = answered(operation, &asked, &example::readings());

        prop_assert!(answer.status == 200 || problem(&answer).1["detail"].is_string());
    }

    #[test]
    fn any_value_of_a_known_parameter_is_answered(
        name in prop::sample::select(vec!["by", "top", "cursor", "device", "port", "source", "vlan"]),
        value in "[0-9a-z,.:-]{0,24}|.*",
    ) {
        let (operation, path) = found("/api/v1/packets");
        let query = [(name.to_owned(), value)];

        let asked = Asked { path: &path, query: &query, ..Asked::default() };
        let answer = answered(operation, &asked, &example::readings());

        prop_assert!(answer.status == 200 || problem(&answer).1["detail"].is_string());
    }

    #[test]
    fn any_accept_header_is_read(accept in ".*") {
        let (operation, path) = found("/api/v1/health");
        let asked = Asked { path: &path, accept: Some(&accept), ..Asked::default() };

        answered(operation, &asked, &example::readings());
    }
}

#[test]
fn a_huge_query_is_refused_in_a_few_lines() {
    let pairs: Vec<_> = (0..5000).map(|it| (format!("{it}\n<script>"), "x".repeat(100))).collect();
    let (operation, path) = found("/api/v1/packets");

    let asked = Asked { path: &path, query: &pairs, ..Asked::default() };
    let answer = answered(operation, &asked, &example::readings());

    assert_eq!(problem(&answer).0, "unknown-parameter");
    assert!(answer.body.len() < 16 << 10, "{}", answer.body.len());
}
