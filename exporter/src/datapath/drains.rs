//! Reads the counts of the programs: of running ones every interval, of removed ones a last time.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::instance::Instance;
use super::last::{Last, Paused, again, drained};
use super::wire::Barrier;
use super::{Attached, Datapath, Device, Tap};
use crate::interval::{Drained, Interval};

/// The maps of a program that does not count any more, to be read a last time.
pub(super) struct Leftover {
    tap: Tap,
    since: SystemTime,
    instance: Instance,
    /// The time in which it counted what is not read.
    elapsed: Duration,
}

impl Leftover {
    pub(super) fn new(tap: &Tap, since: SystemTime, instance: Instance) -> Self {
        Self { tap: tap.clone(), since, elapsed: instance.unread_for(), instance }
    }

    /// Returns what its maps take, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.instance.maps.bytes()
    }

    /// Reads what was counted, which may wait for another attempt. All programs that were running
    /// must have ended, or be waited for by the barrier: another process may hold a link.
    fn read(&mut self, barrier: &Barrier) -> Drained {
        let counted = self.instance.read_both(|| barrier.wait());
        let elapsed = self.elapsed;

        drained(&self.tap, self.since, counted.map(|it| Interval { elapsed, ..it }))
    }
}

impl Datapath {
    /// Takes from every program what it counted since the drain before.
    ///
    /// Blocks for one grace period for all of them together, and for another one where a reading
    /// had failed before or another process had not come to it.
    ///
    /// # Errors
    ///
    /// When the grace period cannot be waited for: then nothing is read, and the counts go to
    /// the next drain.
    pub fn drain(&mut self) -> io::Result<Vec<Drained>> {
        self.go_on_with_handovers();
        let mut behind = Vec::new();
        for (tap, attached) in &mut self.attached {
            let replaced = attached.cut_to_next(tap);
            let has_cut = replaced.as_ref().is_some_and(|replaced| replaced.outcome.is_ok());
            if !has_cut && !attached.instance.cut() {
                behind.push(tap.clone());
            }
            self.replaced.extend(replaced);
        }
        self.replaced.extend(self.shared.go_to_next());
        let shared_behind = self.shared.cut();
        self.barrier.wait()?;

        let unread = self.shared.read(&shared_behind, &self.barrier);
        let mut all = self.read_leftovers();
        all.extend(self.shared.take(&unread));
        all.extend(self.paused.iter_mut().map(|(tap, paused)| {
            let elapsed = paused.counted_to.elapsed();
            paused.counted_to += elapsed;
            drained(tap, paused.since, Ok(Interval::idle(elapsed, paused.switches)))
        }));
        let mut caught_up = self.catch_up(behind);
        all.extend(self.attached.iter_mut().map(|(tap, Attached { instance, since, .. })| {
            let counted = caught_up.remove(tap).unwrap_or_else(|| instance.read());
            drained(tap, *since, counted)
        }));

        Ok(all)
    }

    /// Removes programs, and returns what they counted since the last drain.
    ///
    /// Blocks for one grace period for all of them together. What cannot be read then is lost: the
    /// series that it belongs to end.
    pub fn detach(&mut self, taps: &[Tap]) -> Vec<Drained> {
        self.pause(taps);
        let mut last = Last::default();
        for tap in taps {
            let paused = self.paused.remove(tap).or_else(|| self.shared.take_paused(tap));
            if let Some(paused) = paused {
                last.expect(tap, &paused);
            }
        }
        if last.is_empty() {
            return Vec::new();
        }

        let waited = self.shared.read_last(&mut last, &self.barrier);
        let is_of_gone = |leftover: &mut Leftover| last.has(&leftover.tap);
        let of_gone: Vec<_> = self.leftovers.extract_if(.., is_of_gone).collect();
        for mut leftover in of_gone {
            let counted = match &waited {
                Ok(()) => leftover.read(&self.barrier).counted,
                Err(error) => Err(again(error)),
            };
            last.add(&leftover.tap, counted);
        }

        last.drained()
    }

