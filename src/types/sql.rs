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
