//! A drain waits for the programs that are still counting: without that, conservation hangs on
//! luck, as the program is quicker than the system calls of the drain.

use std::thread;

use exporter::datapath::{Datapath, Inspector, Options};
use tests::load::{Entry, Flag, Generator, Traffic, cpus, frame, pin};
use tests::patience::wait_for;

/// A run may end by itself before anything is done during it.
const ATTEMPTS: usize = 20;

#[test]
#[ignore = "needs root: `cargo xtask test grace`"]
fn the_wait_of_a_drain_outlasts_a_program_that_is_running() {
    let datapath = Datapath::new(Options::default()).unwrap();
    let inspector = Inspector::new(&datapath).unwrap();

    let test = "the_wait_of_a_drain_outlasts_a_program_that_is_running";

    let has_ended = during_a_run(test, |_| inspector.wait().unwrap());

    assert_ne!(has_ended, Some(false), "the program still ran when the wait was over");
}

/// The control: what does not wait is told from what does.
#[test]
#[ignore = "needs root: `cargo xtask test grace`"]
fn an_update_of_a_plain_map_does_not_wait_for_the_program() {
    let test = "an_update_of_a_plain_map_does_not_wait_for_the_program";
    let still_runs = |_| during_a_run(test, |flag| flag.set(false)) == Some(false);
    // A thread that others keep from its CPU comes too late, but not each time.
    let is_seen = (0..ATTEMPTS).any(still_runs);

    assert!(cpus().len() < 2 || is_seen, "in {ATTEMPTS} runs no update came back before the end");
}

/// Does something while a program is running on another CPU, and returns whether the program had
/// ended by then; `None` with one CPU, where `test` is skipped.
fn during_a_run(test: &str, act: impl Fn(&mut Flag)) -> Option<bool> {
    let &[here, there, ..] = &cpus()[..] else {
        println!("SKIPPED {test}: there is one CPU");
        return None;
    };
    pin(here);
    let has_ended = (0..ATTEMPTS).find_map(|_| during_one_run(there, &act));

    assert!(has_ended.is_some(), "{ATTEMPTS} runs had ended before anything was done");
    has_ended
}

/// As above; `None` where the run had ended too early.
fn during_one_run(cpu: usize, act: impl Fn(&mut Flag)) -> Option<bool> {
    let mut generator = Generator::load(&Traffic::fixed(frame()), 0);
    let [begun, mut released, ended] =
        ["BEGUN", "RELEASED", "ENDED"].map(|name| generator.flag(name));
    generator.program(Entry::Linger);

    thread::scope(|scope| {
        scope.spawn(|| {
            pin(cpu);
            generator.run(Entry::Linger, 1);
        });
        wait_for("the program to begin", || {
            begun.is_set().then_some(()).ok_or_else(|| "it has not".to_owned())
        });
        let is_late = ended.is_set();
        act(&mut released);
        let has_ended = ended.is_set();
        released.set(true);

        (!is_late).then_some(has_ended)
    })
}
