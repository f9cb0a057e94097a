//! The list on its way out: read in batches from one snapshot, in constant memory.

use std::collections::VecDeque;

use diesel_async::AsyncPgConnection;

use super::dto::ExportFormat;
use crate::subscribers::{Subscriber, SubscriberFilter, bulk};
use crate::types::SubscriberId;

/// How many subscribers are read together.
const BATCH: i64 = 2_000;

/// The columns of a CSV export. Our own imports know them by their names.
const HEADER: &str = "id,email,name,status,topics,locale,time_zone,paused_until,source,form_id,wording_version,variant,\
attributes,consent_asked_at,consent_method,consent_wording,consent_source_url,consent_form_id,is_role_address,\
is_disposable_address,confirmed_at,unsubscribed_at,bounced_at,complained_at,created_at,updated_at\r\n";

/// How far an export has come. The connection must show one snapshot all the time.
pub struct Export {
    format: ExportFormat,
    filter: SubscriberFilter,
    last: Option<SubscriberId>,
    is_begun: bool,
}

impl Export {
    /// Begins.
    pub fn new(format: ExportFormat, filter: SubscriberFilter) -> Self {
        Self {
            format,
            filter,
            last: None,
            is_begun: false,
        }
    }

    /// The next subscribers, one by one; none at the end.
    pub async fn batch(
        &mut self,
        conn: &mut AsyncPgConnection,
    ) -> anyhow::Result<VecDeque<Subscriber>> {
        let rows = bulk::after(conn, &self.filter, self.last, BATCH).await?;
        self.last = rows
            .last()
            .map(|subscriber| subscriber.row.id)
            .or(self.last);
        Ok(rows.into_iter().map(Subscriber::from).collect())
    }

    /// Writes what stands before the first subscriber, once.
    pub fn begin(&mut self, out: &mut Vec<u8>) {
        if self.format == ExportFormat::Csv && !self.is_begun {
            out.extend_from_slice(HEADER.as_bytes());
        }
        self.is_begun = true;
    }

    /// Writes a subscriber.
    pub fn write(&self, subscriber: &Subscriber, out: &mut Vec<u8>) -> anyhow::Result<()> {
        match self.format {
            ExportFormat::Csv => write_csv(subscriber, out),
            ExportFormat::Ndjson => {
                serde_json::to_writer(&mut *out, subscriber)?;
                out.push(b'\n');
                Ok(())
            }
        }
    }
}

fn write_csv(subscriber: &Subscriber, out: &mut Vec<u8>) -> anyhow::Result<()> {
    let mut line = Line {
        out,
        is_first: true,
    };
    let time = |time: Option<chrono::DateTime<chrono::Utc>>| time.map(|time| shown(&time));
    let topics: Vec<&str> = subscriber
        .topics
        .iter()
        .map(|tag| tag.slug.as_str())
        .collect();
    let consent = subscriber.consent.as_ref();
    line.cell(&subscriber.id.to_string());
    line.cell(subscriber.email.as_str());
    line.perhaps(subscriber.name.as_deref());
    line.cell(subscriber.status.as_str());
    line.cell(&topics.join(","));
    line.perhaps(subscriber.locale.as_ref().map(|locale| locale.as_str()));
    line.perhaps(subscriber.time_zone.as_ref().map(|zone| zone.as_str()));
    line.perhaps(time(subscriber.paused_until).as_deref());
    line.cell(subscriber.source.as_str());
    line.perhaps(subscriber.form_id.map(|form| form.to_string()).as_deref());
    line.perhaps(
        subscriber
            .wording_version
            .map(|version| version.to_string())
            .as_deref(),
    );
    line.perhaps(subscriber.variant.as_deref());
    line.cell(&serde_json::to_string(&subscriber.attributes)?);
    line.perhaps(consent.map(|consent| shown(&consent.asked_at)).as_deref());
    line.perhaps(consent.map(|consent| consent.method.as_str()));
    line.perhaps(
        consent
            .and_then(|consent| consent.wording.as_ref())
            .map(|text| text.as_str()),
    );
    line.perhaps(
        consent
            .and_then(|consent| consent.source_url.as_ref())
            .map(|url| url.as_str()),
    );
    line.perhaps(
        consent
            .and_then(|consent| consent.form_id.as_ref())
            .map(|form| form.as_str()),
    );
    line.cell(if subscriber.is_role_address {
        "true"
    } else {
        "false"
    });
    line.cell(if subscriber.is_disposable_address {
        "true"
    } else {
        "false"
    });
    for at in [
        subscriber.confirmed_at,
        subscriber.unsubscribed_at,
        subscriber.bounced_at,
        subscriber.complained_at,
        Some(subscriber.created_at),
        Some(subscriber.updated_at),
    ] {
        line.perhaps(time(at).as_deref());
    }
    line.out.extend_from_slice(b"\r\n");
    Ok(())
}

fn shown(time: &chrono::DateTime<chrono::Utc>) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

/// A line of CSV (RFC 4180).
struct Line<'a> {
    out: &'a mut Vec<u8>,
    is_first: bool,
}

impl Line<'_> {
    fn perhaps(&mut self, text: Option<&str>) {
        self.cell(text.unwrap_or_default());
    }

    /// Writes a cell. A spreadsheet must not compute what somebody typed as their name: what it would take for a formula gets
    /// an apostrophe before it. So does what looks like such a cell already, so that an import can tell them apart.
    fn cell(&mut self, text: &str) {
        if !std::mem::replace(&mut self.is_first, false) {
            self.out.push(b',');
        }
        let behind = text.trim_start_matches('\'');
        let would_compute = behind.starts_with(['=', '+', '-', '@', '\t', '\r']);
        let needs_quotes = text.contains(['"', ',', '\n', '\r', ';', '\t']);
        if needs_quotes {
            self.out.push(b'"');
        }
        if would_compute {
            self.out.push(b'\'');
        }
        for byte in text.bytes() {
            self.out.push(byte);
            if byte == b'"' {
                self.out.push(b'"');
            }
        }
        if needs_quotes {
            self.out.push(b'"');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(cells: &[&str]) -> String {
        let mut out = Vec::new();
        let mut line = Line {
            out: &mut out,
            is_first: true,
        };
        cells.iter().for_each(|cell| line.cell(cell));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_they_must_be_and_compute_nothing() {
        assert_eq!(
            line(&["a", "", "b,c", "d\"e", "f\r\ng"]),
            "a,,\"b,c\",\"d\"\"e\",\"f\r\ng\""
        );
        assert_eq!(
            line(&["=1+1", "-1", "+1", "@a", "\tb", "'=c", "'d", "=\"e\""]),
            "'=1+1,'-1,'+1,'@a,\"'\tb\",''=c,'d,\"'=\"\"e\"\"\""
        );
    }
}
