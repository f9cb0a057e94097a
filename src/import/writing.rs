//! Writing what was planned, each item in a transaction of its own.

use std::collections::HashMap;

use diesel_async::{AsyncConnection, AsyncPgConnection};

use super::mapping::{Plan, Planned, Standing, plan};
use super::queries::{self, Origin};
use super::report::{Note, Report};
use super::taxonomy::{NamedTag, Taxonomy, slug_of};
use super::wordpress::{Author, Category, Domain, Item, Site, Tag, lost_things};
use crate::articles::content::Content;
use crate::articles::drafting::{self, Change, NewArticle, Saved, SlugChoice};
use crate::articles::opened::{self, Open};
use crate::articles::publishing::{self, Schedule};
use crate::articles::state::ArticleStatus;
use crate::articles::{events, queries as articles};
use crate::platform::Platform;
use crate::rest::Problem;
use crate::types::{AuthorId, Line, Locale, Parse, Rendered, Seo, Slug, TagId};

/// Who is said to have written what names nobody.
const NOBODY: &str = "Newsroom";

/// Writes one export, record by record.
#[derive(Default)]
pub struct Writer {
    source: String,
    locale: Locale,
    /// Display names by login.
    names: HashMap<String, String>,
    taxonomy: Taxonomy,
    /// Categories whose parents may come later in the file.
    orphans: Vec<(TagId, Slug)>,
}

/// What became of an item.
enum Outcome {
    /// With the slug it has got.
    Imported(Slug),
    Updated(Slug),
    Unchanged,
    Kept(&'static str),
}

/// An item with everything around it looked up.
struct Ready<'a> {
    planned: &'a Planned,
    tags: Vec<TagId>,
    author: AuthorId,
    rendered: Rendered,
    fingerprint: Vec<u8>,
    key: String,
}

impl Writer {
    /// Notes which site this is.
    pub fn begin(&mut self, site: &Site) {
        let address = if site.base_site_url.is_empty() {
            &site.link
        } else {
            &site.base_site_url
        };
        self.source = format!("wordpress:{}", address.trim_end_matches('/'));
        self.locale = Locale::parse(&site.language.replace('_', "-")).unwrap_or_default();
    }

    /// Notes what an author is called.
    pub fn note_author(&mut self, author: &Author) {
        if !author.display_name.is_empty() {
            self.names
                .insert(author.login.clone(), author.display_name.clone());
        }
    }

    /// Makes a category a tag.
    pub async fn category(
        &mut self,
        conn: &mut AsyncPgConnection,
        category: &Category,
    ) -> anyhow::Result<()> {
        let tag = NamedTag {
            nicename: &category.nicename,
            name: &category.name,
            description: &category.description,
        };
        let id = conn
            .transaction(async |tx| self.taxonomy.tag(tx, tag).await)
            .await
            .map_err(Problem::into_cause)?;
        if let Some(parent) = &category.parent {
            self.orphans.push((id, slug_of(parent, parent)));
        }
        Ok(())
    }

    /// Makes a tag a tag.
    pub async fn tag(&mut self, conn: &mut AsyncPgConnection, tag: &Tag) -> anyhow::Result<()> {
        let tag = NamedTag {
            nicename: &tag.slug,
            name: &tag.name,
            description: &tag.description,
        };
        conn.transaction(async |tx| self.taxonomy.tag(tx, tag).await)
            .await
            .map_err(Problem::into_cause)?;
        Ok(())
    }

    /// Puts categories below their parents, as far as these are there.
    pub async fn settle_parents(&mut self, conn: &mut AsyncPgConnection) -> anyhow::Result<()> {
        for (child, parent) in std::mem::take(&mut self.orphans) {
            conn.transaction(async |tx| self.taxonomy.put_below(tx, child, &parent).await)
                .await
                .map_err(Problem::into_cause)?;
        }
        Ok(())
    }

    /// Tells what became of the tags.
    pub fn tell_of_tags(&mut self, report: &mut Report) {
        report.tags_made = self.taxonomy.made();
        report.tags_renamed = self.taxonomy.take_renamed();
    }

