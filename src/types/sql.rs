/// Lets a newtype over `String` live in a `text` column. What the database holds went through the type's door once
/// already, so reading it back does not check again.
macro_rules! stored_as_text {
    ($type:ident $(<const $parameter:ident: $kind:ty>)?) => {
        impl $(<const $parameter: $kind>)? diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg>
            for $type $(<$parameter>)?
        {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg>>::to_sql(self.as_str(), out)
            }
        }

        impl $(<const $parameter: $kind>)? diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg>
            for $type $(<$parameter>)?
        {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                <String as diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg>>::from_sql(bytes)
                    .map(Self::from_stored)
            }
        }
    };
}

pub(super) use stored_as_text;

/// Lets a value be read back from JSON that we wrote ourselves, through its door.
macro_rules! read_back_from_text {
    ($type:ident $(<const $parameter:ident: $kind:ty>)?) => {
        impl<'de $(, const $parameter: $kind)?> serde::Deserialize<'de> for $type $(<$parameter>)? {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                <Self as $crate::types::Parse>::parse(&text)
                    .map_err(|fault| serde::de::Error::custom(fault.detail))
            }
        }
    };
}

pub(crate) use read_back_from_text;

/// Lets a value live in a `jsonb` column as the JSON that serde makes of it.
macro_rules! stored_as_json {
    ($type:ident) => {
        impl diesel::serialize::ToSql<diesel::sql_types::Jsonb, diesel::pg::Pg> for $type {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                let value = serde_json::to_value(self)?;
                <serde_json::Value as diesel::serialize::ToSql<
                    diesel::sql_types::Jsonb,
                    diesel::pg::Pg,
                >>::to_sql(&value, &mut out.reborrow())
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Jsonb, diesel::pg::Pg> for $type {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let value = <serde_json::Value as diesel::deserialize::FromSql<
                    diesel::sql_types::Jsonb,
                    diesel::pg::Pg,
                >>::from_sql(bytes)?;
                Ok(serde_json::from_value(value)?)
            }
        }
    };
}

pub(crate) use stored_as_json;
