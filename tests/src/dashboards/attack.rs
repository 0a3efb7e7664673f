//! Traffic that no ordinary host has.

use std::time::{Duration, Instant};

use rustix::net::{SendFlags, send};

use super::bed::{Bed, DEVICES};
use crate::cable::Namespace;
use crate::corpus;
use crate::patience::{Reason, let_pass};
use crate::raw::packet_socket;
use crate::senders::{Mix, Sender};

/// The longest frame that the devices take.
const LONGEST: usize = 1514;
const BURST: Duration = Duration::from_millis(20);
const PAUSE: Duration = Duration::from_millis(480);

impl Bed {
    /// Sends frames of every kind that the parser tells apart on every device, in both directions:
    /// malformed ones, fragments, tunnels, VLANs, flags that no stack sends.
    pub fn odd_frames(&self, time: Duration) {
        let begun = Instant::now();
        let frames: Vec<_> = corpus::table()
            .into_iter()
            .filter(|case| case.is_sendable() && case.frame.len() <= LONGEST)
            .map(|case| case.frame)
            .collect();
        let sockets: Vec<_> = self
            .ends()
            .map(|(end, device)| end.within(|| packet_socket(end.index(device))))
            .collect();

        while begun.elapsed() < time {
            for socket in &sockets {
                for frame in &frames {
                    let _a_full_queue_drops_it = send(socket, frame, SendFlags::empty());
                }
            }
            let_pass(PAUSE, Reason::Rate);
        }
    }

    /// Floods one device of each host with datagrams from many addresses, in bursts: the machine has
    /// other things to do.
    pub fn floods(&self, time: Duration) {
        const FROM: Mix = Mix { sources: 20_000, ports: 300 };
        let begun = Instant::now();
        let mut senders: Vec<_> = ["eth1", "eth2"]
            .into_iter()
            .map(|device| {
                let socket = self.there.within(|| packet_socket(self.there.index(device)));
                Sender::of_socket(socket, self.here.address(device))
            })
            .collect();

        while begun.elapsed() < time {
            for sender in &mut senders {
                sender.send_for(BURST, FROM);
            }
            let_pass(PAUSE, Reason::Rate);
        }
    }

    fn ends(&self) -> impl Iterator<Item = (&Namespace, &'static str)> {
        DEVICES.iter().flat_map(|(device, ..)| [(&self.here, *device), (&self.there, *device)])
    }
}
