//! One panel: what there is to see in it, against what Prometheus answers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::drawing::{Drawing, Job};
use super::shown::shows;
use super::table;
use crate::receivers::prometheus::{Course, Prometheus};

use super::bed::SCRAPE_INTERVAL;

/// A panel that has nothing to show, by the name of its dashboard and its title.
pub type Empty = (&'static str, &'static str);

/// A panel of a dashboard, and how it was drawn.
#[derive(Clone, Copy, Debug)]
pub struct Panel<'a> {
    pub board: &'a str,
    pub json: &'a Value,
    pub seen: &'a Value,
}

/// One of its queries, with what Prometheus answers to it.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// The name of the query within the panel.
    pub(super) letter: String,
    /// Labels and the last value of each series.
    pub(super) series: Vec<(BTreeMap<String, String>, f64)>,
    legend: String,
}

/// Coloured pixels that a line over the whole width of a panel has at least.
const LINE: u64 = 100;

impl Drawing {
    pub fn panels(&self) -> impl Iterator<Item = Panel<'_>> {
        let all = self.seen["panels"].as_array().expect("the report has panels");

        self.dashboard.panels().zip(all).map(|(json, seen)| {
            assert_eq!(json["id"], seen["id"], "panels are reported in order");
            Panel { board: &self.dashboard.name, json, seen }
        })
    }

    /// Returns what is wrong with the page, its variables and its marks.
    pub fn strays(&self) -> Vec<String> {
        let Self { dashboard, seen } = self;
        let texts = |value: &Value| {
            value.as_array().into_iter().flatten().map(ToString::to_string).collect::<Vec<_>>()
        };
        let failed = |it: &&Value| it.get("error").is_some();
        let mut strays = texts(&seen["errors"]);
        let marks = seen["annotations"].as_array().into_iter().flatten();
        strays.extend(marks.filter(failed).map(ToString::to_string));
        strays.extend(self.panels().flat_map(|panel| {
            let queries = panel.seen["targets"].as_array().into_iter().flatten();
            let unresolved = queries.filter(|it| text(&it["query"]).contains('$'));
            unresolved.map(|it| format!("{}: {}", panel.name(), it["query"])).collect::<Vec<_>>()
        }));

        strays.iter().map(|stray| format!("{}: {stray}", dashboard.name)).collect()
    }
}

