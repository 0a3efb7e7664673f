//! What the reference consists of, for a page and for a document of the project.

/// A part of the reference. Texts have code between backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// The level, 1 for the title.
    Heading(usize, String),
    Text(String),
    /// Lines of a shell.
    Shell(Vec<String>),
    Table(Vec<&'static str>, Vec<Vec<String>>),
}

#[cfg(test)]
/// Writes blocks as Markdown.
pub(super) fn markdown(blocks: &[Block]) -> String {
    let texts: Vec<_> = blocks
        .iter()
        .map(|block| match block {
            Block::Heading(level, text) => format!("{} {text}\n", "#".repeat(*level)),
            Block::Text(text) => wrapped(text),
            Block::Shell(lines) => {
                let lines = lines.iter().map(|line| format!("    {line}\n"));
                lines.collect::<Vec<_>>().concat()
            }
            Block::Table(heads, rows) => {
                let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
                let heads: Vec<_> = heads.iter().map(ToString::to_string).collect();
                let rule = format!("|{}\n", "---|".repeat(heads.len()));
                let escaped = |cell: &String| cell.replace('|', "\\|");
                let rows = rows.iter().map(|row| {
                    let cells: Vec<_> = row.iter().map(escaped).collect();
                    line(&cells)
                });
                [line(&heads), rule].into_iter().chain(rows).collect()
            }
        })
        .collect();

    texts.join("\n")
}

#[cfg(test)]
/// Breaks a text into lines, as documents here have them.
fn wrapped(text: &str) -> String {
    const WIDEST: usize = 140;
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        if lines[last].len() + word.len() >= WIDEST {
            lines.push(word.into());
        } else if lines[last].is_empty() {
            lines[last] = word.into();
        } else {
            lines[last].push(' ');
            lines[last].push_str(word);
        }
    }

    lines.join("\n") + "\n"
}
