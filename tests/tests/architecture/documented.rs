//! The table of layers for those who contribute is that of the tests.

use std::collections::BTreeSet;
use std::fs;

use tests::sources::root;

use crate::LINES;

#[test]
fn the_documented_layers_are_those_that_are_enforced() {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let (_, table) = text.split_once("| layer | module |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));

    let mut layers: Vec<BTreeSet<&str>> = Vec::new();
    for row in rows {
        let [_, layer, modules, ..] = row.split('|').collect::<Vec<_>>()[..] else {
            panic!("a row without columns: {row}");
        };
        if !layer.trim().is_empty() {
            layers.push(BTreeSet::new());
        }
        let names = modules.split('`').skip(1).step_by(2);
        layers.last_mut().expect("the first row names its layer").extend(names);
    }

    let enforced: Vec<BTreeSet<&str>> =
        LINES.iter().map(|line| line.iter().copied().collect()).collect();
    assert_eq!(layers, enforced, "documented, and enforced");
}
