//! Sending at a rate.

use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::net::{SendFlags, send};

use crate::patience::{Reason, let_pass};

const STEP: Duration = Duration::from_millis(4);
/// What a sender that was not scheduled makes up for; the rest is never sent.
const MOST: Duration = Duration::from_millis(100);

/// Does something at a rate a second for as long as it is to go on, with numbers from 1 on.
pub fn paced(rate: u32, goes_on: impl Fn() -> bool, mut step: impl FnMut(u32)) {
    let mut last = Instant::now();
    let mut due = 0.0;
    let mut number: u32 = 0;

    while goes_on() {
        let_pass(STEP, Reason::Rate);
        let elapsed = last.elapsed().min(MOST);
        last = Instant::now();
        due += f64::from(rate) * elapsed.as_secs_f64();
        while due >= 1.0 {
            due -= 1.0;
            number = number.wrapping_add(1);
            step(number);
        }
    }
}

/// Sends frames at a rate; `frame` makes the one with that number. A frame that the device refuses is
/// lost, as when it is down.
pub fn at_rate(
    socket: &OwnedFd,
    rate: u32,
    goes_on: impl Fn() -> bool,
    frame: impl Fn(u32) -> Vec<u8>,
) {
    paced(rate, goes_on, |number| {
        let _a_device_that_is_down_refuses = send(socket, &frame(number), SendFlags::empty());
    });
}
