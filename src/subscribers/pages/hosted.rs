//! A form as a page of its own: for readers whose browsers run no scripts, and for whoever wants a link instead of a box.

use std::collections::BTreeMap;

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::{DateTime, Utc};
use diesel_async::{AsyncConnection, AsyncPgConnection};
use serde_json::{Value, json};

use super::page::{Reader, origin_of};
use crate::forms::Traffic;
use crate::forms::subscribing::{self, FormForSubscribing};
use crate::forms::values::{Field, FieldKind, FormReference, Success, Texts, VariantKey};
use crate::platform::Platform;
use crate::platform::config::ProofOfWork;
use crate::rest::client::ClientAddress;
use crate::rest::form::Form;
use crate::rest::problem::ValueFault;
use crate::rest::{Problem, Segment};
use crate::subscribers::accepting::{self, Asker, Way};
use crate::subscribers::allowances;
use crate::subscribers::dto::{Honeypot, RequestSubscription, Topics, TypedEmail};
use crate::subscribers::guard::SubscriptionGuard;
use crate::subscribers::self_service::evidence;
use crate::subscribers::terms;
use crate::subscribers::words::Language;
use crate::types::{JsonObject, Line, Locale, Parse, Reference, TagId};

/// Open a form as a page
///
/// The form with this id or key, for readers whose browsers run no scripts. To open it changes nothing.
#[utoipa::path(tag = "site", params(("key" = String, Path, description = "The form's id or key", example = "314")), security(()), responses(
    (status = 200, description = "The page", content_type = "text/html", body = String),
    (status = 404, description = "The page of a link that does not work", content_type = "text/html", body = String),
))]
#[get("/forms/{key}")]
pub async fn form_page(
    platform: Data<Platform>,
    request: HttpRequest,
    key: Segment<String>,
) -> Result<HttpResponse, Problem> {
    let mut conn = platform.db.get().await?;
    let form = match find(&mut conn, &key.0).await {
        Ok(form) => form,
        Err(problem) => return Reader::of(&request, &platform.config, None).trouble(problem),
    };
    let shown = Shown::new(&platform, &request, &form);
    shown
        .form_page(&mut conn, &Form::default(), &BTreeMap::new())
        .await
}

/// Send a form as a page
///
/// What a browser sends without a script: `email`, `name`, `topics` (ids or slugs) and the form's own fields. With a proof of
/// work asked for, the first answer is a page with one more button, because nothing can be computed without a script. Sign-ups
/// by these pages prove no work, so six of them, whatever their forms, are taken from one address on the net within a quarter
/// of an hour: the seventh is 429. What is sent back for its address or name does not count, nor does the first of two steps.
#[utoipa::path(tag = "site", params(("key" = String, Path, description = "The form's id or key", example = "314")), request_body(content = String, content_type = "application/x-www-form-urlencoded", description = "The fields of the form"), security(()), responses(
    (status = 200, description = "The page that says what has become of it", content_type = "text/html", body = String),
    (status = 303, description = "The page that the form leads to"),
    (status = 404, description = "The page of a link that does not work", content_type = "text/html", body = String),
    (status = 422, description = "The form again, with what is wrong in it", content_type = "text/html", body = String),
    (status = 429, description = "The seventh sign-up by a page from this address on the net within a quarter of an hour", content_type = "text/html", body = String),
))]
#[post("/forms/{key}")]
pub async fn send_form_page(
    platform: Data<Platform>,
    guard: Data<SubscriptionGuard>,
    traffic: Data<Traffic>,
    request: HttpRequest,
    key: Segment<String>,
    sent: Form,
) -> Result<HttpResponse, Problem> {
    let now = platform.clock.now();
    let client = ClientAddress::of(&request, &platform.config.trusted_proxies);
    let mut conn = platform.db.get().await?;
    let form = match find(&mut conn, &key.0).await {
        Ok(form) => form,
        Err(problem) => return Reader::of(&request, &platform.config, None).trouble(problem),
    };
    let shown = Shown::new(&platform, &request, &form);
    let wish = match wish(&form, &sent, shown.reader.language) {
        Ok(wish) => wish,
        Err(faults) => return shown.form_page(&mut conn, &sent, &faults).await,
    };
    let is_first = platform.config.proof_of_work == ProofOfWork::On && wish.challenge.is_none();
    let admitted = if is_first {
        Ok(())
    } else {
        guard.admit_page(client, now)
    };
    if let Err(problem) = admitted {
        return shown.reader.trouble(problem);
    }
    if is_first {
        return shown.step_page(&sent, now);
    }
    let asker = Asker {
        client_hash: allowances::client_hash(&platform.keys, &client.to_string()),
        evidence: evidence(&platform, &request)?,
        by: Way::Page,
    };
    let noted = conn
        .transaction(async |tx| accepting::accept(tx, &platform, wish, asker, now).await)
        .await;
    match noted {
        Ok(noted) => noted.count(&traffic.counter, now),
        Err(Problem::Invalid(faults)) if is_about_challenge(&faults) => {
            return shown.step_page(&sent, now);
        }
        Err(Problem::Invalid(faults)) => {
            let faults = faults.iter().filter_map(field_of).collect();
            return shown.form_page(&mut conn, &sent, &faults).await;
        }
        Err(problem) => return Err(problem),
    }
    shown.thanks()
}

