//! The paths that Rust code names, as `crate::health::Mode`, without comments and strings.

use std::iter::Peekable;

use proc_macro2::token_stream::IntoIter;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// What one file names.
#[derive(Debug, Default)]
pub struct Named {
    /// Paths of two segments and more. Those that begin with `crate`, `self` or `super` begin
    /// with the modules from the crate's root on, and stand in `inside`; the others in `outside`.
    pub inside: Vec<Vec<String>>,
    pub outside: Vec<Vec<String>>,
    pub has_unsafe: bool,
    /// Modules of their own file that are compiled only for tests.
    pub test_modules: Vec<String>,
}

/// Reads `text`, the module `module`. What is only for tests is left out.
pub fn named(module: &[&str], text: &str) -> Named {
    let tokens: TokenStream = text.parse().expect("the project's code has Rust's tokens");
    let module: Vec<_> = module.iter().map(ToString::to_string).collect();
    let mut named = Named::default();
    walk(tokens, &module, &mut named);

    named
}

fn walk(tokens: TokenStream, module: &[String], named: &mut Named) {
    let mut tokens = tokens.into_iter().peekable();
    let mut only_for_tests = false;

    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => {
                let is_attribute = group.delimiter() == Delimiter::Bracket;
                only_for_tests |= is_attribute && group.stream().to_string() == "cfg (test)";
                walk(group.stream(), module, named);
                // The end of an item.
                if group.delimiter() == Delimiter::Brace {
                    only_for_tests = false;
                }
            }
            TokenTree::Ident(word) if word == "mod" => {
                let name = tokens.next().map(|name| name.to_string()).unwrap_or_default();
                match tokens.next() {
                    Some(TokenTree::Group(body)) if !only_for_tests => {
                        walk(body.stream(), &joined(module, &name), named);
                    }
                    Some(TokenTree::Group(_)) => {}
                    _ if only_for_tests => named.test_modules.push(name),
                    _ => {}
                }
                only_for_tests = false;
            }
            TokenTree::Ident(word) => {
                named.has_unsafe |= word == "unsafe";
                path(word.to_string(), &mut tokens, module, named);
            }
            TokenTree::Punct(mark) if mark.as_char() == ';' => only_for_tests = false,
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// Reads the rest of a path that begins with `first`.
fn path(first: String, tokens: &mut Peekable<IntoIter>, module: &[String], named: &mut Named) {
    let mut segments = vec![first];
    while separator(tokens) {
        match tokens.peek() {
            Some(TokenTree::Ident(segment)) => segments.push(segment.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                each_of(group, &segments, module, named);
                tokens.next();
                return;
            }
            // A glob, or generic arguments.
            _ => break,
        }
        tokens.next();
    }

    note(segments, module, named);
}

/// Reads `{a, b::c}` behind `before::`.
fn each_of(group: &Group, before: &[String], module: &[String], named: &mut Named) {
    let mut tokens = group.stream().into_iter().peekable();
    while let Some(token) = tokens.next() {
        let TokenTree::Ident(segment) = token else { continue };
        let mut segments = joined(before, &segment.to_string());
        while separator(&mut tokens) {
            match tokens.next() {
                Some(TokenTree::Ident(segment)) => segments.push(segment.to_string()),
                Some(TokenTree::Group(group)) => each_of(&group, &segments, module, named),
                _ => {}
            }
        }
        note(segments, module, named);
        // What follows `as` is a new name.
        while tokens.next_if(|token| token.to_string() != ",").is_some() {}
    }
}

fn separator(tokens: &mut Peekable<IntoIter>) -> bool {
    let is_colon = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ':' && mark.spacing() == proc_macro2::Spacing::Joint);
    if tokens.next_if(is_colon).is_none() {
        return false;
    }

    tokens.next_if(|token| token.to_string() == ":").is_some()
}

fn note(segments: Vec<String>, module: &[String], named: &mut Named) {
    if segments.len() < 2 {
        return;
    }
    match segments[0].as_str() {
        "crate" => named.inside.push(segments[1..].to_vec()),
        "self" | "super" => {
            let ups = segments.iter().filter(|segment| *segment == "super").count();
            let rest = segments.into_iter().filter(|word| word != "self" && word != "super");
            let base = &module[..module.len().saturating_sub(ups)];
            named.inside.push(base.iter().cloned().chain(rest).collect());
        }
        _ => named.outside.push(segments),
    }
}

fn joined(module: &[String], name: &str) -> Vec<String> {
    module.iter().map(String::as_str).chain([name]).map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "
        //! Not crate::comments.
        use std::io;
        use crate::{health, interval::{Drained as Other, Interval}};
        use super::super::signals::Rules;
        mod inner { use super::sibling; fn f() { crate::ledger::fold(\"crate::strings\", a::<T>()) } }
        #[cfg(test)]
        mod laws;
        #[cfg(test)]
        mod tests { use crate::config; unsafe {} }
        fn g() { tracing::info!(x = crate::version::THIS) }
    ";

    #[test]
    fn paths_are_read_wherever_they_stand() {
        let named = named(&["export", "prometheus"], TEXT);

        let inside: Vec<_> = named.inside.iter().map(|path| path.join("::")).collect();
        let outside: Vec<_> = named.outside.iter().map(|path| path.join("::")).collect();
        assert_eq!(
            inside,
            [
                "health",
                "interval::Drained",
                "interval::Interval",
                "interval",
                "signals::Rules",
                "export::prometheus::sibling",
                "ledger::fold",
                "version::THIS",
            ]
        );
        assert_eq!(outside, ["std::io", "tracing::info"]);
        assert_eq!(named.test_modules, ["laws"]);
        assert!(!named.has_unsafe);
    }
}
