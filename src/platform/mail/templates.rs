use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Serialize;

use crate::platform::config::Config;
use crate::types::Locale;

/// The templates that are built in: the layout that all have in common, and one of each kind for every mail.
const BUILT_IN: [(&str, &str); 7] = [
    (
        "confirmation.html",
        include_str!("templates/confirmation.html"),
    ),
    (
        "confirmation.txt",
        include_str!("templates/confirmation.txt"),
    ),
    ("layout.html", include_str!("templates/layout.html")),
    ("layout.txt", include_str!("templates/layout.txt")),
    ("parts.html", include_str!("templates/parts.html")),
    ("welcome.html", include_str!("templates/welcome.html")),
    ("welcome.txt", include_str!("templates/welcome.txt")),
];

/// Languages that are written from right to left.
const FROM_RIGHT: [&str; 10] = ["ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ur", "yi"];

/// Turns values into the two parts of a mail. What is put into a template is data, whatever it looks like: in HTML it is
/// escaped, and nothing in it is ever run.
///
/// The file `templates/<name>.html` or `.txt` below the data directory stands in for the built-in one of that name. In each
/// template there are `site` (`name`, `url`, `colour`, `on_colour`, `logo`), `locale` and `direction`; values that nobody
/// gave are a fault.
#[derive(Clone)]
pub struct Templates {
    environment: Arc<Environment<'static>>,
    site: Value,
}

/// Both parts of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub text: String,
    pub html: String,
}

impl Templates {
    /// Reads the templates.
    ///
    /// # Errors
    /// The file that can't be read, or what is wrong in it and where, on one line.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let mut sources: BTreeMap<String, String> = BUILT_IN
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect();
        let folder = config.data_dir.join("templates");
        for (name, text) in overrides(&folder)? {
            tracing::info!("the template {name} is that in {}", folder.display());
            sources.insert(name, text);
        }
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_syntax(syntax()?);
        environment.add_filter("paragraphs", paragraphs);
        for (name, text) in sources {
            let shown = folder.join(&name);
            environment
                .add_template_owned(name, text)
                .map_err(|fault| one_line(&fault))
                .with_context(|| format!("{} is no template", shown.display()))?;
        }
        let colour = config.site_colour;
        Ok(Self {
            environment: Arc::new(environment),
            site: context! {
                name => config.site_name.clone(),
                url => config.site_url.clone(),
                colour => colour.to_string(),
                on_colour => colour.readable_on_it().to_string(),
                logo => config.site_logo.clone(),
            },
        })
    }

    /// Fills the templates `<name>.txt` and `<name>.html` with values: an object.
    pub fn render(
        &self,
        name: &str,
        locale: &Locale,
        values: &impl Serialize,
    ) -> anyhow::Result<Rendered> {
        let language = locale.as_str().split('-').next().unwrap_or_default();
        let direction = if FROM_RIGHT.contains(&language) {
            "rtl"
        } else {
            "ltr"
        };
        let common = context! { site => self.site.clone(), locale => locale.as_str(), direction };
        let values = context! { ..Value::from(Serde(values)), ..common };
        let fill = |kind: &str| {
            let file = format!("{name}.{kind}");
            let filled = self
                .environment
                .get_template(&file)
                .and_then(|template| template.render(&values));
            filled
                .map_err(|fault| one_line(&fault))
                .with_context(|| format!("the template {file} can't be filled"))
        };
        Ok(Rendered {
            text: fill("txt")?,
            html: fill("html")?,
        })
    }
}

/// A tag on a line of its own leaves no line behind.
fn syntax() -> anyhow::Result<SyntaxConfig> {
    Ok(SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?)
}

/// The files of a folder that stand in for templates; none where there is no such folder.
fn overrides(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(fault) => {
            return Err(fault).with_context(|| format!("{} can't be read", folder.display()));
        }
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().and_then(std::ffi::OsStr::to_str);
        let is_template = |name: &&str| name.ends_with(".html") || name.ends_with(".txt");
        if let Some(name) = name.filter(is_template) {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("{} can't be read", path.display()))?;
            found.push((name.to_owned(), text));
        }
    }
    Ok(found)
}

/// A fault of a template as one line, without what stands in the template.
fn one_line(fault: &minijinja::Error) -> anyhow::Error {
    let place = fault.line().map(|line| format!(", line {line}"));
    let place = place.unwrap_or_default();
    match fault.detail() {
        Some(detail) => anyhow::anyhow!("{}{place}: {detail}", fault.kind()),
        None => anyhow::anyhow!("{}{place}", fault.kind()),
    }
}

/// The paragraphs of a text: what stands between blank lines. Ends of lines within them stay.
fn paragraphs(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let mut paragraphs = vec![String::new()];
    for line in text.lines().map(str::trim) {
        match paragraphs.last_mut() {
            Some(last) if line.is_empty() && !last.is_empty() => paragraphs.push(String::new()),
            Some(last) if !line.is_empty() => {
                if !last.is_empty() {
                    last.push('\n');
                }
                last.push_str(line);
            }
            _ => {}
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}
