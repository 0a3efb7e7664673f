//! What was taken before and after something unusual began.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use shared::Direction;

use super::id::{Found, Id};
use super::kept::{Kept, Taken};

/// What is unusual.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    pub device: Arc<str>,
    pub direction: Direction,
    pub signal: &'static str,
    pub value: f64,
    pub at: SystemTime,
}

/// Packets of one device and direction from before and after a moment.
#[derive(Clone, Debug)]
pub struct Recording {
    pub id: Id,
    pub cause: Cause,
    before: Thinned,
    after: Thinned,
}

/// The last recordings.
#[derive(Clone, Debug)]
pub struct Recorder {
    start: u64,
    next: u64,
    recordings: VecDeque<Recording>,
}

/// Packets that are spread evenly over all that came. When there are too many, every second one goes.
#[derive(Clone, Debug)]
struct Thinned {
    taken: Vec<Arc<Taken>>,
    bytes: usize,
    seen: u64,
    /// One of so many is kept.
    one_in: u64,
}

impl Recorder {
    /// Most recordings.
    pub const MOST: usize = 8;
    /// Most bytes that all of them take.
    pub(super) const BYTES: usize = Self::MOST * 2 * Thinned::BYTES;
    /// Time before and after the moment.
    pub const REACH: Duration = Duration::from_mins(2);

    /// Makes an empty list; `start` is that of every [`Id`].
    pub fn new(start: u64) -> Self {
        Self { start, next: 1, recordings: VecDeque::new() }
    }

    /// Begins a recording with what is kept; the oldest one goes where there are too many.
    pub fn begin(&mut self, cause: Cause, kept: &Kept) -> Id {
        let id = Id { start: self.start, number: self.next };
        self.next += 1;
        let mut before = Thinned::default();
        for taken in kept.iter() {
            let age = cause.at.duration_since(taken.sample.at).unwrap_or_default();
            if cause.is_about(taken) && age <= Self::REACH {
                before.add(taken);
            }
        }
        self.recordings.push_back(Recording { id, cause, before, after: Thinned::default() });
        if self.recordings.len() > Self::MOST {
            self.recordings.pop_front();
        }

        id
    }

    /// Adds a packet to the recordings that it belongs to.
    pub fn add(&mut self, taken: &Arc<Taken>) {
        for recording in &mut self.recordings {
            if recording.cause.is_about(taken) && !recording.is_over(taken.sample.at) {
                recording.after.add(taken);
            }
        }
    }

    /// Returns the bytes that all of them take.
    pub(super) fn bytes(&self) -> usize {
        self.recordings.iter().map(|it| it.before.bytes + it.after.bytes).sum()
    }

    /// Returns the recording of that name, or why there is none.
    pub fn find(&self, id: Id) -> Found<&Recording> {
        let here = self.recordings.iter().find(|recording| recording.id == id);

        id.found(self.start, self.next, here)
    }

    /// Returns all of them, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Recording> {
        self.recordings.iter()
    }
}

impl Recording {
    /// Returns its packets, the oldest first.
    pub fn packets(&self) -> impl Iterator<Item = &Taken> {
        self.before.taken.iter().chain(&self.after.taken).map(|taken| &**taken)
    }

    /// Returns how many packets were taken in its time, of which some may have been left out.
    pub fn seen(&self) -> u64 {
        self.before.seen + self.after.seen
    }

    /// Returns whether its time is over.
    pub fn is_over(&self, now: SystemTime) -> bool {
        now.duration_since(self.cause.at).is_ok_and(|age| age > Recorder::REACH)
    }
}

impl Cause {
    fn is_about(&self, taken: &Taken) -> bool {
        taken.sample.device == self.device && taken.sample.direction == self.direction
    }
}

impl Default for Thinned {
    fn default() -> Self {
        Self { taken: Vec::new(), bytes: 0, seen: 0, one_in: 1 }
    }
}

impl Thinned {
    const MOST: usize = 128;
    const BYTES: usize = 512 << 10;

