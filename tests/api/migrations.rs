use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel_async::AsyncMigrationHarness;
use diesel_migrations::MigrationHarness;
use masthead::platform::db::{self, MIGRATIONS};

use crate::harness::TestDatabase;

/// Everything a migration can make or change, one line each, without what an extension or Diesel brings. Columns are told
/// by name, not by position: one that goes and comes back stands last.
const SCHEMA: &str = r"
    with ours as (select oid from pg_namespace where nspname = 'public'),
    lines (line) as (
        select format('extension %s', extname) from pg_extension
        union all
        select format('relation %s %s', relname, relkind) from pg_class
            where relnamespace in (select oid from ours) and relkind in ('r', 'p', 'v', 'm', 'S')
        union all
        select format('column %s.%s %s not null=%s storage=%s generated=%s identity=%s collation=%s default=%s',
                relname, attname, format_type(atttypid, atttypmod), attnotnull, attstorage, attgenerated, attidentity,
                attcollation, pg_get_expr(adbin, adrelid))
            from pg_attribute join pg_class on pg_class.oid = attrelid
            left join pg_attrdef on adrelid = attrelid and adnum = attnum
            where relnamespace in (select oid from ours) and relkind in ('r', 'p', 'v', 'm') and attnum > 0
                and not attisdropped
        union all
        select format('index %s', indexdef) from pg_indexes where schemaname = 'public'
        union all
        select format('constraint %s on %s: %s', conname, coalesce(nullif(conrelid, 0)::regclass::text, contypid::regtype::text),
                pg_get_constraintdef(oid))
            from pg_constraint where connamespace in (select oid from ours)
        union all
        select format('trigger %s', pg_get_triggerdef(oid)) from pg_trigger where not tgisinternal
        union all
        select format('view %s: %s', viewname, definition) from pg_views where schemaname = 'public'
        union all
        select format('type %s %s of %s default=%s', typname, typtype, typbasetype::regtype, typdefault) from pg_type
            where typnamespace in (select oid from ours) and typtype in ('d', 'e', 'r')
                and not exists (select from pg_depend where objid = pg_type.oid and deptype = 'e')
        union all
        select format('label %s of %s', enumlabel, enumtypid::regtype) from pg_enum
        union all
        select format('function %s', pg_get_functiondef(oid)) from pg_proc
            where pronamespace in (select oid from ours) and prokind in ('f', 'p')
                and not exists (select from pg_depend where objid = pg_proc.oid and deptype = 'e')
    )
    select line from lines where line not like '%\_\_diesel\_schema\_migrations%' order by line";

#[derive(Clone, Copy)]
enum Direction {
    Up,
    Down,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_migration_goes_down_and_up_again_and_leaves_the_same_schema() {
    let database = TestDatabase::empty().await;
    let mut stages = vec![schema(&database).await];
    let mut names = Vec::new();

    for _ in 0..count() {
        names.push(step(&database, Direction::Up).await);
        stages.push(schema(&database).await);
    }
    for (index, name) in names.iter().enumerate().rev() {
        step(&database, Direction::Down).await;
        assert_same(&schema(&database).await, &stages[index], name, "down");
    }
    for (index, name) in names.iter().enumerate() {
        step(&database, Direction::Up).await;
        assert_same(
            &schema(&database).await,
            &stages[index + 1],
            name,
            "up again",
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_start_together_migrate_an_empty_database_once() {
    let database = TestDatabase::empty().await;
    let address = database.address();

    let (a, b, c, d) = tokio::join!(
        db::migrate(&address),
        db::migrate(&address),
        db::migrate(&address),
        db::migrate(&address),
    );

    let mut run = [a.unwrap(), b.unwrap(), c.unwrap(), d.unwrap()];
    run.sort_unstable();
    assert_eq!(run, [0, 0, 0, count()]);
}

/// How many migrations there are.
fn count() -> usize {
    MigrationSource::<Pg>::migrations(&MIGRATIONS)
        .unwrap()
        .len()
}

async fn schema(database: &TestDatabase) -> Vec<String> {
    database.rows(SCHEMA).await
}

/// Runs the next migration, or takes back the last; tells which.
async fn step(database: &TestDatabase, direction: Direction) -> String {
    let conn = database.address().connect().await.unwrap();
    let stepping = tokio::task::spawn_blocking(move || {
        let mut harness = AsyncMigrationHarness::new(conn);
        let version = match direction {
            Direction::Up => harness.run_next_migration(MIGRATIONS),
            Direction::Down => harness.revert_last_migration(MIGRATIONS),
        };
        version.unwrap().to_string()
    });
    stepping.await.unwrap()
}

#[track_caller]
fn assert_same(is: &[String], was: &[String], name: &str, way: &str) {
    let only_in = |one: &[String], other: &[String]| {
        let lines = one.iter().filter(|line| !other.contains(line));
        lines.cloned().collect::<Vec<_>>().join("\n  ")
    };
    let (more, less) = (only_in(is, was), only_in(was, is));
    assert!(
        more.is_empty() && less.is_empty(),
        "migration {name}, {way}:\nis there, but should not be:\n  {more}\nis not there, but should be:\n  {less}"
    );
}
