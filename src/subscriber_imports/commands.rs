//! The same from the command line, where whoever typed it waits for the end.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use diesel_async::RunQueryDsl;
use indicatif::{ProgressBar, ProgressStyle};

use super::dto::{Columns, ExportFormat};
use super::export::Export;
use super::model::{AskedAt, ImportRow, Mode, OnConflict, Request, Vouched};
use super::reading::ImportMediaType;
use super::upload::{Arrived, Upload};
use super::{PIECE, following};
use crate::platform::Platform;
use crate::rest::Problem;
use crate::subscribers::{FirstStatus, SubscriberFilter, SubscriberStatus, bulk};
use crate::types::Parse;

/// How to import a file, as it was typed.
#[derive(Debug, clap::Args)]
pub struct ImportOptions {
    /// The file: .csv, .ndjson, .jsonl or .json
    file: PathBuf,
    /// Say what would become of the rows, and write nothing of them
    #[arg(long)]
    dry_run: bool,
    /// Whose columns they are: masthead, mailchimp, listmonk, ghost, substack, beehiiv or generic; found out when absent
    #[arg(long)]
    format: Option<String>,
    /// What becomes of columns, as JSON: '{"Kontakt": "email", "Stadt": "attributes.city"}'
    #[arg(long)]
    columns: Option<String>,
    /// What people become who are new: pending, or confirmed, which needs --consent-asked-at
    #[arg(long, default_value = "pending")]
    status: String,
    /// When they agreed whom you import as confirmed: a time, or from_file
    #[arg(long)]
    consent_asked_at: Option<String>,
    /// What they agreed to
    #[arg(long)]
    consent_wording: Option<String>,
    /// What to do about people who are on the list: skip or update
    #[arg(long, default_value = "skip")]
    on_conflict: String,
}

/// Which subscribers to export, and where to, as it was typed.
#[derive(Debug, clap::Args)]
pub struct ExportOptions {
    /// csv or ndjson
    #[arg(long, default_value = "csv")]
    format: String,
    /// Of these statuses alone, with commas between them
    #[arg(long, value_delimiter = ',')]
    status: Vec<String>,
    /// Where to write to, instead of standard output
    #[arg(long)]
    pub output: Option<PathBuf>,
}

fn parsed<T: Parse>(option: &str, text: &str) -> anyhow::Result<T> {
    T::parse(text).map_err(|fault| anyhow::anyhow!("{option}: {}", fault.detail))
}

impl ImportOptions {
    fn mode(&self) -> Mode {
        if self.dry_run {
            Mode::DryRun
        } else {
            Mode::Write
        }
    }

    fn request(&self) -> anyhow::Result<Request> {
        let extension = self
            .file
            .extension()
            .and_then(|extension| extension.to_str());
        let media_type = match extension.unwrap_or_default().to_ascii_lowercase().as_str() {
            "csv" | "tsv" | "txt" => ImportMediaType::Csv,
            "ndjson" | "jsonl" => ImportMediaType::Ndjson,
            "json" => ImportMediaType::Json,
            _ => anyhow::bail!(
                "{}: must end with .csv, .ndjson, .jsonl or .json",
                self.file.display()
            ),
        };
        let status = parsed("--status", &self.status)?;
        let asked_at = match self.consent_asked_at.as_deref() {
            None => None,
            Some("from_file") => Some(AskedAt::FromFile),
            Some(text) => Some(AskedAt::At(parsed("--consent-asked-at", text)?)),
        };
        let wording = self.consent_wording.as_deref();
        let wording = wording
            .map(|text| parsed("--consent-wording", text))
            .transpose()?;
        let consent = match (status, asked_at) {
            (FirstStatus::Pending, None) if wording.is_none() => None,
            (FirstStatus::Pending, _) => {
                anyhow::bail!("--consent-…: goes with --status confirmed alone")
            }
            (FirstStatus::Confirmed, Some(asked_at)) => Some(Vouched { asked_at, wording }),
            (FirstStatus::Confirmed, None) => anyhow::bail!(
                "--consent-asked-at: is needed where people become confirmed: a time, or from_file"
            ),
        };
        let format = self.format.as_deref();
        let columns = self.columns.as_deref();
        let columns = columns
            .map(|text| parsed::<Columns>("--columns", text))
            .transpose()?;
        Ok(Request {
            media_type,
            format: format.map(|text| parsed("--format", text)).transpose()?,
            status,
            consent,
            on_conflict: parsed::<OnConflict>("--on-conflict", &self.on_conflict)?,
            columns: columns.unwrap_or_default().0,
        })
    }
}

