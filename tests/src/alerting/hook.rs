//! What Alertmanager tells: a receiver of its web hooks.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::cable::Namespace;

/// How long a message may take, so that a connection without one keeps no other from being read.
const PATIENCE: Duration = Duration::from_secs(2);

/// The labels of an alert.
pub type Labels = BTreeMap<String, String>;

/// One alert of a message.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Since 1970, in seconds.
    pub at: f64,
    pub labels: Labels,
    pub is_resolved: bool,
}

/// Listens on the loopback of a namespace until it is dropped.
pub(super) struct Hook {
    notices: Arc<Mutex<Vec<Notice>>>,
    has_ended: Arc<AtomicBool>,
    address: SocketAddr,
    listener: Option<JoinHandle<()>>,
}

impl Hook {
    pub(super) fn listen(namespace: &Namespace, port: u16) -> Self {
        let listener =
            namespace.within(|| TcpListener::bind((Ipv4Addr::LOCALHOST, port))).expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("a socket");
        let notices = Arc::new(Mutex::new(Vec::new()));
        let has_ended = Arc::new(AtomicBool::new(false));
        let (kept, ended) = (Arc::clone(&notices), Arc::clone(&has_ended));
        let listener = thread::spawn(move || serve(&listener, &kept, &ended));

        Self { notices, has_ended, address, listener: Some(listener) }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Returns everything that was told so far.
    pub(super) fn notices(&self) -> Vec<Notice> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.has_ended.store(true, Ordering::Relaxed);
        if let Some(listener) = self.listener.take() {
            let _panicked = listener.join();
        }
    }
}

fn serve(listener: &TcpListener, notices: &Mutex<Vec<Notice>>, has_ended: &AtomicBool) {
    while !has_ended.load(Ordering::Relaxed) {
        match listener.accept() {
            Ok((stream, _)) => {
                // What is no message is not one of Alertmanager's, which repeats what fails.
                if let Ok(told) = read(stream) {
                    notices.lock().unwrap_or_else(PoisonError::into_inner).extend(told);
                }
            }
            Err(_) => crate::patience::pause(),
        }
    }
}

/// Reads one message and answers it.
fn read(stream: TcpStream) -> io::Result<Vec<Notice>> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(number) = line.strip_prefix("content-length:") {
            length = number.trim().parse().map_err(io::Error::other)?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    reader.get_mut().write_all(answer)?;

    Ok(notices(&serde_json::from_slice(&body)?))
}

fn notices(message: &Value) -> Vec<Notice> {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs_f64();
    let alerts = message["alerts"].as_array().into_iter().flatten();

    alerts
        .map(|alert| Notice {
            at,
            labels: labels(&alert["labels"]),
            is_resolved: alert["status"] == "resolved",
        })
        .collect()
}

/// Reads labels from JSON.
pub(super) fn labels(object: &Value) -> Labels {
    let labels = object.as_object().into_iter().flatten();

    labels.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().into())).collect()
}
