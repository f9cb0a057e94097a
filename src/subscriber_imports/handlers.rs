use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, get, post};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use futures::StreamExt;

use super::dto::{
    ExportFormat, ExportSubscribers, ExportSubscribersParams, ImportSubscribers,
    ImportSubscribersParams, ImportedRow, ListImportRows, ListImportRowsParams, ListImports,
    ListImportsParams, SubscriberImport,
};
use super::export::Export;
use super::model::{ImportRow, ImportSort, ImportState, Mode, OutcomeRow, OutcomeSort};
use super::reading::ImportMediaType;
use super::upload::{Arrived, REVERTIBLE, Upload};
use super::{queries, reverting};
use crate::changes::Exports;
use crate::platform::{Platform, jobs};
use crate::rest::body::NoBody;
use crate::rest::envelope::Deadline;
use crate::rest::idempotency::{Idempotency, IdempotencyKeyHeader};
use crate::rest::page::{List, PagingParams};
use crate::rest::query::NoParams;
use crate::rest::reply::{Listed, Origin, Reply};
use crate::rest::streamed::{Pieces, streamed};
use crate::rest::{Editor, Problem, Query, Segment};
use crate::subscribers::{Subscriber, WhichSubscribersParams, bulk};
use crate::types::{ImportId, UserId};

/// Import subscribers
///
/// Takes a file of another system (Mailchimp, listmonk, Ghost, Substack, beehiiv), an export of our own, or any other with a
/// column of addresses: CSV with any usual delimiter, in UTF-8 or Windows-1252; objects one a line; or an array of objects.
/// At most 4 GiB. Answers when the file has arrived; `Location` leads to how far it has come since. With `dry_run=true`
/// nothing is written, and every row has its verdict all the same. People who are new become `pending`, and get no mail,
/// unless you say `status=confirmed` and vouch for them with `consent`. **Whoever has unsubscribed, bounced, complained or was
/// erased stays so**, whatever the file or the request says; and rows that say that somebody left are believed always.
#[utoipa::path(
    tag = "subscribers",
    params(ImportSubscribersParams, IdempotencyKeyHeader),
    request_body(content(
        (String = "text/csv", example = "email,name,city\r\nrobin@example.com,Robin Reader,Springfield\r\n"),
        (String = "application/x-ndjson", example = "{\"email\":\"robin@example.com\",\"name\":\"Robin Reader\"}\n"),
        (Vec<Object> = "application/json"),
    )),
    responses((status = 202, description = "The file has arrived", body = SubscriberImport, headers(("Location" = String, description = "Where the import is")))),
)]
#[post("/subscribers/import")]
pub async fn import_subscribers(
    editor: Editor,
    platform: Data<Platform>,
    request: HttpRequest,
    idempotency: Idempotency,
    query: Query<ImportSubscribers>,
    payload: Payload,
) -> Result<Reply, Problem> {
    let media_type = media_type(&request)?;
    let (mode, actor) = (query.0.mode, editor.0.user);
    let wanted = query.0.request(media_type);
    let mut upload = Upload::begin(&platform, wanted, mode, Some(actor)).await?;
    let accepted = match receive(&mut upload, &request, payload).await {
        Ok(arrived) => accept(&platform, &idempotency, &arrived, actor).await,
        Err(problem) => Err(problem),
    };
    if !matches!(&accepted, Ok(reply) if reply.origin == Origin::Fresh) {
        upload.give_up().await;
    }
    accepted
}

