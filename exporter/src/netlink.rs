//! Netlink: questions to the kernel, and messages and attributes as they lie in bytes. Any bytes can be
//! read: what is cut off is left out. Source: netlink(7) and include/uapi/linux/netlink.h.

pub mod sockets;

use std::borrow::Cow;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

/// Source: include/linux/socket.h.
const AF_NETLINK: i32 = 16;
const HEADER: usize = 16;
const ATTRIBUTE_HEADER: usize = 4;
const REQUEST: u16 = 1;
/// More messages follow.
const MULTI: u16 = 2;
const ERROR: u16 = 2;
const DONE: u16 = 3;
/// Bits in the kind of an attribute that are flags: it holds attributes, it is in network byte order.
const NESTED: u16 = 1 << 15;
const FLAGS: u16 = NESTED | 1 << 14;
/// The flag of a request for a list.
pub const DUMP: u16 = 0x300;
/// More than the longest part of an answer: lists come in parts of 32 KiB (`netlink_recvmsg` in
/// net/netlink/af_netlink.c), and three sets of some sixty features by name are shorter than this.
const LONGEST: usize = 1 << 16;

/// What is asked in a family of netlink. Source: include/uapi/linux/netlink.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Family {
    Route = 0,
    SocketDiagnosis = 4,
    Generic = 16,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("the kernel refused the netlink request")]
    Refused(#[source] io::Error),

    #[error("cannot exchange netlink messages with the kernel")]
    Unasked(#[source] io::Error),
}

impl From<AskError> for io::Error {
    fn from(error: AskError) -> Self {
        let (AskError::Refused(source) | AskError::Unasked(source)) = error;

        source
    }
}

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    pub kind: u16,
    flags: u16,
    /// What follows the header.
    pub body: &'a [u8],
}

/// One attribute of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Without its flags.
    pub kind: u16,
    pub value: &'a [u8],
}

/// Sends a request to the kernel, and passes each message of the answer to `take`.
///
/// The kernel answers before the question's call returns, so nothing is waited for.
pub fn ask(family: Family, request: &[u8], take: impl FnMut(Message<'_>)) -> Result<(), AskError> {
    ask_within(Duration::MAX, family, request, take)
}

/// Sends a request as [`ask`] does, of which the answer may be a long list.
///
/// # Errors
///
/// Of kind `TimedOut` after `patience`, which the kernel may exceed by one part of the list.
pub fn ask_within(
    patience: Duration,
    family: Family,
    request: &[u8],
    mut take: impl FnMut(Message<'_>),
) -> Result<(), AskError> {
    let begun = Instant::now();
    let mut socket = open(family).map_err(AskError::Unasked)?;
    socket.write_all(request).map_err(AskError::Unasked)?;

    let mut room = vec![0; LONGEST];
    loop {
        if begun.elapsed() > patience {
            return Err(AskError::Unasked(io::ErrorKind::TimedOut.into()));
        }
        let read = socket.read(&mut room).map_err(AskError::Unasked)?;
        if !read_part(&room[..read], &mut take).map_err(AskError::Refused)? {
            return Ok(());
        }
    }
}

fn open(family: Family) -> io::Result<Socket> {
    let (domain, protocol) = (Domain::from(AF_NETLINK), Protocol::from(family as i32));
    let socket = Socket::new(domain, Type::RAW, Some(protocol))?;
    socket.set_nonblocking(true)?;

    Ok(socket)
}

/// Reads messages that came together; returns whether more follow.
///
/// # Errors
///
/// What the kernel says instead of an answer.
fn read_part(bytes: &[u8], take: &mut dyn FnMut(Message<'_>)) -> io::Result<bool> {
    for message in messages(bytes) {
        match message.kind {
            // The end of a list has the error that ended it early, if there was one.
            ERROR | DONE => return refusal(message.body).map_or(Ok(false), Err),
            _ => take(message),
        }
        if message.flags & MULTI == 0 {
            return Ok(false);
        }
    }

    Ok(true)
}

fn refusal(body: &[u8]) -> Option<io::Error> {
    let code = i32::from_ne_bytes(body.get(..4)?.try_into().ok()?);

    (code != 0).then(|| io::Error::from_raw_os_error(code.wrapping_neg()))
}

/// Returns a question with this body.
pub fn request(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    encoded_message(kind, REQUEST | flags, body)
}

fn encoded_message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + body.len()).unwrap_or(u32::MAX);
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend([kind, flags].map(u16::to_ne_bytes).as_flattened());
    // Sequence number and port, which nothing needs.
    bytes.extend([0; 8]);
    bytes.extend(body);

    bytes
}

/// Returns each message that is whole.
fn messages(bytes: &[u8]) -> impl Iterator<Item = Message<'_>> {
    let mut rest = bytes;

    std::iter::from_fn(move || {
        let length = u32::from_ne_bytes(rest.get(..4)?.try_into().ok()?) as usize;
        let message = Message::cut_off(rest.get(..length)?)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(message)
    })
}

impl<'a> Message<'a> {
    /// Reads a message of which only the beginning may be there.
    pub fn cut_off(bytes: &'a [u8]) -> Option<Self> {
        let body = bytes.get(HEADER..)?;
        let [kind, flags] = [4, 6].map(|at| u16::from_ne_bytes([bytes[at], bytes[at + 1]]));

        Some(Self { kind, flags, body })
    }
}

