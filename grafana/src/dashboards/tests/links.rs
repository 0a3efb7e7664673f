//! Links between dashboards and to runbooks.

use super::*;

/// Every address that a dashboard links to.
fn addresses(json: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |value: &Value| {
        found.extend(list(value).iter().map(|link| text(&link["url"]).to_owned()));
    };

    for panel in list(&json["panels"]) {
        add(&panel["links"]);
        for own in list(&panel["fieldConfig"]["overrides"]) {
            for property in list(&own["properties"]).iter().filter(|it| it["id"] == "links") {
                add(&property["value"]);
            }
        }
    }

    found
}

#[test]
fn every_dashboard_leads_to_all_others_and_back() {
    for Written { board, json } in written() {
        let links = list(&json["links"]);

        let to_others = links.iter().find(|link| link["type"] == "dashboards").unwrap();
        assert_eq!(to_others["tags"], json["tags"], "{board:?}");
        assert_eq!(to_others["includeVars"], true, "{board:?}");
        assert_eq!(to_others["keepTime"], true, "{board:?}");
    }
}

#[test]
fn links_to_dashboards_lead_to_those_that_are_there() {
    let uids: Vec<_> = Board::ALL.map(Board::uid).into();
    let mut count = 0;

    for Written { board, json } in written() {
        for address in addresses(&json).iter().filter_map(|it| it.strip_prefix("/d/")) {
            let (uid, query) = address.split_once('?').unwrap();
            assert!(uids.contains(&uid), "{board:?}: {address}");
            assert!(query.contains("${__url_time_range}"), "{board:?}: {address}");
            assert!(query.contains("${datasource:queryparam}"), "{board:?}: {address}");
            count += 1;
        }
    }

    assert!(count > 0);
}

#[test]
fn runbooks_are_named_by_alerts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/runbooks");
    let mut names = BTreeSet::new();

    for Written { json, .. } in written() {
        for address in addresses(&json) {
            let Some(file) = address.strip_prefix("${runbooks}/") else { continue };
            if file != "${__value.raw}.md" {
                names.insert(file.to_owned());
            }
        }
    }

    assert!(names.len() > 5, "{names:?}");
    for name in names {
        assert!(name.starts_with("Packet"), "{name}");
        assert!(
            !folder.exists() || folder.join(&name).exists(),
            "there is no docs/runbooks/{name}"
        );
    }
}

#[test]
fn alerts_are_marked_in_every_dashboard() {
    for Written { board, json } in written() {
        let [annotation] = list(&json["annotations"]["list"]) else { panic!("{board:?}") };

        let expr = text(&annotation["expr"]);
        assert_eq!(annotation["target"]["expr"], expr, "{board:?}");
        let labels = promql::found(expr).unwrap().labels.unwrap();
        for template in ["titleFormat", "textFormat"] {
            for label in queries::named_in(text(&annotation[template])) {
                assert!(labels.contains(label), "{board:?} {template}: {label}");
            }
        }
    }
}
