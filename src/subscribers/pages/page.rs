use std::sync::LazyLock;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde_json::json;

use super::linked::linked;
use crate::platform::config::Config;
use crate::platform::token::random_bytes;
use crate::rest::Problem;
use crate::subscribers::words::Language;
use crate::types::Locale;

/// The templates, with escaping by the ending of their names.
static TEMPLATES: LazyLock<Result<Environment<'static>, minijinja::Error>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Lenient);
    // What is not there is shown as nothing, and not by a word for it.
    environment.set_formatter(|out, state, value| {
        if value.is_none() {
            Ok(())
        } else {
            minijinja::escape_formatter(out, state, value)
        }
    });
    environment.add_filter("linked", |text: Value| linked(&text));
    for (name, text) in [
        ("layout.html", include_str!("templates/layout.html")),
        ("confirm.html", include_str!("templates/confirm.html")),
        ("erase.html", include_str!("templates/erase.html")),
        ("form.html", include_str!("templates/form.html")),
        ("step.html", include_str!("templates/step.html")),
        ("message.html", include_str!("templates/message.html")),
        (
            "preferences.html",
            include_str!("templates/preferences.html"),
        ),
        (
            "unsubscribe.html",
            include_str!("templates/unsubscribe.html"),
        ),
    ] {
        environment.add_template(name, text)?;
    }
    Ok(environment)
});

/// Whoever looks at a page: their language, and the site they think they are on.
pub struct Reader<'a> {
    pub config: &'a Config,
    pub language: Language,
}

impl<'a> Reader<'a> {
    /// The reader who sends a request.
    pub fn of(request: &HttpRequest, config: &'a Config, locale: Option<&Locale>) -> Self {
        Self {
            config,
            language: Language::choose(locale, request),
        }
    }

    /// What is said to them, with the site's name where it belongs.
    pub fn words(&self) -> serde_json::Value {
        self.language.words().for_site(&self.config.site_name)
    }

    /// One of the words.
    pub fn word(&self, name: &str) -> String {
        let words = self.words();
        words[name].as_str().unwrap_or_default().to_owned()
    }

    /// A page with a title and one paragraph, `<what>_title` and `<what>_text` of the words.
    pub fn message(&self, status: StatusCode, what: &str) -> Result<HttpResponse, Problem> {
        let title = self.word(&format!("{what}_title"));
        let text = self.word(&format!("{what}_text"));
        self.page(status, "message", &title, json!({ "text": text }))
    }

    /// The page for what went wrong; what a page has no words for stays a problem.
    pub fn trouble(&self, problem: Problem) -> Result<HttpResponse, Problem> {
        match problem {
            Problem::NotFound(_) => self.message(StatusCode::NOT_FOUND, "unknown"),
            Problem::Gone(_) => self.message(StatusCode::GONE, "expired"),
            Problem::Throttled { .. } => self.message(StatusCode::TOO_MANY_REQUESTS, "try_again"),
            problem => Err(problem),
        }
    }

    /// A page made of a template and values, which are data whatever they look like.
    pub fn page(
        &self,
        status: StatusCode,
        template: &str,
        title: &str,
        values: serde_json::Value,
    ) -> Result<HttpResponse, Problem> {
        self.page_to(status, template, title, values, None)
    }

    /// The same, where sending its form may lead to another site.
    pub fn page_to(
        &self,
        status: StatusCode,
        template: &str,
        title: &str,
        values: serde_json::Value,
        target: Option<&str>,
    ) -> Result<HttpResponse, Problem> {
        let nonce = STANDARD_NO_PAD.encode(random_bytes::<16>()?);
        let html = self
            .render(template, title, &nonce, values)
            .map_err(|fault| anyhow::anyhow!("the page {template} can't be made: {fault}"))?;
        let logo = self.config.site_logo.as_deref().and_then(origin_of);
        let policy = format!(
            "default-src 'none'; style-src 'nonce-{nonce}'; img-src {}; form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
            logo.unwrap_or("'none'"),
            target.unwrap_or_default()
        );
        Ok(HttpResponse::build(status)
            .content_type("text/html; charset=utf-8")
            .insert_header((header::CONTENT_LANGUAGE, self.language.as_str()))
            .insert_header((header::CONTENT_SECURITY_POLICY, policy))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header((header::REFERRER_POLICY, "no-referrer"))
            .insert_header((header::X_FRAME_OPTIONS, "DENY"))
            .insert_header(("X-Robots-Tag", "noindex"))
            .body(html))
    }

    fn render(
        &self,
        template: &str,
        title: &str,
        nonce: &str,
        values: serde_json::Value,
    ) -> Result<String, minijinja::Error> {
        let environment = TEMPLATES
            .as_ref()
            .map_err(|fault| minijinja::Error::new(fault.kind(), fault.to_string()))?;
        let colour = self.config.site_colour;
        let common = context! {
            language => self.language.as_str(),
            nonce,
            title,
            w => Value::from(Serde(self.words())),
            site => context! {
                name => self.config.site_name.as_str(),
                url => self.config.site_url.as_str(),
                colour => colour.to_string(),
                on_colour => colour.readable_on_it().to_string(),
                logo => self.config.site_logo.as_deref(),
            },
        };
        environment
            .get_template(&format!("{template}.html"))?
            .render(context! { ..Value::from(Serde(values)), ..common })
    }
}

/// Scheme and host of an address.
pub fn origin_of(url: &str) -> Option<&str> {
    let host = url.find("://")? + 3;
    let end = url[host..].find(['/', '?', '#']).map(|end| host + end);
    Some(&url[..end.unwrap_or(url.len())])
}
