use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, get};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::challenge::Challenge;
use crate::forms::traffic::Traffic;
use crate::forms::values::FormReference;
use crate::platform::Platform;
use crate::rest::problem::ValueFault;
use crate::rest::query::from_query;
use crate::rest::reply::Reply;
use crate::rest::{Problem, Query};
use crate::types::Fault;

/// Which form a challenge is for.
pub struct ReadChallenge {
    form: Option<FormReference>,
}
from_query!(ReadChallenge { one form });

/// The parameters of a challenge, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ReadChallenge` reads them")]
pub struct ReadChallengeParams {
    /// Id or key of the form that will be sent; none for a sign-up without a form.
    #[param(min_length = 1, max_length = 64, example = "314")]
    form: Option<String>,
}

/// A challenge. Find a `nonce` of at most 20 digits for which SHA-256 of the UTF-8 text `{challenge}:{email}:{nonce}` begins
/// with `difficulty` zero bits; `email` is the address as it was typed, without white space around it and in lower case.
#[derive(Serialize, ToSchema)]
pub struct ProofOfWorkChallenge {
    pub challenge: String,
    #[schema(value_type = String, examples("sha-256"))]
    algorithm: &'static str,
    /// How many bits.
    #[schema(minimum = 0, maximum = 40, examples(15))]
    pub difficulty: u8,
    /// From when a proof is taken: a person takes longer to write an address.
    pub not_before: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Get a challenge
///
/// What a sign-up must bring a proof of work for, where this is asked for (`proof_of_work` of a form). Each is good for one
/// sign-up, by the form it was made for. After 60 for one address on the net within five minutes it is 429.
#[utoipa::path(tag = "subscriptions", security(()), params(ReadChallengeParams), responses(
    (status = 200, description = "A new challenge", body = ProofOfWorkChallenge),
    (status = 422, description = "There is no such form"),
    (status = 429, description = "Too many challenges"),
))]
#[get("/subscriptions/challenge")]
pub async fn issue_challenge(
    platform: Data<Platform>,
    traffic: Data<Traffic>,
    request: HttpRequest,
    query: Query<ReadChallenge>,
) -> Result<Reply, Problem> {
    traffic.admit_challenge(&platform, &request)?;
    let form = match query.0.form {
        None => None,
        Some(wanted) => {
            let form = traffic.known.find(&platform, wanted).await?;
            let unknown = || {
                let fault = Fault::new("unknown_form", "there is no such form in use");
                Problem::Invalid(vec![ValueFault::of("form", fault)])
            };
            Some(form.ok_or_else(unknown)?.id)
        }
    };
    let challenge = Challenge::new(form, platform.clock.now());
    let shown = ProofOfWorkChallenge {
        challenge: challenge.seal(&platform.keys)?,
        algorithm: "sha-256",
        difficulty: challenge.difficulty,
        not_before: challenge.not_before(),
        expires_at: challenge.expires_at(),
    };
    Reply::plain(StatusCode::OK, &shown)
}
