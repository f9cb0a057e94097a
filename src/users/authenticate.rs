use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, ResponseError};

use super::queries;
use crate::platform::Platform;
use crate::rest::auth::bearer_token;
use crate::rest::{Identity, Problem};

/// Lets a request through when its access token is good and the session behind it in force; a middleware, so that nothing
/// of the body is read before.
pub async fn authenticate<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match identify(&request).await {
        Ok(identity) => {
            request.extensions_mut().insert(identity);
            Ok(next.call(request).await?.map_into_boxed_body())
        }
        Err(problem) => Ok(request.into_response(problem.error_response())),
    }
}

async fn identify(request: &ServiceRequest) -> Result<Identity, Problem> {
    let platform = request
        .app_data::<Data<Platform>>()
        .ok_or_else(|| anyhow::anyhow!("the platform is not set up"))?;
    let token = bearer_token(request.headers().get(header::AUTHORIZATION))?;
    let refused = Problem::Unauthenticated(
        "the access token is not good, or not any more: refresh it, or log in again",
    );
    let now = platform.clock.now();
    let Some(claims) = platform.access_tokens.verify(token, now) else {
        return Err(refused);
    };
    let mut conn = platform.db.get().await?;
    let Some((author, role)) =
        queries::find_session(&mut conn, claims.sid, claims.sub, now).await?
    else {
        return Err(refused);
    };
    Ok(Identity {
        user: claims.sub,
        author,
        session: claims.sid,
        role,
    })
}
