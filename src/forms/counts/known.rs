use std::sync::Arc;

use moka::sync::Cache;

use crate::forms::queries;
use crate::forms::values::{FormReference, VariantKey};
use crate::platform::Platform;
use crate::platform::epoch::Edition;
use crate::rest::Problem;
use crate::types::FormId;

/// As much of a form as a page's script may ask about without asking the database each time.
#[derive(Debug)]
pub struct KnownForm {
    pub id: FormId,
    variants: Vec<VariantKey>,
}

impl KnownForm {
    /// Whether a variant has this key.
    pub fn has_variant(&self, key: &VariantKey) -> bool {
        key.is_form_itself() || self.variants.contains(key)
    }
}

/// Which forms are in use, as of the newest edition. Bounded: those that were not asked for lately are forgotten first.
#[derive(Clone)]
pub struct KnownForms(Cache<FormReference, (Edition, Option<Arc<KnownForm>>)>);

impl Default for KnownForms {
    fn default() -> Self {
        Self(Cache::new(10_000))
    }
}

impl KnownForms {
    /// The form that is meant, if it is in use.
    pub async fn find(
        &self,
        platform: &Platform,
        wanted: FormReference,
    ) -> Result<Option<Arc<KnownForm>>, Problem> {
        let current = platform.epoch.current();
        if let Some((edition, known)) = self.0.get(&wanted)
            && current == Some(edition)
        {
            return Ok(known);
        }
        let conn = platform.db.get().await?;
        let form = queries::find(&conn, &wanted).await?;
        let known = form.filter(|form| form.row.active).map(|form| {
            let variants = form.row.settings.variants.0.into_iter();
            Arc::new(KnownForm {
                id: form.row.id,
                variants: variants.map(|variant| variant.key).collect(),
            })
        });
        if let Some(edition) = current {
            self.0.insert(wanted, (edition, known.clone()));
        }
        Ok(known)
    }
}
