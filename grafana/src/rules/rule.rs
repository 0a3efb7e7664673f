//! What a rule consists of.

/// Rules that are evaluated one after the other, so that an alert sees what the records before it
/// wrote in the same evaluation.
#[derive(Clone, Copy, Debug)]
pub struct Group {
    pub name: &'static str,
    /// The file without its ending.
    pub file: &'static str,
    pub records: &'static [&'static [Record]],
    pub alerts: &'static [&'static [Alert]],
}

/// A query whose result is stored under a name of its own: `level:metric:operations`.
#[derive(Clone, Copy, Debug)]
pub struct Record {
    pub name: &'static str,
    pub expr: Expr,
}

/// How a record is computed.
#[derive(Clone, Copy, Debug)]
pub enum Expr {
    /// A query; `${NAME}` is a setting.
    Query(&'static str),
    /// What is usual for the record `of`: see [`Self::text`].
    Baseline {
        of: &'static str,
        /// The setting below which a baseline is not believed when it limits what it learns.
        least: &'static str,
    },
}

/// A condition that somebody should hear of.
#[derive(Clone, Copy, Debug)]
pub struct Alert {
    pub name: &'static str,
    pub severity: Severity,
    /// How long the condition holds before the alert fires.
    pub hold: &'static str,
    /// One clause a line; `${NAME}` is a setting.
    pub expr: &'static str,
    /// A sentence without values.
    pub summary: &'static str,
    /// A template of Prometheus.
    pub description: &'static str,
    /// What the description lists beside it.
    pub top: Top,
    /// A query to begin with; `$where` is replaced by matchers of the labels of the alert's device,
    /// `$exporter` by those of its exporter.
    pub query: &'static str,
}

/// Who has to hear of an alert, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Somebody is called.
    Critical,
    /// Somebody looks in working hours.
    Warning,
    /// It explains others, or is looked at in a review.
    Info,
}

/// The key with the highest rate, as the alert is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Top {
    Nothing,
    Source,
    Destination,
    /// The busiest source of the device, which may have nothing to do with the alert.
    BusiestSource(Culprit),
    /// The busiest destination, as that source.
    BusiestDestination(Culprit),
}

/// The source or destination behind an alert, where no count shows which one it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Culprit {
    /// What it is, with its article.
    pub name: &'static str,
    /// A command on the host that shows it; a template of Prometheus.
    pub look: &'static str,
}

impl Severity {
    pub const fn label(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl Expr {
    /// Returns the query of the record called `name`.
    ///
    /// A baseline is an exponential mean that refers to itself: it costs one series, and reads an
    /// hour of its own samples. It is there from the first evaluation on, and follows the rate until
    /// the range of the rate has filled. Then what is above `baseline_clamp` times the baseline counts as that much, so that
    /// an attack does not teach it soon; `least` lets it leave 0. It outlives a gap of an hour, and
    /// is not written while there is nothing to learn from.
    pub fn text(&self, name: &str) -> String {
        let (of, least) = match *self {
            Self::Query(query) => return query.to_owned(),
            Self::Baseline { of, least } => (of, least),
        };
        let before = format!("last_over_time({name}[1h])");
        let most = format!("${{baseline_clamp}} * clamp_min({before}, ${{{least}}})");

        format!(
            "{of} unless last_over_time({name}[1h] offset 5m)\n\
             or (1 - ${{baseline_weight}}) * {before}\n  \
             + ${{baseline_weight}} * ({of} < {most} or {most} and {of})"
        )
    }
}

const TOP_SOURCE: &str = r#"{{ with printf "topk(1, rate(packet_receive_source_packets_total{job=%q,instance=%q,device=%q,source!='other'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "source" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}"#;
const TOP_DESTINATION: &str = r#"{{ with printf "topk(1, rate(packet_transmit_destination_packets_total{job=%q,instance=%q,device=%q,destination!='other'}[5m]))" $labels.job $labels.instance $labels.device | query }}{{ . | first | label "destination" }} with {{ . | first | value | humanize }} packets/s{{ else }}none has a name{{ end }}"#;

impl Culprit {
    fn text(self, key: &str, top: &str) -> String {
        let Self { name, look } = self;

        format!(
            "\nBusiest {key} of the device, which need not be {name}: {top}.\n\
             To see {name}: {look}"
        )
    }
}

impl Alert {
    /// Returns where the runbook is; `${runbooks}` is a setting.
    pub fn runbook(&self) -> String {
        format!("${{runbooks}}/{}.md", self.name)
    }

    /// Returns the whole description: what is the matter, the busiest key, a query.
    pub fn text(&self) -> String {
        let Self { description, top, query, .. } = self;
        let top = match top {
            Top::Nothing => String::new(),
            Top::Source => format!("\nTop source: {TOP_SOURCE}."),
            Top::Destination => format!("\nTop destination: {TOP_DESTINATION}."),
            Top::BusiestSource(culprit) => culprit.text("source", TOP_SOURCE),
            Top::BusiestDestination(culprit) => culprit.text("destination", TOP_DESTINATION),
        };
        let exporter = r#"job="{{ $labels.job }}",instance="{{ $labels.instance }}""#;
        let device = format!(r#"{exporter},device="{{{{ $labels.device }}}}""#);
        let query = query.replace("$where", &device).replace("$exporter", exporter);

        format!("{description}{top}\nQuery: {query}")
    }
}
