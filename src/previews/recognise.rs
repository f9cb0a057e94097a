use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, ResponseError};

use super::queries;
use crate::platform::Platform;
use crate::platform::token::TokenHash;
use crate::rest::Problem;
use crate::rest::cached::{PREVIEW, Preview};

/// Lets a request with the header `Masthead-Preview` through as the preview that it stands for; a middleware around all
/// routes, for delivery has some outside of the API. Without the header it does nothing.
pub async fn recognise<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match preview(&request).await {
        Ok(preview) => {
            if let Some(preview) = preview {
                request.extensions_mut().insert(preview);
            }
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(problem) => Ok(request.into_response(problem.error_response())),
    }
}

async fn preview(request: &ServiceRequest) -> Result<Option<Preview>, Problem> {
    let Some(token) = request.headers().get(PREVIEW) else {
        return Ok(None);
    };
    let platform = request
        .app_data::<Data<Platform>>()
        .ok_or_else(|| anyhow::anyhow!("the platform is not set up"))?;
    let hash = TokenHash::of(token.to_str().unwrap_or_default());
    let mut conn = platform.db.get().await?;
    let link = queries::find_in_force(&mut conn, &hash, platform.clock.now()).await?;
    let link = link.ok_or(Problem::Unauthenticated(
        "the preview token is not good, or not any more",
    ))?;
    Ok(Some(Preview {
        as_of: link.as_of,
        article: link.article_id,
    }))
}
