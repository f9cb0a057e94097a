//! What was found out about a file from its beginning.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::columns::{Role, plain, recognised};
use super::{Extent, csv, json};
use crate::subscribers::SubscriberStatus;
use crate::types::{EmailAddress, Fault, Parse, closed_set, stored_as_json};

closed_set! {
    /// In which form the rows come.
    pub enum ImportMediaType {
        Csv = "text/csv",
        Ndjson = "application/x-ndjson",
        Json = "application/json",
    }
}

closed_set! {
    /// Which letters the bytes stand for.
    pub enum Encoding {
        Utf8 = "utf-8",
        /// What is no UTF-8 is taken for this, which has all of Latin-1.
        Windows1252 = "windows-1252",
    }
}

closed_set! {
    /// Whose columns they are.
    pub enum FileFormat {
        /// An export of our own.
        Masthead = "masthead",
        Mailchimp = "mailchimp",
        Listmonk = "listmonk",
        Ghost = "ghost",
        Substack = "substack",
        Beehiiv = "beehiiv",
        /// Anybody else's.
        Generic = "generic",
    }
}

/// A column, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Column {
    /// What it is called in the file.
    pub name: String,
    /// Such as `email`, `attributes.city` or `ignored`.
    #[schema(value_type = String, examples("email"))]
    pub role: Role,
}

/// What was found out about a file.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Jsonb)]
pub struct Layout {
    pub media_type: ImportMediaType,
    pub encoding: Encoding,
    /// Of CSV alone.
    pub delimiter: Option<char>,
    pub format: FileFormat,
    /// The status of everybody in it, where the file as a whole is about those who left.
    pub all_are: Option<SubscriberStatus>,
    /// Of JSON, those of the first object.
    pub columns: Vec<Column>,
    /// Where the first row begins, in bytes and in lines.
    pub begin: u64,
    pub begin_lines: u64,
}
stored_as_json!(Layout);

/// What a request says about the file.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    pub media_type: ImportMediaType,
    pub format: Option<FileFormat>,
    pub columns: &'a BTreeMap<String, Role>,
}

const BOM: &[u8] = b"\xef\xbb\xbf";
/// How .xlsx and .ods begin, which are ZIP files, and how .xls does.
const SPREADSHEETS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];

impl Layout {
    /// Finds out about a file from its first bytes, or says what is wrong with it.
    pub fn of(bytes: &[u8], extent: Extent, told: Told<'_>) -> Result<Self, Fault> {
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            let detail = "is UTF-16; save it as CSV in UTF-8";
            return Err(Fault::new("unknown_encoding", detail));
        }
        if SPREADSHEETS.iter().any(|magic| bytes.starts_with(magic)) {
            let detail = "is a spreadsheet (.xlsx, .ods or .xls); save it as CSV";
            return Err(Fault::new("spreadsheet", detail));
        }
        let begin = if bytes.starts_with(BOM) { BOM.len() } else { 0 };
        let rest = &bytes[begin..];
        let mut layout = match told.media_type {
            ImportMediaType::Csv => csv_layout(rest, extent, told)?,
            ImportMediaType::Ndjson | ImportMediaType::Json => json_layout(rest, extent, told)?,
        };
        layout.begin += begin as u64;
        let unknown = told.columns.keys().find(|name| {
            told.media_type == ImportMediaType::Csv
                && !layout.columns.iter().any(|column| column.name == **name)
        });
        if let Some(name) = unknown {
            let detail = format!("the file has no column `{name}`");
            return Err(Fault::new("unknown_column", detail));
        }
        if let Some(fault) = layout.repeated() {
            return Err(fault);
        }
        let has_email = |layout: &Self| {
            layout
                .columns
                .iter()
                .any(|column| column.role == Role::Email)
        };
        if !has_email(&layout) {
            return Err(Fault::new(
                "no_email_column",
                "no column looks like one of addresses; name it with `columns={\"…\":\"email\"}`",
            ));
        }
        Ok(layout)
    }

    /// Two columns of which one would be put over the other, unseen.
    fn repeated(&self) -> Option<Fault> {
        let columns = || self.columns.iter().enumerate();
        let (at, again) = columns().find(|(at, column)| {
            let mut before = self.columns.iter().take(*at);
            !column.role.takes_several() && before.any(|other| other.role == column.role)
        })?;
        let (before, first) = columns().find(|(_, column)| column.role == again.role)?;
        let detail = format!(
            "columns {} (`{}`) and {} (`{}`) are both taken for `{}`; name what becomes of them by `columns`, such as \
             {{\"{}\":\"ignored\"}}, or rename one where both are called the same",
            before + 1,
            first.name,
            at + 1,
            again.name,
            again.role,
            again.name,
        );
        Some(Fault::new("repeated_column", detail))
    }

    /// The same, with an encoding that the whole file showed.
    pub fn in_encoding(self, encoding: Encoding) -> Self {
        // Names were read as UTF-8 where they could be: what could not was replaced.
        Self { encoding, ..self }
    }

    /// What a member of a JSON object means.
    pub fn role_of(&self, name: &str, told: &BTreeMap<String, Role>) -> Role {
        told.get(name)
            .cloned()
            .unwrap_or_else(|| recognised(self.format, name))
    }
}

