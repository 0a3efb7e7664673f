//! Documents say what is there.

mod documents {
    mod suites;
}

use std::collections::BTreeSet;
use std::path::Path;

use tests::sources::{TextFile, root, rust_files, text_files};

/// Folders of machines on which the project happens to be.
const OF_MACHINES: [&str; 3] =
    [concat!("/", "work/"), concat!("/", "root/"), concat!("/", "home/")];
/// What a newcomer needs: to see it run, and to see that it works.
const COMMANDS: [&str; 2] = ["cargo xtask run", "cargo xtask test"];

#[test]
fn files_that_documents_name_are_there() {
    let mut missing = Vec::new();

    for TextFile { path, text } in documents() {
        let folder = root().join(&path).parent().unwrap().to_owned();
        for link in links(&text) {
            if !folder.join(link).exists() {
                missing.push(format!("{path} links to {link}"));
            }
        }
        for name in names(&text) {
            if !root().join(name).exists() {
                missing.push(format!("{path} names {name}"));
            }
        }
    }

    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn the_readme_begins_with_commands_that_exist() {
    let readme = read("README.md");
    let program = read("xtask/src/main.rs");
    let known: BTreeSet<&str> = commands_of(&program).collect();

    let named: BTreeSet<&str> = readme
        .split("cargo xtask ")
        .skip(1)
        .filter_map(|rest| rest.split(|it: char| !it.is_ascii_alphanumeric()).next())
        .filter(|name| !name.is_empty())
        .collect();

    for command in COMMANDS {
        assert!(readme.contains(command), "the readme does not name `{command}`");
    }
    assert!(named.is_subset(&known), "{named:?} are named, {known:?} are there");
}

#[test]
fn nothing_names_a_folder_of_somebodys_machine() {
    let mut strays = Vec::new();

    for TextFile { path, text } in text_files() {
        for (number, line) in (1..).zip(text.lines()) {
            if OF_MACHINES.iter().any(|folder| line.contains(folder)) {
                strays.push(format!("{path}:{number}: {line}"));
            }
        }
    }

    assert!(strays.is_empty(), "\n{}", strays.join("\n"));
}

#[test]
fn who_ignores_a_test_says_how_to_run_it() {
    let mut strays = Vec::new();
    let mut ignored = 0;

    for TextFile { path, text } in
        rust_files(&["exporter", "exporter-ebpf", "shared", "tests", "xtask"])
    {
        let lines = (1..).zip(text.lines()).map(|(number, line)| (number, line.trim()));
        for (number, line) in lines.filter(|(_, line)| line.starts_with("#[ignore")) {
            ignored += 1;
            if !line.contains("`cargo ") {
                strays.push(format!("{path}:{number}: {line}"));
            }
        }
    }

    assert!(strays.is_empty(), "\n{}", strays.join("\n"));
    assert!(ignored > 0, "no test is ignored");
}

#[test]
fn each_test_that_may_be_skipped_is_there() {
    let list = read("tests/optional.txt");
    let sources: String =
        rust_files(&["tests/tests"]).into_iter().map(|TextFile { text, .. }| text).collect();

    let tests: Vec<_> = list.lines().filter(|line| line.starts_with(' ')).map(str::trim).collect();
    let missing: Vec<_> =
        tests.iter().filter(|test| !sources.contains(&format!("fn {test}("))).collect();

    assert!(!tests.is_empty());
    assert!(missing.is_empty(), "tests/optional.txt names {missing:?}");
}

#[test]
fn each_test_that_guards_a_promise_is_there() {
    let promises = read("docs/promises.md");
    let mut missing = Vec::new();
    let mut named = 0;

    // A file, and tests in it, all as code.
    for line in promises.lines().filter(|line| line.starts_with("- `")) {
        let mut code = line.split('`').skip(1).step_by(2);
        let source = code.next().map(read).unwrap_or_default();
        for test in code {
            named += 1;
            if !source.contains(&format!("fn {test}(")) {
                missing.push(format!("{test} is not where this says: {line}"));
            }
        }
    }

    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
    assert!(named > 0, "no test guards a promise");
}

/// Before the commands in xtask's help.
const HELP_FROM: &str = "cargo xtask COMMAND";

fn commands_of(program: &str) -> impl Iterator<Item = &str> {
    let (_, help) = program.split_once(HELP_FROM).unwrap();
    let help = help.split("\";").next().unwrap();

    help.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
}

fn documents() -> Vec<TextFile> {
    let is_document = |path: &str| Path::new(path).extension().is_some_and(|it| it == "md");
    let documents = text_files().into_iter().filter(|file| is_document(&file.path));

    documents.collect()
}

/// Where the links of a document go within the project.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ', '#']).next());

    targets.filter(|target| !target.is_empty() && !target.contains(':'))
}

/// What is written as code and begins with a file or a folder of the project.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split('`').skip(1).step_by(2);
    let is_path = |name: &&str| {
        let allowed = |it: char| it.is_ascii_alphanumeric() || matches!(it, '/' | '.' | '-' | '_');
        let first = name.split('/').next().unwrap_or_default();
        name.contains('/')
            && name.chars().all(allowed)
            && first != "target"
            && !first.is_empty()
            && root().join(first).exists()
    };

    code.flat_map(str::split_whitespace).filter(is_path)
}

fn read(path: &str) -> String {
    let file = text_files().into_iter().find(|file| file.path == path);

    file.unwrap_or_else(|| panic!("there is no {path}")).text
}
