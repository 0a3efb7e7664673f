//! Which metrics are read: what the configuration leaves out, and what one scrape asks for.

use std::fmt;
use std::sync::Arc;

use super::metric::Read;
use super::{MetricFamily, families, signals};
use crate::config::Pattern;

/// Which metrics are read; every one by default.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    excluded: Arc<[Pattern]>,
    asked: Asked,
}

#[derive(Clone, Debug, Default)]
enum Asked {
    #[default]
    All,
    Only(Vec<Choosable>),
    But(Vec<Choosable>),
}

/// What a scrape can name.
#[derive(Clone, Debug)]
enum Choosable {
    Group(Group),
    /// A name as Prometheus stores it, or the beginning of one up to a `_`.
    Name(String),
}

/// Metrics that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Traffic under bounded labels.
    Totals,
    /// Traffic by source or destination address.
    Sources,
    Ports,
    Vlans,
    Signals,
    /// The exporter about itself.
    Exporter,
    Process,
}

/// Why nothing can be chosen by the names of a scrape.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    #[error("`collect[]` and `exclude[]` cannot be combined")]
    Both,
    #[error(
        "`collect[]={0}` names no metric; it is a metric, the beginning of its name up to a `_`, \
         or one of {groups}", groups = Groups
    )]
    Unknown(String),
    #[error("all that `collect[]={0}` names is left out by `metrics.exclude`")]
    Excluded(String),
}

/// Writes the names of all groups.
struct Groups;

impl Choice {
    /// Returns the choice of all metrics but those that one of these patterns matches.
    pub fn without(excluded: &[Pattern]) -> Self {
        Self { excluded: excluded.into(), asked: Asked::All }
    }

    /// Narrows the choice for one scrape: to what `collect` names, or to all but what `exclude`
    /// names. An unknown name to exclude is ignored, as of something that an older exporter does
    /// not have.
    pub fn asking<'a>(
        self,
        collect: impl Iterator<Item = &'a str>,
        exclude: impl Iterator<Item = &'a str>,
    ) -> Result<Self, ChoiceError> {
        let (mut collect, mut exclude) = (collect.peekable(), exclude.peekable());
        let asked = match (collect.peek(), exclude.peek()) {
            (None, None) => Asked::All,
            (Some(_), Some(_)) => return Err(ChoiceError::Both),
            (None, Some(_)) => Asked::But(exclude.map(Choosable::of).collect()),
            (Some(_), None) => {
                Asked::Only(collect.map(|name| self.known(name)).collect::<Result<_, _>>()?)
            }
        };

        Ok(Self { asked, ..self })
    }

    /// Returns whether a metric is read.
    pub fn has(&self, family: &MetricFamily) -> bool {
        let is_named = |names: &[Choosable]| names.iter().any(|name| name.is(family));

        !self.excludes(family)
            && match &self.asked {
                Asked::All => true,
                Asked::Only(names) => is_named(names),
                Asked::But(names) => !is_named(names),
            }
    }

    /// Returns whether a metric of this name, without unit and ending, is read.
    pub fn has_name(&self, name: &str) -> bool {
        families().any(|family| family.name() == name && self.has(&family))
    }

    fn known(&self, name: &str) -> Result<Choosable, ChoiceError> {
        let choosable = Choosable::of(name);
        let mut named = families().filter(|family| choosable.is(family)).peekable();
        if named.peek().is_none() {
            return Err(ChoiceError::Unknown(name.chars().take(100).collect()));
        }
        if named.all(|family| self.excludes(&family)) {
            return Err(ChoiceError::Excluded(name.into()));
        }

        Ok(choosable)
    }

    /// A pattern is for the name as Prometheus stores it, with or without `_total` or `_info`.
    fn excludes(&self, family: &MetricFamily) -> bool {
        if self.excluded.is_empty() {
            return false;
        }
        let stored = family.stored_name();
        let short =
            family.kind().suffix().and_then(|it| stored.strip_suffix(it)?.strip_suffix('_'));
        let matches = |pattern: &Pattern| {
            pattern.matches(&stored) || short.is_some_and(|short| pattern.matches(short))
        };

        self.excluded.iter().any(matches)
    }
}

impl Choosable {
    fn of(name: &str) -> Self {
        let group = Group::ALL.into_iter().find(|group| group.name() == name);

        group.map_or_else(|| Self::Name(name.into()), Self::Group)
    }

    fn is(&self, family: &MetricFamily) -> bool {
        match self {
            Self::Group(group) => Group::of(family) == *group,
            Self::Name(name) => {
                let stored = family.stored_name();
                let rest = stored.strip_prefix(name.as_str());
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
            }
        }
    }
}

impl Group {
    /// Every group, in the order of exposition.
    pub const ALL: [Self; 7] = [
        Self::Totals,
        Self::Sources,
        Self::Ports,
        Self::Vlans,
        Self::Signals,
        Self::Exporter,
        Self::Process,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Totals => "totals",
            Self::Sources => "sources",
            Self::Ports => "ports",
            Self::Vlans => "vlans",
            Self::Signals => "signals",
            Self::Exporter => "exporter",
            Self::Process => "process",
        }
    }

    fn of(family: &MetricFamily) -> Self {
        match family.metric.read {
            Read::Process(_) => return Self::Process,
            Read::Exporter(_)
            | Read::Build(_)
            | Read::Part(_)
            | Read::Memory(_)
            | Read::Configuration(_)
            | Read::Serving(_)
            | Read::Push(_)
            | Read::Listening(_)
            | Read::Sampled(_)
            | Read::Logging(_) => return Self::Exporter,
            Read::Flow(_) => {}
        }
        if signals::METRICS.iter().any(|metric| metric.name == family.metric.name) {
            return Self::Signals;
        }

        let has = |label: &&str| family.metric.labels.contains(label);
        match ["source", "port", "vlan"].into_iter().find(has) {
            Some("source") => Self::Sources,
            Some("port") => Self::Ports,
            Some(_) => Self::Vlans,
            None => Self::Totals,
        }
    }
}

