//! What happens to the answers of queries before a table shows them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub(crate) enum Transformation {
    /// One row for the rows of all answers whose labels are the same.
    Merge,
    /// Names columns, in order, and hides others.
    Organize { named: Vec<(String, &'static str)>, hidden: Vec<&'static str> },
}

impl Transformation {
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Merge => json!({ "id": "merge", "options": {} }),
            Self::Organize { named, hidden } => {
                let indexes: BTreeMap<_, _> =
                    (0..).zip(named).map(|(at, (field, _))| (field, at)).collect();
                let names: BTreeMap<_, _> =
                    named.iter().map(|(field, name)| (field, name)).collect();
                let excluded: BTreeMap<_, _> = hidden.iter().map(|field| (field, true)).collect();

                json!({
                    "id": "organize",
                    "options": {
                        "excludeByName": excluded,
                        "indexByName": indexes,
                        "renameByName": names,
                    },
                })
            }
        }
    }
}
