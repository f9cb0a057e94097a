//! Bringing in what other systems exported.
//!
//! A file is read twice: once to be sure of it, so that a broken one changes nothing, and once to write. Each item is
//! remembered by the system it came from and its key there, so that a second run updates instead of doubling; what editors
//! have changed here since is kept.

mod mapping;
mod queries;
mod report;
mod taxonomy;
mod wordpress;
mod writing;

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::Context;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use indicatif::{ProgressBar, ProgressStyle};

use crate::platform::Platform;
use crate::rest::Problem;
pub use report::Report;
use report::Seen;
use wordpress::{Record, WxrError, read};
use writing::Writer;

/// Whether an import writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It does.
    Write,
    /// It does the same in one transaction, and takes it back: the report is what a real run would say.
    DryRun,
}

/// Imports a WordPress export (WXR). Items that can't be taken are named in the report; a broken file is an error that
/// names the line, and nothing is imported.
pub async fn wordpress(platform: &Platform, file: &Path, mode: Mode) -> anyhow::Result<Report> {
    let path = file.to_owned();
    tokio::task::spawn_blocking(move || check(&path)).await??;
    let mut conn = platform.db.get().await?;
    match mode {
        Mode::Write => run(&mut conn, platform, file).await,
        Mode::DryRun => dry_run(&mut conn, platform, file).await,
    }
}

async fn dry_run(
    conn: &mut AsyncPgConnection,
    platform: &Platform,
    file: &Path,
) -> anyhow::Result<Report> {
    let mut report = None;
    let taken_back = conn
        .transaction(async |tx| {
            report = Some(run(tx, platform, file).await.map_err(Problem::Internal)?);
            Err::<(), _>(Problem::from(diesel::result::Error::RollbackTransaction))
        })
        .await;
    match (report, taken_back) {
        (Some(report), _) => Ok(report),
        (None, Err(problem)) => Err(problem.into_cause()),
        (None, Ok(())) => anyhow::bail!("the dry run ended without a report"),
    }
}

/// Reads the whole file, so that nothing is written when its end is broken.
fn check(file: &Path) -> anyhow::Result<()> {
    let shown = ProgressBar::new(size_of_file(file)?).with_style(style("checking"));
    let mut records = read(open(file)?);
    let mut count = 0_u32;
    while let Some(record) = records.next() {
        record.map_err(|fault| broken(file, &fault))?;
        count += 1;
        if count.is_multiple_of(64) {
            shown.set_position(records.position());
        }
    }
    shown.finish_and_clear();
    Ok(())
}

async fn run(
    conn: &mut AsyncPgConnection,
    platform: &Platform,
    file: &Path,
) -> anyhow::Result<Report> {
    let shown = ProgressBar::new(size_of_file(file)?).with_style(style("importing"));
    let mut records = read(open(file)?);
    let mut writer = Writer::default();
    let mut report = Report::default();
    while let Some(record) = records.next() {
        match record.map_err(|fault| broken(file, &fault))? {
            Record::Site(site) => writer.begin(&site),
            Record::Author(author) => writer.note_author(&author),
            Record::Category(category) => writer.category(conn, &category).await?,
            Record::Tag(tag) => writer.tag(conn, &tag).await?,
            Record::Term(_) => report.count(Seen::Term),
            Record::Item(item) => {
                writer.settle_parents(conn).await?;
                writer.item(conn, platform, &item, &mut report).await?;
            }
        }
        shown.set_position(records.position());
    }
    writer.settle_parents(conn).await?;
    writer.tell_of_tags(&mut report);
    shown.finish_and_clear();
    Ok(report)
}

fn open(file: &Path) -> anyhow::Result<BufReader<File>> {
    let opened = File::open(file).with_context(|| format!("{} can't be read", file.display()))?;
    Ok(BufReader::with_capacity(256 * 1024, opened))
}

fn size_of_file(file: &Path) -> anyhow::Result<u64> {
    let about =
        std::fs::metadata(file).with_context(|| format!("{} can't be read", file.display()))?;
    anyhow::ensure!(about.is_file(), "{} is no file", file.display());
    Ok(about.len())
}

fn broken(file: &Path, fault: &WxrError) -> anyhow::Error {
    anyhow::anyhow!("{}, {fault}; nothing was imported", file.display())
}

/// A bar by bytes, on a terminal alone.
fn style(verb: &str) -> ProgressStyle {
    let template = format!("{verb} {{bar:40}} {{bytes}}/{{total_bytes}} {{eta}}");
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
