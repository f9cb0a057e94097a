//! Feeds for readers' programs, sitemaps for search engines.
//!
//! They stand at the root of the site, where programs look for them, and are made like every other answer of delivery: from
//! `publications`, `tags` and `authors` alone, in one round trip, and kept until readers could notice a change.
//!
//! A feed is put together once, whatever its format ([`feed`]), and written three ways. A sitemap's parts are the months
//! in which articles were published, so that an old part stays as it is; what a month has too much of goes on in further
//! parts, whose names say where they begin ([`part`]). No part needs to know of the others.

mod atom;
mod feed;
mod handlers;
mod json_feed;
mod model;
mod part;
mod queries;
mod rss;
mod scope;
mod sitemap;
mod xml;

use utoipa_actix_web::service_config::ServiceConfig;

/// Adds the routes at the root of the site.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(handlers::feeds::read_rss)
        .service(handlers::feeds::read_atom)
        .service(handlers::feeds::read_json_feed)
        .service(handlers::feeds::read_tag_rss)
        .service(handlers::feeds::read_tag_atom)
        .service(handlers::feeds::read_tag_json_feed)
        .service(handlers::feeds::read_author_rss)
        .service(handlers::feeds::read_author_atom)
        .service(handlers::feeds::read_author_json_feed)
        .service(handlers::sitemaps::read_sitemap)
        .service(handlers::sitemaps::read_sitemap_part)
        .service(handlers::sitemaps::read_news_sitemap);
}
