//! What readers hold of the history, and windows of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::lives::Life;
use super::step::{Id, Step};

/// The history up to one fold. Its steps are those of the writer.
#[derive(Clone, Debug)]
pub struct View {
    pub(super) tiers: [Arc<[Arc<Step>]>; 3],
    pub(super) lives: Arc<BTreeMap<Id, Life>>,
    /// What the history takes of the memory that it may take.
    pub bytes: usize,
    pub limit: usize,
}

/// Steps that follow one another, up to the last.
#[derive(Clone, Debug)]
pub struct Window {
    pub(super) steps: Vec<Arc<Step>>,
    pub(super) lives: Arc<BTreeMap<Id, Life>>,
    /// The history goes back that far.
    pub is_whole: bool,
}

impl View {
    /// Returns the last steps that take about that time, the shortest that go back that far; all of the
    /// longest where none does. `None` where there is none.
    pub fn window(&self, length: Duration) -> Option<Window> {
        let sequences: Vec<_> = (0..self.tiers.len()).map(|tier| self.sequence(tier)).collect();
        let goes_back = |steps: &Vec<Arc<Step>>| -> Duration { sum(steps) };
        let is_enough = |steps: &&Vec<Arc<Step>>| {
            let half = steps.first().map_or(Duration::ZERO, |first| first.elapsed / 2);
            goes_back(steps) + half >= length
        };
        let enough = sequences.iter().find(is_enough);
        // Of equally long ones the first has the shorter steps.
        let longest = || sequences.iter().rev().max_by_key(|steps| goes_back(steps));

        let mut reached = Duration::ZERO;
        let from_last = enough.or_else(longest)?.iter().rev();
        let mut steps: Vec<_> = from_last
            .take_while(|step| {
                let is_in = reached.is_zero() || reached + step.elapsed / 2 <= length;
                reached += step.elapsed;
                is_in
            })
            .map(Arc::clone)
            .collect();
        steps.reverse();

        let (is_whole, lives) = (enough.is_some(), Arc::clone(&self.lives));
        (!steps.is_empty()).then_some(Window { steps, lives, is_whole })
    }

    /// Returns the steps of a tier, and behind them the shorter ones that it has not taken up yet.
    fn sequence(&self, tier: usize) -> Vec<Arc<Step>> {
        let mut steps: Vec<Arc<Step>> = Vec::new();
        for tier in self.tiers.iter().take(tier + 1).rev() {
            let last = steps.last().map_or(0, |step| step.last);
            steps.extend(tier.iter().filter(|step| step.after >= last).cloned());
        }

        steps
    }
}

impl Window {
    /// Returns when its first fold began.
    pub fn begin(&self) -> SystemTime {
        self.steps.first().map_or(UNIX_EPOCH, |step| step.begin())
    }

    /// Returns when its last fold was made.
    pub fn end(&self) -> SystemTime {
        self.steps.last().map_or(UNIX_EPOCH, |step| step.end)
    }

    /// Returns how long all its steps take, by a clock that nobody sets.
    pub fn elapsed(&self) -> Duration {
        sum(&self.steps)
    }

    /// Returns the longest of its steps.
    pub fn step(&self) -> Duration {
        self.steps.iter().map(|step| step.elapsed).max().unwrap_or_default()
    }

    /// Returns the number of its last fold, counted since the exporter started.
    pub fn last(&self) -> u64 {
        self.steps.last().map_or(0, |step| step.last)
    }

    /// Returns how many folds are in it, and how many are missing.
    pub fn folds(&self) -> (u64, u64) {
        let there = self.steps.iter().map(|step| step.last - step.after).sum();
        let first = self.steps.first().map_or(0, |step| step.after);

        (there, (self.last() - first).saturating_sub(there))
    }

    /// Returns how many keys of each dimension every step has at least, if there were that many.
    pub fn keys(&self) -> usize {
        self.steps.iter().map(|step| step.keys).min().unwrap_or(0)
    }

    /// Cuts it into pieces of about that length. Pieces end at the same moments while the window
    /// moves on. Where folds are missing, a piece without steps stands for them.
    pub fn pieces(&self, length: Duration) -> Vec<Self> {
        let number = |step: &Step| {
            let middle = step.end.duration_since(UNIX_EPOCH).unwrap_or_default();
            let middle = middle.saturating_sub(step.elapsed / 2);
            middle.as_millis() / length.as_millis().max(1)
        };
        let mut pieces: Vec<Self> = Vec::new();
        let piece = |steps| Self { steps, lives: Arc::clone(&self.lives), is_whole: true };
        for step in &self.steps {
            let before = pieces.last_mut().and_then(|it| Some((it.steps.last()?.clone(), it)));
            match before {
                Some((last, _)) if last.last != step.after => {
                    pieces.extend([piece(Vec::new()), piece(vec![Arc::clone(step)])]);
                }
                Some((last, piece)) if number(&last) == number(step) => {
                    piece.steps.push(Arc::clone(step));
                }
                Some(_) | None => pieces.push(piece(vec![Arc::clone(step)])),
            }
        }

        pieces
    }
}

fn sum(steps: &[Arc<Step>]) -> Duration {
    steps.iter().map(|step| step.elapsed).sum()
}
