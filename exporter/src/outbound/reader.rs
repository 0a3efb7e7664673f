//! Reads pages of one server.

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{HeaderMap, Request, StatusCode, Uri};
use tokio::time::timeout;

use super::connector::{Client, Target, Versions, client, connector};
use super::error::OutboundError;
use super::headers::headers_in;
use super::proxies::Proxies;
use super::tls::Identity;
use crate::causes::with_causes;
use crate::config::Header;

/// Reads pages of one server, on connections that it keeps.
#[derive(Clone, Debug)]
pub struct Reader {
    client: Client<Empty<Bytes>>,
    /// Scheme, host, and what all paths begin with, without a slash at the end.
    base: String,
    headers: HeaderMap,
    limits: Limits,
}

/// Most that a page may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub timeout: Duration,
    pub bytes: usize,
}

/// Why there is no reader.
#[derive(Debug, thiserror::Error)]
pub enum ReaderError {
    #[error("`{0}` is not the URL of a server, as in \"http://localhost:10199\"")]
    Url(String),
    #[error(transparent)]
    Outbound(#[from] OutboundError),
}

/// Why a page was not read, as a sentence.
#[derive(Debug, thiserror::Error)]
pub enum Unread {
    #[error("{0} does not answer within {1:?}")]
    Late(String, Duration),
    #[error("{0} cannot be read: {1}")]
    Failed(String, String),
}

impl Reader {
    /// Reads what connections and requests need. Blocks.
    pub fn new(
        url: &str,
        headers_file: &Path,
        ca_file: &Path,
        limits: Limits,
    ) -> Result<Self, ReaderError> {
        let base = url.trim_end_matches('/').to_owned();
        let parsed = base
            .parse::<Uri>()
            .ok()
            .filter(|it| matches!(it.scheme_str(), Some("http" | "https")) && it.query().is_none());
        let parsed = parsed.ok_or_else(|| ReaderError::Url(url.into()))?;
        let headers = if headers_file.as_os_str().is_empty() {
            HeaderMap::new()
        } else {
            let all = headers_in(headers_file)?;
            // They were tried when they were read.
            let tried = |it: &Header| Some((it.name.parse().ok()?, it.value.parse().ok()?));
            all.iter().filter_map(tried).collect()
        };
        let target = Target { url: &parsed, versions: Versions::All, timeout: limits.timeout };
        let identity = Identity { ca_file: ca_file.into(), ..Identity::default() };
        let connector = connector(&target, &identity, &Proxies::of_environment())?;

        Ok(Self { client: client(&connector, false), base, headers, limits })
    }

    /// Reads a page, by its path and query. Returns the status and the body.
    pub async fn read(&self, path: &str) -> Result<(u16, Vec<u8>), Unread> {
        let Limits { timeout: patience, .. } = self.limits;
        let read = timeout(patience, self.request(path)).await;

        match read {
            Ok(Ok((status, body))) => Ok((status.as_u16(), body)),
            Ok(Err(error)) => Err(Unread::Failed(self.base.clone(), with_causes(&*error))),
            Err(_) => Err(Unread::Late(self.base.clone(), patience)),
        }
    }

    async fn request(
        &self,
        path: &str,
    ) -> Result<(StatusCode, Vec<u8>), Box<dyn Error + Send + Sync>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = format!("{}{path}", self.base).parse()?;
        *request.headers_mut() = self.headers.clone();
        let (head, body) = self.client.request(request).await?.into_parts();
        let body = Limited::new(body, self.limits.bytes).collect().await?;

        Ok((head.status, body.to_bytes().into()))
    }
}
