//! Files on a mount that does not answer: a named pipe without a writer is one.

use std::fs;
use std::process::Command;
use std::time::Instant;

use super::logins::{authorization, users};
use super::tls::{Authority, PLAIN, client};
use super::*;

/// A file whose reader hangs until it is released.
struct Hanging<'a> {
    folder: &'a Folder,
    name: &'a str,
}

impl<'a> Hanging<'a> {
    /// Replaces a file.
    fn in_place_of(folder: &'a Folder, name: &'a str) -> Self {
        let hanging = Self { folder, name };
        let made = Command::new("mkfifo").arg(hanging.path("pipe")).status().unwrap();
        assert!(made.success(), "{made}");
        fs::hard_link(hanging.path("pipe"), hanging.path("link")).unwrap();
        fs::rename(hanging.path("link"), hanging.path(name)).unwrap();

        hanging
    }

    /// Puts a file there again, and lets go of the reader of the pipe.
    fn end(self, text: &str) {
        self.folder.write("new", text);
        fs::rename(self.path("new"), self.path(self.name)).unwrap();
        fs::write(self.path("pipe"), "").unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.web().with_file_name(name)
    }
}

#[tokio::test]
async fn while_the_web_configuration_hangs_the_last_one_stays_in_force() {
    let folder = Folder::new(&users("alice", "old", 4));
    let server = Running::with_web(&folder.web());
    let (old, new) = (authorization("alice:old"), authorization("alice:new"));
    assert_eq!(server.ask("GET /metrics", &old).await.status(), "200");

    let hanging = Hanging::in_place_of(&folder, "web.yml");
    let begun = Instant::now();
    assert_eq!(server.ask("GET /metrics", &old).await.status(), "200");
    assert!(begun.elapsed() < Duration::from_secs(5), "a scrape took {:?}", begun.elapsed());
    for _ in 0..3 {
        assert_eq!(server.ask("GET /metrics", &old).await.status(), "200");
        assert_eq!(server.ask("GET /-/healthy", "").await.status(), "401");
    }

    hanging.end(&users("alice", "new", 4));
    let begun = Instant::now();
    while server.ask("GET /metrics", &new).await.status() != "200" {
        assert!(begun.elapsed() < DEADLINE, "the new file is not read");
    }
    assert_eq!(server.ask("GET /metrics", &old).await.status(), "401");
}

#[tokio::test]
async fn while_a_certificate_hangs_the_last_one_is_shown() {
    for name in ["server.crt", "server.key"] {
        let authority = Authority::new();
        let folder = tls::folder(&authority, PLAIN);
        let server = Running::with_web(&folder.web());

        let hanging = Hanging::in_place_of(&folder, name);
        for _ in 0..3 {
            let answer = server.ask_as(client(&authority, None)).await.unwrap();
            assert_eq!(answer.status(), "200", "{name}");
        }

        hanging.end("");
    }
}
