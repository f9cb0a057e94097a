use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, get, post};

use super::dto::{FormEvent, FormStats, ReadStats, ReadStatsParams};
use super::queries::list;
use crate::forms::queries;
use crate::forms::traffic::Traffic;
use crate::forms::values::{FormReference, VariantKey};
use crate::platform::Platform;
use crate::rest::body::Beacon;
use crate::rest::query::NoParams;
use crate::rest::reply::{NoContent, Reply};
use crate::rest::{Editor, Problem, Query, Segment};
use crate::types::Parse;

/// Tell what happened to a form
///
/// Counted by form, variant and day, and forgotten: no cookie, no identifier, no address is kept. The body may come as
/// `text/plain` too, as `navigator.sendBeacon` sends it. After 300 from one address on the net within five minutes it is 429.
#[utoipa::path(
    tag = "subscriptions",
    security(()),
    params(("id" = String, Path, description = "The form's id or key", example = "314")),
    request_body(content((FormEvent = "application/json"), (FormEvent = "text/plain"))),
    responses((status = 204, description = "It counts"), (status = 429, description = "Too many events")),
)]
#[post("/forms/{id}/events")]
pub async fn count_form_event(
    platform: Data<Platform>,
    traffic: Data<Traffic>,
    request: HttpRequest,
    id: Segment<String>,
    _: Query<NoParams>,
    body: Beacon<FormEvent>,
) -> Result<NoContent, Problem> {
    traffic.admit_event(&platform, &request)?;
    let wanted = FormReference::parse(&id.0).map_err(|_| Problem::NotFound("form"))?;
    let form = traffic.known.find(&platform, wanted).await?;
    let form = form.ok_or(Problem::NotFound("form"))?;
    let FormEvent { kind, variant } = body.0;
    if !form.has_variant(&variant) {
        let detail = "the form has no such variant";
        return Err(Problem::invalid("/variant", "unknown_variant", detail));
    }
    let now = platform.clock.now();
    traffic.counter.count(form.id, variant, kind.into(), now);
    Ok(NoContent)
}

/// Read the statistics of a form
///
/// How often it was loaded, shown, dismissed, sent and confirmed: in all, by variant and by day. Events of the last seconds
/// may be missing where several instances count.
#[utoipa::path(tag = "forms", params(("id" = String, Path, description = "The form's id or key", example = "314"), ReadStatsParams), responses((status = 200, description = "The numbers", body = FormStats)))]
#[get("/forms/{id}/stats")]
pub async fn read_form_stats(
    _: Editor,
    platform: Data<Platform>,
    traffic: Data<Traffic>,
    id: Segment<FormReference>,
    query: Query<ReadStats>,
) -> Result<Reply, Problem> {
    let days = query.0.days(platform.clock.now().date_naive());
    let (from, until) = days.map_err(|fault| Problem::malformed(vec![fault]))?;
    traffic.counter.flush(&platform).await?;
    let conn = platform.db.get().await?;
    let form = queries::find(&conn, &id.0).await?;
    let form = form.ok_or(Problem::NotFound("form"))?;
    let counted = list(&conn, form.row.id, from, until).await?;
    let others = form.row.settings.variants.0.into_iter();
    let variants = [VariantKey::default()]
        .into_iter()
        .chain(others.map(|variant| variant.key));
    let stats = FormStats::of((from, until), variants.collect(), counted);
    Reply::plain(StatusCode::OK, &stats)
}
