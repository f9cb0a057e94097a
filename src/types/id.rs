use super::{Fault, Parse};

/// Makes an id type of its own for each kind of thing, so that one can't be passed where another belongs.
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow, utoipa::ToSchema,
        )]
        #[diesel(sql_type = diesel::sql_types::Uuid)]
        #[serde(transparent)]
        #[schema(value_type = uuid::Uuid)]
        pub struct $name(uuid::Uuid);

        impl $name {
            /// Mints a new id: a UUIDv7 (RFC 9562), so that ids sort by the time they were made.
            pub fn mint() -> Self {
                Self(uuid::Uuid::now_v7())
            }

            /// The bare UUID.
            pub fn as_uuid(self) -> uuid::Uuid {
                self.0
            }
        }

        impl Parse for $name {
            /// Reads the hyphenated form alone: one thing has one address.
            fn parse(text: &str) -> Result<Self, Fault> {
                let fault = || Fault::new("invalid_id", "must be an id such as 0192e4a0-7b1c-7c3e-9d55-3f1f6a2b8c4d");
                if text.len() != 36 {
                    return Err(fault());
                }
                uuid::Uuid::try_parse(text).map(Self).map_err(|_| fault())
            }
        }

        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                <uuid::Uuid as diesel::serialize::ToSql<diesel::sql_types::Uuid, diesel::pg::Pg>>::to_sql(&self.0, out)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                <uuid::Uuid as diesel::deserialize::FromSql<diesel::sql_types::Uuid, diesel::pg::Pg>>::from_sql(bytes)
                    .map(Self)
            }
        }
    )+};
}

ids! {
    /// Names an article or a page, for as long as it exists.
    ArticleId;
    /// Names a person in a byline.
    AuthorId;
    /// Names a form, for as long as anything that came of it exists.
    FormId;
    /// Names an import of subscribers.
    ImportId;
    /// Names a piece of work that is to be done.
    JobId;
    /// Names a log-in and the refresh tokens that came of it.
    SessionId;
    /// Names a preview link.
    PreviewLinkId;
    /// Names one revision as readers see it.
    PublicationId;
    /// Names a subscriber.
    SubscriberId;
    /// Names what somebody asked for in one sign-up.
    WishId;
    /// Names a tag.
    TagId;
    /// Names an account.
    UserId;
}
