//! `cargo xtask demo`: the exporter at work on a private network with mixed traffic.

mod exporter;
mod network;
mod scrape;
mod traffic;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::process;
use crate::run;
use crate::setup::{self, Purpose};
use exporter::Exporter;
use network::Network;

const STEP: Duration = Duration::from_millis(200);
const BETWEEN_LINES: Duration = Duration::from_secs(3);

pub(crate) fn command(arguments: &[&str]) -> Result<ExitCode> {
    let duration = duration(arguments)?;
    setup::require(Purpose::Demo)?;
    if !process::is_root() {
        bail!("the demo makes network namespaces, which needs root");
    }
    let program = run::build()?;

    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    // Dropped in the opposite order, however this ends: first the exporter, then the network.
    let mut network = Network::lay()?;
    let mut exporter = Exporter::start(&network, &program)?;
    exporter.wait_until_ready(&stop)?;
    traffic::start(&mut network)?;

    println!("\n  http://{}/metrics", exporter.listens_on());
    println!("  curl -s http://{}/metrics | grep packet_receive", exporter.listens_on());
    match duration {
        Some(duration) => println!("  ends after {} s, or with Ctrl-C\n", duration.as_secs()),
        None => println!("  ends with Ctrl-C\n"),
    }
    watch(&mut network, &mut exporter, duration, &stop)?;

    println!("stopping; the namespaces go too");
    exporter.stop()?;
    Ok(ExitCode::SUCCESS)
}

/// Prints how many packets were counted, until it is time to end.
fn watch(
    network: &mut Network,
    exporter: &mut Exporter,
    duration: Option<Duration>,
    stop: &AtomicBool,
) -> Result<()> {
    let begun = Instant::now();
    let mut next_line = begun + BETWEEN_LINES;
    let is_over = || duration.is_some_and(|duration| begun.elapsed() >= duration);

    while !stop.load(Ordering::Relaxed) && !is_over() {
        thread::sleep(STEP);
        exporter.must_run()?;
        for program in network.ended() {
            println!("{program} ended early; the demo continues without it");
        }
        if Instant::now() < next_line {
            continue;
        }
        next_line += BETWEEN_LINES;
        println!("{:>5} s  {}", begun.elapsed().as_secs(), counted(exporter.listens_on()));
    }

    Ok(())
}

fn counted(address: SocketAddr) -> String {
    match scrape::scrape(address) {
        Ok(scrape) => {
            let received = scrape::sum(&scrape, "packet_receive_packets_total");
            format!("{received:>9} packets received")
        }
        Err(error) => format!("{error:#}"),
    }
}

fn duration(arguments: &[&str]) -> Result<Option<Duration>> {
    match arguments {
        [] => Ok(None),
        ["--seconds", seconds] => {
            let seconds = seconds.parse().with_context(|| {
                format!("--seconds wants a whole number of seconds, not `{seconds}`")
            })?;
            Ok(Some(Duration::from_secs(seconds)))
        }
        _ => bail!("demo accepts only --seconds N, not `{}`", arguments.join(" ")),
    }
}
