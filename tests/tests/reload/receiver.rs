//! A receiver of OTLP over HTTP that takes everything and remembers it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use tests::cable::Namespace;
use tests::http::read_request;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The first line and the headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    requests: Vec<Request>,
    /// What connections began with that was no request.
    strange: Vec<Vec<u8>>,
}

/// A receiver, until the test ends.
#[derive(Clone)]
pub(crate) struct Receiver(Arc<Mutex<Seen>>);

impl Receiver {
    pub(crate) fn start(namespace: &Namespace, port: u16) -> Self {
        Self::listen(namespace, port, Self::serve)
    }

    /// Starts one that speaks TLS.
    pub(crate) fn start_secure(
        namespace: &Namespace,
        port: u16,
        config: Arc<ServerConfig>,
    ) -> Self {
        Self::listen(namespace, port, move |receiver, stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a valid config");
            receiver.serve(StreamOwned::new(connection, stream));
        })
    }

    fn listen(
        namespace: &Namespace,
        port: u16,
        serve: impl Fn(&Self, TcpStream) + Send + Sync + 'static,
    ) -> Self {
        let serve = Arc::new(serve);
        let listener = namespace.within(|| TcpListener::bind(("127.0.0.1", port)).unwrap());
        let receiver = Self(Arc::default());
        let of_thread = receiver.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                of_thread.with(|seen| seen.connections += 1);
                let (receiver, serve) = (of_thread.clone(), Arc::clone(&serve));
                thread::spawn(move || serve(&receiver, stream));
            }
        });

        receiver
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.with(|seen| seen.requests.clone())
    }

    pub(crate) fn connections(&self) -> usize {
        self.with(|seen| seen.connections)
    }

    /// Returns what connections began with that was no request of HTTP/1.
    pub(crate) fn strange(&self) -> Vec<Vec<u8>> {
        self.with(|seen| seen.strange.clone())
    }

    /// Adds up all points of a sum, which came as JSON.
    pub(crate) fn sum(&self, name: &str) -> u64 {
        let requests = self.requests();
        let bodies =
            requests.iter().filter_map(|it| serde_json::from_slice::<Value>(&it.body).ok());

        bodies.map(|body| sum(&body, name)).sum()
    }

    fn with<T>(&self, read: impl FnOnce(&mut Seen) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn serve(&self, stream: impl Read + Write) {
        let mut stream = BufReader::new(stream);
        while let Some(request) = request(&mut stream) {
            match request {
                Ok(request) => self.with(|seen| seen.requests.push(request)),
                Err(bytes) => return self.with(|seen| seen.strange.push(bytes)),
            }
            let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
                          Content-Length: 2\r\n\r\n{}";
            let to = stream.get_mut();
            if to.write_all(answer.as_bytes()).and_then(|()| to.flush()).is_err() {
                return;
            }
        }
    }
}

fn request(stream: &mut BufReader<impl Read>) -> Option<Result<Request, Vec<u8>>> {
    let start = stream.fill_buf().ok()?.to_vec();
    if start.is_empty() {
        return None;
    }
    if !start.starts_with(b"POST") {
        return Some(Err(start));
    }
    let mut bytes = Vec::new();
    let body = read_request(stream, &mut bytes).ok()?;
    let body = bytes.split_off(body);
    let head = String::from_utf8(bytes).ok()?.to_lowercase();

    Some(Ok(Request { head, body }))
}

/// Adds up the points of the sums of that name, wherever they are.
pub(crate) fn sum(value: &Value, name: &str) -> u64 {
    match value {
        Value::Array(values) => values.iter().map(|value| sum(value, name)).sum(),
        Value::Object(object) if object.get("name").is_some_and(|it| it == name) => {
            let points = object.get("sum").and_then(|sum| sum["dataPoints"].as_array());
            let number = |point: &Value| {
                let number = &point["asInt"];
                number.as_u64().or_else(|| number.as_str()?.parse().ok()).unwrap_or(0)
            };
            points.into_iter().flatten().map(number).sum()
        }
        Value::Object(object) => object.values().map(|value| sum(value, name)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