impl Panel<'_> {
    pub fn name(&self) -> String {
        format!("{} / {}", self.board, text(&self.json["title"]))
    }

    /// Returns whether it tells that it has no data.
    pub fn is_empty(&self) -> bool {
        self.seen["isEmpty"] == true
    }

    pub fn is_one_of(&self, empty: &[Empty]) -> bool {
        empty.iter().any(|(board, title)| self.board == *board && self.json["title"] == **title)
    }

    /// Returns the queries that have no series, but those of what is left: details of what is above zero,
    /// and all that are not among the busiest.
    pub fn silent_queries(&self) -> Vec<String> {
        let all = self.seen["targets"].as_array().into_iter().flatten();
        let is_rest = |query: &str| query.ends_with("> 0") || query.contains(" unless topk(");
        let silent = all.filter(|it| it["series"] == 0 && !is_rest(text(&it["query"])));

        silent.map(|it| format!("{} has no series for {}", self.name(), it["query"])).collect()
    }

    /// Returns what is wrong with it.
    pub fn strays(&self, prometheus: &Prometheus<'_>, job: &Job) -> Vec<String> {
        let mut strays: Vec<String> = self.failures();
        if strays.is_empty() && !self.is_empty() {
            let answers = self.answers(prometheus, job);
            strays.extend(match text(&self.json["type"]) {
                "timeseries" => self.strays_of_lines(&answers),
                "table" => table::strays(self, &answers),
                _ => self.strays_of_numbers(&answers),
            });
        }

        strays.iter().map(|stray| format!("{}: {stray}", self.name())).collect()
    }

    fn failures(&self) -> Vec<String> {
        let targets = self.seen["targets"].as_array().into_iter().flatten();
        let failed = targets.filter_map(|it| it.get("error").map(|error| format!("{error}")));

        let links = strings(&self.seen["links"]).into_iter().filter(|it| it.contains("${"));
        let crash = self.seen.get("crash").map(ToString::to_string);
        failed.chain(crash).chain(links).collect()
    }

    /// Sends every query again, as the page has worded it.
    fn answers(&self, prometheus: &Prometheus<'_>, job: &Job) -> Vec<Answer> {
        let asked = self.seen["targets"].as_array().into_iter().flatten();
        let meant = self.json["targets"].as_array().into_iter().flatten();
        let answer = |(asked, meant): (&Value, &Value)| {
            let query = text(&asked["query"]);
            let courses = if asked["isInstant"] == true {
                prometheus.courses(query, [job.to, job.to], SCRAPE_INTERVAL)
            } else {
                prometheus.courses(query, [job.from, job.to], SCRAPE_INTERVAL)
            };
            let last = |course: Course| course.last.map(|last| (course.labels, last));
            Answer {
                letter: text(&asked["refId"]).to_owned(),
                legend: text(&meant["legendFormat"]).to_owned(),
                series: courses.into_iter().filter_map(last).collect(),
            }
        };

        asked.zip(meant).map(answer).collect()
    }

    fn strays_of_lines(&self, answers: &[Answer]) -> Vec<String> {
        let mut named: Vec<_> = answers.iter().flat_map(Answer::names).collect();
        let mut seen = strings(&self.seen["legend"]);
        named.sort_unstable();
        seen.sort_unstable();

        let mut strays = Vec::new();
        if named != seen {
            strays.push(format!("the legend has {seen:?}, the series are {named:?}"));
        }
        if self.seen["colored"].as_u64().is_none_or(|pixels| pixels < LINE) {
            strays.push(format!("no line is to be seen: {} pixels", self.seen["colored"]));
        }
        strays
    }

    /// Numbers and bars.
    fn strays_of_numbers(&self, answers: &[Answer]) -> Vec<String> {
        let unit = text(&self.json["fieldConfig"]["defaults"]["unit"]);
        let shown: Vec<_> =
            self.seen["values"].as_array().into_iter().flatten().map(strings).collect();
        let values: Vec<_> = answers
            .iter()
            .flat_map(|it| it.names().zip(it.series.iter().map(|(_, value)| *value)))
            .collect();
        if values.len() != shown.len() {
            return vec![format!("{shown:?} are shown, there are {values:?}")];
        }

        let is_shown = |(name, value): &(String, f64)| {
            shown.iter().any(|texts| {
                // One number has no name beside it: it is the title's.
                let rest: String = texts.iter().filter(|it| *it != name).cloned().collect();
                (values.len() == 1 || texts.contains(name)) && shows(&rest, unit, *value)
            })
        };
        let missing = values.iter().filter(|it| !is_shown(it));
        missing.map(|it| format!("{it:?} in {unit} is not among {shown:?}")).collect()
    }
}

impl Answer {
    /// Returns the names of its series, as the legend is worded.
    fn names(&self) -> impl Iterator<Item = String> {
        self.series.iter().map(|(labels, _)| {
            let mut name = self.legend.clone();
            for (label, value) in labels {
                name = name.replace(&format!("{{{{{label}}}}}"), value);
            }
            // A label that is not there is an empty text.
            while let Some((before, rest)) = name.split_once("{{") {
                let behind = rest.split_once("}}").map_or("", |(_, behind)| behind);
                name = format!("{before}{behind}");
            }

            // As a page writes texts.
            name.split_whitespace().collect::<Vec<_>>().join(" ")
        })
    }
}

pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(super) fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|it| text(it).to_owned()).collect()
}
