//! A model of how a program is sent to the other generation. loom tries every order in which two
//! processors may run, and every write that one of them may see late.

use loom::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use loom::sync::{Arc, RwLock};
use loom::thread;

use crate::datapath::wire::PUBLISH;

/// What stays of a slot when its packets are read: the key and its weight.
const KEY: u64 = 1 << 32;
/// Packets that the generation that counts next had in the interval before.
const BEFORE: u64 = 5;
/// Frames that come while the generations change.
const FRAMES: u64 = 2;

/// The maps of one CPU, with one slot for each generation.
struct Maps {
    generation: AtomicUsize,
    slots: [AtomicU64; 2],
    /// Programs share it while they run. A thread that gets it alone has waited for all that were
    /// running.
    running: RwLock<()>,
}

/// How the service drains while the program counts.
struct Drain {
    publish: Ordering,
    waits: bool,
}

impl Maps {
    fn new() -> Self {
        let slots = [KEY, KEY + BEFORE].map(AtomicU64::new);

        Self { generation: AtomicUsize::new(0), slots, running: RwLock::new(()) }
    }

    /// The program, once for each frame.
    fn count(&self) {
        for _ in 0..FRAMES {
            let _running = self.running.read().unwrap();
            // Acquiring stands for the addresses that come from this word, which loom does not follow.
            let slot = &self.slots[self.generation.load(Ordering::Acquire)];
            slot.store(slot.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        }
    }

    /// Reads and clears a slot; returns its packets.
    fn take(&self, generation: usize) -> u64 {
        let packets = self.slots[generation].load(Ordering::Relaxed) & (KEY - 1);
        self.slots[generation].store(0, Ordering::Relaxed);

        packets
    }
}

impl Drain {
    /// Reads what the drain before left, sends the program to that generation, and reads the other one.
    fn run(&self, maps: &Maps) -> u64 {
        let before = maps.take(1);
        maps.slots[1].store(KEY, Ordering::Relaxed);
        maps.generation.store(1, self.publish);
        if self.waits {
            drop(maps.running.write().unwrap());
        }

        before + maps.take(0)
    }

    /// Tries all orders, and panics with one in which a packet or a key is lost.
    fn check(self) {
        let drain = std::sync::Arc::new(self);
        loom::model(move || {
            let maps = Arc::new(Maps::new());
            let of_program = Arc::clone(&maps);
            let program = thread::spawn(move || of_program.count());

            let drained = drain.run(&maps);
            program.join().unwrap();

            let key = maps.slots[1].load(Ordering::Relaxed) & KEY;
            let packets = drained + maps.take(1);
            assert_eq!((key, packets), (KEY, BEFORE + FRAMES), "the carried key and the packets");
        });
    }
}

#[test]
fn no_packet_and_no_key_is_lost_while_generations_change() {
    Drain { publish: PUBLISH, waits: true }.check();
}

/// The control: the model sees what it is there for.
#[test]
#[should_panic(expected = "the carried key and the packets")]
fn a_switch_that_is_seen_too_early_is_noticed() {
    Drain { publish: Ordering::Relaxed, waits: true }.check();
}

/// The other control.
#[test]
#[should_panic(expected = "the carried key and the packets")]
fn a_drain_that_does_not_wait_for_programs_is_noticed() {
    Drain { publish: PUBLISH, waits: false }.check();
}
