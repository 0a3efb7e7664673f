use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;

const FOLD: &str = r#""fold":{"number":7,"time":"2026-01-02T03:04:05.000Z","elapsed_seconds":1.0}"#;
const HEALTH: &str =
    r#"{"ready":true,"reason":null,"folding":{"interval_seconds":1.0,"age_seconds":0.4}}"#;
const COUNTS: &str =
    r#""counts":{"packets":9,"packets_per_second":1500.0,"bytes_per_second":250000.0}"#;
const SMALL: &str = r#""counts":{"packets":9,"packets_per_second":2.5,"bytes_per_second":200.0}"#;
const NONE: &str = r#""counts":{"packets":9,"packets_per_second":0.0,"bytes_per_second":0.0}"#;

fn packets(items: &[(&str, &str)]) -> Vec<u8> {
    let items =
        items.iter().map(|(labels, counts)| format!(r#"{{"labels":{{{labels}}},{counts}}}"#));
    let items = items.collect::<Vec<_>>().join(",");

    format!(r#"{{{FOLD},"items":[{items}],"other":{{{SMALL}}}}}"#).into_bytes()
}

fn answers() -> Answers {
    Answers {
        flows: packets(&[
            (r#""device":"eth0","direction":"receive""#, COUNTS),
            (r#""device":"eth0","direction":"transmit""#, SMALL),
            (r#""device":"a\u001bb","direction":"receive""#, SMALL),
        ]),
        protocols: packets(&[(r#""protocol":"tcp""#, COUNTS), (r#""protocol":"udp""#, NONE)]),
        addresses: packets(&[
            (r#""source":"192.0.2.1""#, SMALL),
            (r#""source":"2001:db8::1""#, COUNTS),
        ]),
        ports: br#"{"type":"x","title":"y","status":400,"detail":"ports are switched off"}"#
            .to_vec(),
        health: HEALTH.into(),
    }
}

fn choice() -> Choice {
    Choice { device: None, direction: Direction::Received, order: Order::Packets }
}

fn state() -> State {
    let mut state = State::new("http://localhost:10199".into(), choice());
    state.take(Seen::read(&answers(), &choice()).unwrap());

    state
}

fn screen(state: &State, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(state, frame)).unwrap();

    terminal.backend().to_string()
}

fn press(state: &mut State, keys: &[KeyCode]) -> Reaction {
    let press = |key: &KeyCode| state.press(KeyEvent::new(*key, KeyModifiers::NONE));

    keys.iter().map(press).last().unwrap()
}

#[test]
fn eighty_columns_show_everything() {
    let screen = screen(&state(), 80, 24);

    for text in [
        "Live · fold 7 of 2026-01-02T03:04:05.000Z · http://localhost:10199",
        "all devices, received, by packets",
        "received 1.50 k/s, 2.00 Mbit/s",
        "sent 2.50/s, 1.60 kbit/s",
        "2001:db8::1        1.50 k/s  2.00 Mbit/s",
        "192.0.2.1",
        "ports are switched off",
        "tcp ",
        "other",
        r"a\u{1b}b",
        "q quit",
    ] {
        assert!(screen.contains(text), "{text}:\n{screen}");
    }
    assert!(!screen.contains("udp"), "nothing of it was counted:\n{screen}");
}

#[test]
fn no_size_and_no_state_panics() {
    let mut shown = state();
    shown.fail("cannot connect".into());
    press(&mut shown, &[KeyCode::Char('h')]);
    let empty = State::new(String::new(), choice());

    for (width, height) in [(1, 1), (2, 1), (39, 50), (40, 14), (80, 24), (80, 13), (500, 200)] {
        for state in [&shown, &empty, &state()] {
            screen(state, width, height);
        }
    }
    assert!(screen(&shown, 80, 24).contains("No answer"));
    assert!(screen(&shown, 80, 24).contains("cannot connect"));
    assert!(screen(&shown, 39, 24).contains("At least 40 columns"));
}

#[test]
fn arrows_go_through_devices_and_directions() {
    let mut state = state();

    let devices: Vec<_> = (0..4)
        .map(|_| {
            assert_eq!(press(&mut state, &[KeyCode::Down]), Reaction::Look);
            state.choice().device.clone()
        })
        .collect();
    let names = [r"a\u{1b}b", "eth0"].map(|name| Some(name.to_owned()));
    assert_eq!(devices, [names[0].clone(), names[1].clone(), None, names[0].clone()]);
    assert_eq!(press(&mut state, &[KeyCode::Up, KeyCode::Up]), Reaction::Look);
    assert_eq!(state.choice().device, names[1]);
    press(&mut state, &[KeyCode::Right, KeyCode::Char('b')]);
    let Choice { direction, order, .. } = state.choice();
    assert_eq!((*direction, *order), (Direction::Sent, Order::Bits));
    assert_eq!(press(&mut state, &[KeyCode::Char('q')]), Reaction::Quit);
}

#[test]
fn a_filter_leaves_out_what_it_does_not_fit() {
    let mut state = state();

    press(&mut state, &[KeyCode::Char('/'), KeyCode::Char('D'), KeyCode::Char('b')]);
    assert!(screen(&state, 80, 24).contains("/Db▏"));
    press(&mut state, &[KeyCode::Enter]);
    let filtered = screen(&state, 80, 24);
    press(&mut state, &[KeyCode::Esc]);

    assert!(filtered.contains("2001:db8::1") && !filtered.contains("192.0.2.1"), "{filtered}");
    assert!(screen(&state, 80, 24).contains("192.0.2.1"));
    // While a filter is typed, a `q` is a letter.
    assert_eq!(press(&mut state, &[KeyCode::Char('/'), KeyCode::Char('q')]), Reaction::Draw);
}

#[test]
fn a_table_has_a_word_in_each_column() {
    let seen = Seen::read(&answers(), &choice()).unwrap();

    let table = table(&seen, &choice());

    let rows: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 4), "{table}");
    assert_eq!(rows[0], ["what", "name", "packets_per_second", "bits_per_second"]);
    assert_eq!(rows[1], ["total", "received", "1502.5", "2001600.0"]);
    assert!(rows.contains(&vec!["device-sent", r"a\u{1b}b", "-", "-"]), "{table}");
    assert!(rows.contains(&vec!["source", "2001:db8::1", "1500.0", "2000000.0"]), "{table}");
    assert!(!table.contains("port "), "{table}");
}

#[test]
fn a_problem_has_a_sentence_and_nothing_else_has() {
    let body = br#"{"type":"a","title":"b","status":404,"detail":"`a\u001b` is not counted now"}"#;

    assert_eq!(problem(body).as_deref(), Some(r"`a\u{1b}` is not counted now"));
    for body in [&b""[..], b"Not Found\n", b"{}", b"[1]"] {
        assert_eq!(problem(body), None);
    }
}

#[test]
fn what_is_no_answer_is_refused() {
    for body in ["", "{}", "[]", "<html>", r#"{"fold":null,"items":[]}"#] {
        let answers = Answers { protocols: body.into(), ..answers() };
        let error = Seen::read(&answers, &choice()).unwrap_err();
        assert!(error.to_string().contains("not one of packet-exporter"), "{error}");
    }
}
