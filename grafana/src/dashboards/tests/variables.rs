//! Variables, and where they are used.

use super::*;

/// What Grafana itself replaces.
const OF_GRAFANA: [&str; 5] =
    ["__rate_interval", "__range", "__url_time_range", "__value", "__data"];

/// Names behind `$` and in `${}`, without formats and fields.
fn used(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).map(|rest| {
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        &rest[..end.unwrap_or(rest.len())]
    })
}

#[test]
fn every_variable_that_is_used_exists_and_is_used() {
    for Written { board, json } in written() {
        let variables = list(&json["templating"]["list"]);
        let names: BTreeSet<_> = variables.iter().map(|it| text(&it["name"])).collect();
        let mut all = Vec::new();
        texts(&json, &mut all);
        let used: BTreeSet<_> = all.into_iter().flat_map(used).collect();

        // `$/` ends a pattern, `$__all` is the choice of all.
        let unknown: Vec<_> = used
            .iter()
            .filter(|name| !name.is_empty() && **name != "__all")
            .filter(|name| !names.contains(*name) && !OF_GRAFANA.contains(*name))
            .collect();
        assert!(unknown.is_empty(), "{board:?}: {unknown:?}");
        // Every dashboard has the same, so that links keep what is chosen.
        let unused: Vec<_> =
            names.iter().filter(|name| !used.contains(*name) && **name != "runbooks").collect();
        assert!(unused.is_empty(), "{board:?}: {unused:?}");
    }
}

/// Source: the rules `template-*` of dashboard-linter.
#[test]
fn variables_are_what_the_linter_of_grafana_expects() {
    for Written { board, json } in written() {
        let variables = list(&json["templating"]["list"]);
        let names: Vec<_> = variables.iter().map(|it| text(&it["name"])).collect();
        assert_eq!(names, ["datasource", "job", "instance", "device", "runbooks"], "{board:?}");

        for name in ["job", "instance", "device"] {
            let variable = variables.iter().find(|it| it["name"] == name).unwrap();
            assert_eq!(variable["type"], "query", "{board:?} {name}");
            assert_eq!(variable["datasource"]["uid"], "${datasource}", "{board:?} {name}");
            assert_eq!(text(&variable["label"]).to_lowercase(), name, "{board:?}");
            assert_eq!(variable["multi"], true, "{board:?} {name}");
            assert_eq!(variable["includeAll"], true, "{board:?} {name}");
            assert_eq!(variable["allValue"], ".+", "{board:?} {name}");
            assert_eq!(variable["refresh"], 2, "{board:?} {name}");
            let query = text(&variable["query"]["query"]);
            let selector = query
                .strip_prefix("label_values(")
                .and_then(|rest| rest.strip_suffix(&format!(", {name})")))
                .unwrap_or_else(|| panic!("{board:?}: {query}"));
            let found = promql::found(selector).unwrap();
            assert!(found.labels.is_some_and(|labels| labels.contains(name)), "{query}");
        }
    }
}
