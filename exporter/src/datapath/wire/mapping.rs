//! An array map as memory.

use std::io;
use std::marker::PhantomData;
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use zerocopy::{FromBytes, Immutable, IntoBytes};

/// How [`Mapping::publish`] writes: nothing that was written before is seen later than it.
pub(in super::super) const PUBLISH: Ordering = Ordering::Release;

/// The entries of an array map with `BPF_F_MMAPABLE`, mapped into this process.
///
/// The kernel may write entries at any time. So they are copied out and in word by word, and no
/// reference to them ever exists.
#[derive(Debug)]
pub(in super::super) struct Mapping<T> {
    start: *mut u64,
    entries: usize,
    entry: PhantomData<T>,
}

// SAFETY: the mapping belongs to the process and not to a thread.
unsafe impl<T> Send for Mapping<T> {}

impl<T: FromBytes + IntoBytes + Immutable> Mapping<T> {
    const WORDS: usize = {
        assert!(size_of::<T>().is_multiple_of(8), "the kernel rounds entries up to eight bytes");
        size_of::<T>() / 8
    };

    /// Maps the `entries` of a map.
    pub(in super::super) fn new(map: BorrowedFd<'_>, entries: usize) -> io::Result<Self> {
        let length = entries * size_of::<T>();
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice touches no other memory.
        let start = unsafe {
            libc::mmap(ptr::null_mut(), length, protection, libc::MAP_SHARED, map.as_raw_fd(), 0)
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }

        Ok(Self { start: start.cast(), entries, entry: PhantomData })
    }

    /// Entries that are mapped.
    pub(in super::super) fn entries(&self) -> usize {
        self.entries
    }

    /// Bytes that the mapping takes.
    pub(in super::super) fn bytes(&self) -> u64 {
        (self.entries * size_of::<T>()) as u64
    }

    /// Copies out the entries of `range`.
    pub(in super::super) fn read(&self, range: Range<usize>) -> Vec<T> {
        let words: Vec<u64> = self.words(range).map(|word| self.load(word)).collect();
        let entry = |words: &[u64]| T::read_from_bytes(words.as_bytes()).ok();

        words.chunks_exact(Self::WORDS).filter_map(entry).collect()
    }

    /// Copies out what an entry begins with.
    pub(in super::super) fn read_start<S: FromBytes>(&self, entry: usize) -> Option<S> {
        const { assert!(size_of::<S>() <= size_of::<T>(), "an entry is longer than its start") };
        let first = self.words(entry..entry + 1).start;
        let words = first..first + size_of::<S>().div_ceil(8);
        let words: Vec<u64> = words.map(|word| self.load(word)).collect();

        S::read_from_prefix(words.as_bytes()).ok().map(|(start, _)| start)
    }

    /// Reads the word of an entry that lies `offset` bytes within it.
    pub(in super::super) fn word(&self, entry: usize, offset: usize) -> u64 {
        assert!(offset < size_of::<T>(), "{offset} is not within an entry");

        self.load(self.words(entry..entry + 1).start + offset / 8)
    }

    /// Copies entries in, from the place `first` on.
    pub(in super::super) fn write(&self, first: usize, entries: &[T]) {
        let words = self.words(first..first + entries.len());
        for (word, bytes) in words.zip(entries.as_bytes().chunks_exact(8)) {
            if let Ok(value) = u64::read_from_bytes(bytes) {
                self.store(word, value);
            }
        }
    }

    /// Writes what lies `offset` bytes within an entry: whole words.
    pub(in super::super) fn write_within<S>(&self, entry: usize, offset: usize, value: &S)
    where
        S: IntoBytes + Immutable,
    {
        const { assert!(size_of::<S>().is_multiple_of(8), "words are written") };
        assert!(offset.is_multiple_of(8) && offset + size_of::<S>() <= size_of::<T>());
        let first = self.words(entry..entry + 1).start + offset / 8;
        for (word, bytes) in (first..).zip(value.as_bytes().chunks_exact(8)) {
            if let Ok(value) = u64::read_from_bytes(bytes) {
                self.store(word, value);
            }
        }
    }

    /// Writes an entry of one word, behind everything that this thread wrote before, to whichever map.
    ///
    /// Code that reads the new word, and then places whose addresses it computes from it, finds there
    /// what was written before.
    pub(in super::super) fn publish(&self, entry: usize, value: &T) {
        const { assert!(size_of::<T>() == 8, "several words are not written at once") };
        let place = self.place(self.words(entry..entry + 1).start);
        if let Ok(value) = u64::read_from_bytes(value.as_bytes()) {
            // SAFETY: the place is mapped and aligned as long as this mapping is there, and this
            // process reaches it in no other way meanwhile.
            let word = unsafe { AtomicU64::from_ptr(place) };
            word.store(value, PUBLISH);
        }
    }

    /// Sets the entries of `range` to zero, the end of each before its beginning: a process that is
    /// killed meanwhile leaves what says that an entry is in use.
    pub(in super::super) fn clear(&self, range: Range<usize>) {
        for word in self.words(range).rev() {
            self.store(word, 0);
        }
    }

    fn words(&self, range: Range<usize>) -> Range<usize> {
        assert!(range.end <= self.entries, "{range:?} is not within {} entries", self.entries);

        range.start * Self::WORDS..range.end * Self::WORDS
    }

    fn load(&self, word: usize) -> u64 {
        // SAFETY: the place is mapped and aligned; any value is a `u64`.
        unsafe { self.place(word).read_volatile() }
    }

    fn store(&self, word: usize, value: u64) {
        // SAFETY: the place is mapped and aligned, and holds words that may take any value.
        unsafe { self.place(word).write_volatile(value) }
    }

    /// Returns the address of a word that `words` named.
    fn place(&self, word: usize) -> *mut u64 {
        // SAFETY: `words` keeps the place inside the mapping.
        unsafe { self.start.add(word) }
    }
}

impl<T> Drop for Mapping<T> {
    fn drop(&mut self) {
        // SAFETY: the mapping is this one's own, and nothing refers to it any more.
        unsafe { libc::munmap(self.start.cast(), self.entries * size_of::<T>()) };
    }
}
