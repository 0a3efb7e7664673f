//! What the program should have counted, from what the generators sent.

use std::net::{IpAddr, Ipv4Addr};

use super::Generator;
use super::profile::ESTABLISHED;

/// How far each generator had come when it was last looked at.
#[derive(Default)]
pub struct Expected {
    sent: Vec<u64>,
}

impl Expected {
    /// Returns the frames of each of the first `sources` established sources since the last call.
    pub fn sources(&mut self, generators: &[Generator], sources: u32) -> Vec<u64> {
        let mut frames = vec![0; sources as usize];
        self.sent.resize(generators.len(), 0);
        for (generator, from) in generators.iter().zip(&mut self.sent) {
            let profile = generator.profile();
            let to = generator.sent();
            for number in *from..to {
                let drawn = generator.traffic.draw(&profile, number);
                let source = drawn.source.and_then(|source| source.checked_sub(ESTABLISHED));
                if let Some(count) = source.and_then(|source| frames.get_mut(source as usize)) {
                    *count += 1;
                }
            }
            *from = to;
        }

        frames
    }
}

/// Returns the address of an established source.
pub fn address(source: u32) -> IpAddr {
    Ipv4Addr::from_bits(ESTABLISHED + source).into()
}
