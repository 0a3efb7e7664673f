//! Blocks as a page: HTML without scripts and without anything from elsewhere.

use super::blocks::Block;
use crate::html::{self, escaped};

const STYLE: &str = "\
:root { background: Canvas; color: CanvasText; color-scheme: light dark; }
body { font-family: system-ui, sans-serif; line-height: 1.5; margin: 2rem auto; max-width: 64rem; padding: 0 1rem; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { border: 1px solid; border-radius: 0.25rem; overflow-wrap: anywhere; padding: 0.5rem; white-space: pre-wrap; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid; padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top; }
@media print { body { margin: 0; max-width: none; } }
";

/// Writes blocks as a page with that title.
pub(super) fn page(title: &str, blocks: &[Block]) -> String {
    let body: String = blocks.iter().map(block).collect();

    html::page(title, STYLE, &format!("{}<main>\n{body}</main>\n", contents(blocks)))
}

/// Links the sections, if there are some.
fn contents(blocks: &[Block]) -> String {
    let links: String = blocks
        .iter()
        .filter_map(|block| match block {
            Block::Heading(2, text) => {
                Some(format!("<li><a href=\"#{}\">{}</a></li>\n", anchor(text), inline(text)))
            }
            Block::Heading(..) | Block::Text(_) | Block::Shell(_) | Block::Table(..) => None,
        })
        .collect();

    if links.is_empty() { links } else { format!("<nav>\n<ul>\n{links}</ul>\n</nav>\n") }
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(level, text) => {
            let anchor = anchor(text);
            format!("<h{level} id=\"{anchor}\">{}</h{level}>\n", inline(text))
        }
        Block::Text(text) => format!("<p>{}</p>\n", inline(text)),
        Block::Shell(lines) => format!("<pre>{}</pre>\n", escaped(&lines.join("\n"))),
        Block::Table(heads, rows) => {
            let line = |cells: Vec<String>, tag: &str| {
                let cells = cells.into_iter().map(|cell| format!("<{tag}>{cell}</{tag}>"));
                format!("<tr>{}</tr>\n", cells.collect::<Vec<_>>().concat())
            };
            let heads = line(heads.iter().map(|it| escaped(it)).collect(), "th");
            let rows = rows.iter().map(|row| line(row.iter().map(|it| inline(it)).collect(), "td"));
            format!(
                "<table tabindex=\"0\">\n{heads}{}</table>\n",
                rows.collect::<Vec<_>>().concat()
            )
        }
    }
}

/// Writes a text with its code.
fn inline(text: &str) -> String {
    let pieces = text.split('`').enumerate().map(|(number, piece)| {
        let piece = escaped(piece);
        if number % 2 == 1 { format!("<code>{piece}</code>") } else { piece }
    });

    pieces.collect()
}

fn anchor(text: &str) -> String {
    let letters = text.chars().filter(|it| it.is_ascii_alphanumeric() || *it == ' ');

    letters.collect::<String>().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_wherever_they_are() {
        let evil = "<b a=\"&\">";
        let blocks = [
            Block::Heading(2, evil.into()),
            Block::Text(format!("{evil} `{evil}`")),
            Block::Shell(vec![evil.into()]),
            Block::Table(vec![evil], vec![vec![evil.into()]]),
        ];

        let page = page(evil, &blocks);

        assert!(!page.contains("<b "), "{page}");
        assert_eq!(page.matches("&lt;b a=&quot;&amp;&quot;&gt;").count(), 8);
        assert!(page.contains("<code>&lt;b"), "{page}");
    }
}
