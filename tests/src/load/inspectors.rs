//! Generators in front of the program that counts.

use exporter::datapath::Inspector;

use super::{Generator, Traffic, cpus};

/// Loads a generator for each CPU, all of them aimed at the program that counts.
pub fn aimed(inspector: &mut Inspector, traffic: &Traffic) -> Vec<Generator> {
    let program = inspector.program().expect("the program that counts");
    let program = program.fd().expect("a loaded program");
    let load = |cpu: usize| {
        let mut generator = Generator::load(traffic, (cpu as u64 + 1) << 56);
        generator.aim(program);
        generator
    };

    cpus().into_iter().map(load).collect()
}
