//! The page for people who open the address in a browser.

use super::route::Path;
use crate::config::Config;
use crate::html::{self, escaped};

const STYLE: &str = "\
:root { color-scheme: light dark; }
body { font-family: system-ui, sans-serif; line-height: 1.6; margin: 2rem auto; max-width: 40rem; padding: 0 1rem; }
";

/// Writes the page: HTML without anything from elsewhere.
pub(super) fn landing(version: &str, links: &[(Path, &str)], config: &Config) -> String {
    let link = |(path, title): &(Path, &str)| {
        let path = match path {
            Path::Fixed(path) => *path,
            Path::Configured(path) => path(config),
        };
        format!("<li><a href=\"{}\">{}</a></li>\n", escaped(path), escaped(title))
    };
    let links: String = links.iter().map(link).collect();
    let version = escaped(version);

    let body = format!(
        "<main>
<h1>packet-exporter</h1>
<p>Counts the packets of this host for Prometheus and OpenTelemetry.</p>
<p>Version {version}</p>
<ul>
{links}</ul>
</main>
"
    );

    html::page("packet-exporter", STYLE, &body)
}
