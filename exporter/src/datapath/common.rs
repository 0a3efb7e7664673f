//! The maps that all programs of a process share.

use std::os::fd::AsFd;

use aya::Ebpf;
use shared::maps;

use super::load::{LoadError, map_fd};
use super::ranks::PortRanks;
use super::samples::Samples;
use super::wire::stand_in;

/// The maps that all programs share. Every clone reaches the same ones.
#[derive(Clone)]
pub(super) struct Common {
    pub(super) ranks: PortRanks,
    pub(super) samples: Samples,
}

impl Common {
    /// Puts the maps in the places of those that aya made for a program which is not loaded yet.
    pub(super) fn stand_in(&self, ebpf: &Ebpf) -> Result<(), LoadError> {
        let doing = "let a program reach the maps that all of them share";
        let io = |source| LoadError::Io { doing, source };

        stand_in(self.ranks.map(), map_fd(ebpf, maps::RANKS)?).map_err(io)?;
        match self.samples.maps().map_err(io)? {
            Some([samplers, ring]) => {
                stand_in(samplers.as_fd(), map_fd(ebpf, maps::SAMPLERS)?).map_err(io)?;
                stand_in(ring.as_fd(), map_fd(ebpf, maps::SAMPLES)?).map_err(io)
            }
            // The program has no way to these maps, and is not to keep any.
            None => [maps::SAMPLERS, maps::SAMPLES]
                .iter()
                .try_for_each(|name| stand_in(self.ranks.map(), map_fd(ebpf, name)?).map_err(io)),
        }
    }

    /// Drops what aya has beside the maps, of a program that is loaded and has them: copies of what they
    /// began with.
    pub(super) fn release(ebpf: &mut Ebpf) {
        for name in [maps::RANKS, maps::SAMPLERS, maps::SAMPLES] {
            drop(ebpf.take_map(name));
        }
    }
}
