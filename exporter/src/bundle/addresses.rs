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
            let is_within = before.ends_with(is_word) || after.starts_with(is_word);
            // Paths as `a::b` look like addresses of IPv6; of IPv4 rather one too many.
            match found(run).filter(|(it, _)| !is_within || it.parse::<Ipv4Addr>().is_ok()) {
                Some((address, end)) => {
                    masked.push_str(&self.named(address));
                    masked.push_str(end);
                }
                None => masked.push_str(run),
            }
            rest = after;
        }
        masked.push_str(rest);

        masked
    }

    fn named(&mut self, address: String) -> String {
        let next = self.known.len() + 1;
        let number = *self.known.entry(address).or_insert(next);

        format!("address-{number}")
    }
}

/// Returns whether an address may have this character.
fn is_part(it: char) -> bool {
    it.is_ascii_hexdigit() || matches!(it, ':' | '.')
}

/// Returns the address that `run` begins with, and what stands behind it: a port, a full stop.
fn found(run: &str) -> Option<(String, &str)> {
    let ends = [run.len(), run.trim_end_matches([':', '.']).len()];
    let ends = ends.into_iter().chain(run.rfind(':'));

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
