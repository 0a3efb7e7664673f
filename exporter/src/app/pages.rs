//! What is served over HTTP.

mod api;
mod live;

use std::sync::Arc;

use tokio::sync::watch;

use super::history::Kept;
use super::inspections::Inspections;
use super::pushes::Read;
use super::readiness;
use super::samples::Samples;
use crate::catalog::Readings;
use crate::config::{Config, Effective};
use crate::export::prometheus;
use crate::health::ReloadSource;
use crate::http::{
    Answer, Asked, Handler, Method, Path, Query, Refusals, Route, Site, StatusCode, TokenFile,
};
use crate::reload::Trigger;
use crate::scope::Scope;
use crate::snapshot::Snapshot;

/// What the pages are made of.
#[derive(Clone)]
pub(super) struct Pages {
    pub(super) configs: watch::Receiver<Arc<Config>>,
    pub(super) read: Read,
    pub(super) trigger: Trigger,
    pub(super) settings: watch::Receiver<Arc<Effective>>,
    pub(super) snapshot: watch::Receiver<Arc<Snapshot>>,
    pub(super) history: Kept,
    pub(super) samples: Samples,
    pub(super) inspections: Inspections,
}

impl Pages {
    pub(super) fn site(self, refusals: Refusals, tokens: Option<Arc<TokenFile>>) -> Site {
        let (of_readiness, trigger) = (self.snapshot.clone(), self.trigger.clone());

        Site {
            config: self.configs.clone(),
            routes: [self.clone().metrics()]
                .into_iter()
                .chain(api::routes(&self))
                .chain(live::routes())
                .collect(),
            is_ready: Arc::new(move || readiness::of(&of_readiness.borrow().health)),
            reload: Arc::new(move || {
                let trigger = trigger.clone();
                Box::pin(async move { trigger.reload(ReloadSource::Api).await })
            }),
            landing: live::page(),
            refusals,
            errors: api::errors(self.configs.clone()),
            tokens,
        }
    }

    fn metrics(self) -> Route {
        Route {
            methods: &[Method::Get],
            path: Path::Configured(|config| &config.web.telemetry_path),
            scope: Scope::Metrics,
            // Scrapers pass all kinds of `params`, and exporters ignore them.
            query: Query::Any,
            body_bytes: 0,
            handler: Handler::Blocking(Arc::new(move |asked| self.scraped(&asked))),
            title: Some("Metrics"),
        }
    }

    fn scraped(&self, asked: &Asked) -> Answer {
        let format = prometheus::negotiate(asked.accept.as_deref());
        let readings = (self.read)(Arc::clone(&self.snapshot.borrow()));
        let choice = readings.choice.asking(asked.all("collect[]"), asked.all("exclude[]"));
        let readings = match choice {
            Ok(choice) => Readings { choice, ..readings },
            Err(error) => return Answer::text(StatusCode::BAD_REQUEST, format!("{error}\n")),
        };
        let body = prometheus::encode(&readings, format).into_bytes();

        Answer::page(format.content_type(), body)
    }
}
