//! Copies that programs take of packets: which ones, and how they come to user space.

mod copied;

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::mem::offset_of;
use std::net::IpAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aya::maps::{Map, MapData, RingBuf};
use shared::{Address, Sampler, TAKERS, Taker, draw};

use super::cpus::Cpus;
use super::wire::{Barrier, Mapping, make_array, make_ring};
use crate::samples::{Losses, Prefix, Wanted};

pub use copied::Copied;

/// Bytes of the ring buffer: about 5,000 packets of the usual length.
pub const RING: u32 = 1 << 20;

/// The copies that programs take of packets. Every clone reaches the same ones.
#[derive(Clone, Default)]
pub struct Samples(Arc<Mutex<Option<Taking>>>);

/// Those who get copies of packets, each with packets of its own choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum For {
    /// What is kept for a look at it.
    Usual,
    /// A client that captures.
    Capture,
}

/// Which packets are taken, and the index of the device that is asked for, if there is one.
pub type Choice = (Wanted, Option<u32>);

/// What is there while copies may be taken.
struct Taking {
    wanted: [Option<Choice>; TAKERS],
    samplers: Mapping<Sampler>,
    fds: [OwnedFd; 2],
    ring: RingBuf<MapData>,
    barrier: Barrier,
    random: RandomState,
    /// Times that random numbers were begun with.
    draws: u64,
}

impl Samples {
    /// Makes the maps, or drops them where no copies are to be taken.
    pub(super) fn follow(&self, snap_length: Option<u16>) -> io::Result<()> {
        let mut taking = self.taking();
        if snap_length.is_none() {
            *taking = None;
        } else if taking.is_none() {
            *taking = Some(Taking::new()?);
        }

        Ok(())
    }

    /// Returns whether programs may take copies.
    pub fn are_on(&self) -> bool {
        self.taking().is_some()
    }

    /// Sets which packets are taken for someone, none with `None`. None are taken before [`Self::allow`] is
    /// called.
    pub fn want(&self, whom: For, wanted: Option<Choice>) -> io::Result<()> {
        match &mut *self.taking() {
            Some(taking) => taking.want(whom, wanted),
            None => Ok(()),
        }
    }

    /// Returns whether that is what is taken for someone.
    pub fn is_wanted(&self, whom: For, wanted: Option<&Choice>) -> bool {
        let taking = self.taking();
        let present = taking.as_ref().and_then(|taking| taking.wanted[whom.place()].as_ref());

        // Without the maps nothing can be taken.
        present == wanted || taking.is_none()
    }

    /// Lets each CPU take so many packets for someone from now on, with what it took already.
    pub fn allow(&self, whom: For, packets: u64) {
        if let Some(taking) = &*self.taking() {
            taking.allow(whom, packets);
        }
    }

    /// Takes every copy out of the ring buffer.
    pub fn read(&self, mut each: impl FnMut(Copied)) {
        let mut taking = self.taking();
        let Some(Taking { ring, .. }) = &mut *taking else { return };
        while let Some(record) = ring.next() {
            if let Some(copied) = Copied::read(&record) {
                each(copied);
            }
        }
    }

    /// Returns what was to be taken for someone and was not. What the ring buffer had no room for belongs to
    /// all.
    pub fn losses(&self, whom: For) -> Losses {
        self.taking().as_ref().map(|taking| taking.losses(whom)).unwrap_or_default()
    }

    /// Returns the maps, if copies may be taken: what each CPU has, and the ring buffer.
    pub(super) fn maps(&self) -> io::Result<Option<[OwnedFd; 2]>> {
        let taking = self.taking();
        let Some(Taking { fds: [samplers, ring], .. }) = &*taking else { return Ok(None) };

        Ok(Some([samplers.try_clone()?, ring.try_clone()?]))
    }

    /// The lock is held for about ten milliseconds at most.
    fn taking(&self) -> MutexGuard<'_, Option<Taking>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Samples").field(&self.are_on()).finish()
    }
}

impl Taking {
    fn new() -> io::Result<Self> {
        let Cpus { possible, .. } = Cpus::read()?;
        #[expect(clippy::cast_possible_truncation, reason = "Linux has 8,192 CPUs at most")]
        let samplers = make_array::<Sampler>(possible as u32)?;
        let ring = make_ring(RING)?;
        let reader = MapData::from_fd(ring.try_clone()?).map_err(io::Error::other)?;

        Ok(Self {
            wanted: [const { None }; TAKERS],
            samplers: Mapping::new(samplers.as_fd(), possible)?,
            fds: [samplers, ring],
            ring: RingBuf::try_from(Map::RingBuf(reader)).map_err(io::Error::other)?,
            barrier: Barrier::new()?,
            random: RandomState::new(),
            draws: 0,
        })
    }

    fn want(&mut self, whom: For, wanted: Option<Choice>) -> io::Result<()> {
        let bit = 1 << whom.place();
        let mode = self.samplers.read(0..1).first().map_or(0, |it| it.mode);
        let others = mode & !bit & !Sampler::CHOOSES;
        self.set_mode(others);
        self.wanted[whom.place()] = None;
        // No program looks at what is written from here on.
        self.barrier.wait()?;
        if let Some((wanted, ifindex)) = &wanted {
            self.begin(whom, &taker(wanted, *ifindex));
            self.set_mode(others | bit);
        }
        self.wanted[whom.place()] = wanted;

        Ok(())
    }