    /// Lets go of programs that were removed. The next drain brings what they counted last, and
    /// their series go on when others are attached.
    pub fn pause(&mut self, taps: &[Tap]) {
        self.shared.pause(taps);
        self.pause_own(taps);
    }

    fn pause_own(&mut self, taps: &[Tap]) {
        for tap in taps {
            let Some(attached) = self.attached.remove(tap) else { continue };
            let Attached { instance, since, held, place, is_device_gone, .. } = attached;
            // Without what holds it the program gets no more packets.
            if let Some(place) = place {
                place.remove();
            }
            held.take_off();
            let (counted_to, switches) = (Instant::now(), instance.shape.switches());
            self.leftovers.push(Leftover::new(tap, since, instance));
            self.paused.insert(tap.clone(), Paused { since, counted_to, switches, is_device_gone });
        }
    }

    /// Continues to count under another name, from 0 on; returns what was counted under the one
    /// before.
    ///
    /// The program stays where it is, so every frame is counted under one of the two. What cannot
    /// be read now counts under the new name.
    pub fn rename(&mut self, tap: &Tap, name: &Arc<str>) -> Option<Drained> {
        let device = Device { name: Arc::clone(name), index: tap.device.index };
        let renamed = Tap { device, direction: tap.direction };
        let (last, since) = if self.shared.has(tap) {
            self.shared.rename(tap, &renamed, &self.barrier)?
        } else {
            self.rename_own(tap, &renamed)?
        };
        // The series under the old name end, also for what a program of the other class has left.
        for leftover in self.leftovers.iter_mut().filter(|it| it.tap == *tap) {
            (leftover.tap, leftover.since) = (renamed.clone(), since);
        }
        self.shared.rename_leftovers(tap, &renamed, since);

        Some(last)
    }

    /// Renames a tap with a program of its own; returns what was counted before, and when it began anew.
    fn rename_own(&mut self, tap: &Tap, renamed: &Tap) -> Option<(Drained, SystemTime)> {
        let mut attached = self.attached.remove(tap)?;
        let Attached { instance, since, .. } = &mut attached;
        let is_cut = instance.cut();
        let counted = self.barrier.wait().and_then(|()| {
            if is_cut { instance.read() } else { instance.read_both(|| self.barrier.wait()) }
        });
        let counted = counted.unwrap_or_else(|error| {
            tracing::warn!(
                device = &*tap.device.name,
                name = &*renamed.device.name,
                %error,
                "Cannot read the last counts under the old name; they are counted under the new \
                 name"
            );
            Interval::idle(Duration::ZERO, instance.shape.switches())
        });
        let last = drained(tap, *since, Ok(counted));
        *since = instance.unread_from();
        let since = *since;
        self.attached.insert(renamed.clone(), attached);

        Some((last, since))
    }

    /// Reads what is left over; what cannot be read stays.
    fn read_leftovers(&mut self) -> Vec<Drained> {
        let mut all = Vec::new();
        let Self { leftovers, barrier, .. } = self;
        leftovers.retain_mut(|leftover| {
            all.push(leftover.read(barrier));
            all.last().is_some_and(|drained| drained.counted.is_err())
        });

        all
    }

    /// Reads both generations of programs whose last cut could not be read.
    fn catch_up(&mut self, behind: Vec<Tap>) -> BTreeMap<Tap, io::Result<Interval>> {
        let mut counted = BTreeMap::new();
        let mut more = Vec::new();
        for tap in behind {
            let Some(Attached { instance, .. }) = self.attached.get_mut(&tap) else { continue };
            let first = instance.read();
            if first.is_ok() {
                instance.cut();
                more.push(tap.clone());
            }
            counted.insert(tap, first);
        }
        // What was counted since then may as well wait for the next drain.
        if more.is_empty() || self.barrier.wait().is_err() {
            return counted;
        }
        for tap in more {
            let Some(Attached { instance, .. }) = self.attached.get_mut(&tap) else { continue };
            let Ok(next) = instance.read() else { continue };
            let first = counted.remove(&tap).and_then(Result::ok).unwrap_or_default();
            counted.insert(tap, Ok(first.followed_by(next)));
        }

        counted
    }
}
