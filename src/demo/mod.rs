//! Sample content, all made up: enough to see every kind of answer without typing.

mod file;
mod queries;

use chrono::TimeDelta;
use diesel_async::{AsyncConnection, AsyncPgConnection};

use crate::articles::content::{Content, Source};
use crate::articles::drafting::{self, NewArticle, SlugChoice};
use crate::articles::opened;
use crate::articles::publishing::{self, Schedule};
use crate::platform::Platform;
use crate::rest::Problem;
use crate::tags::queries::insert_unless_there;
use crate::tags::{WritableTag, events};
use crate::types::{AuthorId, BodyFormat, JsonObject, Locale, Reference, Seo, Slug, TagId};
use crate::{authors, forms, tags};
use file::SampleArticle;

/// What came of loading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loaded {
    /// So many articles and pages are new.
    New(usize),
    /// It was there already: nothing has changed.
    There,
}

/// Name and slug of each tag, and the slug of the one above it.
const TAGS: &[(&str, &str, Option<&str>)] = &[
    ("Local news", "local-news", None),
    ("Gardening", "gardening", None),
    ("Beds and borders", "beds-and-borders", Some("gardening")),
    ("Science", "science", None),
    ("Weather", "weather", Some("science")),
    ("Events", "events", None),
];

/// Members of the sample forms, as the API takes them.
const FORMS: &str = include_str!("forms.json");

const ARTICLES: &[&str] = &[
    include_str!("articles/01-library-hours.md"),
    include_str!("articles/02-frost-in-may.md"),
    include_str!("articles/03-bridge-repairs.md"),
    include_str!("articles/04-counting-swifts.md"),
    include_str!("articles/05-compost.md"),
    include_str!("articles/06-night-sky.md"),
    include_str!("articles/07-school-garden.md"),
    include_str!("articles/08-rain-gauge.md"),
    include_str!("articles/09-market-moves.md"),
    include_str!("articles/10-pruning-roses.md"),
    include_str!("articles/11-why-leaves-turn.md"),
    include_str!("articles/12-volunteer-weather.md"),
    include_str!("articles/13-imprint.md"),
    include_str!("articles/14-draft.md"),
    include_str!("articles/15-scheduled.md"),
];

/// Loads the sample content in one transaction, unless it is there.
pub async fn load(platform: &Platform) -> anyhow::Result<Loaded> {
    let mut conn = platform.db.get().await?;
    let loaded = conn.transaction(async |tx| {
        let known = Slug::from_title(TAGS[0].1, "tag");
        if tags::queries::resolve(tx, &[Reference::Slug(known)])
            .await?
            .iter()
            .any(Option::is_some)
        {
            return Ok(Loaded::There);
        }
        for (name, slug, parent) in TAGS {
            make_tag(tx, name, slug, *parent).await?;
        }
        for text in ARTICLES {
            make_article(tx, platform, &SampleArticle::read(text)).await?;
        }
        make_forms(tx).await?;
        for number in 1..=3 {
            queries::insert_subscriber(tx, &format!("reader-{number}@example.com")).await?;
        }
        Ok::<_, Problem>(Loaded::New(ARTICLES.len()))
    });
    loaded.await.map_err(Problem::into_cause)
}

async fn make_forms(conn: &mut AsyncPgConnection) -> Result<(), Problem> {
    let forms: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(FORMS)
        .map_err(|fault| anyhow::anyhow!("the sample forms are no JSON: {fault}"))?;
    for form in forms {
        forms::make_unless_there(conn, form).await?;
    }
    Ok(())
}

async fn make_tag(
    conn: &mut AsyncPgConnection,
    name: &str,
    slug: &str,
    parent: Option<&str>,
) -> Result<(), Problem> {
    let parent = match parent {
        None => None,
        Some(parent) => tag_ids(conn, &[parent]).await?.into_iter().next(),
    };
    let tag = WritableTag {
        slug: Slug::from_title(slug, "tag"),
        name: name.to_owned(),
        description: None,
        parent_id: parent,
    };
    let (row, is_new) = insert_unless_there(conn, &tag).await?;
    if is_new {
        events::record(conn, None, "tag.created", (None, Some(&row)), &[]).await?;
    }
    Ok(())
}

async fn tag_ids(conn: &mut AsyncPgConnection, slugs: &[&str]) -> Result<Vec<TagId>, Problem> {
    let named: Vec<_> = slugs
        .iter()
        .map(|slug| Reference::Slug(Slug::from_title(slug, "tag")))
        .collect();
    let found = tags::queries::resolve(conn, &named).await?;
    Ok(found.into_iter().flatten().map(|tag| tag.id).collect())
}

async fn author_ids(
    conn: &mut AsyncPgConnection,
    names: &[&str],
) -> Result<Vec<AuthorId>, Problem> {
    let mut ids = Vec::new();
    for name in names {
        let named = Reference::Slug(Slug::from_title(name, "author"));
        let known = authors::queries::resolve(conn, &[named])
            .await?
            .pop()
            .flatten();
        ids.push(match known {
            Some(author) => author.id,
            None => authors::create(conn, name).await?,
        });
    }
    Ok(ids)
}

async fn make_article(
    conn: &mut AsyncPgConnection,
    platform: &Platform,
    sample: &SampleArticle<'_>,
) -> Result<(), Problem> {
    let slug = Slug::from_title(sample.title.as_str(), "article");
    let content = Content {
        kind: sample.kind,
        slug: slug.clone(),
        title: sample.title.clone(),
        excerpt: None,
        body: Source {
            format: BodyFormat::Markdown,
            source: sample.body.to_owned(),
        },
        locale: Locale::default(),
        featured: sample.featured,
        seo: Seo::default(),
        custom: JsonObject::default(),
        tags: tag_ids(conn, &sample.tags).await?,
        authors: author_ids(conn, &sample.authors).await?,
    };
    let rendered = drafting::rendered(&content.body).await?;
    let new = NewArticle {
        content,
        slug: SlugChoice::Like(slug),
        rendered,
        by: None,
        created_at: None,
    };
    let saved = drafting::create(conn, new).await?;
    let Some(days_ago) = sample.days_ago else {
        return Ok(());
    };
    let Some(open) = opened::load(conn, saved.id).await? else {
        return Ok(());
    };
    let now = platform.clock.now_in_database(conn).await?;
    let schedule = Schedule {
        publish_at: Some(now - TimeDelta::days(days_ago)),
        unpublish_at: None,
    };
    publishing::publish(conn, &open.row, &open.body.body_text, schedule, now, None).await
}
