//! Logs to standard error, as logfmt or JSON, with a level that can change while running.

use tracing::level_filters::LevelFilter;
use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, Layered, SubscriberExt};
use tracing_subscriber::{Registry, fmt, reload};

use crate::config::{Format, Level, Log};

/// The level of a log that has started.
#[derive(Clone)]
pub struct LogLevel(reload::Handle<Targets, Bridged>);

/// Everything that is said, also for who takes it elsewhere.
type Bridged = Layered<Option<Box<dyn Layer<Registry> + Send + Sync>>, Registry>;

/// Why no log can be started.
#[derive(Debug, thiserror::Error)]
#[error("this process has a log already")]
pub struct LoggingError(#[from] SetGlobalDefaultError);

/// Starts the log of this process; `bridge` takes it elsewhere too.
pub fn start<B>(log: &Log, bridge: Option<B>) -> Result<LogLevel, LoggingError>
where
    B: Layer<Registry> + Send + Sync,
{
    let (subscriber, level) = subscriber(log, std::io::stderr, bridge);
    tracing::subscriber::set_global_default(subscriber)?;

    Ok(level)
}

impl std::fmt::Debug for LogLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogLevel")
    }
}

impl LogLevel {
    pub fn set(&self, level: Level) {
        // Fails only once the log is gone, and with it who would hear of that.
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
        Format::Logfmt => tracing_logfmt::builder().layer().with_writer(writer).boxed(),
        Format::Json => fmt::layer().json().flatten_event(true).with_writer(writer).boxed(),
    };

    let bridged = Registry::default().with(bridge.map(Layer::boxed));
    (bridged.with(filter).with(lines), LogLevel(level))
}

/// What the libraries below have to say is for their developers, up to warnings.
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