/// In which form the body comes.
fn media_type(request: &HttpRequest) -> Result<ImportMediaType, Problem> {
    let text = |name| request.headers().get(name)?.to_str().ok();
    if text(header::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"))
    {
        return Err(Problem::UnsupportedMediaType(
            "send the body without `Content-Encoding`",
        ));
    }
    let media = text(header::CONTENT_TYPE).unwrap_or_default();
    let essence = media
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.as_str() {
        "text/csv" => Ok(ImportMediaType::Csv),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => {
            Ok(ImportMediaType::Ndjson)
        }
        "application/json" => Ok(ImportMediaType::Json),
        _ => Err(Problem::UnsupportedMediaType(
            "send `Content-Type: text/csv`, `application/x-ndjson` or `application/json`",
        )),
    }
}

async fn receive(
    upload: &mut Upload,
    request: &HttpRequest,
    mut payload: Payload,
) -> Result<Arrived, Problem> {
    while let Some(bytes) = payload.next().await {
        let bytes = bytes.map_err(|_| Problem::Malformed {
            detail: "the body ended early".into(),
            errors: Vec::new(),
        })?;
        if upload.take(&bytes).await? {
            Deadline::body_goes_on(request);
        }
    }
    Deadline::body_has_arrived(request);
    upload.end().await
}

async fn accept(
    platform: &Platform,
    idempotency: &Idempotency,
    arrived: &Arrived,
    actor: UserId,
) -> Result<Reply, Problem> {
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        if let Some(reply) = idempotency.replay(tx, &arrived.fingerprint, now).await? {
            return Ok(reply);
        }
        arrived.queue(tx).await?;
        let import = find(tx, arrived.id).await?;
        tracing::info!(import_id = %import.id, actor = %actor, bytes = import.size_bytes, "a file of subscribers has arrived");
        let location = platform.config.api_url(&path_of(arrived.id));
        let reply = Reply {
            status: StatusCode::ACCEPTED,
            ..shown(import)?.created_at(location)
        };
        idempotency.keep(tx, &arrived.fingerprint, now, &reply).await?;
        Ok(reply)
    })
    .await
}

fn path_of(id: ImportId) -> String {
    format!("/api/v1/editor/imports/{id}")
}

/// List imports of subscribers
///
/// The newest first.
#[utoipa::path(tag = "subscribers", params(ListImportsParams, PagingParams), responses((status = 200, description = "A page of imports", body = List<SubscriberImport>)))]
#[get("/imports")]
pub async fn list_subscriber_imports(
    _: Editor,
    platform: Data<Platform>,
    query: Query<ListImports>,
) -> Result<Listed<SubscriberImport>, Problem> {
    let paging = &query.0.paging.paging;
    let conn = platform.db.get().await?;
    let (rows, total) = queries::list(&conn, paging).await?;
    let (rows, pagination) = paging.page::<ImportSort, _>(rows, total, ImportRow::key);
    let data = rows.into_iter().filter_map(told).collect();
    Ok(Listed(List { data, pagination }))
}

/// Read an import of subscribers
///
/// How far it has come, what was found out about its file, and how many rows came to which verdict so far.
#[utoipa::path(tag = "subscribers", params(("id" = ImportId, Path, description = "The import's id")), responses((status = 200, description = "The import", body = SubscriberImport)))]
#[get("/imports/{id}")]
pub async fn read_subscriber_import(
    _: Editor,
    platform: Data<Platform>,
    id: Segment<ImportId>,
    _: Query<NoParams>,
) -> Result<Reply, Problem> {
    let mut conn = platform.db.get().await?;
    shown(find(&mut conn, id.0).await?)
}

/// List the rows of an import
///
/// What became of each row, or would, and why. No address is told: the number of the line leads to it.
#[utoipa::path(tag = "subscribers", params(("id" = ImportId, Path, description = "The import's id"), ListImportRowsParams, PagingParams), responses((status = 200, description = "A page of rows", body = List<ImportedRow>)))]
#[get("/imports/{id}/rows")]
pub async fn list_subscriber_import_rows(
    _: Editor,
    platform: Data<Platform>,
    id: Segment<ImportId>,
    query: Query<ListImportRows>,
) -> Result<Listed<ImportedRow>, Problem> {
    let mut conn = platform.db.get().await?;
    find(&mut conn, id.0).await?;
    let paging = &query.0.paging.paging;
    let (rows, total) = queries::list_rows(&conn, id.0, &query.0.verdict, paging).await?;
    let (rows, pagination) = paging.page::<OutcomeSort, _>(rows, total, OutcomeRow::key);
    let data = rows.into_iter().map(ImportedRow::from).collect();
    Ok(Listed(List { data, pagination }))
}