/// Returns an attribute as it lies in a message.
pub fn encoded(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(ATTRIBUTE_HEADER + value.len()).unwrap_or(u16::MAX);
    let mut bytes = [length, kind].map(u16::to_ne_bytes).concat();
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);

    bytes
}

/// Returns an attribute that holds attributes, as it lies in a message.
pub fn nested(kind: u16, attributes: &[u8]) -> Vec<u8> {
    encoded(kind | NESTED, attributes)
}

/// Returns each attribute, up to the first that is cut off.
pub fn attributes(bytes: &[u8]) -> impl Iterator<Item = Attribute<'_>> {
    let mut rest = bytes;

    std::iter::from_fn(move || {
        let header = rest.get(..ATTRIBUTE_HEADER)?;
        let [length, kind] = [0, 2].map(|at| u16::from_ne_bytes([header[at], header[at + 1]]));
        let length = usize::from(length);
        let value = rest.get(ATTRIBUTE_HEADER..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Attribute { kind: kind & !FLAGS, value })
    })
}

/// Returns the first attribute of this kind.
pub fn find(bytes: &[u8], kind: u16) -> Option<Attribute<'_>> {
    attributes(bytes).find(|attribute| attribute.kind == kind)
}

impl<'a> Attribute<'a> {
    /// Returns a number of 16 bits.
    pub fn half(self) -> Option<u16> {
        self.value.try_into().ok().map(u16::from_ne_bytes)
    }

    /// Returns a number of 32 bits.
    pub fn word(self) -> Option<u32> {
        self.value.try_into().ok().map(u32::from_ne_bytes)
    }

    /// Returns a number of 64 bits.
    pub fn long(self) -> Option<u64> {
        self.value.try_into().ok().map(u64::from_ne_bytes)
    }

    /// Returns a text without the zero that ends it.
    pub fn text(self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.value.strip_suffix(&[0]).unwrap_or(self.value))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// A message of a list.
    pub(crate) fn listed(kind: u16, body: &[u8]) -> Vec<u8> {
        encoded_message(kind, MULTI, body)
    }

    fn all(bytes: &[u8]) -> io::Result<(Vec<u16>, bool)> {
        let mut kinds = Vec::new();
        let more = read_part(bytes, &mut |message| kinds.push(message.kind))?;

        Ok((kinds, more))
    }

    #[test]
    fn what_was_encoded_is_found() {
        let inner = encoded(2, b"rx-lro\0");
        let bytes = [encoded(1, &[7, 0]), nested(3, &inner)].concat();

        let text = find(&bytes, 3).and_then(|nested| find(nested.value, 2)).map(Attribute::text);

        assert_eq!(find(&bytes, 1).and_then(Attribute::half), Some(u16::from_ne_bytes([7, 0])));
        assert_eq!(text.as_deref(), Some("rx-lro"));
        assert!(find(&bytes, 9).is_none());
    }

    #[test]
    fn a_list_is_read_to_its_end() {
        // Messages are aligned.
        let part = [listed(44, &[1]), vec![0; 3], listed(45, &[])].concat();

        assert_eq!(all(&part).unwrap(), (vec![44, 45], true));
        assert_eq!(all(&listed(DONE, &[0; 4])).unwrap(), (vec![], false));
        assert_eq!(all(&request(44, 0, &[])).unwrap(), (vec![44], false), "it is no list");
    }

    #[test]
    fn a_refusal_is_an_error_and_a_receipt_is_none() {
        const ENOENT: i32 = 2;

        let error = all(&listed(ERROR, &(-ENOENT).to_ne_bytes())).unwrap_err();

        assert_eq!(error.raw_os_error(), Some(ENOENT));
        assert_eq!(all(&listed(ERROR, &[0; 4])).unwrap(), (vec![], false));
    }

    #[test]
    fn a_list_that_an_error_cut_short_is_no_answer() {
        const EMSGSIZE: i32 = 90;

        let error = all(&listed(DONE, &(-EMSGSIZE).to_ne_bytes())).unwrap_err();

        assert_eq!(error.raw_os_error(), Some(EMSGSIZE));
        assert_eq!(all(&listed(DONE, &[])).unwrap(), (vec![], false), "it has no body");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_their_end(kind in 0_u16..50, bytes in vec(any::<u8>(), 0..200)) {
            let _any = all(&bytes);
            let _any = all(&listed(kind, &bytes));
            let _any = Message::cut_off(&bytes);
            let messages = messages(&bytes).count();
            let attributes: Vec<_> = attributes(&bytes).collect();

            prop_assert!(messages <= bytes.len() / HEADER);
            prop_assert!(attributes.len() <= bytes.len() / ATTRIBUTE_HEADER);
            prop_assert!(attributes.iter().map(|it| it.value.len()).sum::<usize>() <= bytes.len());
        }

        #[test]
        fn attributes_are_read_as_they_were_encoded(
            all in vec((0_u16..1 << 14, vec(any::<u8>(), 0..40)), 0..9),
        ) {
            let bytes: Vec<u8> = all.iter().flat_map(|(kind, value)| encoded(*kind, value)).collect();
            let whole = request(20, DUMP, &bytes);

            let read: Vec<_> = messages(&whole)
                .flat_map(|message| attributes(message.body))
                .map(|Attribute { kind, value }| (kind, value.to_vec()))
                .collect();

            prop_assert_eq!(read, all);
        }
    }
}
