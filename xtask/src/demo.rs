//! `cargo xtask demo`: the exporter at work on a private network with mixed traffic, or under attack.

mod alerts;
mod arguments;
mod attack;
mod exporter;
mod monitoring;
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
use arguments::Show;
use attack::Scene;
use attack::list::Attack;
use exporter::Exporter;
use monitoring::watching::SCALE;
use monitoring::{Folder, Monitoring, Rules};
use network::Network;
use traffic::Mix;

const STEP: Duration = Duration::from_millis(200);
const BETWEEN_LINES: Duration = Duration::from_secs(3);

pub(crate) fn command(arguments: &[&str]) -> Result<ExitCode> {
    let show = arguments::read(arguments)?;
    setup::require(match show {
        Show::Traffic(_) => Purpose::Demo,
        Show::Attacks(_) => Purpose::Attack,
    })?;
    if !process::is_root() {
        bail!("the demo makes network namespaces, which needs root");
    }

    match show {
        Show::Traffic(duration) => show_traffic(duration)?,
        Show::Attacks(attacks) => show_attacks(&attacks)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn show_traffic(duration: Option<Duration>) -> Result<()> {
    let program = run::build()?;
    let stop = stop_on_signals()?;
    // Dropped in the opposite order, however this ends: first the exporter, then the network with
    // everything that runs in it, then the files.
    let folder = Folder::make()?;
    let mut network = Network::lay()?;
    let mut exporter = Exporter::start(&network, &program, &[])?;
    exporter.wait_until_ready(&stop)?;
    let address = exporter.listens_on();
    let monitoring = Monitoring::start(&mut network, address, &Rules::Shipped, &folder)?;
    if let Some(monitoring) = &monitoring {
        monitoring.wait_until_ready(&stop)?;
    }
    traffic::start(&mut network, Mix::Everything)?;

    print_addresses(address, monitoring.as_ref());
    match duration {
        Some(duration) => println!("  ends after {} s, or with Ctrl-C\n", duration.as_secs()),
        None => println!("  ends with Ctrl-C\n"),
    }
    watch(&mut network, &mut exporter, duration, &stop)?;

    stop_all(&mut exporter)
}

fn show_attacks(attacks: &[&Attack]) -> Result<()> {
    let service = run::build()?;
    let stop = stop_on_signals()?;
    let folder = Folder::make()?;
    let program = attack::prepare(folder.path())?;
    let mut network = Network::lay()?;
    // Signals as short as they can be, as everything else here.
    let mut exporter = Exporter::start(&network, &service, &["--signals.window", "10s"])?;
    exporter.wait_until_ready(&stop)?;
    let address = exporter.listens_on();
    let monitoring =
        Monitoring::start(&mut network, address, &Rules::Quick(folder.path()), &folder)?;
    let monitoring = monitoring.context("Prometheus is missing")?;
    monitoring.wait_until_ready(&stop)?;
    traffic::start(&mut network, Mix::Harmless)?;

    print_addresses(address, Some(&monitoring));
    println!(
        "  times of rules are divided by {SCALE}; ends after the last attack, or with Ctrl-C\n"
    );
    let mut scene = Scene {
        network: &mut network,
        exporter: &mut exporter,
        monitoring: &monitoring,
        program: &program,
        stop: &stop,
    };
    attack::show(attacks, &mut scene)?;

    stop_all(&mut exporter)
}

/// Prints what a person wants to see first.
fn print_addresses(exporter: SocketAddr, monitoring: Option<&Monitoring<'_>>) {
    println!("\n  page          http://{exporter}/");
    println!("  metrics       http://{exporter}/metrics");
    match monitoring {
        Some(Monitoring { prometheus, alertmanager, .. }) => {
            println!("  Prometheus    http://{prometheus}/alerts");
            if let Some(alertmanager) = alertmanager {
                println!("  Alertmanager  http://{alertmanager}/");
            }
        }
        None => println!("  Prometheus    is not installed; `cargo xtask setup` installs it"),
    }
    println!("  curl -s http://{exporter}/metrics | grep packet_receive");
}

fn stop_all(exporter: &mut Exporter) -> Result<()> {
    println!("stopping; the namespaces go too");

    exporter.stop()
}

/// Returns what a signal sets that would end this program.
fn stop_on_signals() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }

    Ok(stop)
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
