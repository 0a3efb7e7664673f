//! The command line as shells and pagers see it. Nothing here needs root.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;
use tests::service::command;

fn printed(arguments: &[&str]) -> String {
    let output = command(arguments).output().expect("the service can be run");
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));

    text(&output.stdout)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns what a program makes of a file, if this machine has the program.
fn read_by(program: &[&str], file: &str, content: &str) -> Option<Output> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(file);
    fs::write(&path, content).unwrap();
    let output = Command::new(program[0]).args(&program[1..]).arg(&path).output();

    output.ok().or_else(|| {
        println!("not checked: there is no {}", program[0]);
        None
    })
}

#[test]
fn a_script_is_one_of_its_shell() {
    let shells: [(&str, &[&str]); 3] =
        [("bash", &["bash", "-n"]), ("zsh", &["zsh", "-n"]), ("fish", &["fish", "--no-execute"])];

    for (shell, check) in shells {
        let script = printed(&["completions", shell]);

        let Some(output) = read_by(check, "script", &script) else { continue };
        assert!(output.status.success(), "{shell}: {}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "", "{shell}");
    }
}

/// Returns what bash offers behind a command line whose last word is not finished.
fn completed(line: &str) -> Vec<String> {
    const COMPLETE: &str = r#"
        source "$1"
        COMP_WORDS=($2)
        [[ "$2" == *" " ]] && COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        run=$(complete -p packet-exporter | sed 's/.*-F \([^ ]*\).*/\1/')
        # `compopt` is for a completion that readline asked for.
        compopt() { :; }
        "$run" packet-exporter "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let folder = TempDir::new().unwrap();
    let script = folder.path().join("script");
    fs::write(&script, printed(&["completions", "bash"])).unwrap();
    let bash = Command::new("bash").args(["-c", COMPLETE, "bash"]).arg(&script).arg(line).output();
    let output = bash.expect("there is a bash");
    assert_eq!(text(&output.stderr), "", "{line}");

    text(&output.stdout).lines().map(ToOwned::to_owned).collect()
}

#[test]
fn bash_completes_commands_flags_and_values() {
    let cases: [(&str, &[&str]); 5] = [
        ("packet-exporter doc", &["doctor"]),
        ("packet-exporter --devices.ex", &["--devices.exclude"]),
        ("packet-exporter doctor --bun", &["--bundle"]),
        ("packet-exporter --log.level ", &["error", "warn", "info", "debug"]),
        ("packet-exporter completions z", &["zsh"]),
    ];

    for (line, expected) in cases {
        assert_eq!(completed(line), expected, "{line}");
    }
}

#[test]
fn a_manual_page_is_one_without_warnings() {
    let checks: [&[&str]; 2] =
        [&["groff", "-man", "-Tutf8", "-ww", "-z"], &["mandoc", "-Tlint", "-Wwarning"]];
    let mut checked = 0;

    for page in ["", "run", "inspect", "doctor", "completions", "man"] {
        let arguments: &[&str] = if page.is_empty() { &["man"] } else { &["man", page] };
        let roff = printed(arguments);

        for check in checks {
            let Some(output) = read_by(check, "page.1", &roff) else { continue };
            let found = text(&output.stderr) + &text(&output.stdout);
            assert!(output.status.success() && found.is_empty(), "{page:?}: {found}");
            checked += 1;
        }
    }

    if checked == 0 {
        println!("SKIPPED a_manual_page_is_one_without_warnings: neither groff nor mandoc is here");
    }
}

#[test]
fn what_is_wrong_is_one_line_with_the_way_to_help() {
    let output = command(&["inspect", "--tpo", "3", "a.pcap"]).output().unwrap();

    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "packet-exporter: unexpected argument '--tpo'; did you mean '--top'? \
         see `packet-exporter inspect -h`\n"
    );
}
