//! Reads pages as any client would: metrics, and JSON of Prometheus and Alertmanager.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) fn scrape(address: SocketAddr) -> Result<String> {
    get(address, "/metrics")
}

/// Returns the body of a page.
pub(crate) fn get(address: SocketAddr, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)
        .with_context(|| format!("cannot connect to {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;

    // HTTP/1.0: the answer comes in one piece and ends with the connection.
    let request = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).with_context(|| format!("{address} does not answer"))?;

    let (head, body) = answer.split_once("\r\n\r\n").context("the answer is not HTTP")?;
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        bail!("{address} answered `{status}`");
    }

    Ok(body.to_owned())
}

/// The sum over all series of a metric.
pub(crate) fn sum(scrape: &str, metric: &str) -> f64 {
    scrape
        .lines()
        .filter_map(|line| line.strip_prefix(metric))
        .filter(|rest| rest.starts_with(['{', ' ']))
        .filter_map(|rest| rest.rsplit(' ').next()?.parse::<f64>().ok())
        .fold(0.0, |sum, value| sum + value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_is_over_the_series_of_one_metric() {
        let scrape = "\
# HELP packet_receive_packets_total Packets.
# TYPE packet_receive_packets_total counter
packet_receive_packets_total{device=\"eth0\",family=\"ipv4\"} 3
packet_receive_packets_total{device=\"eth0\",family=\"ipv6\"} 4
packet_receive_packets_total_of_another 100
";

        let sum = sum(scrape, "packet_receive_packets_total");

        assert!((sum - 7.0).abs() < f64::EPSILON, "{sum}");
    }
}
