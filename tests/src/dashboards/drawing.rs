//! The browser that draws, and what there is to see in it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;

use serde_json::{Value, json};

use super::Dashboard;
use super::bed::SCRAPE_INTERVAL;
use crate::cable::Namespace;
use crate::receivers::prometheus::PORT;
use crate::sources::root;

/// What draws dashboards.
#[derive(Clone, Debug)]
pub struct Artist {
    pub browser: PathBuf,
    /// The folder with Grafana's components.
    pub components: PathBuf,
    /// Where pictures go.
    pub folder: PathBuf,
}

/// What is drawn: the time that is shown, in seconds since 1970, and what is chosen at the top.
#[derive(Clone, Debug)]
pub struct Job {
    pub from: u64,
    pub to: u64,
    /// Variables and their values; of one that is not named, all.
    pub chosen: Vec<(&'static str, Vec<&'static str>)>,
}

/// What there is to see of a dashboard.
#[derive(Clone, Debug)]
pub struct Drawing {
    pub dashboard: Dashboard,
    /// As `draw.mjs` reports it.
    pub seen: Value,
}

impl Artist {
    /// Returns one whose pictures go to a folder below.
    #[must_use]
    pub fn within(&self, folder: &str) -> Self {
        Self { folder: self.folder.join(folder), ..self.clone() }
    }

    /// Draws dashboards with the data of the Prometheus in the namespace.
    #[track_caller]
    pub fn draw(&self, here: &Namespace, dashboards: &[Dashboard], job: &Job) -> Vec<Drawing> {
        fs::create_dir_all(&self.folder).expect("a folder for pictures can be made");
        let lines = self.lines(here, &job.json(dashboards));
        println!("pictures: {}", self.folder.display());

        let seen = lines.lines().map(|line| serde_json::from_str(line).expect("a line is JSON"));
        let drawings: Vec<_> = dashboards
            .iter()
            .zip(seen)
            .map(|(dashboard, seen)| Drawing { dashboard: dashboard.clone(), seen })
            .collect();
        assert_eq!(drawings.len(), dashboards.len(), "not every dashboard was drawn");

        drawings
    }

    fn lines(&self, here: &Namespace, job: &Value) -> String {
        let mut command = here.command("node");
        command.arg(root().join("tests/dashboards/draw.mjs"));
        command.args([&self.components, &self.browser, &self.folder]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("`ip` can be run");
        let mut input = child.stdin.take().expect("the input is a pipe");
        let text = job.to_string();
        let writer = thread::spawn(move || input.write_all(text.as_bytes()));

        let output = child.wait_with_output().expect("a child");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the browser could not draw: {error}");
        writer.join().expect("a thread").expect("the job is read");

        String::from_utf8(output.stdout).expect("the report is text")
    }
}

impl Job {
    fn json(&self, dashboards: &[Dashboard]) -> Value {
        let chosen: serde_json::Map<_, _> =
            self.chosen.iter().map(|(name, values)| ((*name).to_owned(), json!(values))).collect();
        let dashboards: Vec<_> =
            dashboards.iter().map(|it| json!({ "name": it.name, "dashboard": it.json })).collect();

        json!({
            "prometheus": format!("http://127.0.0.1:{PORT}"),
            "from": self.from,
            "to": self.to,
            "scrapeInterval": SCRAPE_INTERVAL,
            "chosen": chosen,
            "dashboards": dashboards,
        })
    }
}

/// Returns the folder for pictures of a scenario, below that of what cargo builds.
pub fn folder(target: &Path, scenario: &str) -> PathBuf {
    target.join("dashboards").join(scenario)
}
