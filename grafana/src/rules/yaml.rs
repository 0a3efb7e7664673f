//! Writes texts as YAML.

/// A list of keys and values, each line indented.
#[derive(Debug, Default)]
pub(super) struct Yaml(String);

impl Yaml {
    /// Appends a line as it is.
    pub(super) fn line(&mut self, indent: usize, text: &str) {
        self.0.push_str(&" ".repeat(indent));
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// Appends a key with a text: in quotes, or as a block if it has several lines.
    pub(super) fn text(&mut self, indent: usize, key: &str, text: &str) {
        if !text.contains('\n') {
            self.line(indent, &format!("{key}: {}", quoted(text)));
            return;
        }

        self.line(indent, &format!("{key}: |-"));
        // The key may follow the dash of a list, whose two columns belong to its indent.
        let deeper = indent + 2 + if key.starts_with("- ") { 2 } else { 0 };
        for line in text.lines() {
            self.line(deeper, line);
        }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// Returns a text of one line in quotes in which nothing but themselves is special.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_one_line_is_quoted_and_a_longer_one_is_a_block() {
        let mut yaml = Yaml::default();

        yaml.text(0, "- short", "it's");
        yaml.text(2, "long", "a: 1\n  b");

        assert_eq!(yaml.into_text(), "- short: 'it''s'\n  long: |-\n    a: 1\n      b\n");
    }
}
