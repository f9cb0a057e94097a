use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::model::UserRow;
use crate::authors::AuthorRow;
use crate::platform::password::NewPassword;
use crate::platform::secret::Secret;
use crate::rest::body::from_body;
use crate::rest::query::from_query;
use crate::types::{AuthorId, EmailAddress, Fault, Line, Parse, Patch, Prose, Role, Slug, UserId};

/// A password as it was typed; it is compared, never kept.
pub struct TypedPassword(pub Secret);

impl Parse for TypedPassword {
    fn parse(text: &str) -> Result<Self, Fault> {
        // Nobody's password is longer: see NewPassword.
        if text.chars().count() > 256 {
            return Err(Fault::new("too_long", "must have at most 256 characters"));
        }
        Ok(Self(Secret::new(text)))
    }
}

/// Credentials for a new session.
#[derive(ToSchema)]
pub struct LogIn {
    pub email: EmailAddress,
    #[schema(value_type = String, format = Password, pattern = r"^[^\x00]*$", max_length = 256, examples("correct horse battery staple"))]
    pub password: TypedPassword,
}
from_body!(LogIn { required email, required password });

/// A refresh token to be exchanged.
#[derive(ToSchema)]
pub struct Refresh {
    #[schema(
        pattern = r"^mhr_[A-Za-z0-9_-]{43}$",
        examples("mhr_4fX0p0mT6cQf0T0pVdXo7cMNvQ9lq2nq3o0g9X1kzB4")
    )]
    pub refresh_token: String,
}
from_body!(Refresh { required refresh_token });

/// A pair of tokens.
#[derive(Serialize, ToSchema)]
pub struct Tokens {
    /// Goes into `Authorization: Bearer …`. A JWT, verifiable with `/.well-known/jwks.json`.
    pub access_token: String,
    #[schema(value_type = String, examples("Bearer"))]
    pub token_type: &'static str,
    /// Seconds until the access token is worth nothing.
    #[schema(examples(900))]
    pub expires_in: i64,
    /// Good for one exchange at `/api/v1/auth/refresh`.
    pub refresh_token: String,
    /// Seconds until the refresh token is worth nothing.
    #[schema(examples(2_592_000))]
    pub refresh_expires_in: i64,
}

/// Your account.
#[derive(Serialize, ToSchema)]
pub struct Me {
    pub id: UserId,
    pub email: EmailAddress,
    pub role: Role,
    /// The name in your byline.
    pub name: String,
    pub bio: Option<String>,
    /// Your public side.
    pub author: MyAuthor,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Where readers find you.
#[derive(Serialize, ToSchema)]
pub struct MyAuthor {
    pub id: AuthorId,
    #[schema(value_type = String)]
    pub slug: Slug,
}

impl Me {
    /// Puts an account and its public side together.
    pub fn new(user: UserRow, author: AuthorRow) -> Self {
        Self {
            id: user.id,
            email: user.email,
            role: user.role,
            name: author.name,
            bio: author.bio,
            author: MyAuthor {
                id: author.id,
                slug: author.slug,
            },
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}

/// What you may change of your account.
#[derive(ToSchema)]
pub struct UpdateMe {
    #[schema(nullable = false, inline)]
    pub name: Option<Line<200>>,
    #[schema(value_type = Option<Prose<2000>>, inline)]
    pub bio: Patch<Prose<2000>>,
}
from_body!(UpdateMe { change name, patch bio });

/// A new password, and the proof that you know the old.
#[derive(ToSchema)]
pub struct ChangePassword {
    #[schema(value_type = String, format = Password, pattern = r"^[^\x00]*$", max_length = 256)]
    pub current_password: TypedPassword,
    /// At least 10 characters, and not one of the commonest passwords.
    #[schema(value_type = String, format = Password, pattern = r"^[^\x00]*$", min_length = 10, max_length = 256)]
    pub new_password: NewPassword,
}
from_body!(ChangePassword { required current_password, required new_password });

/// Which sessions to end.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogOut {
    /// `true` ends all sessions of your account, not this one alone.
    pub all: Option<bool>,
}
from_query!(LogOut { one all });
