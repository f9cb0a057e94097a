use serde_json::{Map, Value};

use super::Fault;

/// Largest size of an object in bytes, written as compact JSON.
pub const MAX_BYTES: usize = 64 * 1024;

/// A JSON object that the API keeps and hands out as it is: an article's custom fields, a subscriber's attributes.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    serde::Serialize,
    serde::Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
    utoipa::ToSchema,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
#[serde(transparent)]
#[schema(value_type = Object)]
pub struct JsonObject(Map<String, Value>);

impl JsonObject {
    /// Takes an object of at most 64 KiB whose numbers Postgres can hold.
    pub fn parse(value: Value) -> Result<Self, Fault> {
        let Value::Object(members) = value else {
            return Err(Fault::new("wrong_type", "must be a JSON object"));
        };
        let object = Self(members);
        let size = serde_json::to_string(&object.0).map_or(usize::MAX, |text| text.len());
        if size > MAX_BYTES {
            return Err(Fault::new(
                "too_long",
                format!("is {size} bytes of JSON; at most {MAX_BYTES} are allowed"),
            ));
        }
        Ok(object)
    }

    /// The members.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Puts a member in the place of an older one.
    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

impl diesel::serialize::ToSql<diesel::sql_types::Jsonb, diesel::pg::Pg> for JsonObject {
    fn to_sql<'b>(
        &'b self,
        out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
    ) -> diesel::serialize::Result {
        let value = Value::Object(self.0.clone());
        <Value as diesel::serialize::ToSql<diesel::sql_types::Jsonb, diesel::pg::Pg>>::to_sql(
            &value,
            &mut out.reborrow(),
        )
    }
}

impl diesel::deserialize::FromSql<diesel::sql_types::Jsonb, diesel::pg::Pg> for JsonObject {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
        match <Value as diesel::deserialize::FromSql<diesel::sql_types::Jsonb, diesel::pg::Pg>>::from_sql(bytes)? {
            Value::Object(members) => Ok(Self(members)),
            _ => Err("a column that should hold an object does not".into()),
        }
    }
}
