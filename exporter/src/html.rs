//! Texts in HTML.

/// Returns the text as it can stand in an element or in an attribute in quotation marks.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
