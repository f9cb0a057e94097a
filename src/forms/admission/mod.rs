//! Who may sign up: people, without being asked to look at pictures.
//!
//! A field that only programs fill in, a second that people need anyway, and a proof of work: a page gets a challenge, and
//! finds a number for it and for the address that was typed. A reader does not notice; whoever signs up strangers by the
//! thousand does. The same holds on every way to subscribe.

mod challenge;
mod handlers;
mod queries;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use crate::platform::Platform;
use crate::platform::config::ProofOfWork;
use crate::platform::token::sha256;
use crate::rest::Problem;
use crate::types::FormId;
use challenge::Challenge;

pub use handlers::issue_challenge;

/// How far the clocks of two instances may be apart.
const CLOCKS_DIFFER: TimeDelta = TimeDelta::minutes(1);

/// What a sign-up brings to show that there is a person behind it.
#[derive(Debug, Clone, Copy)]
pub struct Submission<'a> {
    /// The form, if there is one: the challenge was issued for it.
    pub form: Option<FormId>,
    /// The address as it was typed, before anything normalised it.
    pub email_as_typed: &'a str,
    pub challenge: Option<&'a str>,
    pub nonce: Option<&'a str>,
    /// The field that no reader sees.
    pub honeypot: Option<&'a str>,
}

impl Submission<'_> {
    /// Whom it comes from, as far as the field tells that no reader sees. It is looked at last: a program that fills it in
    /// has its proof judged, and its challenge spent, as everybody has.
    fn admission(&self) -> Admission {
        match self.honeypot {
            Some(text) if !text.is_empty() => Admission::Bot,
            _ => Admission::Real,
        }
    }
}

/// Whom a sign-up comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    Real,
    /// Answer as always, and do nothing.
    Bot,
}

/// Judges a sign-up, in its transaction: the challenge is spent if that commits. An earlier answer to the same idempotency
/// key must have been looked for before.
pub async fn judge(
    conn: &mut AsyncPgConnection,
    platform: &Platform,
    submission: Submission<'_>,
    now: DateTime<Utc>,
) -> Result<Admission, Problem> {
    if platform.config.proof_of_work == ProofOfWork::Off {
        return Ok(submission.admission());
    }
    let (Some(text), Some(nonce)) = (submission.challenge, submission.nonce) else {
        let missing = match submission.challenge {
            None => "/challenge",
            Some(_) => "/nonce",
        };
        let detail = "get a challenge from `GET /api/v1/subscriptions/challenge`, and send it with its proof";
        return Err(Problem::invalid(missing, "proof_required", detail));
    };
    let challenge = opened(platform, submission, text, now)?;
    if !challenge.is_met(text, submission.email_as_typed, nonce) {
        return Err(invalid(
            "/nonce",
            "does not prove any work for this challenge and address",
        ));
    }
    spend(conn, text, &challenge).await?;
    Ok(submission.admission())
}

/// The same for a page that works without scripts, which can't prove any work: what was issued for it must be old enough.
pub async fn judge_without_script(
    conn: &mut AsyncPgConnection,
    platform: &Platform,
    submission: Submission<'_>,
    now: DateTime<Utc>,
) -> Result<Admission, Problem> {
    if platform.config.proof_of_work == ProofOfWork::Off {
        return Ok(submission.admission());
    }
    let Some(text) = submission.challenge else {
        return Err(Problem::invalid(
            "/challenge",
            "proof_required",
            "press the button",
        ));
    };
    let challenge = opened(platform, submission, text, now)?;
    spend(conn, text, &challenge).await?;
    Ok(submission.admission())
}

/// What a page that works without scripts is issued.
pub fn timing_token(
    platform: &Platform,
    form: Option<FormId>,
    now: DateTime<Utc>,
) -> anyhow::Result<String> {
    Challenge::new(form, now).seal(&platform.keys)
}

fn invalid(pointer: &str, detail: &'static str) -> Problem {
    Problem::invalid(pointer, "proof_invalid", detail)
}

/// The challenge that a sign-up brings, if it is ours, for its form, and neither too young nor too old.
fn opened(
    platform: &Platform,
    submission: Submission<'_>,
    text: &str,
    now: DateTime<Utc>,
) -> Result<Challenge, Problem> {
    let refuse = |detail| Err(invalid("/challenge", detail));
    let Some(challenge) = Challenge::open(&platform.keys, text) else {
        return refuse("is no challenge of ours; get a new one");
    };
    if challenge.form != submission.form {
        return refuse("is for another form; get one for this");
    }
    if challenge.expires_at() <= now {
        return refuse("has expired; get a new one");
    }
    if challenge.not_before() > now {
        let detail = "was sent sooner than a person could; wait until `not_before`";
        return Err(Problem::invalid("/challenge", "too_early", detail));
    }
    Ok(challenge)
}

async fn spend(
    conn: &mut AsyncPgConnection,
    text: &str,
    challenge: &Challenge,
) -> Result<(), Problem> {
    if queries::spend(conn, &sha256(text.as_bytes()), challenge.expires_at()).await? {
        Ok(())
    } else {
        Err(invalid("/challenge", "was used before; get a new one"))
    }
}

/// Forgets spent challenges that have expired, on all instances' clocks.
pub async fn forget_expired(
    conn: &mut AsyncPgConnection,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    queries::delete_expired(conn, now - CLOCKS_DIFFER).await
}
