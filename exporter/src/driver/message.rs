//! Messages of generic netlink. Source: include/uapi/linux/netlink.h and genetlink.h.

const HEADER: usize = 16;
const GENERIC_HEADER: usize = 4;
const REQUEST: u16 = 1;
/// The answer to a request that is refused.
const ERROR: u16 = 2;
/// A flag in the type of an attribute that holds attributes.
const NESTED: u16 = 1 << 15;
/// Flags in the type of an attribute.
const FLAGS: u16 = NESTED | 1 << 14;

/// A question.
#[derive(Debug)]
pub(super) struct Request {
    family: u16,
    command: u8,
    attributes: Vec<u8>,
}

/// One attribute of an answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute<'a> {
    kind: u16,
    pub(super) value: &'a [u8],
}

impl Request {
    pub(super) fn new(family: u16, command: u8) -> Self {
        Self { family, command, attributes: Vec::new() }
    }

    pub(super) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        self.attributes.extend(Attribute::encoded(kind, value));
        self
    }

    pub(super) fn nested(self, kind: u16, attributes: &[u8]) -> Self {
        self.with(kind | NESTED, attributes)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        const VERSION: u8 = 1;
        let length = HEADER + GENERIC_HEADER + self.attributes.len();
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        let mut bytes = Vec::new();

        bytes.extend(length.to_ne_bytes());
        bytes.extend(self.family.to_ne_bytes());
        bytes.extend(REQUEST.to_ne_bytes());
        // Sequence number and port, which are not needed.
        bytes.extend([0; 8]);
        bytes.extend([self.command, VERSION, 0, 0]);
        bytes.extend(&self.attributes);

        bytes
    }
}

impl<'a> Attribute<'a> {
    /// Returns an attribute as a message holds it.
    pub(super) fn encoded(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
        let mut bytes = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);

        bytes
    }

    pub(super) fn half(self) -> Option<u16> {
        self.value.try_into().ok().map(u16::from_ne_bytes)
    }

    pub(super) fn long(self) -> Option<u64> {
        self.value.try_into().ok().map(u64::from_ne_bytes)
    }

    /// Returns a text without the zero that ends it.
    pub(super) fn text(self) -> &'a str {
        let text = self.value.strip_suffix(&[0]).unwrap_or(self.value);

        str::from_utf8(text).unwrap_or_default()
    }
}

/// Returns the attributes of an answer; `None` where it is an error or no answer at all.
pub(super) fn replies(message: &[u8]) -> Option<Vec<u8>> {
    let [length, kind] = [message.get(..4)?, message.get(4..6)?];
    let length = u32::from_ne_bytes(length.try_into().ok()?);
    let kind = u16::from_ne_bytes(kind.try_into().ok()?);
    if kind == ERROR {
        return None;
    }

    message.get(HEADER + GENERIC_HEADER..length as usize).map(Vec::from)
}

/// Returns each attribute that is whole.
pub(super) fn attributes(bytes: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    let mut rest = bytes;

    std::iter::from_fn(move || {
        let length = usize::from(u16::from_ne_bytes(rest.get(..2)?.try_into().ok()?));
        let kind = u16::from_ne_bytes(rest.get(2..4)?.try_into().ok()?) & !FLAGS;
        let value = rest.get(4..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Attribute { kind, value })
    })
}

pub(super) fn find(bytes: &[u8], kind: u16) -> Option<Attribute<'_>> {
    attributes(bytes).find(|attribute| attribute.kind == kind)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_encoded_is_found() {
        let inner = Attribute::encoded(2, b"rx-lro\0");
        let bytes =
            [Attribute::encoded(1, &[7, 0]), Attribute::encoded(3 | NESTED, &inner)].concat();

        let text = find(&bytes, 3).and_then(|nested| find(nested.value, 2)).map(Attribute::text);

        assert_eq!(find(&bytes, 1).and_then(Attribute::half), Some(u16::from_ne_bytes([7, 0])));
        assert_eq!(text, Some("rx-lro"));
        assert!(find(&bytes, 9).is_none());
    }

    proptest! {
        #[test]
        fn any_answer_is_read_to_its_end(bytes in vec(any::<u8>(), 0..100)) {
            let attributes = attributes(&replies(&bytes).unwrap_or_default()).count();

            prop_assert!(attributes <= bytes.len());
        }
    }
}
