//! Each alert has a runbook, and each runbook an alert.

use super::*;

/// What an operator looks for, in this order.
const SECTIONS: [&str; 6] = [
    "## What it means",
    "## What to look at",
    "## Query",
    "## What to do",
    "## When it lies",
    "## The harmless look-alike",
];
/// Documents with queries.
const DOCUMENTS: [&str; 2] = ["docs/first-five-minutes.md", "docs/signals.md"];

fn root() -> &'static Path {
    folder().parent().unwrap()
}

fn runbook(Alert { name, .. }: &Alert) -> String {
    fs::read_to_string(root().join(format!("docs/runbooks/{name}.md"))).unwrap()
}

/// Returns each block of queries of a document.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    text.split("```promql\n").skip(1).filter_map(|rest| rest.split("```").next())
}

/// Returns when an alert fires, in words.
fn fires(hold: &str) -> String {
    match hold.trim_end_matches(['m', 's']) {
        "0" => "Fires at once.".to_owned(),
        "1" => "Fires after 1 minute.".to_owned(),
        minutes => format!("Fires after {minutes} minutes."),
    }
}

#[test]
fn each_alert_has_a_runbook_and_each_runbook_an_alert() {
    let mut there: BTreeSet<String> = BTreeSet::new();
    for file in fs::read_dir(root().join("docs/runbooks")).unwrap() {
        there.insert(file.unwrap().file_name().into_string().unwrap());
    }

    let wanted = alerts().map(|alert| format!("{}.md", alert.name)).collect();

    assert_eq!(there, wanted);
}

#[test]
fn each_runbook_answers_the_same_questions() {
    for alert in alerts() {
        let Alert { name, severity, .. } = alert;
        let text = runbook(alert);
        let places: Vec<_> = SECTIONS.iter().map(|section| text.find(section)).collect();

        assert!(text.starts_with(&format!("# {name}\n")), "{name}");
        let fires = fires(alert.hold);
        assert!(text.contains(&format!("Severity: {}. {fires}\n", severity.label())), "{name}");
        assert!(places.iter().all(Option::is_some), "{name}: {places:?}");
        assert!(places.is_sorted(), "{name}: {places:?}");
        assert!(text.contains("```promql\n"), "{name}");
    }
}

#[test]
fn each_runbook_has_the_query_of_its_alert() {
    for alert in alerts() {
        let query = alert.query.replace("$where", r#"device="eth0""#).replace("{$exporter}", "");
        let text = runbook(alert);
        let mut lines = blocks(&text).flat_map(str::lines);

        assert!(lines.any(|line| line.contains(&query)), "{} lacks {query}", alert.name);
    }
}

#[test]
fn each_runbook_has_the_commands_of_its_alert() {
    let mut commands = 0;

    for alert in alerts() {
        let (Top::BusiestSource(culprit) | Top::BusiestDestination(culprit)) = alert.top else {
            continue;
        };
        let text = runbook(alert).split_whitespace().collect::<Vec<_>>().join(" ");
        for command in culprit.look.split("; ") {
            let command = format!("`{}`", command.replace("{{ $labels.device }}", "eth0"));
            assert!(text.contains(&command), "{} lacks {command}", alert.name);
            commands += 1;
        }
    }

    assert!(commands > 5, "{commands}");
}

#[test]
fn queries_in_documents_name_what_is_there() {
    let runbooks = alerts().map(|alert| format!("docs/runbooks/{}.md", alert.name));

    for path in runbooks.chain(DOCUMENTS.map(str::to_owned)) {
        let text = fs::read_to_string(root().join(&path)).unwrap();
        for block in blocks(&text) {
            assert_eq!(names::wrong(block), [""; 0], "{path}: {block}");
        }
    }
}

#[test]
fn the_page_of_alerts_lists_each_as_it_is() {
    let page = fs::read_to_string(root().join("docs/alerts.md")).unwrap();
    let rows: BTreeSet<_> = page.lines().filter(|line| line.starts_with("| [Packet")).collect();

    let wanted: Vec<_> = alerts()
        .map(|Alert { name, severity, summary, .. }| {
            format!("| [{name}](runbooks/{name}.md) | {} | {summary} |", severity.label())
        })
        .collect();

    assert_eq!(rows, wanted.iter().map(String::as_str).collect());
}
