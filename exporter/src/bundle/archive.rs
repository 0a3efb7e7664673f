//! A tar archive in memory, compressed by gzip.

use std::io;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

pub(super) struct Archive {
    tar: Builder<GzEncoder<Vec<u8>>>,
    /// Seconds since 1970.
    time: u64,
}

impl Archive {
    pub(super) fn new(time: u64) -> Self {
        let gzip = GzEncoder::new(Vec::new(), Compression::default());

        Self { tar: Builder::new(gzip), time }
    }

    pub(super) fn add(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(self.time);

        self.tar.append_data(&mut header, path, bytes)
    }

    pub(super) fn end(self) -> io::Result<Vec<u8>> {
        self.tar.into_inner()?.finish()
    }
}