    /// Takes an item, or says why not. Only a failure of our own is an error.
    pub async fn item(
        &mut self,
        conn: &mut AsyncPgConnection,
        platform: &Platform,
        item: &Item,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        report.comments += item.comment_count;
        let (planned, body) = match plan(item) {
            Plan::Take(planned, body) => (planned, body),
            Plan::Leave(kind) => {
                report.count_other(&kind);
                return Ok(());
            }
        };
        let title = planned.title.as_str().to_owned();
        let note = |reason: String| Note {
            line: item.line,
            title: title.clone(),
            reason,
        };
        let mut remarks = planned.remarks.clone();
        let taken = match rendered(&planned, &mut remarks).await {
            Ok(rendered) => {
                conn.transaction(async |tx| self.take(tx, platform, item, &planned, rendered).await)
                    .await
            }
            Err(refused) => Err(refused),
        };
        match taken {
            Ok(Outcome::Unchanged) => report.unchanged += 1,
            Ok(Outcome::Kept(reason)) => report.kept.push(note(reason.to_owned())),
            Ok(Outcome::Imported(slug)) => {
                report.imported += 1;
                remarks.extend(planned.remark_on_slug(item, &slug));
                report.changed.extend(remarks.into_iter().map(note));
            }
            Ok(Outcome::Updated(slug)) => {
                report.updated += 1;
                remarks.extend(Planned::remark_on_kept_slug(item, &slug));
                report.changed.extend(remarks.into_iter().map(note));
            }
            Err(Problem::Invalid(faults)) => {
                let reasons: Vec<&str> = faults.iter().map(|fault| fault.detail.as_ref()).collect();
                report.skipped.push(note(reasons.join("; ")));
                return Ok(());
            }
            Err(problem) => {
                return Err(problem
                    .into_cause()
                    .context(format!("line {}, “{title}”", item.line)));
            }
        }
        for (name, count) in body.dropped {
            *report.shortcodes.entry(name).or_default() += u64::try_from(count).unwrap_or_default();
        }
        report.forms += u64::try_from(body.forms.len()).unwrap_or_default();
        Ok(())
    }

    async fn take(
        &mut self,
        conn: &mut AsyncPgConnection,
        platform: &Platform,
        item: &Item,
        planned: &Planned,
        rendered: Rendered,
    ) -> Result<Outcome, Problem> {
        let login = item.creator.as_str();
        let name = self
            .names
            .get(login)
            .map_or(login, String::as_str)
            .to_owned();
        let name = Line::<200>::clipped(&name)
            .map_or_else(|| NOBODY.to_owned(), |name| name.as_str().to_owned());
        let mut tags = Vec::new();
        let mut slugs = Vec::new();
        for category in item
            .categories
            .iter()
            .filter(|category| !matches!(category.domain, Domain::Other(_)))
        {
            let nicename = category.nicename.as_deref().unwrap_or_default();
            let tag = NamedTag {
                nicename,
                name: &category.name,
                description: "",
            };
            let id = self.taxonomy.tag(conn, tag).await?;
            if !tags.contains(&id) {
                tags.push(id);
                slugs.push(slug_of(nicename, &category.name));
            }
        }
        let ready = Ready {
            planned,
            tags,
            author: self.taxonomy.author(conn, &name).await?,
            rendered,
            fingerprint: planned.fingerprint(&slugs, &name),
            key: item.source_key(),
        };
        match queries::find_origin(conn, &self.source, &ready.key).await? {
            None => self.create(conn, platform, ready).await,
            Some(origin) => self.update(conn, platform, ready, origin).await,
        }
    }

    fn content(&self, ready: &Ready<'_>, slug: Slug) -> Content {
        let planned = ready.planned;
        Content {
            kind: planned.kind,
            slug,
            title: planned.title.clone(),
            excerpt: planned.excerpt.clone(),
            body: planned.body.clone(),
            locale: self.locale.clone(),
            featured: planned.featured,
            seo: Seo::default(),
            custom: planned.custom.clone(),
            tags: ready.tags.clone(),
            authors: vec![ready.author],
        }
    }