/// Imports a file, with a bar on a terminal; the report in a few lines.
pub async fn import(platform: &Platform, options: &ImportOptions) -> anyhow::Result<String> {
    let request = options.request()?;
    let mut file = open(&options.file)?;
    let size = file.metadata()?.len();
    let mut upload = Upload::begin(platform, request, options.mode(), None)
        .await
        .map_err(Problem::into_cause)?;
    let bar = bar("reading", size)?;
    let arrived = match take(&mut upload, &mut file, &bar).await {
        Ok(arrived) => arrived,
        Err(fault) => {
            upload.give_up().await;
            let file = options.file.display();
            return Err(fault.context(format!("{file} can't be imported; nothing was")));
        }
    };
    bar.finish_and_clear();
    arrived
        .queue_alone(platform)
        .await
        .map_err(Problem::into_cause)?;
    let bar = self::bar("importing", size)?;
    let place = |import: &ImportRow| bar.set_position(import.place().bytes);
    let ended = following::to_its_end(platform, arrived.id, place).await;
    bar.finish_and_clear();
    report(&ended?, options.mode())
}

fn open(path: &Path) -> anyhow::Result<File> {
    let file = File::open(path).with_context(|| format!("{} can't be read", path.display()))?;
    anyhow::ensure!(file.metadata()?.is_file(), "{} is no file", path.display());
    Ok(file)
}

/// A bar by bytes, on a terminal alone.
fn bar(verb: &str, size: u64) -> anyhow::Result<ProgressBar> {
    let template = format!("{verb} {{bar:40}} {{bytes}}/{{total_bytes}} {{eta}}");
    Ok(ProgressBar::new(size).with_style(ProgressStyle::with_template(&template)?))
}

async fn take(upload: &mut Upload, file: &mut File, bar: &ProgressBar) -> anyhow::Result<Arrived> {
    let mut bytes = vec![0; PIECE];
    loop {
        let count = file.read(&mut bytes)?;
        if count == 0 {
            return upload.end().await.map_err(Problem::into_cause);
        }
        upload
            .take(&bytes[..count])
            .await
            .map_err(Problem::into_cause)?;
        bar.inc(count as u64);
    }
}

fn report(import: &ImportRow, mode: Mode) -> anyhow::Result<String> {
    let id = import.id;
    let layout = import.layout.as_ref().context("the import has no file")?;
    let tally = import.tally;
    let delimiter = layout
        .delimiter
        .map_or_else(String::new, |c| format!(", delimiter {c:?}"));
    let mut lines = vec![
        format!(
            "Read {} rows ({}, {}{delimiter}).",
            import.rows_read,
            layout.format.as_str(),
            layout.encoding.as_str()
        ),
        format!(
            "{} created, {} updated, {} unchanged, {} suppressed, {} invalid.",
            tally.created, tally.updated, tally.unchanged, tally.suppressed, tally.invalid
        ),
    ];
    let remarks = import.remarks.as_object().into_iter().flatten();
    let remarks: Vec<String> = remarks
        .map(|(code, count)| format!("{code} ({count})"))
        .collect();
    if !remarks.is_empty() {
        lines.push(format!("Remarks: {}.", remarks.join(", ")));
    }
    lines.push(match mode {
        Mode::Write => {
            format!("Import {id}: GET /api/v1/editor/imports/{id}/rows tells of each row.")
        }
        Mode::DryRun => "This was a dry run: nothing was written.".to_owned(),
    });
    Ok(lines.join("\n"))
}

/// Exports subscribers, with a bar on a terminal where they go into a file.
pub async fn export(
    platform: &Platform,
    options: &ExportOptions,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let format: ExportFormat = parsed("--format", &options.format)?;
    let status = |text: &String| parsed::<SubscriberStatus>("--status", text);
    let filter = SubscriberFilter {
        statuses: options
            .status
            .iter()
            .map(status)
            .collect::<Result<_, _>>()?,
        ..SubscriberFilter::default()
    };
    let mut conn = platform.db.connect_alone().await?;
    diesel::sql_query("begin isolation level repeatable read read only")
        .execute(&mut conn)
        .await?;
    let bar = match options.output {
        Some(_) => ProgressBar::new(u64::try_from(bulk::count(&mut conn, &filter).await?)?),
        None => ProgressBar::hidden(),
    };
    let mut export = Export::new(format, filter);
    let mut bytes = Vec::new();
    export.begin(&mut bytes);
    loop {
        let batch = export.batch(&mut conn).await?;
        for subscriber in &batch {
            export.write(subscriber, &mut bytes)?;
        }
        out.write_all(&bytes)?;
        bytes.clear();
        bar.inc(batch.len() as u64);
        if batch.is_empty() {
            out.flush()?;
            bar.finish_and_clear();
            return Ok(());
        }
    }
}
