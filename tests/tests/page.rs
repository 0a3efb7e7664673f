//! The exporter's own pages in a browser, and the same in a terminal.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tests::cable::{Cable, Namespace};
use tests::patience::wait_for;
use tests::running::Running;
use tests::service::{PORT, Service, command};
use tests::sources::root;
use tests::tools::tool;

/// Looks at the pages: three pages, two colour schemes, three widths.
const PICTURES: usize = 18;
/// Between a number and its unit.
const NARROW: char = '\u{202f}';
const PREFIXES: [(char, f64); 4] = [('k', 1e3), ('M', 1e6), ('G', 1e9), ('T', 1e12)];

/// Returns what `look.mjs` reports; the pictures go to a folder of the test.
fn looks(test: &str, namespace: &Namespace, what: &str) -> Option<Vec<Value>> {
    looks_with(test, namespace, what, "")
}

/// The same with a token.
fn looks_with(test: &str, namespace: &Namespace, what: &str, token: &str) -> Option<Vec<Value>> {
    let browser = tool(test, "PACKET_EXPORTER_BROWSER")?;
    let modules = tool(test, "PACKET_EXPORTER_BROWSING")?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page");
    fs::create_dir_all(&folder).unwrap();
    println!("pictures: {}", folder.display());

    let mut command = browse(namespace, what, [&modules, &browser, &folder]);
    let output = command.env("TOKEN", token).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");

    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

fn browse(namespace: &Namespace, what: &str, places: [&PathBuf; 3]) -> Command {
    let mut command = namespace.command("node");
    command.arg(root().join("tests/page/look.mjs")).args(places);
    command.arg(format!("http://127.0.0.1:{PORT}")).arg(what);

    command
}

/// Counts on the cable, with traffic of two families in both directions.
fn counting(cable: &Cable) -> (Service<'_>, Vec<Running>) {
    let service = Service::start(&cable.here, &["--devices.include", Cable::DEVICE]);
    let senders = Cable::HERE.map(|address| {
        Running::start(cable.there.command("ping").args(["-q", "-i", "0.02", address]))
    });

    (service, senders.into())
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite api`"]
fn every_page_can_be_used_at_every_width_by_everybody() {
    let test = "every_page_can_be_used_at_every_width_by_everybody";
    let cable = Cable::lay("page-used");
    cable.plug_in();
    let (_service, _senders) = counting(&cable);
    let Some(looks) = looks(test, &cable.here, "use") else { return };

    let (keyboard, pictures): (Vec<_>, Vec<_>) =
        looks.iter().partition(|look| look["look"] == "keyboard");
    assert_eq!((keyboard.len(), pictures.len()), (1, PICTURES));
    for look in &looks {
        for strays in ["violations", "errors", "foreign"] {
            let none = look[strays].as_array().is_none_or(Vec::is_empty);
            assert!(none, "{} {}: {strays}: {:#}", look["look"], look["width"], look[strays]);
        }
    }
    for look in &pictures {
        assert_eq!(look["overflow"], 0, "{} {}", look["look"], look["width"]);
    }
    let [keyboard] = &keyboard[..] else { panic!("{keyboard:?}") };
    for name in ["device", "direction", "order", "minutes", "pause", "theme"] {
        let focused = keyboard["focused"].as_array().unwrap();
        assert!(focused.iter().any(|it| it == name), "{name} cannot be reached: {focused:?}");
    }
    assert_eq!(keyboard["theme"], "dark");
    assert_eq!(keyboard["device"], Cable::DEVICE);
    let address = "#device=veth0&direction=transmit&order=packets&minutes=1";
    assert_eq!(keyboard["hash"], address);
    let readout = keyboard["readout"].as_str().unwrap();
    assert!(readout.contains("received ") && readout.contains("sent "), "{readout}");
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite api`"]
fn the_page_shows_what_the_api_answers_at_the_same_fold() {
    let test = "the_page_shows_what_the_api_answers_at_the_same_fold";
    let cable = Cable::lay("page-numbers");
    cable.plug_in();
    let (_service, _senders) = counting(&cable);
    let Some(looks) = looks(test, &cable.here, "numbers") else { return };

    let [look] = &looks[..] else { panic!("{looks:?}") };
    assert_eq!(look["whilePaused"], 0, "it goes on asking while it is paused");
    let shown = &look["shown"];
    let fold = shown["state"].as_str().unwrap().split_once("fold ").unwrap().1;
    let fold: u64 = fold.split(' ').next().unwrap().parse().unwrap();
    let answer = |by: &str| {
        let is_it = |it: &&Value| {
            let by = format!("by={by}&");
            let search = it["search"].as_str().unwrap().replace("%2C", ",") + "&";
            search.contains(&by) && it["json"]["fold"]["number"] == fold
        };
        let answers = look["answers"].as_array().unwrap();
        let found = answers.iter().rfind(is_it);
        &found.unwrap_or_else(|| panic!("no answer by {by} of fold {fold}"))["json"]
    };

    let flows = &answer("device,direction")["items"];
    for (place, direction) in ["receive", "transmit"].into_iter().enumerate() {
        let of = |item: &&Value| item["labels"]["direction"] == direction;
        let counts = &flows.as_array().unwrap().iter().find(of).unwrap()["counts"];
        assert_shown(&shown["packets"][place], &counts["packets_per_second"], 1.0);
        assert_shown(&shown["bits"][place], &counts["bytes_per_second"], 8.0);
    }
    for (card, by, label) in
        [("protocols", "protocol", "protocol"), ("addresses", "source", "source")]
    {
        let items = answer(by)["items"].as_array().unwrap();
        let moving = items.iter().filter(|it| it["counts"]["packets_per_second"] != 0.0);
        let rows = shown[card].as_array().unwrap();
        assert!(rows.len() >= 2, "{card}: {rows:?}");
        assert_eq!(rows.len(), moving.clone().count(), "{card}: {rows:?}");
        for (row, item) in rows.iter().zip(moving) {
            assert_eq!(row[0], item["labels"][label], "{card}");
            assert_shown(&row[1], &item["counts"]["packets_per_second"], 1.0);
            assert_shown(&row[2], &item["counts"]["bytes_per_second"], 8.0);
        }
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite api`"]
fn sampled_packets_are_shown_for_a_token_that_is_kept_nowhere() {
    let test = "sampled_packets_are_shown_for_a_token_that_is_kept_nowhere";
    let cable = Cable::lay("page-packets");
    cable.plug_in();
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens.toml");
    let arguments = ["token", "new", "--name", "tester", "--scope", "inspect"];
    let printed = String::from_utf8(command(&arguments).output().unwrap().stdout).unwrap();
    let (token, entry) = printed.split_once('\n').unwrap();
    fs::write(&tokens, entry).unwrap();
    let tokens = tokens.display().to_string();
    let sampling = ["--samples.enabled", "true", "--samples.one-in", "1"];
    let own = ["--devices.include", Cable::DEVICE, "--api.token-file", &tokens];
    let _service = Service::start(&cable.here, &[own, sampling].concat());
    let _sender =
        Running::start(cable.there.command("ping").args(["-q", "-i", "0.1", Cable::HERE[0]]));

    let Some(looks) = looks_with(test, &cable.here, "packets", token) else { return };

    assert_eq!(looks.len(), 3);
    for look in &looks {
        let width = &look["width"];
        for strays in ["violations", "errors", "foreign"] {
            let none = look[strays].as_array().is_some_and(Vec::is_empty);
            assert!(none, "{width}: {strays}: {:#}", look[strays]);
        }
        assert_eq!((&look["overflow"], &look["left"]), (&0.into(), &0.into()), "{width}");
        let shown = &look["shown"];
        let headers = shown["headers"].as_array().unwrap();
        assert_eq!(headers[0], "Ethernet", "{shown}");
        assert!(shown["dump"].as_str().unwrap().starts_with("0000  "), "{shown}");
        let series = shown["series"].to_string();
        assert!(series.contains("packet_receive_packets_total{device="), "{series}");
        assert!(!look["kept"].to_string().contains("pxt_"), "{}", look["kept"]);
        assert!(!look["requests"].to_string().contains("pxt_"), "{}", look["requests"]);
    }
}

/// A terminal of its own, which ends when it is dropped.
struct Terminal<'a> {
    namespace: &'a Namespace,
    name: String,
}

impl<'a> Terminal<'a> {
    fn start(namespace: &'a Namespace, name: &str, program: &str) -> Self {
        let terminal = Self { namespace, name: format!("{name}-{}", std::process::id()) };
        terminal.tmux(&["new-session", "-d", "-x", "80", "-y", "24", program]);

        terminal
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        self.namespace.run("tmux", &[&["-L", &self.name], arguments].concat())
    }

    fn press(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    #[track_caller]
    fn wait_for(&self, text: &str) -> String {
        wait_for(text, || {
            let screen = self.tmux(&["capture-pane", "-p"]);
            if screen.contains(text) { Ok(screen) } else { Err(screen) }
        })
    }
}

impl Drop for Terminal<'_> {
    fn drop(&mut self) {
        let _ended =
            self.namespace.command("tmux").args(["-L", &self.name, "kill-server"]).output();
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test --suite api`"]
fn top_is_used_by_its_keys_in_a_terminal_of_80_columns() {
    let cable = Cable::lay("page-terminal");
    cable.plug_in();
    let (service, _senders) = counting(&cable);
    let program = format!("{} top", tests::tools::service().display());

    let terminal = Terminal::start(&cable.here, "top", &program);
    let first = terminal.wait_for("icmpv6");
    terminal.press("Right");
    let sent = terminal.wait_for("all devices, sent, by packets");
    terminal.press("Down");
    terminal.wait_for("veth0, sent, by packets");
    terminal.press("b");
    terminal.wait_for("veth0, sent, by bits");
    terminal.press("/");
    terminal.press("6");
    terminal.press("Enter");
    let filtered = terminal.wait_for("only names with “6”");
    terminal.press("h");
    terminal.wait_for("list only names with a text");
    drop(service);
    let away = terminal.wait_for("No answer");
    terminal.press("q");

    assert!(first.lines().next().unwrap().starts_with("Live · fold "), "{first}");
    assert!(first.contains(" Sources ") && sent.contains(" Destinations "), "{first}{sent}");
    assert!(filtered.contains("icmpv6") && !filtered.contains("icmp "), "{filtered}");
    assert!(away.contains("cannot be read"), "{away}");
    wait_for("the end of the terminal", || {
        let list = cable.here.command("tmux").args(["-L", &terminal.name, "ls"]).output().unwrap();
        if list.status.success() { Err(format!("{list:?}")) } else { Ok(()) }
    });
}

/// A text for people has three digits of the number.
#[track_caller]
fn assert_shown(text: &Value, number: &Value, times: f64) {
    let number = number.as_f64().unwrap() * times;
    let shown = read(text.as_str().unwrap());

    assert!((shown - number).abs() <= number * 0.006, "{text} for {number}");
}

/// Reads `1.23 kbit/s` and `12.3/s`.
fn read(text: &str) -> f64 {
    let text = text.trim_end_matches("/s").trim_end_matches("bit");
    let (digits, prefix) = text.split_once(NARROW).unwrap_or((text, ""));
    let power = PREFIXES.iter().find(|(name, _)| prefix.starts_with(*name)).map_or(1.0, |it| it.1);

    digits.parse::<f64>().unwrap() * power
}
