//! How pinned maps are laid out, beside them, so that a process that adopts them knows how to read
//! them.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shared::Settings;
use zerocopy::{FromBytes, Immutable, IntoBytes};

use crate::datapath::Placement;
use crate::datapath::cpus::Cpus;
use crate::datapath::shape::Shape;
use crate::datapath::wire::{Mapping, make_array};
use crate::health::Mode;

/// What every size and setting of one tap's maps was when they were made.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable)]
pub(in super::super) struct Layout {
    /// [`shared::LAYOUT`] of the process that made them.
    version: u64,
    /// 0 as long as nothing is attached, 1 for native and 2 for generic XDP, 3 on the hooks of tc. It
    /// stays at this place in every version: an updated link keeps the mode of the version that
    /// made it.
    mode: u32,
    cpus: u32,
    pub(in super::super) settings: Settings,
    source_overflow: u32,
    port_overflow: u32,
    /// CPUs with a part in the tables of keys.
    online: u32,
    reserved: u32,
    /// When counting began of what no process has read, in nanoseconds since 1970.
    unread: u64,
    /// When the last drain cut, likewise.
    cut: u64,
}

/// How old the counts in pinned maps are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Times {
    /// When counting began of what no process has read.
    pub(in super::super) unread: SystemTime,
    /// When counting in the active generation began.
    pub(in super::super) cut: SystemTime,
}

/// A layout that is pinned.
#[derive(Debug)]
pub(in super::super) struct LayoutMap(Mapping<Layout>);

impl Layout {
    pub(super) fn of(shape: &Shape) -> Self {
        let Shape { settings, cpus, source_overflow, port_overflow, link_layer: _, budget: _ } =
            *shape;
        let now = nanoseconds(SystemTime::now());

        Self {
            version: shared::LAYOUT,
            mode: 0,
            #[expect(clippy::cast_possible_truncation, reason = "there are fewer CPUs")]
            cpus: cpus.possible as u32,
            settings,
            source_overflow,
            port_overflow,
            #[expect(clippy::cast_possible_truncation, reason = "there are fewer CPUs")]
            online: cpus.online as u32,
            reserved: 0,
            unread: now,
            cut: now,
        }
    }

    /// Returns the shape of maps that are laid out so.
    pub(in super::super) fn shape(&self, wanted: Shape) -> Shape {
        let Self { settings, source_overflow, port_overflow, .. } = *self;

        Shape { settings, cpus: self.cpus(), source_overflow, port_overflow, ..wanted }
    }

    fn cpus(&self) -> Cpus {
        Cpus { possible: self.cpus as usize, online: self.online as usize }
    }

    /// Returns whether this build can read the maps.
    pub(in super::super) fn is_readable(&self, shape: &Shape) -> bool {
        self.version == shared::LAYOUT && self.cpus().possible == shape.cpus.possible
    }

    /// Returns whether a program of that shape can go on with the maps.
    pub(in super::super) fn fits(&self, shape: &Shape) -> bool {
        let of_shape = Self::of(shape);
        let of_seeds = Settings { seeds: self.settings.seeds, ..of_shape.settings };

        self.is_readable(shape)
            && self.settings == of_seeds
            && self.online == of_shape.online
            && self.source_overflow == of_shape.source_overflow
            && self.port_overflow == of_shape.port_overflow
    }

    /// Returns how an XDP program is attached, if it is, also where another version attached it.
    pub(in super::super) fn mode(&self) -> Option<Mode> {
        match self.mode {
            1 => Some(Mode::Native),
            2 => Some(Mode::Generic),
            _ => None,
        }
    }

    pub(in super::super) fn times(&self) -> Times {
        let at = |nanoseconds| UNIX_EPOCH + Duration::from_nanos(nanoseconds);

        Times { unread: at(self.unread), cut: at(self.cut) }
    }
}

impl LayoutMap {
    pub(super) fn open(map: BorrowedFd<'_>) -> io::Result<Self> {
        Mapping::new(map, 1).map(Self)
    }

    pub(super) fn make(layout: &Layout) -> io::Result<(OwnedFd, Self)> {
        let fd = make_array::<Layout>(1)?;
        let map = Self(Mapping::new(std::os::fd::AsFd::as_fd(&fd), 1)?);
        map.0.write(0, &[*layout]);

        Ok((fd, map))
    }

    pub(in super::super) fn read(&self) -> Option<Layout> {
        self.0.read(0..1).pop()
    }

    /// Notes where the program is attached.
    pub(in super::super) fn attached(&self, placement: Placement) {
        self.change(|layout| {
            layout.mode = match placement.mode {
                Some(Mode::Native) => 1,
                Some(Mode::Generic) => 2,
                None => 3,
            };
        });
    }

    /// Notes the constants of the program that counts from now on.
    pub(in super::super) fn counts(&self, shape: &Shape) {
        let Layout { settings, source_overflow, port_overflow, .. } = Layout::of(shape);
        self.change(|layout| {
            *layout = Layout { settings, source_overflow, port_overflow, ..*layout };
        });
    }

    /// Notes that a drain cut at `time`.
    pub(in super::super) fn cut(&self, time: SystemTime) {
        self.change(|layout| layout.cut = nanoseconds(time));
    }

    /// Notes that all was read that was counted before `time`.
    pub(in super::super) fn took(&self, time: SystemTime) {
        self.change(|layout| layout.unread = nanoseconds(time));
    }

    fn change(&self, change: impl FnOnce(&mut Layout)) {
        if let Some(mut layout) = self.read() {
            change(&mut layout);
            self.0.write(0, &[layout]);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "until the year 2554")]
fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64)
}

const _: () = assert!(size_of::<Layout>().is_multiple_of(8));

#[cfg(test)]
mod tests {
    use super::*;
    use crate::datapath::options::{Options, Sizes};

    #[test]
    fn maps_of_the_hash_before_are_not_readable() {
        /// [`shared::LAYOUT`] while addresses were hashed with one seed.
        const ONE_SEED: u64 = 0x1587_3529_cba8_c41d;
        let sizes =
            Sizes { source_sets: 2048, port_sets: 64, source_overflow: 1024, port_overflow: 1024 };
        let shape = Shape::of(&Options::default(), Cpus { possible: 4, online: 2 }, sizes);
        let own = Layout::of(&shape);

        let before = Layout { version: ONE_SEED, mode: 1, ..own };

        assert!(own.is_readable(&shape) && own.fits(&shape));
        assert!(!before.is_readable(&shape) && !before.fits(&shape));
        assert_eq!(before.mode(), Some(Mode::Native), "the link keeps it");
    }
}
