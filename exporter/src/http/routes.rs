//! Which request has which route.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::RawPathParams;
use axum::routing::any;
use hyper::{Request, Response, StatusCode};
use tower_service::Service;

use super::body::status;
use super::endpoint::{Endpoint, Shared};
use super::limits::Limits;
use super::route::{Configured, Path, Route};
use super::visit::Visit;
use super::{Site, own, prefix};

/// Which request has which route.
#[derive(Debug)]
pub(super) struct Routes {
    /// Those whose paths are configured.
    configured: Vec<(Configured, Arc<Endpoint>)>,
    /// All the others.
    router: Router,
    shared: Arc<Shared>,
}

impl Routes {
    pub(super) fn new(site: &Site, limits: &Limits) -> Self {
        let mut all = own::routes(site);
        all.splice(0..0, site.routes.iter().cloned());
        all.push(own::landing_page(site, &all));

        let shared = Arc::new(Shared::new(site, limits));
        let mut configured: Vec<(Configured, _)> = Vec::new();
        let mut fixed: Vec<(&str, Vec<Route>)> = Vec::new();
        for route in all {
            match route.path {
                Path::Configured(path) => configured.push((path, Arc::new(Endpoint(vec![route])))),
                Path::Fixed(path) => match fixed.iter_mut().find(|(known, _)| *known == path) {
                    Some((_, routes)) => routes.push(route),
                    None => fixed.push((path, vec![route])),
                },
            }
        }

        Self { configured, router: router(fixed, &shared), shared }
    }

    pub(super) async fn answer<B>(&self, request: Request<B>, visit: Visit) -> Response<Body>
    where
        B: http_body::Body<Data = bytes::Bytes, Error: Into<axum::BoxError>> + Send + 'static,
    {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(visit);
        let config = self.shared.config();
        let prefix = config.web.prefix();
        if !prefix::take(prefix, &mut request) {
            let elsewhere = prefix::redirect(prefix, request.uri().path(), config.web.link_path());
            return elsewhere.unwrap_or_else(|| not_found(&self.shared, &request));
        }
        if let Some(endpoint) = self.configured(request.uri().path()) {
            return endpoint.answer(&self.shared, request, Vec::new()).await;
        }

        let answered: Result<_, Infallible> = self.router.clone().call(request).await;
        let Ok(response) = answered;
        response
    }

    fn configured(&self, path: &str) -> Option<&Endpoint> {
        let config = self.shared.config();

        let mut all = self.configured.iter();
        all.find(|(of, _)| of(&config) == path).map(|(_, endpoint)| &**endpoint)
    }
}

fn router(fixed: Vec<(&str, Vec<Route>)>, shared: &Arc<Shared>) -> Router {
    let of_fallback = Arc::clone(shared);
    let fallback = async move |request: Request<Body>| not_found(&of_fallback, &request);

    let router = fixed.into_iter().fold(Router::new(), |router, (path, all)| {
        let (endpoint, shared) = (Arc::new(Endpoint(all)), Arc::clone(shared));
        let handler = async move |parameters: RawPathParams, request: Request<Body>| {
            let parameters = owned(&parameters);
            if parameters.iter().any(|(_, value)| value.is_empty()) {
                return not_found(&shared, &request);
            }
            endpoint.answer(&shared, request, parameters).await
        };
        router.route(path, any(handler))
    });
    router.fallback(fallback)
}

fn not_found(shared: &Shared, request: &Request<Body>) -> Response<Body> {
    shared.note_unread(request);

    status(StatusCode::NOT_FOUND)
}

fn owned(parameters: &RawPathParams) -> Vec<(String, String)> {
    parameters.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
