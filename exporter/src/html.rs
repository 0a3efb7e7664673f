//! Texts and pages in HTML.

/// Returns the text as it can stand in an element or in an attribute in quotation marks.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Returns a page that needs nothing from elsewhere; `body` is what `<body>` has, one line at least.
pub fn page(title: &str, style: &str, body: &str) -> String {
    let title = escaped(title);

    format!(
        "<!DOCTYPE html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
{body}</body>
</html>
"
    )
}
