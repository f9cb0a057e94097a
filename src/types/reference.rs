use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, Type};

use super::{AuthorId, Fault, Parse, Slug, TagId};

/// Names a thing by its id or by its slug. No slug looks like an id, so one text means one thing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reference<Id> {
    Id(Id),
    Slug(Slug),
}

/// A thing that a text names, of whichever kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Tag(Reference<TagId>),
    Author(Reference<AuthorId>),
}

/// The id of a thing that can be named by a slug too.
pub trait Nameable: Parse + Copy {
    /// The thing that is meant.
    fn mentioned(reference: Reference<Self>) -> Named;
}

impl Nameable for TagId {
    fn mentioned(reference: Reference<Self>) -> Named {
        Named::Tag(reference)
    }
}

impl Nameable for AuthorId {
    fn mentioned(reference: Reference<Self>) -> Named {
        Named::Author(reference)
    }
}

impl<Id: Nameable> Parse for Reference<Id> {
    fn parse(text: &str) -> Result<Self, Fault> {
        Id::parse(text)
            .map(Self::Id)
            .or_else(|_| <Slug as Parse>::parse(text).map(Self::Slug))
    }

    fn named(&self) -> Option<Named> {
        Some(Id::mentioned(self.clone()))
    }
}

impl<Id: Copy + PartialEq> Reference<Id> {
    /// Tells whether the thing with this id and slug is meant.
    pub fn names(&self, id: Id, slug: &Slug) -> bool {
        match self {
            Self::Id(named) => *named == id,
            Self::Slug(named) => named == slug,
        }
    }

    /// The ids and the slugs among many references.
    pub fn split(references: &[Self]) -> (Vec<Id>, Vec<&Slug>) {
        let (mut ids, mut slugs) = (Vec::new(), Vec::new());
        for reference in references {
            match reference {
                Self::Id(id) => ids.push(*id),
                Self::Slug(slug) => slugs.push(slug),
            }
        }
        (ids, slugs)
    }
}

impl<Id> utoipa::PartialSchema for Reference<Id> {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A slug or an id."))
            .min_length(Some(1))
            .max_length(Some(Slug::MAX))
            .pattern(Some("^[a-z0-9]+(-[a-z0-9]+)*$"))
            .into()
    }
}

impl<Id> utoipa::ToSchema for Reference<Id> {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Reference")
    }
}
