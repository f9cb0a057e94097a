use super::sql::{read_back_from_text, stored_as_text};
use super::{Fault, Parse};

/// The names of the time zone database, sorted by bytes.
const NAMES: &str = include_str!("time_zones.txt");

/// A time zone by its name in the IANA database, such as `Europe/Berlin`.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    serde::Serialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
    utoipa::ToSchema,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(transparent)]
#[schema(value_type = String, pattern = "^[A-Za-z0-9_+/-]{2,40}$", examples("Europe/Berlin"))]
pub struct TimeZone(String);

impl TimeZone {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// All names, sorted.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.lines()
    }

    fn from_stored(text: String) -> Self {
        Self(text)
    }
}

impl Parse for TimeZone {
    fn parse(text: &str) -> Result<Self, Fault> {
        match Self::names().find(|name| *name == text) {
            Some(name) => Ok(Self(name.to_owned())),
            None => Err(Fault::new(
                "invalid_time_zone",
                "must be a name of the IANA time zone database such as Europe/Berlin",
            )),
        }
    }
}

stored_as_text!(TimeZone);
read_back_from_text!(TimeZone);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_its_exact_name() {
        for text in ["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"] {
            assert_eq!(TimeZone::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            "europe/berlin",
            "Europe/Nowhere",
            "Europe/Berlin\n",
            "CEST",
        ] {
            assert!(TimeZone::parse(text).is_err(), "{text:?} was accepted");
        }
    }
}
