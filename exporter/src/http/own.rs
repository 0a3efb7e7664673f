//! The routes that the server has by itself.

use std::sync::Arc;

use hyper::StatusCode;

use super::route::{Answer, Asked, Handler, Method, Path, Query, Route, Waited};
use super::{Reload, Site};
use crate::scope::Scope;

const NOT_ENABLED: &str = "Reloading by HTTP is off; `web.enable_lifecycle = true` switches it on. SIGHUP works without.\n";

/// Returns the routes that are there whatever `site` has.
pub(super) fn routes(site: &Site) -> Vec<Route> {
    let alive = quick(|_| Answer::text(StatusCode::OK, "packet-exporter is healthy.\n"));
    let ready = ready(site);
    let of_health = ["/-/healthy", "/healthz", "/livez"].map(|path| (path, &alive, "Healthy"));
    let of_readiness = ["/-/ready", "/readyz"].map(|path| (path, &ready, "Ready"));

    of_health
        .into_iter()
        .chain(of_readiness)
        .map(|(path, handler, title)| {
            let title = path.starts_with("/-/").then_some(title);
            Route { title, ..page(path, handler.clone()) }
        })
        .chain([reload(site)])
        .collect()
}

/// Returns the route of the page that links `routes`.
pub(super) fn landing_page(site: &Site, routes: &[Route]) -> Route {
    let (config, landing) = (site.config.clone(), Arc::clone(&site.landing));
    let links: Vec<_> = routes.iter().filter_map(|it| Some((it.path, it.title?))).collect();

    page(
        "/",
        quick(move |_| {
            let config = config.borrow();
            let base = config.web.link_path();
            let link = |(path, title): &(Path, &'static str)| match *path {
                Path::Fixed(path) => (format!("{base}{path}"), *title),
                Path::Configured(path) => (format!("{base}{}", path(&config)), *title),
            };
            let links: Vec<_> = links.iter().map(link).collect();
            landing(&links.iter().map(|(path, title)| (&**path, *title)).collect::<Vec<_>>())
        }),
    )
}

fn ready(site: &Site) -> Handler {
    let is_ready = Arc::clone(&site.is_ready);

    quick(move |_| match is_ready() {
        Ok(()) => Answer::text(StatusCode::OK, "packet-exporter is ready.\n"),
        Err(reason) => {
            let text = format!("packet-exporter is not ready yet: {reason}.\n");
            Answer::text(StatusCode::SERVICE_UNAVAILABLE, text)
        }
    })
}

/// As of Prometheus, POST or PUT. `web.enable_lifecycle` decides who may ask, and nobody chooses what is
/// loaded.
fn reload(site: &Site) -> Route {
    let (config, reload) = (site.config.clone(), Arc::clone(&site.reload));
    let handler = move |_| -> Waited<Answer> {
        let is_enabled = config.borrow().web.enable_lifecycle;
        let reload = Arc::clone(&reload);
        Box::pin(async move {
            if is_enabled {
                reloaded(&reload).await
            } else {
                Answer::text(StatusCode::FORBIDDEN, NOT_ENABLED)
            }
        })
    };

    Route {
        methods: &[Method::Post, Method::Put],
        ..page("/-/reload", Handler::Waiting(Arc::new(handler)))
    }
}

async fn reloaded(reload: &Reload) -> Answer {
    let (status, text) = match reload().await {
        Ok(text) => (StatusCode::OK, text),
        Err(reasons) => (StatusCode::INTERNAL_SERVER_ERROR, reasons),
    };

    Answer::text(status, format!("{}\n", text.trim_end()))
}

fn quick(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Handler {
    Handler::Quick(Arc::new(answer))
}

fn page(path: &'static str, handler: Handler) -> Route {
    Route {
        methods: &[Method::Get],
        path: Path::Fixed(path),
        scope: Scope::Metrics,
        query: Query::Any,
        body_bytes: 0,
        handler,
        title: None,
    }
}
