//! Tags, categories and authors of an import: each is looked up or made once.

use std::collections::HashMap;

use diesel_async::AsyncPgConnection;

use crate::authors;
use crate::rest::Problem;
use crate::tags::queries::{insert_unless_there, lock, update};
use crate::tags::{WritableTag, events};
use crate::types::{AuthorId, Line, Prose, Reference, Slug, TagId};

/// What has been looked up or made so far.
#[derive(Default)]
pub struct Taxonomy {
    tags: HashMap<Slug, TagId>,
    authors: HashMap<String, AuthorId>,
    made: u64,
}

/// A tag as an export names it.
pub struct NamedTag<'a> {
    /// Percent-encoded, as WordPress writes it; the name is taken when it is empty.
    pub nicename: &'a str,
    pub name: &'a str,
    pub description: &'a str,
}

/// The slug of a nicename or, without one, of a name.
pub fn slug_of(nicename: &str, name: &str) -> Slug {
    let decoded = percent_encoding::percent_decode_str(nicename).decode_utf8_lossy();
    Slug::from_title(
        if decoded.trim().is_empty() {
            name
        } else {
            &decoded
        },
        "tag",
    )
}

impl Taxonomy {
    /// How many tags were made.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// The tag with this slug, made if there is none. One that is there is not changed.
    pub async fn tag(
        &mut self,
        conn: &mut AsyncPgConnection,
        tag: NamedTag<'_>,
    ) -> Result<TagId, Problem> {
        let slug = slug_of(tag.nicename, tag.name);
        if let Some(id) = self.tags.get(&slug) {
            return Ok(*id);
        }
        let name = Line::<200>::clipped(tag.name);
        let new = WritableTag {
            name: name.map_or_else(|| slug.to_string(), |name| name.as_str().to_owned()),
            description: Prose::<2000>::clipped(tag.description)
                .map(|text| text.as_str().to_owned()),
            slug: slug.clone(),
            parent_id: None,
        };
        let (row, is_new) = insert_unless_there(conn, &new).await?;
        if is_new {
            self.made += 1;
            events::record(conn, None, "tag.created", None, Some(&row)).await?;
        }
        self.tags.insert(slug, row.id);
        Ok(row.id)
    }

    /// Puts a tag below another, unless it stands below one already.
    pub async fn put_below(
        &self,
        conn: &mut AsyncPgConnection,
        child: TagId,
        parent: &Slug,
    ) -> Result<(), Problem> {
        let Some(parent) = self
            .tags
            .get(parent)
            .copied()
            .filter(|parent| *parent != child)
        else {
            return Ok(());
        };
        let Some(old) = lock(conn, child)
            .await?
            .filter(|tag| tag.parent_id.is_none())
        else {
            return Ok(());
        };
        let new = WritableTag {
            slug: old.slug.clone(),
            name: old.name.clone(),
            description: old.description.clone(),
            parent_id: Some(parent),
        };
        let row = update(conn, child, &new).await?;
        Ok(events::record(conn, None, "tag.updated", Some(&old), Some(&row)).await?)
    }

    /// The author with this name, made if there is none.
    pub async fn author(
        &mut self,
        conn: &mut AsyncPgConnection,
        name: &str,
    ) -> Result<AuthorId, Problem> {
        if let Some(id) = self.authors.get(name) {
            return Ok(*id);
        }
        let slug = Reference::Slug(Slug::from_title(name, "author"));
        let known = authors::queries::resolve(conn, &[slug])
            .await?
            .pop()
            .flatten();
        let id = match known.filter(|author| author.name == name) {
            Some(author) => author.id,
            None => authors::create(conn, name).await?,
        };
        self.authors.insert(name.to_owned(), id);
        Ok(id)
    }
}