async fn find(conn: &mut AsyncPgConnection, key: &str) -> Result<FormForSubscribing, Problem> {
    let wanted = FormReference::parse(key).map_err(|_| Problem::NotFound("form"))?;
    let form = subscribing::lookup(conn, &wanted).await?;
    form.filter(|form| form.active)
        .ok_or(Problem::NotFound("form"))
}

/// The names of fields, and of the words for what is wrong with them.
type Faults = BTreeMap<String, &'static str>;

/// What a browser sent, as any program would have.
fn wish(
    form: &FormForSubscribing,
    sent: &Form,
    language: Language,
) -> Result<RequestSubscription, Faults> {
    let mut faults = Faults::new();
    let email = TypedEmail::parse(sent.one("email").unwrap_or_default());
    if email.is_err() {
        faults.insert("email".to_owned(), "wrong_email");
    }
    let name = sent.one("name").map(Line::parse).transpose();
    if name.is_err() {
        faults.insert("name".to_owned(), "wrong_field");
    }
    let topics = sent.all("topics").take(50);
    let topics: Vec<Reference<TagId>> = topics.filter_map(|text| Parse::parse(text).ok()).collect();
    let locale = Locale::parse(sent.one("locale").unwrap_or(language.as_str()));
    let (Ok(email), Ok(name)) = (email, name) else {
        return Err(faults);
    };
    Ok(RequestSubscription {
        email,
        name,
        topics: (!topics.is_empty()).then_some(Topics(topics)),
        form_id: Some(FormReference::Id(form.id)),
        locale: locale.ok(),
        time_zone: None,
        attributes: Some(attributes(form, sent)),
        variant: sent
            .one("variant")
            .and_then(|text| VariantKey::parse(text).ok()),
        wording_version: None,
        source_url: None,
        website: match sent.one("website") {
            None => Honeypot::Empty,
            Some(_) => Honeypot::Filled,
        },
        challenge: sent.one("challenge").map(str::to_owned),
        nonce: None,
    })
}

/// What was entered in the form's own fields.
fn attributes(form: &FormForSubscribing, sent: &Form) -> JsonObject {
    let mut entered = JsonObject::default();
    for field in &form.fields {
        let name = field.name.as_str();
        match (field.kind, sent.one(name)) {
            (FieldKind::Name | FieldKind::Topics, _) => {}
            (FieldKind::Checkbox, value) => entered.set(name, json!(value.is_some())),
            (FieldKind::Text | FieldKind::Select, Some(value)) => entered.set(name, json!(value)),
            (FieldKind::Text | FieldKind::Select, None) => {}
        }
    }
    entered
}

fn is_about_challenge(faults: &[ValueFault]) -> bool {
    let mut pointers = faults.iter().filter_map(|fault| fault.pointer.as_deref());
    pointers.any(|pointer| pointer == "#/challenge")
}

/// The field that a fault is about.
fn field_of(fault: &ValueFault) -> Option<(String, &'static str)> {
    let mut steps = fault
        .pointer
        .as_deref()?
        .trim_start_matches("#/")
        .split('/');
    let field = match steps.next()? {
        "attributes" => steps.next()?,
        "email" => return Some(("email".to_owned(), "wrong_email")),
        member => member,
    };
    Some((field.to_owned(), "wrong_field"))
}

/// A form before the eyes of a reader.
struct Shown<'a> {
    platform: &'a Platform,
    form: &'a FormForSubscribing,
    reader: Reader<'a>,
    texts: Option<&'a Texts>,
}

