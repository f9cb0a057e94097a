//! The tables, as the migrations leave them. Columns that only Postgres reads are left out: `search` and what it is made of,
//! `transaction_id`.

diesel::table! {
    article_authors (article_id, author_id) {
        article_id -> Uuid,
        author_id -> Uuid,
        position -> Int4,
    }
}

diesel::table! {
    article_revisions (article_id, number) {
        article_id -> Uuid,
        number -> Int4,
        version -> Int8,
        snapshot -> Jsonb,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    article_slugs (slug) {
        slug -> Text,
        article_id -> Uuid,
    }
}

diesel::table! {
    article_tags (article_id, tag_id) {
        article_id -> Uuid,
        tag_id -> Uuid,
        position -> Int4,
    }
}

diesel::table! {
    articles (id) {
        id -> Uuid,
        kind -> Text,
        slug -> Text,
        title -> Text,
        excerpt -> Nullable<Text>,
        body_format -> Text,
        body_source -> Text,
        body_html -> Text,
        body_text -> Text,
        toc -> Jsonb,
        word_count -> Int4,
        reading_time_minutes -> Int4,
        locale -> Text,
        featured -> Bool,
        seo -> Jsonb,
        custom -> Jsonb,
        in_review -> Bool,
        revision -> Int4,
        published_revision -> Nullable<Int4>,
        live_from -> Nullable<Timestamptz>,
        live_until -> Nullable<Timestamptz>,
        first_published_at -> Nullable<Timestamptz>,
        created_by -> Nullable<Uuid>,
        updated_by -> Nullable<Uuid>,
        trashed_at -> Nullable<Timestamptz>,
        version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    authors (id) {
        id -> Uuid,
        slug -> Text,
        name -> Text,
        bio -> Nullable<Text>,
        version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    change_feed (is_only) {
        is_only -> Bool,
        installation -> Uuid,
    }
}

diesel::table! {
    // A view.
    changes (position) {
        position -> Int8,
        at -> Timestamptz,
        action -> Nullable<Text>,
        slug -> Nullable<Text>,
        kind -> Nullable<Text>,
        id -> Nullable<Uuid>,
        cache_tags -> Nullable<Array<Text>>,
    }
}

diesel::table! {
    confirmation_mails (wish_id) {
        wish_id -> Uuid,
        address_hash -> Bytea,
        mailbox_hash -> Bytea,
        domain_hash -> Bytea,
        client_hash -> Bytea,
        admitted_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    consent_ledger (number) {
        number -> Int8,
        subscriber_id -> Uuid,
        at -> Timestamptz,
        action -> Text,
        source -> Text,
        actor_id -> Nullable<Uuid>,
        form_id -> Nullable<Uuid>,
        wording_version -> Nullable<Int4>,
        details -> Jsonb,
        private -> Nullable<Jsonb>,
        private_digest -> Nullable<Bytea>,
        hash -> Bytea,
    }
}

diesel::table! {
    events (id) {
        id -> Int8,
        at -> Timestamptz,
        actor_id -> Nullable<Uuid>,
        action -> Text,
        resource_kind -> Text,
        resource_id -> Uuid,
        visible_to_readers -> Bool,
        cache_tags -> Array<Text>,
        before -> Nullable<Jsonb>,
        after -> Nullable<Jsonb>,
        position -> Nullable<Int8>,
        shown_action -> Nullable<Text>,
        shown_slug -> Nullable<Text>,
    }
}

diesel::table! {
    form_counts (form_id, day, variant) {
        form_id -> Uuid,
        variant -> Text,
        day -> Date,
        loads -> Int8,
        shows -> Int8,
        dismissals -> Int8,
        submits -> Int8,
        confirms -> Int8,
    }
}

diesel::table! {
    form_topics (form_id, tag_id) {
        form_id -> Uuid,
        tag_id -> Uuid,
        position -> Int4,
    }
}

diesel::table! {
    form_versions (form_id, number) {
        form_id -> Uuid,
        number -> Int4,
        wording -> Jsonb,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    forms (id) {
        id -> Uuid,
        key -> Text,
        name -> Text,
        active -> Bool,
        settings -> Jsonb,
        wording_version -> Int4,
        version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    idempotent_replies (owner, key) {
        owner -> Text,
        key -> Text,
        request_fingerprint -> Bytea,
        status -> Int2,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        body -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    installation (is_the_only_one) {
        is_the_only_one -> Bool,
        secret -> Nullable<Bytea>,
        secret_check -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    import_sources (source, source_key) {
        source -> Text,
        source_key -> Text,
        article_id -> Uuid,
        fingerprint -> Bytea,
        revision -> Int4,
        imported_at -> Timestamptz,
    }
}

diesel::table! {
    jobs (id) {
        id -> Uuid,
        kind -> Text,
        payload -> Jsonb,
        unique_key -> Nullable<Text>,
        run_at -> Timestamptz,
        attempts -> Int4,
        locked_by -> Nullable<Uuid>,
        locked_until -> Nullable<Timestamptz>,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        dead_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    preview_links (id) {
        id -> Uuid,
        token_hash -> Bytea,
        as_of -> Timestamptz,
        article_id -> Nullable<Uuid>,
        created_by -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    publication_authors (publication_id, author_id) {
        publication_id -> Uuid,
        author_id -> Uuid,
        position -> Int4,
        published_at -> Timestamptz,
    }
}

diesel::table! {
    publication_tags (publication_id, tag_id) {
        publication_id -> Uuid,
        tag_id -> Uuid,
        position -> Int4,
        published_at -> Timestamptz,
    }
}

diesel::table! {
    publications (id) {
        id -> Uuid,
        article_id -> Uuid,
        revision -> Int4,
        kind -> Text,
        slug -> Text,
        title -> Text,
        excerpt -> Nullable<Text>,
        body_html -> Text,
        body_text -> Text,
        toc -> Jsonb,
        word_count -> Int4,
        reading_time_minutes -> Int4,
        locale -> Text,
        featured -> Bool,
        seo -> Jsonb,
        custom -> Jsonb,
        published_at -> Timestamptz,
        updated_at -> Timestamptz,
        live_from -> Timestamptz,
        live_until -> Nullable<Timestamptz>,
        superseded -> Bool,
        begin_told -> Bool,
        end_told -> Bool,
        tag_ids -> Array<Uuid>,
        author_ids -> Array<Uuid>,
        number -> Int8,
    }
}

diesel::table! {
    refresh_tokens (token_hash) {
        token_hash -> Bytea,
        session_id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        spent_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    search_words (word) {
        word -> Text,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    spent_challenges (hash) {
        hash -> Bytea,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    subscriber_import_pieces (import_id, number) {
        import_id -> Uuid,
        number -> Int8,
        bytes -> Bytea,
    }
}

diesel::table! {
    subscriber_import_rows (import_id, number) {
        import_id -> Uuid,
        number -> Int8,
        line -> Int8,
        verdict -> Text,
        subscriber_id -> Nullable<Uuid>,
        remarks -> Nullable<Jsonb>,
        prior -> Nullable<Jsonb>,
        version -> Nullable<Int8>,
        undone -> Nullable<Text>,
    }
}

diesel::table! {
    subscriber_imports (id) {
        id -> Uuid,
        state -> Text,
        mode -> Text,
        request -> Jsonb,
        layout -> Nullable<Jsonb>,
        size_bytes -> Int8,
        bytes_read -> Int8,
        lines_read -> Int8,
        rows_read -> Int8,
        created -> Int8,
        updated -> Int8,
        unchanged -> Int8,
        suppressed -> Int8,
        invalid -> Int8,
        remarks -> Jsonb,
        revert_before -> Nullable<Int8>,
        removed -> Int8,
        restored -> Int8,
        kept -> Int8,
        failure -> Nullable<Text>,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        reverted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    subscriber_topics (subscriber_id, tag_id) {
        subscriber_id -> Uuid,
        tag_id -> Uuid,
        position -> Int4,
    }
}

diesel::table! {
    subscribers (id) {
        id -> Uuid,
        email -> Text,
        name -> Nullable<Text>,
        status -> Text,
        locale -> Nullable<Text>,
        source -> Text,
        attributes -> Jsonb,
        consent -> Nullable<Jsonb>,
        confirmed_at -> Nullable<Timestamptz>,
        unsubscribed_at -> Nullable<Timestamptz>,
        version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        bounced_at -> Nullable<Timestamptz>,
        complained_at -> Nullable<Timestamptz>,
        time_zone -> Nullable<Text>,
        paused_until -> Nullable<Timestamptz>,
        form_id -> Nullable<Uuid>,
        wording_version -> Nullable<Int4>,
        variant -> Nullable<Text>,
        token_generation -> Int4,
        is_role_address -> Bool,
        is_disposable_address -> Bool,
    }
}

diesel::table! {
    subscription_tokens (token_hash) {
        token_hash -> Bytea,
        subscriber_id -> Uuid,
        wish_id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    subscription_wishes (id) {
        id -> Uuid,
        subscriber_id -> Uuid,
        at -> Timestamptz,
        name -> Nullable<Text>,
        topics -> Array<Uuid>,
        locale -> Nullable<Text>,
        time_zone -> Nullable<Text>,
        attributes -> Jsonb,
        form_id -> Nullable<Uuid>,
        wording_version -> Nullable<Int4>,
        variant -> Nullable<Text>,
        source_url -> Nullable<Text>,
        client_hash -> Bytea,
        granted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    suppressions (email_hash) {
        email_hash -> Bytea,
        reason -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    tags (id) {
        id -> Uuid,
        slug -> Text,
        name -> Text,
        description -> Nullable<Text>,
        parent_id -> Nullable<Uuid>,
        version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        author_id -> Uuid,
        email -> Text,
        password_hash -> Text,
        role -> Text,
        disabled_at -> Nullable<Timestamptz>,
        version -> Int8,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    article_authors,
    article_revisions,
    article_slugs,
    article_tags,
    articles,
    authors,
    confirmation_mails,
    consent_ledger,
    events,
    form_counts,
    form_topics,
    form_versions,
    forms,
    idempotent_replies,
    import_sources,
    jobs,
    preview_links,
    publication_authors,
    publication_tags,
    publications,
    refresh_tokens,
    search_words,
    sessions,
    spent_challenges,
    subscriber_import_pieces,
    subscriber_import_rows,
    subscriber_imports,
    subscriber_topics,
    subscribers,
    subscription_tokens,
    subscription_wishes,
    suppressions,
    tags,
    users,
);

diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(users -> authors (author_id));
diesel::joinable!(refresh_tokens -> sessions (session_id));
diesel::joinable!(article_tags -> tags (tag_id));
diesel::joinable!(article_authors -> authors (author_id));
diesel::joinable!(publication_tags -> tags (tag_id));
diesel::joinable!(publication_authors -> authors (author_id));
diesel::joinable!(publication_tags -> publications (publication_id));
diesel::joinable!(publication_authors -> publications (publication_id));
diesel::joinable!(subscriber_topics -> tags (tag_id));
diesel::joinable!(form_topics -> tags (tag_id));
diesel::joinable!(form_topics -> forms (form_id));
