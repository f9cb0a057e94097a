//! What stands around the API: documents for integrators, keys for verifiers, health for load balancers.

mod docs;
mod handlers;

use utoipa_actix_web::service_config::ServiceConfig;

use crate::rest::cached::Fixed;

const CACHE_CONTROL: &str = "public, max-age=300";

/// The OpenAPI document, written out once.
pub struct Documents {
    json: Fixed,
    yaml: Fixed,
}

impl Documents {
    /// Writes the document in both forms.
    pub fn new(document: &utoipa::openapi::OpenApi) -> Self {
        Self {
            json: Fixed::new(
                "application/json",
                CACHE_CONTROL,
                document.to_pretty_json().unwrap_or_default(),
            ),
            yaml: Fixed::new(
                "application/yaml",
                CACHE_CONTROL,
                document.to_yaml().unwrap_or_default(),
            ),
        }
    }
}

/// Adds the routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::openapi_json)
        .service(handlers::openapi_yaml)
        .service(handlers::jwks)
        .service(handlers::live)
        .service(handlers::ready)
        .service(handlers::explain_problem)
        .service(docs::docs)
        .service(docs::docs_asset);
}
