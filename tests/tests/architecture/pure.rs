//! Modules that have neither clock nor I/O.

use crate::{assert_none, is_in, modules};

/// Modules that have neither clock nor I/O.
pub(crate) const PURE: &[&str] = &[
    "api",
    "bundle",
    "causes",
    "dimension",
    "history",
    "inspect",
    "ledger",
    "signals",
    "top",
    "catalog",
    "interval",
    "snapshot",
    "health",
    "html",
    "page",
    "printable",
    "record",
    "samples",
    "scope",
    "services",
];
/// What reaches beyond the arguments of a function.
const IMPURE: &[&str] = &["std::env", "std::fs", "std::process", "std::thread", "tokio", "tracing"];
/// What reads a clock, or reaches other hosts; times and addresses alone are plain data.
const IMPURE_ENDS: &[&str] =
    &["SystemTime::now", "Instant::now", "TcpStream", "TcpListener", "UdpSocket"];

#[test]
fn what_is_pure_has_neither_clock_nor_input_nor_output() {
    let mut strays = Vec::new();

    for (path, module, named) in modules() {
        if !PURE.iter().any(|pure| is_in(&module, pure)) {
            continue;
        }
        for name in named.outside.iter().map(|outside| outside.join("::")) {
            let is_impure =
                IMPURE.iter().any(|it| name == *it || name.starts_with(&format!("{it}::")));
            if is_impure || IMPURE_ENDS.iter().any(|end| name.ends_with(end)) {
                strays.push(format!("{path} names `{name}`"));
            }
        }
    }

    assert_none(&strays);
}
