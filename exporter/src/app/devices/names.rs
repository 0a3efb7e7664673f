//! The names in a pattern.

/// Returns the parts of a pattern that are plain names. A dot before a digit is part of the name
/// of a VLAN, as in `eth0.100`.
pub(super) fn names(pattern: &str) -> impl Iterator<Item = &str> {
    let is_plain =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'@' | b':');
    let is_name = move |name: &&str| {
        let bytes = name.as_bytes();
        let is_dot = |at: usize| {
            bytes[at] == b'.' && at > 0 && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
        };

        !bytes.is_empty() && (0..bytes.len()).all(|at| is_plain(&bytes[at]) || is_dot(at))
    };

    pattern.split('|').filter(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_wants_the_plain_names_in_it() {
        let of = |pattern| names(pattern).collect::<Vec<_>>();

        assert_eq!(of("eth0|eth1"), ["eth0", "eth1"]);
        assert_eq!(of("eth.*|wlan0"), ["wlan0"]);
        assert_eq!(of("eth0|eth0.100|eth.|eth0.1+|.1"), ["eth0", "eth0.100"]);
        assert!(of("").is_empty());
    }
}
