use serde::Serialize;
use serde_json::value::RawValue;

/// JSON on its way from a column to a reader: checked, but never taken apart.
#[derive(Debug, Clone, Serialize, diesel::deserialize::FromSqlRow)]
#[serde(transparent)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// The JSON text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl diesel::deserialize::FromSql<diesel::sql_types::Jsonb, diesel::pg::Pg> for RawJson {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
        // The binary form of jsonb is its text behind a version number.
        match bytes.as_bytes().split_first() {
            Some((1, text)) => Ok(Self(RawValue::from_string(
                std::str::from_utf8(text)?.to_owned(),
            )?)),
            _ => Err("a jsonb value has an unknown version".into()),
        }
    }
}
