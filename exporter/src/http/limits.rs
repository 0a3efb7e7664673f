//! What a client can take of the server, at most.

use std::time::Duration;

/// What a client can take of the server, at most.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Connections at once; for one above, the connection idle for longest is closed.
    pub(super) connections: usize,
    /// Connections at once of one peer.
    pub(super) connections_of_peer: usize,
    /// For a TLS handshake.
    pub(super) handshake: Duration,
    /// For the head of a request, and between two requests of HTTP/1.
    pub(super) head: Duration,
    /// For writing a response or a piece of a stream, from the first time that the client does not
    /// read.
    pub(super) write: Duration,
    /// For an answer, from the head of the request to the end of the response.
    pub(super) answer: Duration,
    /// For making an answer, from the head of the request on, but for streams. Balancers and gateways wait
    /// for 29 seconds or more.
    pub(super) work: Duration,
    /// For a connection, after which the client is asked to open another one.
    pub(super) age: Duration,
    /// For what is under way when a connection has to end by its age.
    pub(super) leave: Duration,
    /// For what is under way when the server stops.
    pub(super) stop: Duration,
    /// Streams at once. The time for an answer is not for them.
    pub(super) streams: usize,
    /// Streams at once to one peer.
    pub(super) streams_of_peer: usize,
    /// For a stream, after which the client has to ask for another one.
    pub(super) stream_age: Duration,
}

impl Limits {
    /// For a client to read an answer before its connection is closed.
    pub(super) const LINGER: Duration = Duration::from_secs(1);
    /// For the body of a request that a route reads.
    pub(super) const BODY: Duration = Duration::from_secs(20);
    /// Bytes of the head of a request.
    pub(super) const HEAD_BYTES: u32 = 16 << 10;
    /// Headers of a request.
    pub(super) const HEADERS: usize = 64;
    /// Bytes of the body of a request that no route reads; more is counted.
    pub(super) const BODY_BYTES: u64 = 64 << 10;
    /// Requests with larger bodies than [`Self::BODY_BYTES`] at once, until they are answered.
    pub(super) const LARGE_BODIES: usize = 2;
    /// Requests and handshakes that read the web configuration at once, each on a thread. With
    /// more, an older reading could replace a newer one.
    pub(super) const READS: usize = 1;
    /// Passwords that wait to be checked.
    pub(super) const PASSWORDS: usize = 32;
    /// Passwords of one peer that wait to be checked.
    pub(super) const PASSWORDS_OF_PEER: usize = 8;
    /// Requests at once on a connection of HTTP/2.
    pub(super) const STREAMS: u32 = 16;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            // Room for four peers, and for more scrapers behind one address than
            // `web.max_requests` serves at once.
            connections_of_peer: 128,
            handshake: Duration::from_secs(10),
            // Not one of the usual scrape intervals, so that no scrape meets a connection that
            // is being closed.
            head: Duration::from_secs(20),
            write: Duration::from_secs(30),
            answer: Duration::from_mins(1),
            work: Duration::from_secs(25),
            age: Duration::from_mins(10),
            leave: Duration::from_mins(1),
            // Less than what a part has to stop.
            stop: Duration::from_secs(3),
            // Their connections never make room, so half of all places is for others, and half of
            // those of a peer.
            streams: 256,
            streams_of_peer: 64,
            stream_age: Duration::from_hours(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_leave_half_of_the_places_to_other_connections() {
        let Limits { connections, connections_of_peer, streams, streams_of_peer, .. } =
            Limits::default();

        assert!(streams * 2 <= connections);
        assert!(streams_of_peer * 2 <= connections_of_peer);
    }
}