impl<'a> Shown<'a> {
    fn new(platform: &'a Platform, request: &HttpRequest, form: &'a FormForSubscribing) -> Self {
        let reader = Reader::of(request, &platform.config, None);
        let wanted = Locale::parse(reader.language.as_str()).ok();
        Self {
            platform,
            form,
            texts: form.texts(&VariantKey::default(), wanted.as_ref()),
            reader,
        }
    }

    /// The form, with what was sent in it, and what is wrong with that.
    async fn form_page(
        &self,
        conn: &mut AsyncPgConnection,
        sent: &Form,
        faults: &Faults,
    ) -> Result<HttpResponse, Problem> {
        let tags = terms::topics(conn, Some(self.form.id)).await?;
        let chosen: Vec<&str> = sent.all("topics").collect();
        let topics: Vec<Value> = tags
            .iter()
            .map(|tag| {
                let is_chosen = chosen.contains(&tag.id.to_string().as_str());
                json!({ "id": tag.id, "name": tag.name, "is_chosen": is_chosen })
            })
            .collect();
        let said: BTreeMap<_, _> = faults
            .iter()
            .map(|(field, word)| (field, self.reader.word(word)))
            .collect();
        let fields = self.form.fields.iter();
        let values = json!({
            "texts": self.texts,
            "email": sent.one("email"),
            "fields": fields.map(|field| self.field(field, sent, faults)).collect::<Vec<_>>(),
            "topics": topics,
            "faults": said,
        });
        let status = if faults.is_empty() {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        };
        let target = self.target();
        let title = self.texts.map_or("", |texts| texts.title.as_str());
        self.reader.page_to(status, "form", title, values, target)
    }

    fn field(&self, field: &Field, sent: &Form, faults: &Faults) -> Value {
        let name = field.name.as_str();
        let own = self.texts.and_then(|texts| texts.fields.get(&field.name));
        let (label, most) = match (field.kind, self.texts) {
            (FieldKind::Name, Some(texts)) => (texts.name_label.as_str(), 200),
            (FieldKind::Topics, Some(texts)) => (texts.topics_label.as_str(), 0),
            _ => {
                let label = own.and_then(|own| own.label.as_ref());
                (label.map_or(name, |label| label.as_str()), 500)
            }
        };
        let options = field.options.0.iter().map(|option| {
            let label = own.and_then(|own| own.options.get(option));
            json!({ "value": option, "label": label.map_or(option.as_str(), |label| label.as_str()) })
        });
        json!({
            "name": name,
            "kind": field.kind,
            "required": field.required,
            "label": label,
            "placeholder": own.and_then(|own| own.placeholder.as_ref()),
            "options": options.collect::<Vec<_>>(),
            "most": most,
            "value": sent.one(name),
            "fault": faults.get(name).map(|word| self.reader.word(word)),
        })
    }

    /// A page with one button, which a person presses a moment later.
    fn step_page(&self, sent: &Form, now: DateTime<Utc>) -> Result<HttpResponse, Problem> {
        let challenge = subscribing::timing_token(self.platform, Some(self.form.id), now)?;
        let names = ["email", "name", "locale", "variant", "website", "topics"];
        let own = self.form.fields.iter().map(|field| field.name.as_str());
        let own = own.filter(|name| !names.contains(name));
        let fields: Vec<Value> = names
            .into_iter()
            .chain(own)
            .flat_map(|name| sent.all(name).map(move |value| (name, value)))
            .map(|(name, value)| json!({ "name": name, "value": value }))
            .collect();
        let values = json!({ "sent": fields, "challenge": challenge });
        let title = self.reader.word("step_title");
        let target = self.target();
        self.reader
            .page_to(StatusCode::OK, "step", &title, values, target)
    }

    /// What follows a sign-up: a message, or another page.
    fn thanks(&self) -> Result<HttpResponse, Problem> {
        if let Success::Redirect { url } = &self.form.success {
            return Ok(HttpResponse::SeeOther()
                .insert_header((header::LOCATION, url.as_str()))
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .finish());
        }
        let title = self.texts.map_or("", |texts| texts.success_title.as_str());
        let text = self.texts.map_or("", |texts| texts.success_text.as_str());
        let values = json!({ "text": text });
        self.reader.page(StatusCode::OK, "message", title, values)
    }

    /// Where sending the form may lead to, besides here.
    fn target(&self) -> Option<&str> {
        match &self.form.success {
            Success::Redirect { url } => origin_of(url.as_str()),
            Success::Message => None,
        }
    }
}
