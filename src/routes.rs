//! Which feature answers where.

use actix_web::middleware::from_fn;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{articles, delivery, site, subscribers, tags, users};

/// Every route there is. Longer prefixes come first: the first scope that fits takes the request.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(scope("/api/v1/auth").configure(users::routes));
    cfg.service(
        scope("/api/v1/editor")
            .configure(articles::routes)
            .configure(tags::routes)
            .configure(subscribers::routes)
            .wrap(from_fn(users::authenticate)),
    );
    cfg.service(
        scope("/api/v1")
            .configure(delivery::routes)
            .configure(subscribers::public_routes),
    );
    cfg.configure(site::routes);
}