    async fn create(
        &self,
        conn: &mut AsyncPgConnection,
        platform: &Platform,
        ready: Ready<'_>,
    ) -> Result<Outcome, Problem> {
        let new = NewArticle {
            content: self.content(&ready, ready.planned.slug.clone()),
            slug: SlugChoice::Like(ready.planned.slug.clone()),
            rendered: ready.rendered.clone(),
            by: None,
            created_at: ready.planned.created_at,
        };
        let saved = drafting::create(conn, new).await?;
        let slug = self.settle(conn, platform, &ready, saved).await?;
        Ok(Outcome::Imported(slug))
    }

    async fn update(
        &self,
        conn: &mut AsyncPgConnection,
        platform: &Platform,
        ready: Ready<'_>,
        origin: Origin,
    ) -> Result<Outcome, Problem> {
        if origin.fingerprint == ready.fingerprint {
            return Ok(Outcome::Unchanged);
        }
        let open = opened::load(conn, origin.article_id)
            .await?
            .ok_or(Problem::NotFound("article"))?;
        if open.row.trashed_at.is_some() {
            return Ok(Outcome::Kept("is in the trash here"));
        }
        if open.row.revision != origin.revision {
            return Ok(Outcome::Kept("was edited here since the last import"));
        }
        let after = self.content(&ready, open.content.slug.clone());
        let saved = if after == open.content {
            Saved {
                id: open.row.id,
                revision: open.row.revision,
            }
        } else {
            let revision = open.row.revision + 1;
            let change = Change {
                before: &open.content,
                after: &after,
                rendered: ready.rendered.clone(),
                revision,
                by: None,
            };
            drafting::save(conn, open.row.id, change).await?
        };
        let slug = self.settle(conn, platform, &ready, saved).await?;
        Ok(Outcome::Updated(slug))
    }

    /// Brings an article to where it should stand, and remembers where it came from; tells its slug.
    async fn settle(
        &self,
        conn: &mut AsyncPgConnection,
        platform: &Platform,
        ready: &Ready<'_>,
        saved: Saved,
    ) -> Result<Slug, Problem> {
        let open = opened::load(conn, saved.id)
            .await?
            .ok_or(Problem::NotFound("article"))?;
        self.stand(conn, platform, ready.planned.standing, &open)
            .await?;
        let origin = Origin {
            article_id: saved.id,
            fingerprint: ready.fingerprint.clone(),
            revision: saved.revision,
        };
        queries::keep_origin(conn, &self.source, &ready.key, &origin).await?;
        Ok(open.content.slug)
    }

    async fn stand(
        &self,
        conn: &mut AsyncPgConnection,
        platform: &Platform,
        standing: Standing,
        open: &Open,
    ) -> Result<(), Problem> {
        let now = platform.clock.now_in_database(conn).await?;
        let status = open.row.status(now);
        let is_out = matches!(status, ArticleStatus::Published | ArticleStatus::Scheduled);
        match standing {
            Standing::Published(publish_at) => {
                let schedule = Schedule {
                    publish_at,
                    unpublish_at: None,
                };
                publishing::publish(conn, &open.row, &open.body.body_text, schedule, now, None)
                    .await
            }
            _ if is_out => publishing::unpublish(conn, &open.row, now, None).await,
            Standing::InReview if status != ArticleStatus::InReview => {
                articles::set_in_review(conn, open.row.id, None).await?;
                Ok(events::record_step(conn, open.row.id, None, "article.submitted").await?)
            }
            Standing::InReview | Standing::Draft => Ok(()),
        }
    }
}

/// What readers get of a body; remarks on what they don't get of it.
async fn rendered(planned: &Planned, remarks: &mut Vec<String>) -> Result<Rendered, Problem> {
    let rendered = drafting::rendered(&planned.body).await?;
    let lost = lost_things(&planned.body.source, &rendered.html);
    if !lost.is_empty() {
        let lost = lost.join(", ");
        remarks.push(format!("loses what readers may not get: {lost}"));
    }
    Ok(rendered)
}
