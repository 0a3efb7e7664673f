//! The same traffic scraped and pushed: a store answers the same, series by series.

use tests::cable::{Cable, Namespace};
use tests::patience::wait_for;
use tests::receivers::prometheus::Prometheus;
use tests::receivers::series::{Series, differences, of_answer};
use tests::receivers::victoria_metrics::{self, VictoriaMetrics};
use tests::tools::tool;

use super::{EXACT, OTLP_PROMETHEUS, SHORTENED, VICTORIA_METRICS, cable, send, start};

/// Where Prometheus takes metrics.
pub(super) const ENDPOINT: &str = "http://127.0.0.1:9090/api/v1/otlp/v1/metrics";
const CONFIG: &str = "\
global: {scrape_interval: 500ms, scrape_timeout: 400ms}
otlp: {translation_strategy: UnderscoreEscapingWithSuffixes}
scrape_configs:
  - job_name: scraped
    static_configs: [{targets: ['127.0.0.1:10199']}]
";
/// What Prometheus says about scrapes and about resources, and not the service.
const SCRAPED: &str = "{job=\"scraped\",__name__!~\"up|scrape_.*\"}";
const PUSHED: &str = "{job=\"packet-exporter\",__name__!=\"target_info\"}";

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn prometheus_answers_the_same_for_what_it_scraped_and_what_was_pushed() {
    let test = "prometheus_answers_the_same_for_what_it_scraped_and_what_was_pushed";
    for compression in ["none", "gzip"] {
        // A store of its own: it would go on giving what was pushed before.
        let cable = cable("compare");
        let Some(prometheus) = otlp_prometheus(test, &cable.here) else { return };
        let over = ["--otlp.protocol", "http/protobuf", "--otlp.compression", compression];
        let mut service = start(&cable, &[ENDPOINT], &over);
        send(&cable);
        service.wait_for_fold();

        let [scraped, pushed] = wait_for("the two to answer the same", || {
            let answers = [SCRAPED, PUSHED].map(|query| of_answer(&prometheus.series(query)));
            let traffic = traffic(&answers[0]);
            let differences = differences(&answers[0], &answers[1], EXACT);
            if traffic > 0 && differences.is_empty() {
                Ok(answers)
            } else {
                Err(shown(&differences))
            }
        });

        println!("{compression}: {} series are equal", scraped.len());
        assert_eq!(traffic(&scraped), traffic(&pushed));
        assert!(scraped.len() > 100, "{scraped:#?}");
        let echo = "packet_receive_icmp_packets_total{device=\"veth0\",family=\"ipv4\",type=\"echo_request\"}";
        assert_eq!(pushed[echo], 20.0);
    }
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn a_series_that_ends_is_gone_in_prometheus_at_once() {
    let test = "a_series_that_ends_is_gone_in_prometheus_at_once";
    let cable = cable("stale");
    let Some(prometheus) = otlp_prometheus(test, &cable.here) else { return };
    let mut service = start(&cable, &[ENDPOINT], &["--otlp.protocol", "http/protobuf"]);
    send(&cable);
    let counted = "packet_receive_packets_total{job=\"packet-exporter\",device=\"veth0\"}";
    wait_for("the series to be there", || {
        prometheus.value(counted).map(|_| ()).ok_or_else(|| "it is not".to_owned())
    });

    cable.cut();
    service.wait_for_fold();

    // Without a word of its end, the last value would be given for five minutes.
    wait_for("the series to be gone", || match prometheus.value(counted) {
        None => Ok(()),
        Some(value) => Err(format!("it is {value}")),
    });
    let alive = prometheus.value("packet_exporter_folds_total{job=\"packet-exporter\"}");
    assert!(alive.is_some(), "the others go on");
}

#[test]
#[ignore = "needs root: `cargo xtask test otlp`"]
fn victoria_metrics_has_what_is_scraped() {
    let test = "victoria_metrics_has_what_is_scraped";
    let Some(program) = tool(test, VICTORIA_METRICS) else { return };
    let cable = cable("victoria");
    let victoria = VictoriaMetrics::start(&cable.here, &program);
    let over = ["--otlp.protocol", "http/protobuf", "--otlp.compression", "zstd"];
    let mut service = start(&cable, &[victoria_metrics::ENDPOINT], &over);
    send(&cable);
    service.wait_for_fold();

    wait_for("VictoriaMetrics to have the same", || {
        let scraped = service.scrape().series();
        let pushed = of_answer(&victoria.series("{__name__=~\"p.*\"}"));
        // It adds what the resource says to each series.
        let pushed = without_resource(pushed);
        let differences = differences(&scraped, &pushed, SHORTENED);
        if differences.is_empty() { Ok(()) } else { Err(shown(&differences)) }
    });
}

/// A Prometheus that scrapes the service, and takes what it pushes.
pub(super) fn otlp_prometheus<'a>(test: &str, here: &'a Namespace) -> Option<Prometheus<'a>> {
    let program = tool(test, OTLP_PROMETHEUS)?;

    Some(Prometheus::start(here, &program, CONFIG, &["--web.enable-otlp-receiver"]))
}

/// How many packets were received.
fn traffic(series: &Series) -> u64 {
    let received =
        series.iter().filter(|(name, _)| name.starts_with("packet_receive_packets_total{"));
    let of_cable = received.filter(|(name, _)| name.contains(Cable::DEVICE));

    of_cable.map(|(_, value)| *value as u64).sum()
}

fn without_resource(series: Series) -> Series {
    const OF_RESOURCE: [&str; 4] = ["host_", "os_", "service_", "scope_"];
    let strip = |name: String| {
        let Some((name, labels)) = name.split_once('{') else { return name };
        let labels = labels.trim_end_matches('}').split(',');
        let kept: Vec<_> =
            labels.filter(|it| !OF_RESOURCE.iter().any(|of| it.starts_with(of))).collect();
        format!("{name}{{{}}}", kept.join(","))
    };

    series.into_iter().map(|(name, value)| (strip(name), value)).collect()
}

/// The first of them, and how many there are.
fn shown(differences: &[String]) -> String {
    let first: Vec<_> = differences.iter().take(20).map(String::as_str).collect();

    format!("{} differences:\n{}", differences.len(), first.join("\n"))
}
