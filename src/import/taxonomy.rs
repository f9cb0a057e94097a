//! Tags, categories and authors of an import: each is looked up or made once.

use std::collections::{BTreeMap, HashMap};

use diesel_async::AsyncPgConnection;

use super::wordpress::decoded;
use crate::authors;
use crate::rest::Problem;
use crate::tags::queries::{insert_unless_there, lock, update};
use crate::tags::{WritableTag, events};
use crate::types::{AuthorId, Line, Parse, Prose, Reference, Slug, TagId};

/// What has been looked up or made so far.
#[derive(Default)]
pub struct Taxonomy {
    tags: HashMap<Slug, TagId>,
    authors: HashMap<String, AuthorId>,
    made: u64,
    /// By the slug in WordPress.
    renamed: BTreeMap<String, Slug>,
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
    let had = decoded(nicename);
    let named = if had.is_empty() { name } else { &had };
    Slug::parse(named).unwrap_or_else(|_| Slug::from_title(named, "tag"))
}

impl Taxonomy {
    /// How many tags were made.
    pub fn made(&self) -> u64 {
        self.made
    }

    /// Gives the slugs that are others here, and forgets them.
    pub fn take_renamed(&mut self) -> Vec<(String, Slug)> {
        std::mem::take(&mut self.renamed).into_iter().collect()
    }

    /// The tag with this slug, made if there is none. One that is there is not changed.
    pub async fn tag(
        &mut self,
        conn: &mut AsyncPgConnection,
        tag: NamedTag<'_>,
    ) -> Result<TagId, Problem> {
        let slug = slug_of(tag.nicename, tag.name);
        let had = decoded(tag.nicename);
        if !had.is_empty() && had != slug.as_str() {
            self.renamed.insert(had, slug.clone());
        }
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
            events::record(conn, None, "tag.created", (None, Some(&row)), &[]).await?;
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
        Ok(events::record(conn, None, "tag.updated", (Some(&old), Some(&row)), &[]).await?)
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