impl fmt::Display for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Group::ALL.map(|group| format!("`{}`", group.name())).join(", "))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn chosen(choice: &Choice) -> Vec<String> {
        families().filter(|family| choice.has(family)).map(|it| it.stored_name()).collect()
    }

    fn excluding(patterns: &[&str]) -> Choice {
        let patterns: Vec<_> = patterns.iter().map(|text| text.parse().unwrap()).collect();

        Choice::without(&patterns)
    }

    fn collecting(choice: Choice, names: &[&'static str]) -> Result<Vec<String>, ChoiceError> {
        choice.asking(names.iter().copied(), [].into_iter()).map(|choice| chosen(&choice))
    }

    #[test]
    fn every_metric_is_in_one_group_and_every_group_has_some() {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();

        for family in families() {
            *counts.entry(Group::of(&family).name()).or_default() += 1;
        }

        let names: Vec<_> = Group::ALL.map(Group::name).into_iter().collect();
        assert!(names.iter().all(|name| counts.contains_key(name)), "{counts:?}");
        let sources = collecting(Choice::default(), &["sources"]).unwrap();
        assert_eq!(
            sources,
            [
                "packet_receive_source_packets_total",
                "packet_receive_source_bytes_total",
                "packet_transmit_destination_packets_total",
                "packet_transmit_destination_bytes_total",
            ]
        );
    }

    #[test]
    fn a_scrape_names_metrics_beginnings_of_names_or_groups() {
        let cases: [(&[&str], &[&str]); 4] = [
            (&["packet_exporter_folds_total"], &["packet_exporter_folds_total"]),
            (&["packet_exporter_folds"], &["packet_exporter_folds_total"]),
            (
                &["packet_receive_source"],
                &[
                    "packet_receive_source_packets_total",
                    "packet_receive_source_bytes_total",
                    "packet_receive_source_entropy_ratio",
                ],
            ),
            (
                &["vlans", "packet_exporter_build_info"],
                &[
                    "packet_receive_vlan_packets_total",
                    "packet_transmit_vlan_packets_total",
                    "packet_exporter_build_info",
                ],
            ),
        ];

        for (names, expected) in cases {
            let mut chosen = collecting(Choice::default(), names).unwrap();
            let mut expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
            chosen.sort();
            expected.sort();
            assert_eq!(chosen, expected, "{names:?}");
        }
    }

    #[test]
    fn a_name_that_is_not_there_is_refused_where_it_is_to_be_collected() {
        for name in ["", "packet_receive_sour", "nothing", "packet_receive_", "Totals"] {
            let error = collecting(Choice::default(), &["totals", name]).unwrap_err();
            assert_eq!(error, ChoiceError::Unknown(name.into()));
        }
        let error = Choice::default().asking(["totals"].into_iter(), ["ports"].into_iter());
        assert_eq!(error.unwrap_err(), ChoiceError::Both);
        let text = ChoiceError::Unknown("x".into()).to_string();
        assert!(text.ends_with(
            "or one of `totals`, `sources`, `ports`, `vlans`, `signals`, `exporter`, `process`"
        ));
    }

    #[test]
    fn what_is_excluded_is_all_that_is_missing() {
        let all = chosen(&Choice::default()).len();
        let exclude = ["ports", "unknown", "packet_transmit"];

        let left = Choice::default().asking([].into_iter(), exclude.into_iter()).unwrap();

        let left = chosen(&left);
        assert!(left.len() < all && !left.is_empty());
        let gone = ["packet_receive_port_packets", "packet_receive_port_bytes", "packet_transmit_"];
        assert!(
            !left.iter().any(|name| gone.iter().any(|gone| name.starts_with(gone))),
            "{left:?}"
        );
        assert!(left.contains(&"packet_receive_source_packets_total".to_owned()));
    }

    #[test]
    fn the_configuration_excludes_whole_names_with_or_without_their_ending() {
        let all = chosen(&Choice::default());
        let cases: [(&[&str], &[&str]); 5] = [
            (&[], &[]),
            (&["packet_exporter_folds"], &["packet_exporter_folds_total"]),
            (&["packet_exporter_folds_total"], &["packet_exporter_folds_total"]),
            (&["packet_exporter_build"], &["packet_exporter_build_info"]),
            (&["packet_receive", "folds", "packet_exporter_fold"], &[]),
        ];

        for (patterns, missing) in cases {
            let left = chosen(&excluding(patterns));
            let gone: Vec<_> = all.iter().filter(|name| !left.contains(name)).collect();
            assert_eq!(gone, missing.iter().collect::<Vec<_>>(), "{patterns:?}");
        }
        assert!(chosen(&excluding(&[".*"])).is_empty());
        assert!(chosen(&excluding(&["packet_.*"])).iter().all(|name| name.starts_with("process_")));
    }

    #[test]
    fn a_scrape_cannot_ask_for_what_the_configuration_excludes() {
        let choice = excluding(&[".*_port_.*"]);

        let error = collecting(choice.clone(), &["ports"]).unwrap_err();
        assert_eq!(error, ChoiceError::Excluded("ports".into()));
        let left = collecting(choice, &["packet_receive"]).unwrap();
        assert!(!left.is_empty() && left.iter().all(|name| !name.contains("_port_")));
    }
}
