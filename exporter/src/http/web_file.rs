//! The web configuration as its file is now.

use std::io;
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::ServerConfig;

use super::rate_limit::Bucket;
use super::tls::{Material, TlsError, TlsSection};
use super::web_config::{WebConfig, WebConfigError};
use crate::causes::with_causes;
use crate::files;

/// The file of `--web.config.file`, read again with every request and every handshake.
///
/// Reading beats watching here: the file is small, users and certificates that were replaced
/// count at once, and no event can be missed. All of it blocks, for some seconds where a file
/// system hangs; what was read last stays in force until it answers again.
#[derive(Debug)]
pub struct WebFile {
    path: PathBuf,
    /// TLS is spoken from the start to the end, or not at all.
    tls: Option<Mutex<Tls>>,
    rules: Mutex<Reading>,
}

/// The parsed file, until its text changes.
#[derive(Debug)]
pub(super) struct WebRules {
    pub(super) config: WebConfig,
    pub(super) bucket: Bucket,
}

/// The file cannot be used; that was logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

/// What a handshake needs.
#[derive(Clone, Debug)]
pub(super) struct Handshake {
    pub(super) config: Arc<ServerConfig>,
    /// Whether the certificate of a client is a login.
    pub(super) verifies_clients: bool,
}

/// What was read last, and what became of it.
#[derive(Debug)]
struct Reading {
    text: Result<String, io::ErrorKind>,
    rules: Result<Arc<WebRules>, Broken>,
    /// The file was not read in time since.
    is_late: bool,
}

/// What the certificates were made of last, and the last that could be used.
#[derive(Debug)]
struct Tls {
    made_of: MadeOf,
    handshake: Handshake,
}

/// The section, whether HTTP/2 is offered, and what the files hold, if they could be read.
type MadeOf = (TlsSection, bool, Option<Material>);

impl WebFile {
    /// How long is waited for a file that was read before: clients wait too, and a scrape has
    /// 10 seconds in all.
    const PATIENCE: Duration = Duration::from_secs(1);

    /// Reads the file for the first time, with everything that it names.
    pub fn open(path: &Path) -> Result<Self, WebConfigError> {
        let text = files::text(path)
            .map_err(|source| WebConfigError::Unreadable { path: path.into(), source })?;
        let config = WebConfig::parse(path, &text)?;

        let tls = Tls::new(&config, path)?.map(Mutex::new);
        let rules = Reading { text: Ok(text), rules: Ok(WebRules::new(config)), is_late: false };

        Ok(Self { path: path.into(), tls, rules: Mutex::new(rules) })
    }

    /// Returns whether TLS is used.
    pub fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Returns whether clients have a login, as the file was read last.
    pub(super) fn has_logins(&self) -> bool {
        let last = self.rules.lock().unwrap_or_else(PoisonError::into_inner);

        last.rules.as_ref().is_ok_and(|rules| rules.config.has_logins())
    }

    /// Returns what the file says now. One thread reads at a time: of two, the one with the older
    /// text could be the last.
    pub(super) fn rules(&self) -> Result<Arc<WebRules>, Broken> {
        let read = files::text_for(&self.path, Self::PATIENCE);
        let text = read.as_ref().map(Clone::clone).map_err(io::Error::kind);
        let mut last = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let was_late = mem::replace(&mut last.is_late, text == Err(io::ErrorKind::TimedOut));
        if let (Err(error), true) = (&read, last.is_late) {
            if !was_late {
                let path = self.path.display();
                tracing::warn!(
                    %path,
                    %error,
                    "Cannot read the web configuration in time; the last one stays in force"
                );
            }
            return last.rules.clone();
        }
        if last.text == text {
            return last.rules.clone();
        }

        let path = self.path.clone();
        let parsed = read
            .map_err(|source| WebConfigError::Unreadable { path, source })
            .and_then(|text| self.parse(&text));
        let rules = match parsed {
            Ok(config) => {
                tracing::info!(path = %self.path.display(), "Web configuration has changed");
                Ok(WebRules::new(config))
            }
            Err(error) => {
                let error = with_causes(&error);
                tracing::error!(
                    error,
                    "Cannot use the web configuration; answering requests with 500"
                );
                Err(Broken)
            }
        };
        *last = Reading { text, rules: rules.clone(), is_late: false };

        rules
    }

    fn parse(&self, text: &str) -> Result<WebConfig, WebConfigError> {
        let config = WebConfig::parse(&self.path, text)?;

        if config.tls_server_config.is_on() == self.has_tls() {
            Ok(config)
        } else {
            Err(WebConfigError::TlsSwitched { path: self.path.clone() })
        }
    }

    /// Returns what the next handshake needs, if TLS is spoken.
    ///
    /// Certificates that cannot be used leave those before them in use: files are replaced one
    /// after the other.
    pub(super) fn handshake(&self) -> Option<Handshake> {
        let tls = self.tls.as_ref()?;
        let locked = || tls.lock().unwrap_or_else(PoisonError::into_inner);
        let Ok(rules) = self.rules() else { return Some(locked().handshake.clone()) };
        let config = &rules.config;
        let material = config.tls_server_config.material(Self::PATIENCE);
        let made_of = Tls::made_of(config, material.as_ref().ok());
        let last = locked();
        if last.made_of == made_of {
            return Some(last.handshake.clone());
        }
        // What the system trusts may be read now, and no other request is to wait for that.
        drop(last);
        let made = material.and_then(|material| Tls::made(config, &material, &self.path));
        let mut tls = locked();
        tls.renew(made_of, made);

        Some(tls.handshake.clone())
    }
}

impl Tls {
    fn new(config: &WebConfig, path: &Path) -> Result<Option<Self>, WebConfigError> {
        let section = &config.tls_server_config;
        if !section.is_on() {
            return Ok(None);
        }
        let material = section.material(files::PATIENCE)?;
        let made = Self::made(config, &material, path)?;
        let handshake = Handshake::new(made, section);

        Ok(Some(Self { made_of: Self::made_of(config, Some(&material)), handshake }))
    }

    fn made_of(config: &WebConfig, material: Option<&Material>) -> MadeOf {
        let http2 = config.http_server_config.http2();

        (config.tls_server_config.clone(), http2, material.cloned())
    }

    fn made(
        config: &WebConfig,
        material: &Material,
        path: &Path,
    ) -> Result<ServerConfig, TlsError> {
        let http2 = config.http_server_config.http2();

        config.tls_server_config.server_config(material, http2, path)
    }

    fn renew(&mut self, mut made_of: MadeOf, made: Result<ServerConfig, TlsError>) {
        if made.as_ref().is_err_and(TlsError::may_pass) {
            // The next handshake tries again.
            made_of.2 = None;
        }
        // Another handshake may have logged this already.
        if self.made_of == made_of {
            return;
        }

        match made {
            Ok(config) => {
                self.handshake = Handshake::new(config, &made_of.0);
                tracing::info!("Certificates have changed");
            }
            Err(error) => {
                let error = with_causes(&error);
                tracing::error!(error, "Cannot use the new certificates; the old ones stay in use");
            }
        }
        self.made_of = made_of;
    }
}

impl Handshake {
    fn new(config: ServerConfig, section: &TlsSection) -> Self {
        Self { config: Arc::new(config), verifies_clients: section.verifies_clients() }
    }
}

impl WebRules {
    pub(super) fn new(config: WebConfig) -> Arc<Self> {
        let bucket = Bucket::new(config.rate_limit);

        Arc::new(Self { config, bucket })
    }
}
