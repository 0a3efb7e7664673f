//! Calls of bpf(2) that aya lacks. Source: include/uapi/linux/bpf.h, `union bpf_attr`.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use zerocopy::{FromBytes, Immutable, IntoBytes};

const BPF_MAP_CREATE: libc::c_int = 0;
const BPF_MAP_UPDATE_ELEM: libc::c_int = 2;
const BPF_MAP_LOOKUP_AND_DELETE_BATCH: libc::c_int = 25;

const BPF_MAP_TYPE_ARRAY: u32 = 2;
const BPF_MAP_TYPE_ARRAY_OF_MAPS: u32 = 12;
const BPF_MAP_TYPE_RINGBUF: u32 = 27;

#[repr(C)]
#[derive(Default, IntoBytes, Immutable)]
struct MapCreate {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
    map_flags: u32,
    inner_map_fd: u32,
}

/// For reading and writing one entry.
#[repr(C)]
#[derive(IntoBytes, Immutable)]
pub(super) struct MapElement {
    pub(super) map_fd: u32,
    pub(super) reserved: u32,
    pub(super) key: u64,
    pub(super) value: u64,
    pub(super) flags: u64,
}

#[repr(C)]
#[derive(IntoBytes, FromBytes, Immutable)]
#[expect(clippy::struct_field_names, reason = "the fields are named as in `union bpf_attr`")]
struct Batch {
    in_batch: u64,
    out_batch: u64,
    keys: u64,
    values: u64,
    count: u32,
    map_fd: u32,
    elem_flags: u64,
    flags: u64,
}

/// Waits until no program runs that began before the wait.
#[derive(Debug)]
pub(in super::super) struct Barrier {
    outer: OwnedFd,
    inner: OwnedFd,
}

impl Barrier {
    /// Makes the two maps that the wait takes.
    pub(in super::super) fn new() -> io::Result<Self> {
        let array = MapCreate {
            map_type: BPF_MAP_TYPE_ARRAY,
            key_size: 4,
            value_size: 4,
            max_entries: 1,
            ..MapCreate::default()
        };
        let inner = create(array)?;
        let outer = create(MapCreate {
            map_type: BPF_MAP_TYPE_ARRAY_OF_MAPS,
            key_size: 4,
            value_size: 4,
            max_entries: 1,
            inner_map_fd: inner.as_raw_fd().cast_unsigned(),
            ..MapCreate::default()
        })?;

        Ok(Self { outer, inner })
    }

    /// Blocks for an RCU grace period, about 6 ms on an idle machine.
    ///
    /// Updating an element of a map of maps does, see `maybe_wait_bpf_programs` in
    /// kernel/bpf/syscall.c.
    pub(in super::super) fn wait(&self) -> io::Result<()> {
        let key = 0_u32;
        let value = self.inner.as_fd().as_raw_fd();
        let update = MapElement {
            map_fd: self.outer.as_raw_fd().cast_unsigned(),
            reserved: 0,
            key: (&raw const key).expose_provenance() as u64,
            value: (&raw const value).expose_provenance() as u64,
            flags: 0,
        };
        let mut attributes = update;

        // SAFETY: the key and the value live until the call returns.
        unsafe { bpf(BPF_MAP_UPDATE_ELEM, &mut attributes) }.map(drop)
    }
}

/// Takes every entry out of a hash map and adds it to `taken`, also where it fails half way.
///
/// An entry that is added meanwhile may stay.
pub(in super::super) fn take_all<K, V>(
    map: BorrowedFd<'_>,
    taken: &mut Vec<(K, V)>,
) -> io::Result<()>
where
    K: FromBytes + IntoBytes + Immutable + Copy,
    V: FromBytes + IntoBytes + Immutable + Copy,
{
    const FIRST: usize = 4096;
    let mut room = FIRST;
    let mut position = None;

    loop {
        let mut keys = vec![K::new_zeroed(); room];
        let mut values = vec![V::new_zeroed(); room];
        let (count, outcome) = take(map, &mut position, &mut keys, &mut values);
        taken.extend(keys.into_iter().zip(values).take(count));
        match outcome {
            Ok(()) => {}
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => return Ok(()),
            // One bucket holds more than there is room for.
            Err(error) if error.raw_os_error() == Some(libc::ENOSPC) => room *= 2,
            Err(error) => return Err(error),
        }
    }
}

