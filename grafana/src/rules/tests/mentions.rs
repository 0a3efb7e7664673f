//! Which metrics, records and labels a text in PromQL names.

/// A metric or record, with the labels that are compared or kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) name: String,
    pub(super) matchers: Vec<(String, String)>,
}

/// Begins a name of a metric of the exporter; a record has a `:` in its name.
const BEGINNINGS: [&str; 2] = ["packet_", "process_"];

/// Returns what a text names, in order.
pub(super) fn mentions(text: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(begin) = rest.find(is_of_name) {
        let from = &rest[begin..];
        let end = from.find(|it| !is_of_name(it)).unwrap_or(from.len());
        let (name, after) = from.split_at(end);
        rest = after;
        let is_metric = BEGINNINGS.iter().any(|it| name.starts_with(it)) && !name.ends_with('_');
        let is_record = name.contains(':') && name.contains("packet_");
        if is_metric || is_record {
            let matchers = after.strip_prefix('{').map(matchers).unwrap_or_default();
            found.push(Mention { name: name.to_owned(), matchers });
        }
    }

    found
}

/// Returns the labels of each `by (…)` with the first name that follows it.
pub(super) fn groupings(text: &str) -> Vec<(Vec<String>, Option<Mention>)> {
    let after = text.split(" by (").skip(1);
    let split = after.filter_map(|rest| rest.split_once(')'));
    let labels = |list: &str| list.split(',').map(|it| it.trim().to_owned()).collect();

    split.map(|(list, rest)| (labels(list), mentions(rest).into_iter().next())).collect()
}

fn is_of_name(it: char) -> bool {
    it.is_ascii_alphanumeric() || it == '_' || it == ':'
}

/// Reads what follows the brace of a selector. A value is in quotes, or a `%q` of a template.
fn matchers(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(|it| !is_of_name(it)).unwrap_or(rest.len());
        let (label, after) = rest.split_at(end);
        let operator = after.find(|it| !matches!(it, '=' | '!' | '~')).unwrap_or(after.len());
        let value = &after[operator..];
        if label.is_empty() || operator == 0 {
            return found;
        }
        let (value, after) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((value, "")),
            _ => value.split_at(value.find([',', '}']).unwrap_or(value.len())),
        };
        found.push((label.to_owned(), value.to_owned()));
        let Some(next) = after.strip_prefix(',') else { return found };
        rest = next;
    }
}

#[test]
fn names_and_matchers_are_found() {
    let found = mentions(
        r#"a by (b) rate(packet_x_total{c="{{ $labels.c }}",d!~"e|f"}[5m]) > on (g) h:packet_x:rate5m"#,
    );

    let pair = |label: &str, value: &str| (label.to_owned(), value.to_owned());
    assert_eq!(
        found,
        [
            Mention {
                name: "packet_x_total".to_owned(),
                matchers: vec![pair("c", "{{ $labels.c }}"), pair("d", "e|f")],
            },
            Mention { name: "h:packet_x:rate5m".to_owned(), matchers: vec![] },
        ]
    );
}

#[test]
fn a_template_has_matchers_too() {
    let found = mentions("packet_x{job=%q,device=%q,source!='other'}");

    let labels: Vec<_> = found[0].matchers.iter().map(|(label, _)| label.as_str()).collect();
    assert_eq!(labels, ["job", "device", "source"]);
}

#[test]
fn labels_of_a_grouping_go_with_what_is_grouped() {
    let found = groupings("max by (job, port) (rate(packet_x_total[5m]))");

    assert_eq!(found[0].0, ["job", "port"]);
    assert_eq!(found[0].1.as_ref().unwrap().name, "packet_x_total");
}
