drop table consent_ledger;
drop function keep_consent_ledger();
drop function lock_consent_ledger();
drop table confirmation_mails;
drop table subscription_tokens;
drop table subscription_wishes;
drop table suppressions;
-- The older version knows no other way to say that somebody must not be written to.
update subscribers
    set unsubscribed_at = coalesce(unsubscribed_at, bounced_at, complained_at), status = 'unsubscribed'
    where status in ('bounced', 'complained');
alter table subscribers
    drop constraint subscribers_status_is_known,
    add constraint subscribers_status_is_known check (status in ('pending', 'confirmed', 'unsubscribed')),
    drop column bounced_at,
    drop column complained_at,
    drop column time_zone,
    drop column paused_until,
    drop column form_id,
    drop column wording_version,
    drop column variant,
    drop column token_generation,
    drop column is_role_address,
    drop column is_disposable_address;
