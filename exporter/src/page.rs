//! The live page: HTML, style and scripts, all of it within the program; pure.

use crate::html::escaped;

/// Something that the page loads.
#[derive(Debug)]
pub struct File {
    pub path: &'static str,
    pub content_type: &'static str,
    pub text: &'static str,
}

/// Everything that the page loads, beside answers of the API.
pub static FILES: [File; 11] = [
    style("/page/style.css", include_str!("page/style.css")),
    icon("/page/icon.svg", include_str!("page/icon.svg")),
    script("/page/main.js", include_str!("page/main.js")),
    script("/page/client.js", include_str!("page/client.js")),
    script("/page/memory.js", include_str!("page/memory.js")),
    script("/page/chart.js", include_str!("page/chart.js")),
    script("/page/lists.js", include_str!("page/lists.js")),
    script("/page/cards.js", include_str!("page/cards.js")),
    script("/page/samples.js", include_str!("page/samples.js")),
    script("/page/format.js", include_str!("page/format.js")),
    script("/page/dom.js", include_str!("page/dom.js")),
];

/// On the page and on everything that it loads. Browsers ask for it each time: the next version of
/// the program has other files at the same paths.
pub const HEADERS: [(&str, &str); 3] = [
    ("cache-control", "no-cache"),
    ("x-content-type-options", "nosniff"),
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
];

/// Writes the page of a version, with links to other pages by their paths and titles.
pub fn page(version: &str, links: &[(&str, &str)]) -> String {
    let link = |(path, title): &(&str, &str)| {
        format!("<li><a href=\"{}\">{}</a></li>\n", escaped(path), escaped(title))
    };
    let links: String = links.iter().map(link).collect();

    include_str!("page/index.html")
        .replace("{version}", &escaped(version))
        .replace("{links}", &links)
}

const fn style(path: &'static str, text: &'static str) -> File {
    File { path, content_type: "text/css; charset=utf-8", text }
}

const fn icon(path: &'static str, text: &'static str) -> File {
    File { path, content_type: "image/svg+xml", text }
}

const fn script(path: &'static str, text: &'static str) -> File {
    File { path, content_type: "text/javascript; charset=utf-8", text }
}

#[cfg(test)]
mod tests;
