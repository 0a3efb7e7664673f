//! Logs to standard error, as logfmt or JSON, with a level that can change while running.

mod escaped;
mod lines;

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};
use std::{io, thread};

use tracing::level_filters::LevelFilter;
use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, Layered, SubscriberExt};
use tracing_subscriber::{Registry, fmt, reload};

use self::escaped::Escaped;
use crate::config::{Format, Level, Log};

pub use self::lines::Lines;

/// The level of a log that has started.
#[derive(Clone)]
pub struct LogLevel(reload::Handle<Targets, Bridged>);

/// Everything that is logged, also for what sends it elsewhere.
type Bridged = Layered<Option<Box<dyn Layer<Registry> + Send + Sync>>, Registry>;

/// Why no log can be started.
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    #[error("the log of this process was already started")]
    Present(#[from] SetGlobalDefaultError),

    #[error("cannot start the thread that writes the log")]
    NoThread(#[source] io::Error),
}

/// The log on its way to standard error. When it is dropped, what is left is written; that takes a
/// second at most.
#[derive(Debug, Default)]
pub struct Output {
    lines: Lines,
    has_thread: bool,
}

/// Begins to collect the log of this process, panics included; `bridge` takes it elsewhere too.
pub fn start<B>(log: &Log, bridge: Option<B>) -> Result<(Output, LogLevel), LoggingError>
where
    B: Layer<Registry> + Send + Sync,
{
    let output = Output::default();
    let lines = output.lines();
    let (subscriber, level) = subscriber(log, move || lines.clone(), bridge);
    tracing::subscriber::set_global_default(subscriber)?;
    let lines = output.lines();
    panic::set_hook(Box::new(move |panic| log_panic(&lines, panic)));

    Ok((output, level))
}

/// Writes a line to standard error; that takes a second at most.
pub fn write_last(line: &str) {
    let output = Output::default();

    output.lines.push(format!("{line}\n").into_bytes());
}

/// Logs a panic as the standard library writes it; the library itself would wait endlessly for a
/// reader.
fn log_panic(lines: &Lines, panic: &PanicHookInfo<'_>) {
    let thread = thread::current();
    let name = thread.name().unwrap_or("<unnamed>");
    let mut text = format!("\nthread '{name}' {panic}\n");
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        text = format!("{text}stack backtrace:\n{backtrace}\n");
    }

    lines.push(text.into_bytes());
    // It may be the last thing that this process does.
    lines.wait();
}

impl Output {
    /// Starts the thread that writes. It has the rights that this process has now.
    pub fn start_writing(&mut self) -> Result<(), LoggingError> {
        self.lines.start_writing(io::stderr()).map_err(LoggingError::NoThread)?;
        self.has_thread = true;

        Ok(())
    }

    /// Returns the lines that are on their way.
    pub fn lines(&self) -> Lines {
        self.lines.clone()
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.has_thread || self.start_writing().is_ok() {
            self.lines.wait();
        }
    }
}

impl std::fmt::Debug for LogLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogLevel")
    }
}

impl LogLevel {
    pub fn set(&self, level: Level) {
        // Fails only once the log is gone, and then nothing could report it.
        let _ = self.0.reload(filter(level));
    }
}

pub(crate) fn subscriber<W, B>(
    log: &Log,
    writer: W,
    bridge: Option<B>,
) -> (impl tracing::Subscriber + Send + Sync + use<W, B>, LogLevel)
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
    B: Layer<Registry> + Send + Sync,
{
    let (filter, level) = reload::Layer::new(filter(log.level));
    let lines = match log.format {
        Format::Logfmt => tracing_logfmt::builder().layer().with_writer(Escaped(writer)).boxed(),
        Format::Json => fmt::layer().json().flatten_event(true).with_writer(writer).boxed(),
    };

    let bridged = Registry::default().with(bridge.map(Layer::boxed));
    (bridged.with(filter).with(lines), LogLevel(level))
}

