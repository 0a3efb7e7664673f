//! Threads that send datagrams as fast as they can, and count them.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use tests::cable::Namespace;

/// Nothing listens there, and no answer is counted as UDP.
const PORT: u16 = 9;

/// A thread in a namespace that sends until it is told to stop.
pub(crate) struct Sender {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Sender {
    /// Starts to send from each address in turn.
    pub(crate) fn start(from: &Namespace, addresses: &[&str], to: &str) -> Self {
        let bind = || -> Vec<UdpSocket> {
            addresses.iter().map(|address| UdpSocket::bind((*address, 0)).unwrap()).collect()
        };
        let sockets = from.within(bind);
        let stop = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&stop);
        let to = to.to_owned();
        let thread = thread::spawn(move || {
            let mut sent = 0;
            while !told.load(Ordering::Relaxed) {
                for socket in &sockets {
                    // An answer that nothing listens is an error of the next call, which sends
                    // nothing.
                    if socket.send_to(&[0; 64], (&*to, PORT)).is_ok() {
                        sent += 1;
                    }
                }
            }
            sent
        });

        Self { stop, thread }
    }

    /// Stops it; returns how many datagrams the kernel took.
    pub(crate) fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);

        self.thread.join().expect("a sender")
    }
}
