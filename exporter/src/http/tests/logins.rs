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

#[tokio::test]
async fn more_guesses_than_fit_into_the_queue_are_told_to_come_back() {
    let folder = Folder::new(&users("alice", "secret", 10));
    let server = Running::with_web(&folder.web());

    let mut guesses = JoinSet::new();
    for number in 0..40 {
        let mut stream = server.connect().await;
        let guess = authorization(&format!("alice:{number}"));
        guesses.spawn(async move { ask(&mut stream, "GET /metrics", &guess).await });
    }
    let answers = guesses.join_all().await;

    let count = |status| answers.iter().filter(|answer| answer.status() == status).count();
    assert_eq!(count("401") + count("503"), 40);
    assert!(count("503") > 0, "all of them waited");
    for answer in answers.iter().filter(|answer| answer.status() == "503") {
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    server.has_refused(&[(HttpRefusal::Login, 40)]).await;
}
