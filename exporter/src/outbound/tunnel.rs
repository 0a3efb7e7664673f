//! Asking a proxy for a tunnel. Source: RFC 9110, section 9.3.6.

use std::io;
use std::time::Duration;

use hyper::Uri;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::error::BoxError;
use super::proxies::Proxy;
use crate::printable::printable;

/// Why there is no connection through a proxy, which is named without its login.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    #[error("cannot connect to the proxy `{proxy}`")]
    Unreachable { proxy: String, source: BoxError },
    #[error("the proxy `{proxy}` did not answer within {limit:?}")]
    Silent { proxy: String, limit: Duration },
    #[error("the proxy `{proxy}` closed the connection before it answered")]
    Closed { proxy: String, source: io::Error },
    #[error("the server at the proxy's address `{proxy}` does not speak HTTP/1")]
    Stranger { proxy: String },
    #[error("the proxy `{proxy}` does not let a connection to {to} through: {status}{text}{}", advice(*.status))]
    Refused { proxy: String, to: String, status: u16, text: String },
}

/// Most bytes of the head of an answer.
const LONGEST_HEAD: usize = 8 << 10;

/// Opens a tunnel to the host and port of `to`.
pub(super) async fn tunnel<S>(stream: &mut S, proxy: &Proxy, to: &Uri) -> Result<(), ProxyError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let closed = |source| ProxyError::Closed { proxy: proxy.name(), source };
    let stranger = || ProxyError::Stranger { proxy: proxy.name() };
    let port = to.port_u16().unwrap_or(if to.scheme_str() == Some("http") { 80 } else { 443 });
    let to = format!("{}:{port}", to.host().unwrap_or_default());
    let mut request = format!(
        "CONNECT {to} HTTP/1.1\r\nHost: {to}\r\nUser-Agent: packet-exporter/{}\r\n",
        env!("CARGO_PKG_VERSION")
    )
    .into_bytes();
    if let Some(login) = proxy.login() {
        request.extend(b"Proxy-Authorization: ");
        request.extend(login.as_bytes());
        request.extend(b"\r\n");
    }
    request.extend(b"\r\n");
    stream.write_all(&request).await.map_err(closed)?;
    stream.flush().await.map_err(closed)?;

    // Byte by byte: what comes behind the head is the receiver's.
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        if head.len() == LONGEST_HEAD || !b"HTTP/1.".starts_with(&head[..head.len().min(7)]) {
            return Err(stranger());
        }
        head.push(stream.read_u8().await.map_err(closed)?);
    }

    let (status, text) = status(&head).ok_or_else(stranger)?;
    if (200..300).contains(&status) {
        return Ok(());
    }
    Err(ProxyError::Refused { proxy: proxy.name(), to, status, text })
}

/// Returns the status in the head of an answer, and what stands behind it.
fn status(head: &[u8]) -> Option<(u16, String)> {
    /// Of a text that anyone may have written.
    const SHOWN: usize = 100;

    let line = head.split(|byte| *byte == b'\n').next()?;
    let line = String::from_utf8_lossy(line);
    let rest = line.trim_end().strip_prefix("HTTP/1.")?;
    let (_minor, rest) = rest.split_once(' ')?;
    let (digits, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let status = digits.parse().ok().filter(|status| (100..1000).contains(status))?;
    let text: String = text.chars().take(SHOWN).collect();

    Some((status, if text.is_empty() { text } else { format!(" {}", printable(&text)) }))
}

fn advice(status: u16) -> &'static str {
    match status {
        401 | 407 => "; put `user:password@` in front of the host in the proxy's URL",
        403 | 405 => "; it has to allow CONNECT to this port",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_of_an_answer_is_read_and_its_text_is_shown_as_it_is_safe() {
        type Expected<'a> = Option<(u16, &'a str)>;
        let cases: [(&[u8], Expected<'_>); 8] = [
            (
                b"HTTP/1.1 200 Connection established\r\n\r\n",
                Some((200, " Connection established")),
            ),
            (b"HTTP/1.0 407\r\n\r\n", Some((407, ""))),
            (b"HTTP/1.1 502 \r\nx: y\n\n", Some((502, ""))),
            (b"HTTP/1.1 20 OK\r\n\r\n", None),
            (b"HTTP/1.1 2000 OK\r\n\r\n", None),
            (b"HTTP/1.1 -20 OK\r\n\r\n", None),
            (b"HTTP/2 200\r\n\r\n", None),
            (b"\n\n", None),
        ];

        for (head, expected) in cases {
            let expected = expected.map(|(status, text)| (status, text.to_owned()));
            assert_eq!(status(head), expected, "{}", String::from_utf8_lossy(head));
        }
    }
}
