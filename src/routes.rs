//! Which feature answers where.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::{Next, from_fn};
use actix_web::web::Data;
use utoipa_actix_web::scope;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::platform::Platform;
use crate::{
    articles, changes, delivery, feeds, forms, jobs, previews, site, subscriber_imports,
    subscribers, tags, users,
};

/// Every route there is. Longer prefixes come first: the first scope that fits takes the request.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(
        scope("/api/v1/auth")
            .configure(users::routes)
            .wrap(from_fn(catch_up)),
    );
    cfg.service(
        scope("/api/v1/editor")
            .configure(articles::routes)
            .configure(tags::routes)
            .configure(forms::routes)
            .configure(subscriber_imports::routes)
            .configure(subscribers::routes)
            .configure(previews::routes)
            .configure(jobs::routes)
            .wrap(from_fn(catch_up))
            .wrap(from_fn(users::authenticate)),
    );
    cfg.service(
        scope("/api/v1")
            .configure(delivery::routes)
            .configure(changes::routes)
            .configure(forms::public_routes)
            .configure(subscribers::public_routes),
    );
    cfg.configure(feeds::routes)
        .configure(forms::site_routes)
        .configure(subscribers::page_routes)
        .configure(site::routes);
}

/// After a change, before it is answered: whoever made it sees it at once, whichever feature it belongs to.
async fn catch_up<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let changes = !request.method().is_safe();
    let response = next.call(request).await?;
    if changes
        && response.status().is_success()
        && let Some(platform) = response.request().app_data::<Data<Platform>>()
    {
        platform.epoch.catch_up(&platform.db).await;
    }
    Ok(response)
}