/// Takes one batch; returns how many entries came, also if the call reports an error.
fn take<K, V>(
    map: BorrowedFd<'_>,
    reached: &mut Option<u32>,
    keys: &mut [K],
    values: &mut [V],
) -> (usize, io::Result<()>) {
    let begun = reached.is_some();
    let mut position = reached.unwrap_or_default();
    let position_address = (&raw mut position).expose_provenance() as u64;
    let mut batch = Batch {
        in_batch: if begun { position_address } else { 0 },
        out_batch: position_address,
        keys: keys.as_mut_ptr().expose_provenance() as u64,
        values: values.as_mut_ptr().expose_provenance() as u64,
        #[expect(clippy::cast_possible_truncation, reason = "a map has fewer than 2^32 entries")]
        count: keys.len() as u32,
        map_fd: map.as_raw_fd().cast_unsigned(),
        elem_flags: 0,
        flags: 0,
    };

    // SAFETY: the buffers hold `count` keys and values and live until the call returns.
    let outcome = unsafe { bpf(BPF_MAP_LOOKUP_AND_DELETE_BATCH, &mut batch) }.map(drop);
    let is_counted = match &outcome {
        Ok(()) => true,
        Err(error) => error.raw_os_error() == Some(libc::ENOENT),
    };
    *reached = Some(position);

    (if is_counted { batch.count as usize } else { 0 }, outcome)
}

/// Lets the number of the descriptor `in_place_of` stand for `object`. Its owner stays its owner.
pub(in super::super) fn stand_in(
    object: BorrowedFd<'_>,
    in_place_of: BorrowedFd<'_>,
) -> io::Result<()> {
    let [object, number] = [object, in_place_of].map(|fd| fd.as_raw_fd());
    // SAFETY: the number is open before and after, so nothing else can be given it.
    let result = unsafe { libc::dup3(object, number, libc::O_CLOEXEC) };

    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Makes a ring buffer of so many bytes, a power of two and whole pages (5.8).
pub(in super::super) fn make_ring(bytes: u32) -> io::Result<OwnedFd> {
    create(MapCreate { map_type: BPF_MAP_TYPE_RINGBUF, max_entries: bytes, ..MapCreate::default() })
}

/// Makes an array that can be mapped into memory.
pub(in super::super) fn make_array<T>(entries: u32) -> io::Result<OwnedFd> {
    const BPF_F_MMAPABLE: u32 = 1 << 10;

    create(MapCreate {
        map_type: BPF_MAP_TYPE_ARRAY,
        key_size: 4,
        #[expect(clippy::cast_possible_truncation, reason = "an entry is small")]
        value_size: size_of::<T>() as u32,
        max_entries: entries,
        map_flags: BPF_F_MMAPABLE,
        ..MapCreate::default()
    })
}

fn create(map: MapCreate) -> io::Result<OwnedFd> {
    let mut map = map;
    // SAFETY: the attributes hold no address.
    let fd = unsafe { bpf(BPF_MAP_CREATE, &mut map) }?;

    // SAFETY: the call returned a descriptor that nothing else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// # Safety
///
/// Addresses in `attributes` must stay valid for what `command` does with them.
pub(super) unsafe fn bpf<A: IntoBytes>(
    command: libc::c_int,
    attributes: &mut A,
) -> io::Result<libc::c_int> {
    // SAFETY: the attributes are as long as said, and the caller answers for what is in them.
    let result =
        unsafe { libc::syscall(libc::SYS_bpf, command, &raw mut *attributes, size_of::<A>()) };
    if result < 0 {
        return Err(io::Error::last_os_error());
    }

    #[expect(clippy::cast_possible_truncation, reason = "bpf(2) gives an int")]
    Ok(result as libc::c_int)
}
