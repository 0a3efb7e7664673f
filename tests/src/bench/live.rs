//! The programs on a device: how many frames come through a cable in a second.

use std::time::{Duration, Instant};
use std::{slice, thread};

use aya::programs::XdpMode;
use aya::programs::links::FdLink;
use exporter::datapath::{Datapath, Device, Options, Placement, Tap};
use exporter::health::Mode;
use shared::Direction;

use super::cell::median;
use super::targets::Check;
use crate::cable::Cable;
use crate::load::{Entry, Generator, Traffic, cpus, pin};

const LASTS: Duration = Duration::from_millis(500);
/// Frames of one system call.
const AT_ONCE: u32 = 1 << 14;

/// Sends a flood from every CPU to a device with the full program, then to one that lets
/// everything pass, in turn.
pub(super) fn measure(rounds: usize) -> (String, Vec<Check>) {
    let cable = Cable::lay("live");
    cable.plug_in();
    cable.here.enter();
    // The end that sends takes frames from a program only while it has one itself.
    let mut idle = Generator::load(&Traffic::flood(), 0);
    idle.program(Entry::Pass).attach(Cable::DEVICE, XdpMode::Driver).expect("native XDP");
    let mut senders: Vec<Generator> = cpus()
        .into_iter()
        .map(|cpu| Generator::load(&Traffic::flood_with_ports(), (cpu as u64 + 1) << 56))
        .collect();
    let options = Options { budget: 1, ..Options::default() };
    let mut datapath = Datapath::new(options).expect("a datapath");
    let device = Device { name: Cable::DEVICE.into(), index: Cable::index(&cable.there) };
    let tap = Tap { device, direction: Direction::Receive };

    let mut rates = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        let placement = Placement::xdp(Mode::Native);
        let prepared = datapath.prepare(placement).expect("a program that can be loaded");
        cable.there.enter();
        datapath.attach(&tap, prepared).expect("native XDP");
        rates[0].push(rate(&cable, &mut senders));
        datapath.detach(slice::from_ref(&tap));

        cable.there.enter();
        let program = idle.program(Entry::Pass);
        let id = program.attach(Cable::DEVICE, XdpMode::Driver).expect("native XDP");
        let link: FdLink = program.take_link(id).expect("a link").try_into().expect("a link");
        rates[1].push(rate(&cable, &mut senders));
        drop(link);
    }
    pin(0);

    let [full, pass] = rates.map(|rates| median(&rates) / 1e6);
    let text = format!(
        "\nflood with ports over a cable, all CPUs: {full:.2} million frames a second with the \
         full program, {pass:.2} with pass, {:.2} of it; the generator and the cable take most of \
         the {:.0} ns of a frame and CPU, so this says that the program is no bottleneck, not what \
         it costs\n",
        full / pass,
        senders.len() as f64 * 1e3 / pass
    );
    (text, Vec::new())
}

/// Returns frames a second at the far end.
fn rate(cable: &Cable, senders: &mut [Generator]) -> f64 {
    cable.here.enter();
    let device = Cable::index(&cable.here);
    let (before, _) = cable.received();
    let begun = Instant::now();
    thread::scope(|scope| {
        for (cpu, sender) in senders.iter_mut().enumerate() {
            scope.spawn(move || {
                pin(cpu);
                while begun.elapsed() < LASTS {
                    sender.emit(device, AT_ONCE);
                }
            });
        }
    });
    let elapsed = begun.elapsed();
    let (after, _) = cable.received();

    (after - before) as f64 / elapsed.as_secs_f64()
}
