use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::model::{
    AskedAt, ImportRow, ImportSort, ImportState, Mode, OnConflict, OutcomeRow, OutcomeSort,
    Request, Undone, Verdict, Vouched,
};
use super::reading::{Column, Encoding, FileFormat, ImportMediaType, Layout, Role};
use crate::rest::described::Several;
use crate::rest::page::PagingBy;
use crate::rest::query::{FromQuery, Params, from_query};
use crate::subscribers::{FirstStatus, SubscriberStatus, WhichSubscribers};
use crate::types::{Fault, ImportId, Parse, Prose, SubscriberId, UserId, closed_set};

// The document knows types without parameters alone.
type SeveralVerdict = Several<Verdict>;

/// An import of subscribers.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberImport {
    pub id: ImportId,
    pub state: ImportState,
    /// Whether it only says what it would do.
    pub dry_run: bool,
    /// What people become who are new.
    pub status: FirstStatus,
    pub on_conflict: OnConflict,
    pub file: ImportFile,
    /// How much of the file has been dealt with, in bytes.
    pub bytes_read: i64,
    pub counts: ImportCounts,
    /// How often each remark was made, by its code.
    #[schema(value_type = Object)]
    pub remarks: Value,
    /// What became of the rows that were taken back; `null` while none were to be.
    pub reverted: Option<RevertCounts>,
    /// Why it was given up.
    pub failure: Option<String>,
    /// Who asked for it; `null`: somebody at the command line.
    pub created_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub reverted_at: Option<DateTime<Utc>>,
}

/// What was found out about a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportFile {
    pub size_bytes: i64,
    pub media_type: ImportMediaType,
    pub encoding: Encoding,
    /// Of CSV alone.
    #[schema(value_type = Option<String>)]
    pub delimiter: Option<char>,
    pub format: FileFormat,
    /// The status of everybody in it, where the file as a whole is about those who left.
    pub all_are: Option<SubscriberStatus>,
    /// What becomes of each column; of JSON, those of the first object.
    pub columns: Vec<Column>,
}

/// How many rows came to which verdict.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportCounts {
    pub rows: i64,
    pub create: i64,
    pub update: i64,
    pub unchanged: i64,
    pub suppressed: i64,
    pub invalid: i64,
}

/// How many rows were taken back, and how.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevertCounts {
    /// Their people are gone from the list.
    pub removed: i64,
    /// Their people are as before.
    pub restored: i64,
    /// Their people have changed since, and stay so.
    pub kept: i64,
}

impl SubscriberImport {
    /// As it is told.
    pub fn of(row: ImportRow, layout: Layout) -> Self {
        let (tally, undoing) = (row.tally, row.undoing);
        let is_reverted = matches!(row.state, ImportState::Reverting | ImportState::Reverted);
        Self {
            id: row.id,
            state: row.state,
            dry_run: row.mode == Mode::DryRun,
            status: row.request.status,
            on_conflict: row.request.on_conflict,
            file: ImportFile {
                size_bytes: row.size_bytes,
                media_type: layout.media_type,
                encoding: layout.encoding,
                delimiter: layout.delimiter,
                format: layout.format,
                all_are: layout.all_are,
                columns: layout.columns,
            },
            bytes_read: row.bytes_read,
            counts: ImportCounts {
                rows: row.rows_read,
                create: tally.created,
                update: tally.updated,
                unchanged: tally.unchanged,
                suppressed: tally.suppressed,
                invalid: tally.invalid,
            },
            remarks: row.remarks,
            reverted: is_reverted.then_some(RevertCounts {
                removed: undoing.removed,
                restored: undoing.restored,
                kept: undoing.kept,
            }),
            failure: row.failure,
            created_by: row.created_by.map(UserId::from),
            created_at: row.created_at,
            finished_at: row.finished_at,
            reverted_at: row.reverted_at,
        }
    }
}

/// What became of a row, or would. No address is told: the line leads to it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportedRow {
    /// From 1, without the header.
    pub number: i64,
    /// On which line of the file it begins, from 1.
    pub line: i64,
    pub verdict: Verdict,
    /// Whom it is about, if they are on the list.
    pub subscriber_id: Option<SubscriberId>,
    /// Why it is invalid, or what of it was left out.
    pub remarks: Vec<RowRemark>,
    /// What became of it when the import was taken back.
    pub undone: Option<Undone>,
}

