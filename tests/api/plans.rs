//! No read of delivery goes through a large table from one end to the other.
//!
//! The statements are those that the server runs, because it runs them: Postgres counts the scans of each table, and shows
//! what was counted once the connection that did it has gone.

use crate::harness::TestApp;

/// Publications by the thousand: all with `common`, each tenth with `tenth`, in order of their dates.
pub fn many_publications(amount: usize) -> String {
    format!(
        "do $$ begin
            insert into authors (id, slug, name)
            select md5('author' || n)::uuid, 'author-' || n, 'Author ' || n from generate_series(1, 20) n;
            insert into tags (id, slug, name)
            select md5('tag' || n)::uuid, 'tag-' || n, 'Tag ' || n from generate_series(1, 300) n;
            create temporary table made on commit drop as
            select n, md5('article' || n)::uuid as id, md5('publication' || n)::uuid as publication,
                'Story ' || n as title, timestamptz '2020-01-01 00:00:00Z' + n * interval '1 hour' as at,
                'This common text has word' || n || case when n % 10 = 0 then ' tenth' else '' end || ' and so on' as body
            from generate_series(1, {amount}) n;
            insert into article_slugs (slug, article_id) select 'story-' || n, id from made;
            insert into articles (id, kind, slug, title, body_format, body_source, body_html, body_text, toc, word_count,
                reading_time_minutes, locale, featured, seo, custom, revision)
            select id, 'article', 'story-' || n, title, 'html', body, body, body, '[]', 9, 1, 'en', false, '{{}}', '{{}}', 1
            from made;
            insert into article_revisions (article_id, number, version, snapshot) select id, 1, 1, '{{}}' from made;
            insert into publications (id, article_id, revision, kind, slug, title, body_html, body_text, toc, word_count,
                reading_time_minutes, locale, featured, seo, custom, published_at, updated_at, live_from)
            select publication, id, 1, 'article', 'story-' || n, title, body, body, '[]', 9, 1,
                'en', false, '{{}}', '{{}}', at, at, at
            from made order by n;
            insert into publication_tags (publication_id, tag_id, position, published_at)
            select publication, md5('tag' || (1 + (n * 7 + place * 13) % 300))::uuid, place, at
            from made, generate_series(0, 2) place;
            insert into search_words (word)
            select translate(md5(n::text), '0123456789', 'ghijklmnop') from generate_series(1, {amount}) n
            on conflict do nothing;
            insert into publication_authors (publication_id, author_id, position, published_at)
            select publication, md5('author' || (1 + n % 20))::uuid, 0, at from made;
        end $$"
    )
}

/// Scans of whole large tables so far, a line for each table that had any.
async fn whole_scans(app: &TestApp) -> Vec<String> {
    app.rows(
        "select relname || ' ' || seq_scan from pg_stat_user_tables where seq_scan > 0 and relname in
            ('publications', 'publication_tags', 'publication_authors', 'search_words') order by relname",
    )
    .await
}

/// Ends the server's connections, so that what they counted can be seen.
async fn end_connections(app: &TestApp) {
    let others =
        "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
        and backend_type = 'client backend'";
    app.execute(&format!("select pg_terminate_backend(pid) {others}"))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_read_goes_through_a_large_table() {
    let app = TestApp::start_with(&[("MASTHEAD_CACHE_MB", "0")]).await;
    app.execute(&many_publications(20_000)).await;
    app.execute("vacuum analyze").await;
    let reader = app.anonymous();
    let first = reader.get("/articles?limit=20").await.expect(200);
    let cursor = first.body["pagination"]["next_cursor"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut guilty = Vec::new();
    for path in [
        "/articles?limit=20".to_owned(),
        "/articles?limit=20&include=body".to_owned(),
        "/articles?limit=20&tag=tag-7".to_owned(),
        "/articles?limit=20&tag=tag-7,tag-8&author=author-3&page=3".to_owned(),
        "/articles?limit=20&tag=none".to_owned(),
        "/articles?limit=20&tag_all=tag-7,tag-20&tag_not=tag-8".to_owned(),
        "/articles?limit=20&tag=tag-7&sort=title".to_owned(),
        format!("/articles?limit=20&cursor={cursor}"),
        "/articles?sort=-updated_at".to_owned(),
        "/articles/story-10000".to_owned(),
        "/articles/story-10000/related".to_owned(),
        "/articles?limit=20&page=50".to_owned(),
        "/articles?q=tenth".to_owned(),
        "/search?q=common".to_owned(),
        "/search?q=tenth".to_owned(),
        "/search?q=word777".to_owned(),
        "/search?q=common&tag=tag-7&author=author-3&locale=en".to_owned(),
        "/search?q=%22common+text%22&published_before=2021-01-01T00:00:00Z".to_owned(),
        "/search?q=stroy".to_owned(),
        "/search/suggest?q=st".to_owned(),
        "/search/suggest?q=19999".to_owned(),
        "/tags/tag-7".to_owned(),
        "/authors/author-7".to_owned(),
        "/tags?limit=20".to_owned(),
        "/authors?limit=20".to_owned(),
        "/changes".to_owned(),
        "@/feed.xml".to_owned(),
        "@/tags/tag-7/atom.xml".to_owned(),
        "@/authors/author-7/feed.json".to_owned(),
        "@/sitemap.xml".to_owned(),
        "@/sitemaps/2021-01.xml".to_owned(),
        "@/news-sitemap.xml".to_owned(),
    ] {
        end_connections(&app).await;
        let before = whole_scans(&app).await;
        // The pool may hand out a connection that has just gone.
        let mut reply = reader.get(&path).await;
        while reply.status == 503 {
            tokio::task::yield_now().await;
            reply = reader.get(&path).await;
        }
        reply.expect(200);
        end_connections(&app).await;
        let mut scans = whole_scans(&app).await;
        scans.retain(|scan| !before.contains(scan));
        if !scans.is_empty() {
            guilty.push(format!("{path}: {}", scans.join(", ")));
        }
    }
    assert!(guilty.is_empty(), "whole scans:\n{}", guilty.join("\n"));
}
