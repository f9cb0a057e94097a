\set n random(1, 2000000000)
begin;
insert into subscribers (id, source, email, status, attributes, consent, is_role_address, is_disposable_address, token_generation)
    values (lpad(:n::text, 32, '0')::uuid, 'api', concat('made', :n::text, '@example.com'), 'pending', '{}',
        '{"method": "api", "form_id": null, "wording": null, "asked_at": "2026-11-26T00:00:00Z", "source_url": null}', false, false, 1)
    on conflict (email) do nothing;
insert into subscriber_topics (subscriber_id, tag_id, position)
    select lpad(:n::text, 32, '0')::uuid, tags.id, 0 from tags where tags.id = any('{}'::uuid[]);
select id, status from subscribers where email = concat('made', :n::text, '@example.com') limit 1;
insert into subscription_wishes (id, subscriber_id, at, topics, attributes, client_hash)
    values (gen_random_uuid(), lpad(:n::text, 32, '0')::uuid, now(), '{}', '{}', sha256('client'));
insert into events (action, resource_kind, resource_id, visible_to_readers, cache_tags, after)
    values ('subscription.requested', 'subscriber', lpad(:n::text, 32, '0')::uuid, false, '{}', '{"locale": null, "status": "pending", "topics": []}');
insert into jobs (id, kind, payload, run_at, created_at)
    values (gen_random_uuid(), 'bench.requested', jsonb_build_object('subscriber_id', :n::text), now(), now());
select coalesce(last_number, 0) + 1 as number from lock_consent_ledger() \gset
insert into consent_ledger (number, subscriber_id, at, action, source, details, hash)
    values (:number, lpad(:n::text, 32, '0')::uuid, now(), 'asked', 'api', '{"topics": []}', sha256('entry'));
commit;