/// Something to say about a row.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct RowRemark {
    /// The column that it is about; `null`: the whole row.
    pub column: Option<String>,
    /// For programs: never changes.
    #[schema(examples("invalid_email"))]
    pub code: String,
    /// For people.
    pub detail: String,
}

impl From<OutcomeRow> for ImportedRow {
    fn from(row: OutcomeRow) -> Self {
        let remarks = row.remarks.unwrap_or_default();
        let text = |remark: &Value, member: &str| {
            remark
                .get(member)
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        let remark = |remark: &Value| RowRemark {
            column: text(remark, "column"),
            code: text(remark, "code").unwrap_or_default(),
            detail: text(remark, "detail").unwrap_or_default(),
        };
        Self {
            number: row.number,
            line: row.line,
            verdict: row.verdict,
            subscriber_id: row.subscriber_id,
            remarks: remarks
                .as_array()
                .into_iter()
                .flatten()
                .map(remark)
                .collect(),
            undone: row.undone,
        }
    }
}

/// How to import a file.
pub struct ImportSubscribers {
    pub mode: Mode,
    format: Option<FileFormat>,
    status: FirstStatus,
    consent: Option<Vouched>,
    on_conflict: OnConflict,
    columns: BTreeMap<String, Role>,
}

impl ImportSubscribers {
    /// The request, with the form that the body has.
    pub fn request(self, media_type: ImportMediaType) -> Request {
        Request {
            media_type,
            format: self.format,
            status: self.status,
            consent: self.consent,
            on_conflict: self.on_conflict,
            columns: self.columns,
        }
    }
}

impl FromQuery for ImportSubscribers {
    fn from_query(params: &mut Params) -> Option<Self> {
        let dry_run = params.one::<bool>("dry_run");
        let format = params.one("format");
        let status = params.one::<FirstStatus>("status");
        let consent = params.one::<Vouched>("consent");
        let on_conflict = params.one("on_conflict");
        let columns = params.one::<Columns>("columns");
        let (status, consent) = (status?.unwrap_or(FirstStatus::Pending), consent?);
        let fault = match (status, &consent) {
            (FirstStatus::Confirmed, None) => Some(Fault::new(
                "required",
                "is needed where people become `confirmed`: when did they agree, and to what?",
            )),
            (FirstStatus::Pending, Some(_)) => Some(Fault::new(
                "conflicting",
                "goes with `status=confirmed` alone",
            )),
            (FirstStatus::Confirmed, Some(_)) | (FirstStatus::Pending, None) => None,
        };
        if let Some(fault) = fault {
            params.fault("consent", fault);
            return None;
        }
        Some(Self {
            mode: if dry_run? == Some(true) {
                Mode::DryRun
            } else {
                Mode::Write
            },
            format: format?,
            status,
            consent,
            on_conflict: on_conflict?.unwrap_or(OnConflict::Skip),
            columns: columns?.map(|columns| columns.0).unwrap_or_default(),
        })
    }
}

/// What becomes of columns, by their names.
#[derive(Debug, Clone, Default)]
pub struct Columns(pub BTreeMap<String, Role>);

impl Parse for Columns {
    fn parse(text: &str) -> Result<Self, Fault> {
        let wrong = || {
            let detail = "must be a JSON object such as {\"E-Mail\": \"email\", \"City\": \"attributes.city\"}";
            Fault::new("invalid_columns", detail)
        };
        let words: BTreeMap<String, String> = serde_json::from_str(text).map_err(|_| wrong())?;
        if words.len() > 200 {
            return Err(Fault::new("too_many", "names more than 200 columns"));
        }
        let role = |(name, word): (String, String)| Ok((name, Role::parse(&word)?));
        words
            .into_iter()
            .map(role)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

impl Parse for Vouched {
    fn parse(text: &str) -> Result<Self, Fault> {
        let wrong = || {
            let detail = "must be a JSON object such as {\"asked_at\": \"from_file\", \"wording\": \"Yes, write to me.\"}, \
                 with a time or `from_file`";
            Fault::new("invalid_consent", detail)
        };
        let mut members: BTreeMap<String, String> =
            serde_json::from_str(text).map_err(|_| wrong())?;
        let asked_at = members.remove("asked_at").ok_or_else(wrong)?;
        let asked_at = match asked_at.as_str() {
            "from_file" => AskedAt::FromFile,
            instant => AskedAt::At(Parse::parse(instant)?),
        };
        let is_import = members
            .remove("method")
            .is_none_or(|method| method == "import");
        let wording = members.remove("wording");
        let wording = wording.map(|wording| Prose::parse(&wording)).transpose()?;
        if !is_import || !members.is_empty() {
            return Err(wrong());
        }
        Ok(Self { asked_at, wording })
    }
}

/// The parameters of an import, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "describes parameters; `ImportSubscribers` reads them"
)]
pub struct ImportSubscribersParams {
    /// `true`: say of each row what would become of it, and write nothing.
    dry_run: Option<bool>,
    /// Whose columns they are; found out when absent.
    #[param(inline)]
    format: Option<FileFormat>,
    /// What people become who are new: `pending` when absent, without a mail. `confirmed` needs a `consent`.
    #[param(inline)]
    status: Option<FirstStatus>,
    /// What you vouch for, as a JSON object: `asked_at` is a time, or `from_file`; `wording`, what they agreed to, may be
    /// left out.
    #[param(example = "{\"asked_at\": \"from_file\", \"wording\": \"Yes, write to me.\"}")]
    consent: Option<String>,
    /// What to do about people who are on the list: `skip` when absent.
    #[param(inline)]
    on_conflict: Option<OnConflict>,
    /// What becomes of columns that are not known by their names, as a JSON object: `email`, `name`, `first_name`,
    /// `last_name`, `status`, `topics`, `locale`, `time_zone`, `paused_until`, `attributes`, `attributes.` and a name,
    /// `asked_at`, `confirmed_at`, `unsubscribed_at`, `bounced_at`, `complained_at`, `disabled`, `ip_address`, `ignored`.
    #[param(example = "{\"Kontakt\": \"email\", \"Stadt\": \"attributes.city\"}")]
    columns: Option<String>,
}

/// Which imports to list.
pub struct ListImports {
    pub paging: PagingBy<ImportSort>,
}
from_query!(ListImports { all paging });

/// The order of a list of imports, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes a parameter; `ListImports` reads it")]
pub struct ListImportsParams {
    /// `created_at`; `-` before it turns it round.
    #[param(value_type = Option<BySort>, inline, style = Form, explode = false, example = json!(["-created_at"]))]
    sort: Option<String>,
}
type BySort = crate::rest::described::SortBy<ImportSort>;

/// Which rows of an import to list.
pub struct ListImportRows {
    pub verdict: Vec<Verdict>,
    pub paging: PagingBy<OutcomeSort>,
}
from_query!(ListImportRows { many verdict, all paging });

/// The parameters of a list of rows, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "describes parameters; `ListImportRows` reads them"
)]
pub struct ListImportRowsParams {
    /// Any of these.
    #[param(value_type = Option<SeveralVerdict>, inline, style = Form, explode = false)]
    verdict: Option<String>,
    /// `number`; `-` before it turns it round.
    #[param(value_type = Option<ByRow>, inline, style = Form, explode = false, example = json!(["number"]))]
    sort: Option<String>,
}
type ByRow = crate::rest::described::SortBy<OutcomeSort>;

closed_set! {
    /// In which form subscribers are exported.
    pub enum ExportFormat {
        Csv = "csv",
        Ndjson = "ndjson",
    }
}

/// Which subscribers to export, and how.
pub struct ExportSubscribers {
    pub format: Option<ExportFormat>,
    pub which: WhichSubscribers,
}
from_query!(ExportSubscribers { one format, all which });

/// The form of an export, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "describes a parameter; `ExportSubscribers` reads it"
)]
pub struct ExportSubscribersParams {
    /// `csv` when absent.
    #[param(inline)]
    format: Option<ExportFormat>,
}
