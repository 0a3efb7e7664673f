//! A cable between two tunnels.

use std::fs::File;
use std::io::{Read, Write};
use std::thread;

/// The longest frame of a tunnel, with what is before it.
const LONGEST: usize = 1 << 17;

/// Hands every frame that a tunnel sends to the other one, in both directions, for as long as both
/// are there.
pub fn relay(one: &File, other: &File) {
    for (from, to) in [(one, other), (other, one)] {
        let [mut from, mut to] =
            [from, to].map(|file| file.try_clone().expect("one more descriptor"));
        thread::spawn(move || {
            let mut frame = vec![0; LONGEST];
            // A device that is gone is in a bad state.
            while let Ok(length @ 1..) = from.read(&mut frame) {
                let _a_device_that_is_down_refuses = to.write(&frame[..length]);
            }
        });
    }
}
