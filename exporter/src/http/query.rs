//! The query of an address: names and values. Source: URL Standard, section 5.1.

/// Reads the names and values of a query. What is not encoded as it should be stands for itself.
pub(super) fn parse(query: &str) -> Vec<(String, String)> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        (decoded(name), decoded(value))
    };

    query.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();

    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match (first, behind) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, behind @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = behind;
                }
                _ => bytes.push(b'%'),
            },
            _ => bytes.push(*first),
        }
    }

    String::from_utf8_lossy(&bytes).into_owned()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_values_are_decoded() {
        let cases: [(&str, &[(&str, &str)]); 8] = [
            ("", &[]),
            ("a", &[("a", "")]),
            ("a=b&a=c", &[("a", "b"), ("a", "c")]),
            ("collect%5B%5D=x%20y+z", &[("collect[]", "x y z")]),
            ("collect[]=x", &[("collect[]", "x")]),
            ("&&=&a==b", &[("", ""), ("a", "=b")]),
            ("a=%&b=%4&c=%zz&d=%C3%A4", &[("a", "%"), ("b", "%4"), ("c", "%zz"), ("d", "ä")]),
            ("a=%ff", &[("a", "\u{fffd}")]),
        ];

        for (query, expected) in cases {
            let pairs = parse(query);
            let pairs: Vec<_> = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
            assert_eq!(pairs, expected, "{query}");
        }
    }

    proptest! {
        #[test]
        fn any_query_is_read(query in ".*") {
            parse(&query);
        }
    }
}
