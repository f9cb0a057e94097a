//! Forms as pages get them.

use actix_web::{HttpResponse, get};

use super::dto::PublicForm;
use super::values::FormReference;
use super::{events, queries};
use crate::rest::cached::Answer;
use crate::rest::query::NoParams;
use crate::rest::{Delivery, Problem, Query, Segment};
use crate::types::Parse;

/// Read a form
///
/// By its id or its key: all that a page needs to show it. When, where and to whom it is shown is judged on the page, and
/// remembered there. A form that is not in use is not found.
#[utoipa::path(
    tag = "delivery",
    security(()),
    params(("id" = String, Path, description = "The form's id or key", example = "314")),
    responses((status = 200, description = "The form", body = PublicForm)),
)]
#[get("/forms/{id}")]
pub async fn read_published_form(
    delivery: Delivery,
    id: Segment<String>,
    query: Query<NoParams>,
) -> Result<HttpResponse, Problem> {
    let wanted = FormReference::parse(&id.0).map_err(|_| Problem::NotFound("form"))?;
    let proof = delivery.platform.config.proof_of_work;
    delivery
        .answer(
            query.1.as_str(),
            async |source| queries::read(&source.conn, &wanted, source.moment).await,
            async |found| {
                let form = found.filter(|form| form.row.active);
                let form = form.ok_or(Problem::NotFound("form"))?;
                let topics = form.topics.iter().map(|tag| format!("tag:{}", tag.id));
                let cache_tags = [events::cache_tag(&form)]
                    .into_iter()
                    .chain(topics)
                    .collect();
                Answer::json(&PublicForm::of(form, proof)?, cache_tags)
            },
        )
        .await
}
