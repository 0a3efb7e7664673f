//! Sources and the marks that they left on ports.

use std::mem;
use std::net::IpAddr;

use super::SLOTS;
use crate::interval::Seen;

/// Most sources whose marks are kept; 72 bytes each.
const MOST: usize = 8192;
/// Marks of ports that a source can have: the low bits.
const MARKS: u32 = 24;
const OF_PORTS: u32 = (1 << MARKS) - 1;

/// The sources that touched ports, in order.
///
/// Where there are more than [`MOST`], those with the fewest marks are forgotten, so that a flood
/// of sources with one port each does not hide the one with many.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Suspects(Vec<Suspect>);

#[derive(Clone, Debug, PartialEq)]
struct Suspect {
    source: IpAddr,
    /// By the slot of the pane.
    marks: [u32; SLOTS],
}

impl Suspects {
    /// Adds the marks of an interval to those of the pane with `slot`.
    pub(super) fn add(&mut self, seen: &[Seen<IpAddr>], slot: usize) {
        let mut before = mem::take(&mut self.0).into_iter().peekable();

        for Seen { key, marks, .. } in seen.iter().filter(|seen| seen.marks & OF_PORTS != 0) {
            while let Some(other) = before.next_if(|suspect| suspect.source < *key) {
                self.0.push(other);
            }
            let known = before.next_if(|suspect| suspect.source == *key);
            let mut suspect = known.unwrap_or(Suspect { source: *key, marks: [0; SLOTS] });
            suspect.marks[slot] |= marks & OF_PORTS;
            self.0.push(suspect);
        }
        self.0.extend(before);
        self.forget_the_least();
    }

    /// Forgets the marks of the pane with `slot`.
    pub(super) fn forget(&mut self, slot: usize) {
        for suspect in &mut self.0 {
            suspect.marks[slot] = 0;
        }
        self.0.retain(|suspect| suspect.marks() > 0);
    }

    /// Returns how many sources touched about `ports` or more: of those with exactly 32 of 32 it is
    /// six in ten, with 24 one in twelve, with 40 nine in ten.
    pub(super) fn count(&self, ports: u32) -> u64 {
        let scans = |suspect: &&Suspect| touched(suspect.marks()) >= f64::from(ports);

        self.0.iter().filter(scans).count() as u64
    }

    fn forget_the_least(&mut self) {
        if self.0.len() <= MOST {
            return;
        }

        let mut with_marks = [0; MARKS as usize + 1];
        for suspect in &self.0 {
            with_marks[suspect.marks() as usize] += 1;
        }
        // Every source with more marks than `least` stays, and of those with as many as fit.
        let (mut least, mut room) = (MARKS, MOST);
        while let Some(left) = room.checked_sub(with_marks[least as usize]) {
            room = left;
            least -= 1;
        }
        self.0.retain(|suspect| {
            let marks = suspect.marks();
            let fits = marks == least && room > 0;
            room -= usize::from(fits);
            marks > least || fits
        });
        self.0.shrink_to_fit();
    }
}

impl Suspect {
    /// Returns how many different marks there are in the window.
    fn marks(&self) -> u32 {
        self.marks.iter().fold(0, |all, marks| all | marks).count_ones()
    }
}

/// Estimates how many ports left so many of the marks; all of them mean as many or more than
/// can be told, about 76. Source: Whang et al., "A linear-time probabilistic counting
/// algorithm", 1990.
fn touched(marks: u32) -> f64 {
    let all = f64::from(MARKS);
    let free = f64::from(MARKS.saturating_sub(marks).max(1));

    all * (all / free).ln()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use shared::{Count, PortKey, PortProtocol, SourceSlot, hash_port};

    use super::*;

    fn source(number: u32, marks: u32) -> Seen<IpAddr> {
        let count = Count { packets: 1, bytes: 60 };

        Seen { key: Ipv4Addr::from(number).into(), count, marks }
    }

    #[test]
    fn sources_with_few_ports_do_not_push_out_one_with_many() {
        let mut suspects = Suspects::default();
        suspects.add(&[source(u32::MAX, 0x00ff_ffff)], 0);

        for flood in 0..4 {
            let sources: Vec<_> = (0..50_000).map(|n| source(flood * 50_000 + n, 1)).collect();
            suspects.add(&sources, 1);
        }

        assert_eq!(suspects.0.len(), MOST);
        assert!(suspects.0.is_sorted_by_key(|suspect| suspect.source));
        assert_eq!(suspects.count(76), 1);
    }

    #[test]
    fn marks_are_forgotten_with_their_pane() {
        let mut suspects = Suspects::default();
        suspects.add(&[source(1, 0xfff), source(2, 1)], 3);
        suspects.add(&[source(1, 0x00ff_f000)], 4);

        assert_eq!(suspects.count(76), 1);
        suspects.forget(3);
        assert_eq!(suspects.count(76), 0);
        assert_eq!(suspects.count(10), 1);
        assert_eq!(suspects.0.len(), 1);
    }

    #[test]
    fn a_quarter_below_the_threshold_few_count_and_a_quarter_above_nearly_all() {
        const ROUNDS: u16 = 500;
        let counting = |ports: u16| {
            let of_round = |round: u16| {
                let marks = (0..ports).map(|port| mark(round.wrapping_mul(97).wrapping_add(port)));
                let mut suspects = Suspects::default();
                suspects.add(&[source(1, marks.fold(0, |all, mark| all | mark))], 0);
                suspects.count(32)
            };
            (0..ROUNDS).map(of_round).sum::<u64>() * 100 / u64::from(ROUNDS)
        };

        let [few, some, most] = [24, 32, 40].map(counting);
        assert!(few < 25, "{few} % with 24 ports");
        assert!((35..80).contains(&some), "{some} % with 32 ports");
        assert!(most > 80, "{most} % with 40 ports");
    }

    fn mark(port: u16) -> u32 {
        SourceSlot::marks_of(SourceSlot::mark(hash_port(
            PortKey::number(PortProtocol::Tcp, port),
            99,
        )))
    }

    #[test]
    fn a_count_of_ports_is_about_right() {
        for ports in [5_u16, 10, 20, 40] {
            let touched_by = |start: u16| {
                (start..start + ports).map(mark).fold(0, |all, mark| all | mark).count_ones()
            };

            let estimates = (1..=200).map(|start| touched(touched_by(start * 100)));
            let mean = estimates.sum::<f64>() / 200.0;

            let off = mean / f64::from(ports) - 1.0;
            assert!(off.abs() < 0.1, "{ports} ports are taken for {mean}");
        }
    }
}
