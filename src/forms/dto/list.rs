use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::forms::model::{FormFilter, FormSort, VersionRow, VersionSort};
use crate::forms::values::{Copy, Texts, VariantKey};
use crate::rest::body::Keyed;
use crate::rest::described::SortBy;
use crate::rest::page::PagingBy;
use crate::rest::query::from_query;
use crate::types::UserId;

// The document knows types without parameters alone.
type ByFormSort = SortBy<FormSort>;
type ByVersionSort = SortBy<VersionSort>;

/// Which forms to list.
pub struct ListForms {
    pub active: Option<bool>,
    pub paging: PagingBy<FormSort>,
}
from_query!(ListForms { one active, all paging });

impl ListForms {
    /// The filter as queries know it.
    pub fn filter(&self) -> FormFilter {
        FormFilter {
            active: self.active,
        }
    }
}

/// The parameters of a list of forms, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ListForms` reads them")]
pub struct ListFormsParams {
    /// Only those that are in use, or only those that are not.
    active: Option<bool>,
    /// Up to three of `name`, `key`, `created_at`, `updated_at`; `-` before a key turns it round.
    #[param(value_type = Option<ByFormSort>, inline, style = Form, explode = false, example = json!(["-updated_at"]))]
    sort: Option<String>,
}

/// Which wordings of a form to list.
pub struct ListVersions {
    pub paging: PagingBy<VersionSort>,
}
from_query!(ListVersions { all paging });

/// The parameters of a list of wordings, for the OpenAPI document.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; `ListVersions` reads them")]
pub struct ListVersionsParams {
    /// `number` turns it round: oldest first.
    #[param(value_type = Option<ByVersionSort>, inline, style = Form, explode = false, example = json!(["-number"]))]
    sort: Option<String>,
}

/// What a form said from an instant on.
#[derive(Debug, Serialize, ToSchema)]
pub struct FormVersion {
    /// What `wording_version` of a subscription names.
    #[schema(minimum = 1)]
    pub number: i32,
    /// By language, whole.
    #[schema(value_type = std::collections::BTreeMap<String, Texts>)]
    pub copy: Copy,
    /// By variant and language: what those said that said something else.
    #[schema(value_type = std::collections::BTreeMap<String, std::collections::BTreeMap<String, Texts>>)]
    pub variants: Keyed<VariantKey, Copy, 8>,
    /// Who wrote it.
    pub created_by: Option<UserId>,
    pub created_at: DateTime<Utc>,
}

impl From<VersionRow> for FormVersion {
    fn from(row: VersionRow) -> Self {
        Self {
            number: row.number,
            copy: row.wording.copy,
            variants: row.wording.variants,
            created_by: row.created_by,
            created_at: row.created_at,
        }
    }
}
