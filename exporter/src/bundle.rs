//! An archive for a bug report: what was gathered of a host, without secrets.

mod addresses;
mod archive;
mod secrets;
#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::io;
use std::path::Path;

use serde::Serialize;

use self::addresses::Addresses;
use self::archive::Archive;

pub use self::secrets::Secrets;

/// The folder that the archive unpacks to.
pub const FOLDER: &str = "packet-exporter-bundle";
/// What the archive is about, for programs and for people.
const MANIFEST: &str = "bundle.json";
const README: &str = "README.txt";
/// The version of the manifest.
const FORMAT: u32 = 1;
/// Most bytes of one file. Its end is what counts in a log, its beginning in anything else.
const MOST: usize = 4 << 20;
/// Most bytes of all files.
const MOST_OF_ALL: usize = 16 << 20;

/// A file for the archive, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its path in the archive.
    pub file: String,
    /// What it is, as a sentence without its full stop.
    pub about: &'static str,
    pub content: Result<String, String>,
    /// Of a text that is too long, the end is kept.
    pub is_log: bool,
}

/// What is written about the archive as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The version of the exporter.
    pub version: &'static str,
    /// Seconds since 1970.
    pub created: u64,
    /// Addresses are replaced by numbers.
    pub no_addresses: bool,
}

/// An archive, and what is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// A tar archive, compressed by gzip.
    pub bytes: Vec<u8>,
    pub manifest: Manifest,
}

/// What is in an archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Manifest {
    format: u32,
    version: &'static str,
    created_unix: u64,
    addresses: &'static str,
    pub files: Vec<Listed>,
}

/// One file of an archive, or what is missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    pub file: String,
    pub about: &'static str,
    /// `null` where there is no such file.
    pub bytes: Option<usize>,
    /// Bytes that were left out, because they are too many.
    pub left_out: usize,
    /// Why there is no such file.
    pub missing: Option<String>,
}

impl Item {
    pub fn new(
        file: impl Into<String>,
        about: &'static str,
        content: Result<String, String>,
    ) -> Self {
        Self { file: file.into(), about, content, is_log: false }
    }
}

/// Packs what was gathered. No secret is in the archive, and no address if they are masked.
pub fn pack(items: Vec<Item>, head: &Head, secrets: &Secrets) -> io::Result<Packed> {
    let mut archive = Archive::new(head.created);
    let mut addresses = head.no_addresses.then(Addresses::default);
    let mut left = MOST_OF_ALL;
    let mut clean = |text: &str, is_json| {
        let text = if is_json { secrets.masked_json(text) } else { secrets.masked(text) };
        addresses.as_mut().map_or_else(|| text.clone(), |addresses| addresses.masked(&text))
    };

    let mut files = Vec::new();
    for Item { file, about, content, is_log } in items {
        let is_json = Path::new(&file).extension().is_some_and(|it| it == "json");
        let content =
            content.map(|text| clean(&text, is_json)).map_err(|reason| clean(&reason, false));
        let mut listed = Listed { file, about, bytes: None, left_out: 0, missing: None };
        match content {
            Ok(text) => {
                let kept = kept(&text, MOST.min(left), is_log);
                left -= kept.len();
                archive.add(&format!("{FOLDER}/{}", listed.file), kept.as_bytes())?;
                (listed.bytes, listed.left_out) = (Some(kept.len()), text.len() - kept.len());
            }
            Err(reason) => listed.missing = Some(reason),
        }
        files.push(listed);
    }

    let manifest = Manifest::new(head, files);
    let json = serde_json::to_string_pretty(&manifest)?;
    archive.add(&format!("{FOLDER}/{MANIFEST}"), json.as_bytes())?;
    archive.add(&format!("{FOLDER}/{README}"), manifest.readme().as_bytes())?;

    Ok(Packed { bytes: archive.end()?, manifest })
}

/// Returns as much of `text` as there is room for, in whole lines if it has any.
fn kept(text: &str, most: usize, is_log: bool) -> &str {
    if text.len() <= most {
        return text;
    }

    if is_log {
        let kept = &text[text.ceil_char_boundary(text.len() - most)..];
        kept.split_once('\n').map_or(kept, |(_, lines)| lines)
    } else {
        let kept = &text[..text.floor_char_boundary(most)];
        kept.rfind('\n').map_or(kept, |end| &kept[..=end])
    }
}

impl Manifest {
    fn new(head: &Head, files: Vec<Listed>) -> Self {
        Self {
            format: FORMAT,
            version: head.version,
            created_unix: head.created,
            addresses: if head.no_addresses { "masked" } else { "shown" },
            files,
        }
    }

    /// Returns those that could not be had, with the reason.
    pub fn missing(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|it| Some((it.file.as_str(), it.missing.as_deref()?)))
    }

    /// Returns what a person who passes the archive on should know.
    pub fn privacy(&self) -> &'static str {
        if self.addresses == "masked" {
            "Addresses are replaced by numbers, the same number for the same address. Names of \
             hosts, devices and files are as they are."
        } else {
            "It names addresses of this host and of its peers, which are personal data: metrics \
             and log have them. `--no-addresses` replaces them by numbers."
        }
    }

    fn readme(&self) -> String {
        let mut text = format!(
            "What `packet-exporter doctor --bundle` gathered, version {}.\n\n{}\n\
             Passwords, headers and keys are not in it. config.txt has the values of variables as \
             PACKET_EXPORTER_* and OTEL_* that set the configuration, as far as they are not \
             secret; no other values of environment variables are in it.\n\n",
            self.version,
            self.privacy()
        );
        for Listed { file, about, bytes, left_out, missing } in &self.files {
            let end = match (bytes, missing) {
                (Some(_), _) if *left_out > 0 => format!(" ({left_out} bytes are left out)"),
                (_, Some(reason)) => format!(": not there, {reason}"),
                _ => String::new(),
            };
            // A string takes all that is written.
            let _written = writeln!(text, "{file}\n    {about}{end}");
        }

        text
    }
}
