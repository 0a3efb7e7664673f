//! Addresses, replaced by numbers.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

/// The addresses that were met so far, each with its number.
#[derive(Debug, Default)]
pub(super) struct Addresses {
    known: BTreeMap<String, usize>,
}

impl Addresses {
    /// Returns `text` with `address-1` for the first address, and so on. What stands for no host
    /// in particular stays: loopback and unspecified addresses.
    pub(super) fn masked(&mut self, text: &str) -> String {
        let mut masked = String::with_capacity(text.len());
        let mut rest = text;

        while let Some(start) = rest.find(is_part) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|it| !is_part(it)).unwrap_or(from.len());
            let (run, after) = from.split_at(end);
            masked.push_str(before);
            let is_word = |it: char| it.is_alphanumeric() || it == '_';
            let edges = Edges {
                after_word: before.ends_with(is_word),
                before_word: after.starts_with(is_word),
            };
            masked.push_str(&self.run(run, &edges));
            rest = after;
        }
        masked.push_str(rest);

        masked
    }

    /// Returns a run of characters that an address may have, with the addresses in it masked.
    fn run(&mut self, run: &str, edges: &Edges) -> String {
        let (label, rest) = run.split_at(label(run, edges.after_word));
        let is_within = edges.before_word || edges.after_word && label.is_empty();
        // Paths as `a::b` look like addresses of IPv6; of IPv4 rather one too many.
        let found = found(rest).filter(|(it, _)| !is_within || it.parse::<Ipv4Addr>().is_ok());
        if let Some((address, end)) = found {
            return format!("{label}{}{end}", self.named(address));
        }

        let parts: Vec<_> = run.split(':').map(|part| self.part(part)).collect();
        parts.join(":")
    }

    /// Returns what stands between two colons, masked if it is an address of IPv4.
    fn part(&mut self, part: &str) -> String {
        let text = part.trim_matches('.');
        let address = text.parse::<Ipv4Addr>().ok().and_then(|_| hidden(text));

        address.map_or_else(|| part.to_owned(), |it| part.replacen(text, &self.named(it), 1))
    }

    fn named(&mut self, address: String) -> String {
        let next = self.known.len() + 1;
        let number = *self.known.entry(address).or_insert(next);

        format!("address-{number}")
    }
}

/// Whether letters stand directly before and after a run, so that its ends belong to words.
struct Edges {
    after_word: bool,
    before_word: bool,
}

/// Returns the length of a label with its colon: the `c:` of `src:192.0.2.1`, the `:` of
/// `addr:192.0.2.1`. Two colons belong to a path or to an address.
fn label(run: &str, is_after_word: bool) -> usize {
    let colon = run.find(':').filter(|at| is_after_word || *at == 0);

    colon.map(|at| at + 1).filter(|end| !run[*end..].starts_with(':')).unwrap_or(0)
}

/// Returns whether an address may have this character.
fn is_part(it: char) -> bool {
    it.is_ascii_hexdigit() || matches!(it, ':' | '.')
}

/// Returns the address that `run` begins with, and what stands behind it: a port, a full stop.
fn found(run: &str) -> Option<(String, &str)> {
    let trimmed = run.trim_end_matches([':', '.']);
    let ends = [run.len(), trimmed.len()].into_iter().chain(trimmed.rfind(':'));

    ends.into_iter().find_map(|end| {
        let (text, rest) = run.split_at(end);
        let address = hidden(text)?;
        Some((address, rest))
    })
}

fn hidden(text: &str) -> Option<String> {
    if let Ok(address) = text.parse::<IpAddr>() {
        let address = address.to_canonical();
        let is_nobody = address.is_loopback() || address.is_unspecified();
        return (!is_nobody).then(|| address.to_string());
    }
    let is_mac = text.len() == 17
        && text.split(':').count() == 6
        && text.split(':').all(|byte| byte.len() == 2 && !byte.contains('.'));

    is_mac.then(|| text.to_ascii_lowercase())
}
