//! What stands around the API: documents for integrators, keys for verifiers, health for load balancers.

mod docs;
mod handlers;

use utoipa_actix_web::service_config::ServiceConfig;

/// The OpenAPI document, written out once.
pub struct Documents {
    json: String,
    yaml: String,
}

impl Documents {
    /// Writes the document in both forms.
    pub fn new(document: &utoipa::openapi::OpenApi) -> Self {
        Self {
            json: document.to_pretty_json().unwrap_or_default(),
            yaml: document.to_yaml().unwrap_or_default(),
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
