use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::{Fault, Parse, Slug};

/// Names a thing by its id or by its slug. No slug looks like an id, so one text means one thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference<Id> {
    Id(Id),
    Slug(Slug),
}

impl<Id: Parse> Parse for Reference<Id> {
    fn parse(text: &str) -> Result<Self, Fault> {
        Id::parse(text)
            .map(Self::Id)
            .or_else(|_| <Slug as Parse>::parse(text).map(Self::Slug))
    }
}

impl<Id> utoipa::PartialSchema for Reference<Id> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A slug or an id."))
            .min_length(Some(1))
            .into()
    }
}

impl<Id> utoipa::ToSchema for Reference<Id> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Reference")
    }
}
