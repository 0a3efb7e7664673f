//! Numbers in rules are settings.

use super::*;

/// Conversions of units that a query may have; there are none so far.
const CONVERSIONS: [&str; 0] = [];

/// Returns the numbers in a query that are no part of a name, a range or an offset, or of a text.
fn bare(query: &str) -> Vec<&str> {
    let is_word = |it: char| it.is_ascii_alphanumeric() || "_.:".contains(it);
    let outside: Vec<_> = query.split('"').step_by(2).collect();
    let words = outside.into_iter().flat_map(move |text| text.split(move |it| !is_word(it)));

    words
        .filter(|word| word.starts_with(|it: char| it.is_ascii_digit() || it == '.'))
        .filter(|word| Scale(2).duration(word) == *word)
        .collect()
}

#[test]
fn a_number_in_a_query_is_a_setting() {
    let records = GROUPS.iter().flat_map(Group::records);
    let records = records.map(|it| (it.name, it.expr.text(it.name)));
    let alerts = alerts().map(|it| (it.name, it.expr.to_owned()));
    let allowed = [&["0", "1"][..], &CONVERSIONS].concat();

    for (name, query) in records.chain(alerts) {
        let strays: Vec<_> = bare(&query).into_iter().filter(|it| !allowed.contains(it)).collect();
        assert!(
            strays.is_empty(),
            "{name} has {strays:?}, which settings.rs should have:\n{query}"
        );
    }
}

#[test]
fn numbers_in_names_texts_and_times_are_none() {
    let query =
        r#"a:b2:rate5m{c="404",d=~"5.."}[5m] offset 23h30m > 60 * x and (1e3 + .5) < ${y9}"#;

    assert_eq!(bare(query), ["60", "1e3", ".5"]);
}
