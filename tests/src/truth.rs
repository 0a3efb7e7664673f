//! The public captures, and what independent dissectors say of each.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::capture::Frame;
use crate::oracle::{self, Rules};

mod sums;

use sums::Sums;

/// Counts by name, by the name of the column.
pub type Columns = BTreeMap<String, BTreeMap<String, u64>>;

/// One capture with what is known of it.
pub struct Capture {
    pub path: PathBuf,
    pub truth: Columns,
}

/// Finds the captures for a test; `None` where they are missing, with the test's name printed.
pub fn captures_for(test: &str) -> Option<Vec<Capture>> {
    let captures = captures();
    if captures.is_none() {
        println!("SKIPPED {test}: there are no public captures in {}", folder().display());
    }

    captures
}

/// Finds the captures, which are no part of the project, beside the workspace: files of pcap and
/// pcapng, and `truth.json` with what dissectors say of each.
pub fn captures() -> Option<Vec<Capture>> {
    let folder = folder();
    let text = fs::read_to_string(folder.join("truth.json")).ok()?;
    let Value::Object(files) = serde_json::from_str(&text).expect("truth.json is JSON") else {
        panic!("truth.json is an object");
    };

    let capture = |(name, about): (String, Value)| Capture {
        path: folder.join(name),
        truth: columns(&about["truth"]),
    };

    Some(files.into_iter().map(capture).collect())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/pcaps")
}

/// Sums up what the oracle reads in `frames` under the rules of `truth.json`.
pub fn sums(frames: &[Frame]) -> Columns {
    let mut sums = Sums::default();

    for frame in frames {
        sums.add(frame, &oracle::read(&frame.bytes, &Rules::truth()));
    }

    sums.finish()
}

/// A column that is one number becomes a column with one row, without a name.
fn columns(truth: &Value) -> Columns {
    let number = |value: &Value| value.as_u64().expect("a count");
    let rows = |column: &Value| match column.as_object() {
        Some(rows) => rows.iter().map(|(row, n)| (row.clone(), number(n))).collect(),
        None => BTreeMap::from([(String::new(), number(column))]),
    };
    let columns = truth.as_object().expect("an object for each capture");

    columns.iter().map(|(name, column)| (name.clone(), rows(column))).collect()
}
