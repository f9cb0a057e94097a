use std::borrow::Cow;

use utoipa::PartialSchema;
use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::Fault;

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Whole<const MIN: i64, const MAX: i64>(i64);

impl<const MIN: i64, const MAX: i64> Whole<MIN, MAX> {
    /// Takes a number that is within the bounds.
    pub fn new(number: i64) -> Result<Self, Fault> {
        if (MIN..=MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(Self::out_of_range())
        }
    }

    /// What is said of any other number.
    pub fn out_of_range() -> Fault {
        Fault::new(
            "out_of_range",
            format!("must be a whole number from {MIN} to {MAX}"),
        )
    }

    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }
}

impl<const MIN: i64, const MAX: i64> PartialSchema for Whole<MIN, MAX> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(MIN))
            .maximum(Some(MAX))
            .into()
    }
}

// The name is unused: members of this type are inlined where they stand.
impl<const MIN: i64, const MAX: i64> utoipa::ToSchema for Whole<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("Whole{MIN}To{MAX}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_belong_to_it() {
        for (number, is_within) in [(0, false), (1, true), (9, true), (10, false)] {
            assert_eq!(Whole::<1, 9>::new(number).is_ok(), is_within, "{number}");
        }
    }
}
