//! Which module names which.

use std::collections::{BTreeMap, BTreeSet};

use crate::rust_paths::Named;

/// Returns which modules each module names, without those that it is inside of.
pub fn graph(modules: &[(String, Vec<String>, Named)]) -> BTreeMap<String, BTreeSet<String>> {
    let known: BTreeSet<String> = modules.iter().map(|(_, module, _)| module.join("::")).collect();
    let longest = |path: &[String]| {
        let starts = (1..=path.len()).rev().map(|length| path[..length].join("::"));
        starts.into_iter().find(|start| known.contains(start))
    };

    let edges = modules.iter().map(|(_, module, named)| {
        let own = module.join("::");
        let relative = named.outside.iter().map(|path| [module.as_slice(), path].concat());
        let all: BTreeSet<_> = (named.inside.iter().cloned().chain(relative))
            .filter_map(|path| longest(&path))
            .filter(|other| *other != own && !own.starts_with(&format!("{other}::")))
            .collect();
        (own, all)
    });
    edges.collect()
}

/// Returns what `start` names, and what those name, and so on.
pub fn reachable<'a>(
    graph: &'a BTreeMap<String, BTreeSet<String>>,
    start: &'a str,
) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut next = vec![start];
    while let Some(module) = next.pop() {
        let named = graph.get(module).into_iter().flatten();
        next.extend(named.map(String::as_str).filter(|other| reached.insert(*other)));
    }

    reached
}