    fn add(&mut self, taken: &Arc<Taken>) {
        let is_wanted = self.seen.is_multiple_of(self.one_in);
        self.seen += 1;
        if !is_wanted {
            return;
        }
        self.bytes += taken.bytes();
        self.taken.push(Arc::clone(taken));
        while self.taken.len() > Self::MOST || self.bytes > Self::BYTES && self.taken.len() > 1 {
            let mut place = 0;
            self.taken.retain(|_| {
                place += 1;
                place % 2 == 1
            });
            self.bytes = self.taken.iter().map(|taken| taken.bytes()).sum();
            self.one_in *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::PortRank;

    use super::*;
    use crate::samples::Sample;
    use crate::samples::example::{at, sample};

    fn cause(seconds: u64) -> Cause {
        let device = Arc::from("eth0");

        Cause {
            device,
            direction: Direction::Receive,
            signal: "syn_addresses",
            value: 60.0,
            at: at(seconds),
        }
    }

    fn add(kept: &mut Kept, recorder: &mut Recorder, sample: Sample) {
        recorder.add(&kept.add(sample, [PortRank::default(); 2]));
    }

    fn later(seconds: u64) -> Sample {
        Sample { at: at(seconds), ..sample(&[0; 60]) }
    }

    fn seconds(recording: &Recording) -> Vec<u64> {
        let since = |taken: &Taken| taken.sample.at.duration_since(at(0)).unwrap().as_secs();

        recording.packets().map(since).collect()
    }

    #[test]
    fn a_recording_has_what_came_shortly_before_and_after_on_its_device() {
        let (mut kept, mut recorder) = (Kept::new(7), Recorder::new(7));
        kept.limit(1000);
        for second in 0..200 {
            add(&mut kept, &mut recorder, later(second));
        }
        add(&mut kept, &mut recorder, Sample { device: "eth1".into(), ..later(199) });

        let id = recorder.begin(cause(200), &kept);
        for second in 200..400 {
            add(&mut kept, &mut recorder, later(second));
            add(
                &mut kept,
                &mut recorder,
                Sample { direction: Direction::Transmit, ..later(second) },
            );
        }

        let Found::Here(recording) = recorder.find(id) else { panic!("{id}") };
        assert_eq!(seconds(recording), (80..=320).collect::<Vec<_>>());
        assert_eq!(
            (recording.seen(), recording.is_over(at(320)), recording.is_over(at(321))),
            (241, false, true)
        );
    }

    #[test]
    fn many_packets_are_spread_over_the_whole_time() {
        let (mut kept, mut recorder) = (Kept::new(7), Recorder::new(7));
        let id = recorder.begin(cause(0), &kept);
        for second in 0..100 {
            for _ in 0..100 {
                add(&mut kept, &mut recorder, later(second));
            }
        }

        let Found::Here(recording) = recorder.find(id) else { panic!("{id}") };
        let seconds = seconds(recording);
        assert!((64..=128).contains(&seconds.len()), "{}", seconds.len());
        assert!(seconds.windows(2).all(|two| two[1] - two[0] <= 2), "{seconds:?}");
        assert_eq!((seconds.last(), recording.seen()), (Some(&99), 10_000));
    }

    #[test]
    fn large_packets_take_no_more_than_their_bytes() {
        let (mut kept, mut recorder) = (Kept::new(7), Recorder::new(7));
        recorder.begin(cause(0), &kept);
        for _ in 0..1000 {
            add(&mut kept, &mut recorder, sample(&vec![0; 65_536]));
        }

        let bytes: usize = recorder.recordings[0].packets().map(|it| it.sample.bytes.len()).sum();
        assert!((65_536..=Thinned::BYTES).contains(&bytes), "{bytes}");
    }

    #[test]
    fn the_oldest_recording_is_gone_when_there_are_too_many() {
        let mut recorder = Recorder::new(7);
        let ids: Vec<_> = (0..10).map(|it| recorder.begin(cause(it), &Kept::new(7))).collect();

        let is_gone = |id: &Id| matches!(recorder.find(*id), Found::Gone);
        assert_eq!(ids.iter().filter(|id| is_gone(id)).count(), 2);
        assert!(is_gone(&ids[1]) && !is_gone(&ids[2]));
        assert!(matches!(recorder.find(Id { start: 7, number: 11 }), Found::Unknown));
    }
}