    /// Writes what the programs go by that someone wants from now on.
    fn begin(&mut self, whom: For, taker: &Taker) {
        for cpu in 0..self.samplers.entries() {
            let mut before = self.samplers.read(cpu..cpu + 1);
            let Some(sampler) = before.first_mut() else { continue };
            self.draws += 1;
            if sampler.seed == 0 {
                sampler.seed = self.random.hash_one(self.draws);
            }
            let Taker { taken, refused, .. } = sampler.takers[whom.place()];
            let left = draw(&mut sampler.seed, taker.longest);
            sampler.takers[whom.place()] = Taker { allowed: taken, taken, refused, left, ..*taker };
            self.write(cpu, whom, sampler);
        }
    }

    /// Writes what belongs to one taker, and the seed if there was none: the program writes the rest.
    fn write(&self, cpu: usize, whom: For, sampler: &Sampler) {
        let start = offset_of!(Sampler, takers) + whom.place() * size_of::<Taker>();
        self.samplers.write_within(cpu, start, &sampler.takers[whom.place()]);
        if self.samplers.word(cpu, offset_of!(Sampler, seed)) == 0 {
            self.samplers.write_within(cpu, offset_of!(Sampler, seed), &sampler.seed);
        }
    }

    /// Sets who wants packets. The program is quick where that is the usual taker alone, and it takes any.
    fn set_mode(&self, takers: u32) {
        let usual = 1 << For::Usual.place();
        let takes_any =
            self.samplers.read(0..1).first().is_some_and(|it| it.takers[0].conditions == 0);
        let is_quick = takers == 0 || takers == usual && takes_any;
        let mode = if is_quick { takers } else { takers | Sampler::CHOOSES };
        for cpu in 0..self.samplers.entries() {
            self.samplers.write_within(cpu, offset_of!(Sampler, mode), &[mode, 0]);
        }
    }

    fn allow(&self, whom: For, packets: u64) {
        let start = offset_of!(Sampler, takers) + whom.place() * size_of::<Taker>();
        for cpu in 0..self.samplers.entries() {
            let taken = self.samplers.word(cpu, start + offset_of!(Taker, taken));
            let allowed = taken.saturating_add(packets);
            self.samplers.write_within(cpu, start + offset_of!(Taker, allowed), &allowed);
        }
    }

    fn losses(&self, whom: For) -> Losses {
        let samplers = self.samplers.read(0..self.samplers.entries());
        let sum =
            |of: fn(&Sampler, usize) -> u64| samplers.iter().map(|it| of(it, whom.place())).sum();

        Losses {
            full: sum(|it, _| it.full),
            rate: sum(|it, taker| it.takers[taker].refused),
            copy: sum(|it, _| it.uncopied),
        }
    }
}

impl For {
    fn place(self) -> usize {
        self as usize
    }
}

/// Returns what the program goes by.
fn taker(wanted: &Wanted, ifindex: Option<u32>) -> Taker {
    let Wanted { one_in, matching, .. } = wanted;
    let mut conditions = 0;
    let mut meant = |condition, is_meant: bool| conditions |= if is_meant { condition } else { 0 };
    meant(Taker::HAS_DEVICE, matching.device.is_some());
    meant(Taker::HAS_DIRECTION, matching.direction.is_some());
    meant(Taker::HAS_PORT, matching.port.is_some());
    meant(Taker::HAS_NUMBER, matching.protocol.is_some());
    meant(Taker::IS_MALFORMED, matching.malformed);
    meant(Taker::HAS_NETWORK, matching.prefix.is_some());
    let [network, mask] = matching.prefix.map_or([[0; 2]; 2], words);

    Taker {
        // The mean of what is drawn is then `one_in`.
        longest: one_in.saturating_mul(2).saturating_sub(1).max(1),
        network,
        mask,
        // No device has the index 0.
        ifindex: ifindex.unwrap_or_default(),
        port: matching.port.unwrap_or_default(),
        direction: matching.direction.map_or(0, |it| it as u8),
        number: matching.protocol.unwrap_or_default(),
        conditions,
        ..Taker::default()
    }
}

/// Returns the words of a prefix, and of its mask, as addresses lie in memory.
fn words(prefix: Prefix) -> [[u64; 2]; 2] {
    let Prefix { address, length } = prefix;
    let (network, before) = match address {
        IpAddr::V4(address) => (Address::from(address), 96),
        IpAddr::V6(address) => (Address::from(address), 0),
    };
    let length = (u32::from(length) + before).min(128);
    let mask = u128::MAX.checked_shl(128 - length).unwrap_or_default().to_be_bytes();
    let word = |half: &[u8]| half.try_into().map(u64::from_ne_bytes).unwrap_or_default();

    [network.0, [word(&mask[..8]), word(&mask[8..])]]
}
