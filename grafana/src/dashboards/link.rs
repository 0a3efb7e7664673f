//! Where links lead: to another dashboard, or to the runbook of an alert.

use serde_json::{Value, json};

/// Every dashboard, from the whole to the parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Board {
    Fleet,
    Device,
    Keys,
    Tcp,
    Exporter,
}

/// A link from a value of a table.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) title: &'static str,
    pub(crate) url: String,
}

/// What all dashboards are tagged with, by which they find each other.
pub(crate) const TAG: &str = "packet-exporter";

/// The variable for where the runbooks are.
const RUNBOOKS: &str = "${runbooks}";

impl Board {
    pub(crate) const ALL: [Self; 5] =
        [Self::Fleet, Self::Device, Self::Keys, Self::Tcp, Self::Exporter];

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Fleet => "Packets / 1 Fleet",
            Self::Device => "Packets / 2 Devices",
            Self::Keys => "Packets / 3 Sources and ports",
            Self::Tcp => "Packets / 4 TCP and scans",
            Self::Exporter => "Packets / 5 Exporter",
        }
    }

    /// By this a link finds it: it never changes.
    pub(crate) const fn uid(self) -> &'static str {
        match self {
            Self::Fleet => "packet-exporter-fleet",
            Self::Device => "packet-exporter-devices",
            Self::Keys => "packet-exporter-sources-ports",
            Self::Tcp => "packet-exporter-tcp-scans",
            Self::Exporter => "packet-exporter-self",
        }
    }

    /// Where the dashboard is, with the time and the variables that are chosen, but for the host
    /// (and the device) of the row.
    pub(crate) fn of_row(self, title: &'static str, with_device: bool) -> Target {
        let uid = self.uid();
        let device = if with_device { "&var-device=${__data.fields.Device}" } else { "" };

        Target {
            title,
            url: format!(
                "/d/{uid}?${{datasource:queryparam}}&${{job:queryparam}}\
                 &var-instance=${{__data.fields.Host}}{device}&${{__url_time_range}}"
            ),
        }
    }
}

/// Leads to the runbook of the alert that the value names.
pub(crate) fn runbook_of_value() -> Target {
    Target { title: "Runbook", url: format!("{RUNBOOKS}/${{__value.raw}}.md") }
}

/// Leads from a panel to the runbook of an alert.
pub(crate) fn runbook(alert: &str) -> Value {
    let url = format!("{RUNBOOKS}/{alert}.md");

    link(&format!("Runbook of {alert}"), "link", Some(&url), "doc")
}

/// Leads from a dashboard to all the others.
pub(crate) fn to_others() -> Value {
    link("Packets", "dashboards", None, "external link")
}

fn link(title: &str, kind: &str, url: Option<&str>, icon: &str) -> Value {
    let tags: &[&str] = if url.is_none() { &[TAG] } else { &[] };

    json!({
        "asDropdown": false,
        "icon": icon,
        "includeVars": url.is_none(),
        "keepTime": url.is_none(),
        "tags": tags,
        "targetBlank": url.is_some(),
        "title": title,
        "tooltip": "",
        "type": kind,
        "url": url.unwrap_or_default(),
    })
}