/// Take an import of subscribers back
///
/// Removes whom it brought onto the list and gives everybody whom it changed back what they were, from the last row to the
/// first, but for people who have changed since: they stay. So does everybody's having left, whatever the import knew of
/// it. Within 30 days. Answers at once; the import tells how far it has come, and its rows what became of each.
#[utoipa::path(tag = "subscribers", params(("id" = ImportId, Path, description = "The import's id")), responses((status = 202, description = "It is being taken back", body = SubscriberImport), (status = 409, description = "It is still at work, was a dry run, is taken back already, or is too old")))]
#[post("/imports/{id}/revert")]
pub async fn revert_subscriber_import(
    _: Editor,
    platform: Data<Platform>,
    id: Segment<ImportId>,
    _: Query<NoParams>,
    _: NoBody,
) -> Result<Reply, Problem> {
    let now = platform.clock.now();
    let mut conn = platform.db.get().await?;
    conn.transaction(async |tx| {
        let import = queries::lock(tx, id.0)
            .await?
            .ok_or(Problem::NotFound("import"))?;
        let refusal = match (import.mode, import.state) {
            (Mode::DryRun, _) => Some(("nothing_to_revert", "a dry run has written nothing")),
            (_, ImportState::Finished | ImportState::Failed)
                if import.created_at < now - REVERTIBLE =>
            {
                Some(("too_late", "what people were before is kept for 30 days"))
            }
            (_, ImportState::Finished | ImportState::Failed) => None,
            (_, ImportState::Reverting | ImportState::Reverted) => {
                Some(("already_reverted", "it is taken back already, or is being"))
            }
            (_, ImportState::Receiving | ImportState::Queued | ImportState::Running) => Some((
                "still_running",
                "it is still at work; wait until it is finished",
            )),
        };
        if let Some((code, detail)) = refusal {
            return Err(Problem::conflict(code, detail));
        }
        queries::set_state(tx, id.0, ImportState::Reverting).await?;
        jobs::enqueue(tx, reverting::job(id.0)).await?;
        let reply = shown(find(tx, id.0).await?)?;
        Ok(Reply {
            status: StatusCode::ACCEPTED,
            ..reply
        })
    })
    .await
}

/// Export subscribers
///
/// Everybody who passes the filters, as of one instant, in the order in which they came: CSV (RFC 4180), or the objects of
/// the list, one a line. Cells that a spreadsheet would take for formulas have an apostrophe before them; an import takes it
/// off. An answer that is cut short ends with a broken connection, never like a whole one.
#[utoipa::path(
    tag = "subscribers",
    params(ExportSubscribersParams, WhichSubscribersParams),
    responses((status = 200, description = "The subscribers", content((String = "text/csv"), (Subscriber = "application/x-ndjson")))),
)]
#[get("/subscribers/export")]
pub async fn export_subscribers(
    _: Editor,
    platform: Data<Platform>,
    exports: Data<Exports>,
    query: Query<ExportSubscribers>,
) -> Result<HttpResponse, Problem> {
    let ExportSubscribers { format, which } = query.0;
    let format = format.unwrap_or(ExportFormat::Csv);
    let place = exports.place()?;
    let mut conn = platform.db.connect_alone().await.map_err(|fault| {
        tracing::warn!("no connection for an export: {fault}");
        Problem::Unavailable
    })?;
    diesel::sql_query("begin isolation level repeatable read read only")
        .execute(&mut conn)
        .await?;
    let topics = bulk::find_topics(&mut conn, &which.topic).await?;
    let mut export = Export::new(format, which.filter(topics));
    let body = streamed(async move |pieces: &mut Pieces| {
        let _place = place;
        export.begin(pieces.bytes());
        loop {
            let batch = export.batch(&mut conn).await?;
            if batch.is_empty() {
                return Ok(());
            }
            for subscriber in &batch {
                export.write(subscriber, pieces.bytes())?;
                pieces.flow().await?;
            }
        }
    });
    let (media, name) = match format {
        ExportFormat::Csv => ("text/csv; charset=utf-8; header=present", "subscribers.csv"),
        ExportFormat::Ndjson => ("application/x-ndjson", "subscribers.ndjson"),
    };
    Ok(HttpResponse::Ok()
        .content_type(media)
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(body))
}

async fn find(conn: &mut AsyncPgConnection, id: ImportId) -> Result<ImportRow, Problem> {
    let found = queries::find(conn, id).await?;
    found.ok_or(Problem::NotFound("import"))
}

/// As clients see it; `None` for what has no file yet.
fn told(row: ImportRow) -> Option<SubscriberImport> {
    let layout = row.layout.clone()?;
    Some(SubscriberImport::of(row, layout))
}

fn shown(row: ImportRow) -> Result<Reply, Problem> {
    let version = row.rows_read;
    let import = told(row).ok_or(Problem::NotFound("import"))?;
    Reply::shown(version, &import)
}
