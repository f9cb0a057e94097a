/// Makes an enum whose values are words: on the wire, in a column and in a query parameter alike.
// A word is taken as `tt`: wrapped as `literal`, utoipa would not see it and put the variant's name into the document.
macro_rules! closed_set {
    (
        $(#[$doc:meta])*
        pub enum $name:ident {
            $($(#[$variant_doc:meta])* $variant:ident = $word:tt,)+
        }
    ) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
            utoipa::ToSchema, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// The word for it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl $crate::types::Parse for $name {
            fn parse(text: &str) -> Result<Self, $crate::types::Fault> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::types::Fault::new(
                        "unknown_value",
                        concat!("must be one of:", $(" ", $word),+),
                    )),
                }
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                <str as diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg>>::to_sql(self.as_str(), out)
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                match bytes.as_bytes() {
                    $(word if word == $word.as_bytes() => Ok(Self::$variant),)+
                    _ => Err(concat!("a column holds an unknown ", stringify!($name)).into()),
                }
            }
        }
    };
}

pub(crate) use closed_set;

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema;

    closed_set! {
        /// How ripe a fruit is.
        pub enum Ripeness {
            Ripe = "ripe",
            NotYet = "not_yet",
        }
    }

    #[test]
    fn the_document_tells_the_words_that_are_taken() {
        let schema = serde_json::to_value(Ripeness::schema()).unwrap();
        assert_eq!(schema["enum"], serde_json::json!(["ripe", "not_yet"]));
    }
}