fn csv_layout(bytes: &[u8], extent: Extent, told: Told<'_>) -> Result<Layout, Fault> {
    let delimiter = delimiter_of(bytes);
    let too_long = || Fault::new("no_header", "has no first line that names the columns");
    let first = csv::record(bytes, delimiter, extent).ok_or_else(too_long)?;
    let fields: Vec<String> = first.fields.iter().map(|field| text(field)).collect();
    // A plain list of addresses names no columns.
    let has_header = !fields
        .iter()
        .any(|field| EmailAddress::parse(field).is_ok());
    let names: Vec<String> = if has_header {
        fields.iter().map(|field| field.trim().to_owned()).collect()
    } else {
        (1..=fields.len())
            .map(|number| format!("column {number}"))
            .collect()
    };
    let (format, all_are) = recognised_format(&names, told.format);
    let mut columns: Vec<Column> = names
        .into_iter()
        .map(|name| {
            let role = match told.columns.get(&name) {
                Some(role) => role.clone(),
                None if has_header => recognised(format, &name),
                None => Role::Ignored,
            };
            Column { name, role }
        })
        .collect();
    let (begin, lines) = if has_header {
        (first.length, first.lines)
    } else {
        (0, 0)
    };
    if !columns.iter().any(|column| column.role == Role::Email) {
        let second = csv::record(&bytes[begin..], delimiter, extent);
        let is_address = |field: &Vec<u8>| EmailAddress::parse(&text(field)).is_ok();
        let found = second.and_then(|row| row.fields.iter().position(is_address));
        if let Some(column) = found.and_then(|at| columns.get_mut(at))
            && !told.columns.contains_key(&column.name)
        {
            column.role = Role::Email;
        }
    }
    Ok(Layout {
        media_type: ImportMediaType::Csv,
        encoding: Encoding::Utf8,
        delimiter: Some(char::from(delimiter)),
        format,
        all_are,
        columns,
        begin: begin as u64,
        begin_lines: lines,
    })
}

fn json_layout(bytes: &[u8], extent: Extent, told: Told<'_>) -> Result<Layout, Fault> {
    let wrong = |detail| Fault::new("no_objects", detail);
    let first = bytes.trim_ascii_start();
    let found = if told.media_type == ImportMediaType::Json {
        if first.first() != Some(&b'[') {
            return Err(wrong("must be an array of objects"));
        }
        json::element(first, extent)
    } else {
        json::line(first, extent)
    };
    let object = found.and_then(|found| {
        serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(
            &first[found.begin..found.end],
        )
        .ok()
    });
    let object = object
        .ok_or_else(|| wrong("must begin with an object that has a member for the address"))?;
    let names: Vec<String> = object.into_iter().map(|(name, _)| name).collect();
    let (format, _) = recognised_format(&names, told.format);
    let column = |name: String| {
        let role = told.columns.get(&name).cloned();
        let role = role.unwrap_or_else(|| recognised(format, &name));
        Column { name, role }
    };
    Ok(Layout {
        media_type: told.media_type,
        encoding: Encoding::Utf8,
        delimiter: None,
        format,
        all_are: None,
        columns: names.into_iter().map(column).collect(),
        begin: 0,
        begin_lines: 0,
    })
}

