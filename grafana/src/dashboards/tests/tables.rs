//! What tables do with the answers to their queries.

use super::*;

#[test]
fn tables_name_or_hide_every_field_and_no_other() {
    let mut count = 0;

    each_panel(|name, panel| {
        if panel["type"] != "table" {
            return;
        }
        count += 1;
        let targets = list(&panel["targets"]);
        let organize =
            list(&panel["transformations"]).iter().find(|it| it["id"] == "organize").unwrap();
        let named = keys(&organize["options"]["renameByName"]);
        let hidden = keys(&organize["options"]["excludeByName"]);
        let treated: BTreeSet<_> = named.union(&hidden).map(|it| (*it).to_owned()).collect();

        let mut fields = BTreeSet::from(["Time".to_owned()]);
        for target in targets {
            assert_eq!(target["format"], "table", "{name}");
            let value = match targets {
                [_] => "Value".to_owned(),
                _ => format!("Value #{}", text(&target["refId"])),
            };
            fields.insert(value);
            let found = promql::found(text(&target["expr"])).unwrap();
            fields.extend(found.labels.unwrap());
        }
        assert_eq!(fields, treated, "{name}: fields, and those that are named or hidden");
        assert_eq!(keys(&organize["options"]["indexByName"]), named, "{name}");
    });

    assert!(count > 5);
}

#[test]
fn rows_of_all_queries_of_a_table_meet() {
    each_panel(|name, panel| {
        let targets = list(&panel["targets"]);
        if panel["type"] != "table" {
            return;
        }
        let labels: BTreeSet<_> = targets
            .iter()
            .map(|target| promql::found(text(&target["expr"])).unwrap().labels)
            .collect();

        assert_eq!(labels.len(), 1, "{name}: labels differ, {labels:?}");
        let merges = list(&panel["transformations"]).iter().any(|it| it["id"] == "merge");
        assert!(merges || targets.len() == 1, "{name}");
    });
}

#[test]
fn columns_that_are_sorted_or_overridden_are_there() {
    each_panel(|name, panel| {
        if panel["type"] != "table" {
            return;
        }
        let organize =
            list(&panel["transformations"]).iter().find(|it| it["id"] == "organize").unwrap();
        let names = organize["options"]["renameByName"].as_object().unwrap();
        let columns: Vec<_> = names.values().map(text).collect();
        let distinct: BTreeSet<_> = columns.iter().collect();

        assert_eq!(distinct.len(), columns.len(), "{name}: {columns:?}");
        for sorted in list(&panel["options"]["sortBy"]) {
            assert!(columns.contains(&text(&sorted["displayName"])), "{name}");
        }
        let overrides = list(&panel["fieldConfig"]["overrides"]);
        for matcher in overrides.iter().map(|it| &it["matcher"]) {
            assert_eq!(matcher["id"], "byName", "{name}");
            assert!(columns.contains(&text(&matcher["options"])), "{name}: {matcher}");
        }
        // Links take the host and the device from their row.
        let mut all = Vec::new();
        texts(&panel["fieldConfig"]["overrides"], &mut all);
        for field in all.iter().flat_map(|it| it.split("${__data.fields.").skip(1)) {
            let field = field.split('}').next().unwrap();
            assert!(columns.contains(&field), "{name}: {field}");
        }
    });
}
