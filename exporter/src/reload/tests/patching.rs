//! Changes through the API.

use super::*;
use crate::config::{Changed, Patch, Patched, Unpatched, Wanted};

fn wanted(patch: &str) -> Wanted {
    let patch = Patch::parse(patch.as_bytes()).unwrap();

    Wanted { patch, dry_run: false, if_match: None, by: "token `test` at 127.0.0.1".into() }
}

async fn patch(house: &House, wanted: Wanted) -> Result<Patched, Unpatched> {
    let trigger = house.trigger.clone();
    let patched = spawn_blocking(move || trigger.patch(wanted)).await;

    patched.unwrap()
}

fn keys(patched: &Patched) -> (Vec<String>, Vec<String>) {
    let keys = |all: &'_ [Changed]| -> Vec<_> { all.iter().map(|it| it.key.clone()).collect() };

    (keys(&patched.live), keys(&patched.waiting))
}

/// A house whose changes are kept in a file of its folder.
fn keeping() -> (TempDir, House) {
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("state.json");
    let house = House::with(&format!("[api]\nstate_file = '{}'\n", state.display()));

    (folder, house)
}

#[tokio::test]
async fn a_change_is_applied_and_survives_a_reload_until_it_is_given_back() {
    let house = House::with("[sources]\nlimit = 7\n");

    let set =
        patch(&house, wanted(r#"{"sources": {"limit": 8}, "log": {"format": "json"}}"#)).await;
    let set = set.unwrap();
    let limit = || house.config.borrow().sources.limit;
    assert_eq!(keys(&set), (vec!["sources.limit".into()], vec!["log.format".into()]));
    assert_eq!((limit(), set.is_kept), (8, false));
    house.try_text("[sources]\nlimit = 9\n").await.unwrap();
    assert_eq!(limit(), 8);
    let back =
        patch(&house, wanted(r#"{"sources": null, "log": {"format": null}}"#)).await.unwrap();

    assert_eq!((keys(&back), limit()), ((vec!["sources.limit".into()], vec![]), 9));
    assert_eq!(back.live[0].to_string().split(" (").next(), Some("sources.limit = 9"));
    assert_eq!(back.live[0].was, "8");
    house.end().await;
}

#[tokio::test]
async fn a_change_that_is_refused_changes_nothing() {
    let house = House::with("[sources]\nlimit = 7\n");
    let patches = [
        (r#"{"sources": {"limit": 8, "idle": "soon"}}"#, "`sources.idle`"),
        (r#"{"sources": {"limit": 99999999}}"#, "`sources.limit` must be"),
        (r#"{"signals": {"window": "1s"}, "datapath": {"interval": "2s"}}"#, "`signals.window`"),
        (r#"{"sources": {"limit": 8, "limt": 8}}"#, "`sources.limt` is no key"),
        (
            r#"{"sources": {"limit": 8}, "otlp": {"headers_file": "/etc/shadow"}}"#,
            "`otlp.headers_file` can be changed in the file",
        ),
    ];

    for (text, reason) in patches {
        let error = patch(&house, wanted(text)).await.unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }

    assert_eq!(house.config.borrow().sources.limit, 7);
    house.end().await;
}

#[tokio::test]
async fn a_dry_run_tells_and_a_stale_tag_stops() {
    let house = House::with("");
    let dry = Wanted { dry_run: true, ..wanted(r#"{"sources": {"limit": 8}}"#) };
    let told = patch(&house, dry).await.unwrap();
    assert_eq!(
        (keys(&told).0, house.config.borrow().sources.limit),
        (vec!["sources.limit".into()], 100)
    );

    let with = |tag: &str| Wanted {
        if_match: Some(vec!["other".into(), tag.into()]),
        ..wanted(r#"{"sources": {"limit": 9}}"#)
    };
    let fresh = patch(&house, with(&told.tag)).await.unwrap();
    let stale = patch(&house, with(&told.tag)).await.unwrap_err();

    assert_ne!(fresh.tag, told.tag);
    assert!(matches!(&stale, Unpatched::Stale { tag } if *tag == fresh.tag), "{stale}");
    house.end().await;
}

#[tokio::test]
async fn what_is_kept_is_there_at_the_next_start() {
    let (folder, house) = keeping();
    let patched = patch(&house, wanted(r#"{"sources": {"limit": 8}}"#)).await.unwrap();

    assert!(patched.is_kept);
    let state = fs::read_to_string(folder.path().join("state.json")).unwrap();
    assert_eq!(state, "{\n  \"sources\": {\n    \"limit\": 8\n  }\n}\n");
    let next = InForce::read(&inputs(&house.path(), &["--sources.limit=5"])).unwrap();
    assert_eq!((next.loaded.config.sources.limit, next.loaded.problems.len()), (8, 0));
    house.end().await;
}

#[tokio::test]
async fn a_change_that_cannot_be_kept_is_refused() {
    let (folder, house) = keeping();
    drop(folder);

    let error = patch(&house, wanted(r#"{"sources": {"limit": 8}}"#)).await.unwrap_err();

    assert!(matches!(error, Unpatched::NotKept(_)), "{error}");
    assert_eq!(house.config.borrow().sources.limit, 100);
    house.end().await;
}

#[tokio::test]
async fn a_state_that_cannot_be_used_is_left_out_with_a_problem() {
    let (folder, house) = keeping();
    let broken = [
        "",
        "{",
        "[]",
        r#"{"sources": {"limit": 99999999}}"#,
        r#"{"gone": {"key": 1}}"#,
        r#"{"otlp": {"endpoints": ["http://evil"]}}"#,
    ];

    for text in broken {
        fs::write(folder.path().join("state.json"), text).unwrap();
        let in_force = InForce::read(&inputs(&house.path(), &[])).unwrap();
        let problems: Vec<_> = in_force.loaded.problems.iter().map(ToString::to_string).collect();
        assert_eq!(in_force.loaded.config.sources.limit, 100, "{text}");
        assert_eq!(problems.len(), 1, "{text}");
        assert!(
            problems[0].contains("is ignored, and with it all that was changed"),
            "{problems:?}"
        );
    }
    house.end().await;
}