/// Whichever splits the first line most often.
fn delimiter_of(bytes: &[u8]) -> u8 {
    let (mut counts, mut is_quoted) = ([0_u32; 4], false);
    const KNOWN: [u8; 4] = [b',', b';', b'\t', b'|'];
    for byte in bytes {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' | b'\r' if !is_quoted => break,
            _ if is_quoted => {}
            byte => {
                if let Some(at) = KNOWN.iter().position(|known| known == byte) {
                    counts[at] += 1;
                }
            }
        }
    }
    let best = (0..4).rev().max_by_key(|at| counts[*at]);
    best.map_or(b',', |at| KNOWN[at])
}

fn recognised_format(
    names: &[String],
    told: Option<FileFormat>,
) -> (FileFormat, Option<SubscriberStatus>) {
    let plain: Vec<String> = names.iter().map(|name| plain(name)).collect();
    let has = |name: &str| plain.iter().any(|known| known == name);
    let format = told.unwrap_or_else(|| {
        if has("isroleaddress") && has("pauseduntil") {
            FileFormat::Masthead
        } else if has("leid")
            || has("euid")
            || has("memberrating")
            || (has("optintime") && has("lastchanged"))
        {
            FileFormat::Mailchimp
        } else if has("subscribedtoemails") {
            FileFormat::Ghost
        } else if has("emaildisabled") && has("activesubscription") {
            FileFormat::Substack
        } else if has("tier") && has("unsubscribedat") {
            FileFormat::Beehiiv
        } else if has("attributes") && has("name") {
            FileFormat::Listmonk
        } else {
            FileFormat::Generic
        }
    });
    let all_are = match format {
        FileFormat::Mailchimp if has("cleantime") => Some(SubscriberStatus::Bounced),
        FileFormat::Mailchimp if has("unsubtime") => Some(SubscriberStatus::Unsubscribed),
        _ => None,
    };
    (format, all_are)
}

/// The text of some bytes of which the encoding is not known yet.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => super::decoded(bytes, Encoding::Windows1252),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &[u8]) -> Result<Layout, Fault> {
        let columns = BTreeMap::new();
        let told = Told {
            media_type: ImportMediaType::Csv,
            format: None,
            columns: &columns,
        };
        Layout::of(text, Extent::All, told)
    }

    #[test]
    fn delimiters_and_formats_are_found() {
        for (text, delimiter, format) in [
            ("\u{feff}E-Mail;Name;Ort\n", ';', FileFormat::Generic),
            ("name\temail\n", '\t', FileFormat::Generic),
            (
                "Email Address,First Name,LEID,UNSUB_TIME\n",
                ',',
                FileFormat::Mailchimp,
            ),
            ("email,name,attributes\n", ',', FileFormat::Listmonk),
            (
                "id,email,name,note,subscribed_to_emails,labels\n",
                ',',
                FileFormat::Ghost,
            ),
            (
                "email,active_subscription,expiry,email_disabled,created_at\n",
                ',',
                FileFormat::Substack,
            ),
            (
                "email,status,tier,unsubscribed_at\n",
                ',',
                FileFormat::Beehiiv,
            ),
            ("email\n", ',', FileFormat::Generic),
        ] {
            let found = layout(text.as_bytes()).unwrap();
            assert_eq!(
                (found.delimiter, found.format),
                (Some(delimiter), format),
                "{text}"
            );
        }
    }

    #[test]
    fn addresses_are_found_without_a_name_for_them() {
        let plain = layout(b"a@example.com\nb@example.com\n").unwrap();
        assert_eq!(
            (plain.begin, plain.columns[0].role.clone()),
            (0, Role::Email)
        );
        let strange = layout(b"x;y\n1;a@example.com\n").unwrap();
        assert_eq!(strange.columns[1].role, Role::Email);
        assert_eq!(layout(b"x,y\n1,2\n").unwrap_err().code, "no_email_column");
        assert_eq!(layout(b"").unwrap_err().code, "no_header");
        assert_eq!(layout(b"\xff\xfee\0").unwrap_err().code, "unknown_encoding");
    }
}
