//! A receiver of OTLP as JSON over HTTP that answers whatever a test has it answer.

use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::Value;

use crate::cable::Namespace;
use crate::http::read_request;

/// It has taken everything.
pub const TAKEN: &str = "{}";

/// Listens on the loopback of a namespace, and does so until the process ends. Fails the test that
/// drops it if a request was not JSON.
pub struct JsonReceiver(Arc<Mutex<State>>);

struct State {
    requests: Vec<Value>,
    /// Whether there will be anything to read in `requests`.
    are_kept: bool,
    answer: String,
    /// What is wrong with requests that are not JSON, each with its text.
    broken: Vec<String>,
}

impl JsonReceiver {
    /// Starts one that keeps every request.
    pub fn start(namespace: &Namespace, port: u16) -> Self {
        Self::start_with(namespace, port, true)
    }

    /// Starts one that forgets them.
    pub fn forgetful(namespace: &Namespace, port: u16) -> Self {
        Self::start_with(namespace, port, false)
    }

    fn start_with(namespace: &Namespace, port: u16, are_kept: bool) -> Self {
        let bind = || TcpListener::bind((Ipv4Addr::LOCALHOST, port));

        Self::serve(namespace.within(bind).expect("a free port"), are_kept)
    }

    fn serve(listener: TcpListener, are_kept: bool) -> Self {
        let state =
            State { requests: Vec::new(), are_kept, answer: TAKEN.to_owned(), broken: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                thread::spawn(move || take(stream, &state));
            }
        });

        Self(state)
    }

    /// Answers later requests with this JSON.
    pub fn answer(&self, json: &str) {
        json.clone_into(&mut self.state().answer);
    }

    /// Returns the requests so far, the first one first.
    pub fn requests(&self) -> Vec<Value> {
        self.state().requests.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for JsonReceiver {
    fn drop(&mut self) {
        let broken = self.state().broken.join("\n");
        assert!(thread::panicking() || broken.is_empty(), "broken requests:\n{broken}");
    }
}

/// Answers the requests of one connection.
fn take(stream: TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let mut bytes = Vec::new();
    while let Ok(head) = read_request(&mut reader, &mut bytes) {
        let request = serde_json::from_slice(&bytes[head..]);
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        match request {
            Ok(request) if state.are_kept => state.requests.push(request),
            Ok(_) => {}
            Err(error) => {
                state.broken.push(format!("{error}: {}", String::from_utf8_lossy(&bytes)));
            }
        }
        bytes.clear();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
            state.answer.len(),
            state.answer
        );
        drop(state);
        if reader.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};
    use std::net::Shutdown;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn requests_are_kept_and_answered() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let receiver = JsonReceiver::serve(listener, true);

        let answer = ask(stream, "[1]").unwrap();

        assert!(answer.ends_with(TAKEN), "{answer}");
        assert_eq!(receiver.requests(), [serde_json::json!([1])]);
    }

    #[test]
    fn a_request_that_is_not_json_fails_the_test_that_receives_it() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let receiver = JsonReceiver::serve(listener, false);
        ask(stream, "[1").unwrap();

        let failure = catch_unwind(AssertUnwindSafe(|| drop(receiver))).unwrap_err();

        let failure = failure.downcast::<String>().unwrap();
        assert!(failure.contains("EOF while parsing") && failure.contains("[1"), "{failure}");
    }

    /// Sends a request, and returns the answer.
    fn ask(mut stream: TcpStream, body: &str) -> io::Result<String> {
        write!(stream, "POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
        stream.shutdown(Shutdown::Write)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;

        Ok(answer)
    }
}