/// What the libraries below log is for their developers, up to warnings.
fn filter(level: Level) -> Targets {
    const OURS: [&str; 2] = ["exporter", "packet_exporter"];

    let level = match level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };

    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_targets(OURS.map(|target| (target, level)))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::Identity;

    use super::*;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    pub(crate) struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Paper {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    pub(crate) fn logged(log: &Log, speak: impl FnOnce(LogLevel)) -> String {
        let paper = Paper::default();
        let writer = paper.clone();
        let (subscriber, level) = subscriber(log, move || writer.clone(), None::<Identity>);

        tracing::subscriber::with_default(subscriber, || speak(level));

        paper.text()
    }

    #[test]
    fn logfmt_is_one_line_of_keys_and_values() {
        let text = logged(&Log::default(), |_| {
            tracing::info!(interface = "eth 0", port = 10_199, "Attached");
        });

        let (timestamp, rest) = text.split_once(' ').unwrap();
        assert!(timestamp.starts_with("ts="), "{text}");
        assert_eq!(
            rest,
            "level=info target=exporter::logging::tests message=Attached \
             interface=\"eth 0\" port=10199\n"
        );
    }

    #[test]
    fn what_would_control_a_terminal_is_written_out() {
        let text = logged(&Log::default(), |_| {
            tracing::info!(device = "a\u{9b}31m\u{7f}", error = "no \u{9c} \u{1b}[m", "Gone");
        });

        assert!(
            text.ends_with("device=a\\u{9b}31m\\u{7f} error=\"no \\u{9c} \\u{1b}[m\"\n"),
            "{text}"
        );
    }

    #[test]
    fn a_panic_is_in_the_log_with_its_thread_and_place() {
        let lines = Lines::default();
        let paper = Paper::default();
        lines.start_writing(paper.clone()).unwrap();
        let of_hook = lines.clone();
        panic::set_hook(Box::new(move |panic| log_panic(&of_hook, panic)));

        let thread = thread::Builder::new().name("planted".into());
        let ended = thread.spawn(|| panic!("as the test wants it")).unwrap().join();
        let _ours = panic::take_hook();

        assert!(ended.is_err());
        let text = paper.text();
        assert!(text.contains("\nthread 'planted' panicked at "), "{text}");
        assert!(text.contains("logging.rs:") && text.contains("as the test wants it"), "{text}");
    }

    #[test]
    fn json_is_one_object_a_line() {
        let log = Log { format: Format::Json, ..Log::default() };

        let text = logged(&log, |_| tracing::warn!(interface = "eth\"0", "Gone"));

        let (timestamp, rest) = text.split_once(',').unwrap();
        assert!(timestamp.starts_with("{\"timestamp\":\""), "{text}");
        assert_eq!(
            rest,
            "\"level\":\"WARN\",\"message\":\"Gone\",\"interface\":\"eth\\\"0\",\
             \"target\":\"exporter::logging::tests\"}\n"
        );
    }

    #[test]
    fn the_level_can_change_while_running() {
        let lines = |level: &LogLevel, set| {
            level.set(set);
            tracing::error!("1");
            tracing::warn!("2");
            tracing::info!("3");
            tracing::debug!("4");
            tracing::trace!("5");
        };

        for (level, count) in
            [(Level::Error, 1), (Level::Warn, 2), (Level::Info, 3), (Level::Debug, 4)]
        {
            let text = logged(&Log::default(), |log| lines(&log, level));
            assert_eq!(text.lines().count(), count, "{level:?}");
        }
    }

    #[test]
    fn libraries_speak_up_only_to_warn() {
        let log = Log { level: Level::Debug, ..Log::default() };

        let text = logged(&log, |_| {
            tracing::debug!(target: "h2::codec", "Frame");
            tracing::warn!(target: "h2::codec", "Odd");
        });

        assert_eq!(text.lines().count(), 1, "{text}");
    }
}
