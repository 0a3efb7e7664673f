//! What Alertmanager tells: a receiver of its web hooks.

use std::collections::BTreeMap;
use std::io::{self, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::cable::Namespace;
use crate::http::read_request;

/// How long Alertmanager may take to send a message that it has begun.
const PATIENCE: Duration = Duration::from_secs(20);

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

/// Listens until it is dropped.
pub(super) struct Hook {
    heard: Arc<Mutex<Heard>>,
    has_ended: Arc<AtomicBool>,
    address: SocketAddr,
    listener: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Heard {
    notices: Vec<Notice>,
    /// What is wrong with messages that could not be read, each with its text.
    broken: Vec<String>,
}

impl Hook {
    /// Listens on the loopback of a namespace.
    pub(super) fn listen(namespace: &Namespace, port: u16) -> Self {
        let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, port));

        Self::serve(namespace.within(bind).expect("a free port"))
    }

    fn serve(listener: TcpListener) -> Self {
        listener.set_nonblocking(true).expect("a socket");
        let address = listener.local_addr().expect("a socket");
        let heard = Arc::<Mutex<Heard>>::default();
        let has_ended = Arc::new(AtomicBool::new(false));
        let (kept, ended) = (Arc::clone(&heard), Arc::clone(&has_ended));
        let listener = thread::spawn(move || accept(&listener, &kept, &ended));

        Self { heard, has_ended, address, listener: Some(listener) }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Returns everything that was told so far.
    #[track_caller]
    pub(super) fn notices(&self) -> Vec<Notice> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(heard.broken.is_empty(), "broken messages:\n{}", heard.broken.join("\n"));

        heard.notices.clone()
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

/// Accepts connections, each read by a thread, so that a slow one delays no other.
fn accept(listener: &TcpListener, heard: &Arc<Mutex<Heard>>, has_ended: &AtomicBool) {
    while !has_ended.load(Ordering::Relaxed) {
        let Ok((stream, _)) = listener.accept() else {
            crate::patience::pause();
            continue;
        };
        let heard = Arc::clone(heard);
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let told = read(stream, &mut bytes).and_then(|body| notices(&body));
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            match told {
                Ok(told) => heard.notices.extend(told),
                // A client may open a connection that it does not need after all.
                Err(_) if bytes.is_empty() => {}
                Err(error) => {
                    let text = String::from_utf8_lossy(&bytes);
                    heard.broken.push(format!("{error}: {text}"));
                }
            }
        });
    }
}

/// Reads one message and answers it. Returns its body; `bytes` has all that was read, in any case.
fn read(stream: TcpStream, bytes: &mut Vec<u8>) -> io::Result<Vec<u8>> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream);
    let head = read_request(&mut reader, bytes)?;
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    reader.get_mut().write_all(answer)?;

    Ok(bytes[head..].to_vec())
}

/// Reads the alerts of a message. Source: the documentation of Alertmanager, webhook_config.
fn notices(body: &[u8]) -> io::Result<Vec<Notice>> {
    let message: Value = serde_json::from_slice(body)?;
    let at = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs_f64();
    let notice = |alert: &Value| {
        let is_resolved = match alert["status"].as_str()? {
            "firing" => false,
            "resolved" => true,
            _ => return None,
        };
        alert["labels"]["alertname"].as_str()?;
        Some(Notice { at, labels: labels(&alert["labels"]), is_resolved })
    };
    let notices = message["alerts"].as_array().and_then(|all| all.iter().map(notice).collect());

    notices.ok_or_else(|| io::Error::other("no message of Alertmanager"))
}

/// Reads labels from JSON.
pub(super) fn labels(object: &Value) -> Labels {
    let labels = object.as_object().into_iter().flatten();

    labels.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().into())).collect()
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::patience::wait_for;

    const FIRING: &str = r#"{"alerts":[{"status":"firing","labels":{"alertname":"A"}}]}"#;

    #[test]
    fn a_message_is_read_beside_a_connection_without_one() {
        let hook = hook();
        let _silent = TcpStream::connect(hook.address).unwrap();
        drop(TcpStream::connect(hook.address).unwrap());

        send(&hook, FIRING.len(), FIRING);

        let told = wait_for("the message", || match &hook.notices()[..] {
            [only] => Ok(only.clone()),
            other => Err(format!("{other:?}")),
        });
        assert_eq!((told.labels["alertname"].as_str(), told.is_resolved), ("A", false));
    }

    #[test]
    fn a_broken_message_fails_with_its_text() {
        let cases = [
            (6, "{\"aler", "EOF while parsing"),
            (9, "cut off", "unexpected end of file"),
            (2, "{}", "no message of Alertmanager"),
            (FIRING.len() - 1, &FIRING.replace("firing", "later"), "no message of Alertmanager"),
            (FIRING.len() - 5, &FIRING.replace("alertname", "name"), "no message of Alertmanager"),
        ];

        for (length, body, why) in cases {
            let hook = hook();
            send(&hook, length, body);

            let error = wait_for("the failure", || {
                let told = catch_unwind(AssertUnwindSafe(|| hook.notices().len()));
                let error = told.map_err(|it| it.downcast::<String>().expect("a message"));
                error.err().ok_or_else(|| "none".to_owned())
            });

            assert!(error.contains(why) && error.contains(body), "{error}");
        }
    }

    fn hook() -> Hook {
        Hook::serve(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap())
    }

    fn send(hook: &Hook, length: usize, body: &str) {
        let mut stream = TcpStream::connect(hook.address).unwrap();
        write!(stream, "POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
    }
}
