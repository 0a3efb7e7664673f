//! Passwords that are guessed.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;

/// A web configuration with one user.
pub(super) fn users(name: &str, password: &str, cost: u32) -> String {
    let hash = bcrypt::hash_with_salt(password, cost, [7; 16]).unwrap();

    format!("basic_auth_users:\n  {name}: {hash}\n")
}

pub(super) fn authorization(credentials: &str) -> String {
    format!("authorization: Basic {}\r\n", STANDARD.encode(credentials))
}

#[tokio::test]
async fn a_right_login_is_answered_while_guesses_hang_up() {
    let folder = Folder::new(&users("alice", "secret", 8));
    let server = Running::with_web(&folder.web());
    let right = authorization("alice:secret");

    for number in 0..50 {
        let guess = authorization(&format!("alice:{number}"));
        let head = format!("GET /metrics HTTP/1.1\r\nhost: test\r\n{guess}\r\n");
        let mut stream = server.connect().await;
        let _ = stream.write_all(head.as_bytes()).await;
    }
    // Some guesses may still be in the queue.
    let login = async { while server.ask("GET /metrics", &right).await.status() != "200" {} };

    timeout(DEADLINE, login).await.expect("a right login is never answered");
}
