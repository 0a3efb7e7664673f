//! `packet-exporter top`: asks an exporter, and shows it in this terminal.

use std::future;
use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::Duration;

use anyhow::{Context, anyhow};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use tokio::runtime::Builder;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::Failure;
use crate::api;
use crate::config::Top;
use crate::outbound::{Limits, Reader};
use crate::top::{self, Answers, Choice, Direction, Order, Reaction, Seen, State};

const LIMITS: Limits = Limits { timeout: Duration::from_secs(5), bytes: 16 << 20 };
/// After a fold, until it can be read.
const AFTER: Duration = Duration::from_millis(60);
/// Between two looks, at least.
const LEAST: Duration = Duration::from_millis(500);
const AFTER_TROUBLE: Duration = Duration::from_secs(2);
/// Rows of a list.
const ROWS: usize = 40;

/// Shows what an exporter counts until somebody quits, or prints it once.
pub fn top(command: &Top) -> Result<(), Failure> {
    let Top { url, device, sent, bits, once, headers_file, ca_file } = command;
    let choice = Choice {
        device: device.clone(),
        direction: if *sent { Direction::Sent } else { Direction::Received },
        order: if *bits { Order::Bits } else { Order::Packets },
    };
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start").map_err(Failure::Refused)?;
    let _inside = runtime.enter();
    let reader = Reader::new(url, headers_file, ca_file, LIMITS);
    let reader = reader.map_err(|error| Failure::Refused(error.into()))?;

    if *once {
        let seen = runtime.block_on(look(&reader, &choice)).map_err(Failure::Failed)?;
        // A reader that went away has read enough.
        let _ = write!(io::stdout(), "{}", top::table(&seen, &choice));
        return Ok(());
    }
    if !(io::stdout().is_terminal() && io::stdin().is_terminal()) {
        let error = anyhow!("`top` needs a terminal; `--once` prints a table without one");
        return Err(Failure::Refused(error));
    }
    let terminal = ratatui::try_init().context("cannot use this terminal");
    let terminal = terminal.map_err(Failure::Refused)?;
    let shown = runtime.block_on(show(terminal, &reader, State::new(url.clone(), choice)));
    ratatui::restore();

    shown.map_err(Failure::Failed)
}

/// Looks after each fold, and draws after each look and each key.
async fn show(
    mut terminal: DefaultTerminal,
    reader: &Reader,
    mut state: State,
) -> anyhow::Result<()> {
    let mut events = events()?;
    let mut next = Instant::now();

    loop {
        terminal.draw(|frame| top::draw(&state, frame)).context("cannot draw")?;
        let choice = state.choice().clone();
        let is_paused = state.is_paused();
        let looking = async {
            if is_paused {
                future::pending::<()>().await;
            }
            sleep_until(next).await;
            look(reader, &choice).await
        };

        tokio::select! {
            event = events.recv() => {
                let reaction = match event {
                    Some(Event::Key(key)) => state.press(key),
                    Some(_) => Reaction::Draw,
                    None => return Ok(()),
                };
                match reaction {
                    Reaction::Quit => return Ok(()),
                    Reaction::Look => next = Instant::now(),
                    Reaction::Draw => {}
                }
            }
            seen = looking => {
                next = Instant::now() + match seen {
                    Ok(seen) => {
                        let wait = Duration::from_secs_f64(seen.next()) + AFTER;
                        state.take(seen);
                        wait.max(LEAST)
                    }
                    Err(error) => {
                        state.fail(format!("{error:#}"));
                        AFTER_TROUBLE
                    }
                };
            }
        }
    }
}

/// Reads keys on a thread of its own, which ends with the process.
fn events() -> anyhow::Result<mpsc::Receiver<Event>> {
    let (sender, events) = mpsc::channel(16);
    let read = move || {
        while let Ok(event) = event::read() {
            if sender.blocking_send(event).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("keys".into()).spawn(read).context("cannot read keys")?;

    Ok(events)
}

/// Requests everything that is shown.
async fn look(reader: &Reader, choice: &Choice) -> anyhow::Result<Seen> {
    let Choice { device, direction, order } = choice;
    let device = device.as_deref().map(|name| format!("&device={}", api::encoded(name)));
    let of = device.unwrap_or_default();
    let (direction, order, address) = (direction.label(), order.label(), direction.address());
    let list =
        |by: &str| format!("/packets?by={by}&direction={direction}{of}&order={order}&top={ROWS}");
    let flows = "/packets?by=device,direction&top=16384";
    let [protocols, addresses, ports] = ["protocol", address, "protocol,port"].map(list);

    let answers = Answers {
        flows: read(reader, flows).await?,
        protocols: read(reader, &protocols).await?,
        addresses: read(reader, &addresses).await?,
        ports: read(reader, &ports).await?,
        health: read(reader, "/health").await?,
    };
    Ok(Seen::read(&answers, choice)?)
}

/// Reads an answer, or the problem that says why one thing of it is not there.
async fn read(reader: &Reader, path: &str) -> anyhow::Result<Vec<u8>> {
    let (status, body) = reader.read(&format!("{}{path}", api::CURRENT)).await?;

    match status {
        200 | 400 => Ok(body),
        401 | 403 => {
            Err(anyhow!("it wants a login ({status}); `--headers-file` names a file with one"))
        }
        404 => {
            let sentence = top::problem(&body);
            let stranger = "there is no packet-exporter with a REST API at this URL (404)";
            Err(anyhow!(sentence.unwrap_or_else(|| stranger.into())))
        }
        503 if path.starts_with("/packets") => Ok(body),
        _ => Err(anyhow!("it answers {status}")),
    }
}
