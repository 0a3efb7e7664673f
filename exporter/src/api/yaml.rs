//! JSON as YAML. Source: YAML 1.2.2, section 10.3: what JSON writes for a text is one in YAML too.

use std::fmt::Write;

use serde_json::Value;

/// Writes the value as YAML, one member a line.
pub fn yaml(value: &Value) -> String {
    let mut text = String::new();
    block(&mut text, value, 0);

    text
}

/// Writes a value from the beginning of a line on.
fn block(text: &mut String, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                let _ = write!(text, "{indent}{}:", Value::from(name.as_str()));
                behind(text, value, depth);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let _ = write!(text, "{indent}-");
                behind(text, item, depth);
            }
        }
        Value::Object(_)
        | Value::Array(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => {
            let _ = writeln!(text, "{indent}{value}");
        }
    }
}

/// Writes a value behind a name or a dash.
fn behind(text: &mut String, value: &Value, depth: usize) {
    let has_lines = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if has_lines {
        text.push('\n');
        block(text, value, depth + 1);
    } else {
        let _ = writeln!(text, " {value}");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_written_one_a_line() {
        let value = json!({ "a": [1, { "b": "x: \"y\"\n" }, [], [true]], "c": {}, "d": null });

        let expected = "\"a\":\n  - 1\n  -\n    \"b\": \"x: \\\"y\\\"\\n\"\n  - []\n  -\n    - true\n\"c\": {}\n\"d\": null\n";
        assert_eq!(yaml(&value), expected);
    }

    #[test]
    fn the_document_is_the_same_in_both_forms() {
        let document = crate::api::document("");

        let read: Value = serde_saphyr::from_str(&yaml(&document)).unwrap();

        assert_eq!(read, document);
    }
}
