use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words::{HostPattern, PathPattern};
use crate::rest::body::{AtMost, FromBody, Members, object_member};
use crate::types::{Fault, Line, Locale, Whole};

/// A tag of a page, by slug or by name.
type PageTag = Line<100>;
type UtmValue = Line<100>;
type Pixels = Whole<0, 10_000>;

/// Where, when and to whom a form is shown. An empty list asks for nothing; `null` is no limit. The script on the page
/// judges it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FormTargeting)]
pub struct Targeting {
    /// On pages with any of these tags.
    #[schema(value_type = Vec<String>)]
    pub tags_any: AtMost<PageTag, 50>,
    /// On no page with any of these tags.
    #[schema(value_type = Vec<String>)]
    pub tags_none: AtMost<PageTag, 50>,
    #[schema(value_type = Vec<PathPattern>)]
    pub paths_any: AtMost<PathPattern, 50>,
    #[schema(value_type = Vec<PathPattern>)]
    pub paths_none: AtMost<PathPattern, 50>,
    /// To readers who come from any of these hosts.
    #[schema(value_type = Vec<HostPattern>)]
    pub referrers_any: AtMost<HostPattern, 50>,
    pub utm: Utm,
    /// Width of the window in CSS pixels.
    #[schema(inline)]
    pub min_width: Option<Pixels>,
    #[schema(inline)]
    pub max_width: Option<Pixels>,
    /// On pages in any of these languages.
    #[schema(value_type = Vec<Locale>)]
    pub locales: AtMost<Locale, 50>,
    /// Not before this instant.
    pub from: Option<DateTime<Utc>>,
    /// Not at or after this instant.
    pub until: Option<DateTime<Utc>>,
}

/// What a link must have said of the campaign it belongs to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = FormUtm)]
pub struct Utm {
    /// `utm_source` is any of these.
    #[schema(value_type = Vec<String>)]
    pub source: AtMost<UtmValue, 50>,
    /// `utm_medium` is any of these.
    #[schema(value_type = Vec<String>)]
    pub medium: AtMost<UtmValue, 50>,
    /// `utm_campaign` is any of these.
    #[schema(value_type = Vec<String>)]
    pub campaign: AtMost<UtmValue, 50>,
}

impl FromBody for Utm {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let source = members.optional("source");
        let medium = members.optional("medium");
        let campaign = members.optional("campaign");
        Some(Self {
            source: source?.unwrap_or_default(),
            medium: medium?.unwrap_or_default(),
            campaign: campaign?.unwrap_or_default(),
        })
    }
}
object_member!(Utm);

impl FromBody for Targeting {
    fn from_body(members: &mut Members<'_>) -> Option<Self> {
        let tags_any = members.optional("tags_any");
        let tags_none = members.optional("tags_none");
        let paths_any = members.optional("paths_any");
        let paths_none = members.optional("paths_none");
        let referrers_any = members.optional("referrers_any");
        let utm = members.optional("utm");
        let min_width = members.optional::<Pixels>("min_width");
        let max_width = members.optional::<Pixels>("max_width");
        let locales = members.optional("locales");
        let from = members.optional::<DateTime<Utc>>("from");
        let until = members.optional::<DateTime<Utc>>("until");
        let mut is_sound = true;
        if let (Some(Some(min)), Some(Some(max))) = (min_width, max_width)
            && min.get() > max.get()
        {
            is_sound = false;
            let fault = Fault::new("conflicting", "must not be less than `min_width`");
            members.refuse::<()>("max_width", fault);
        }
        if let (Some(Some(from)), Some(Some(until))) = (from, until)
            && from >= until
        {
            is_sound = false;
            let fault = Fault::new("conflicting", "must be later than `from`");
            members.refuse::<()>("until", fault);
        }
        let targeting = Self {
            tags_any: tags_any?.unwrap_or_default(),
            tags_none: tags_none?.unwrap_or_default(),
            paths_any: paths_any?.unwrap_or_default(),
            paths_none: paths_none?.unwrap_or_default(),
            referrers_any: referrers_any?.unwrap_or_default(),
            utm: utm?.unwrap_or_default(),
            min_width: min_width?,
            max_width: max_width?,
            locales: locales?.unwrap_or_default(),
            from: from?,
            until: until?,
        };
        is_sound.then_some(targeting)
    }
}
object_member!(Targeting);

/// Where, when and to whom a form is shown: what is absent asks for nothing.
#[derive(ToSchema)]
#[schema(as = WrittenTargeting)]
#[expect(dead_code, reason = "describes a member; `Targeting` reads it")]
pub struct DescribedTargeting {
    /// On pages with any of these tags, by slug or by name.
    #[schema(max_items = 50)]
    tags_any: Option<Vec<String>>,
    /// On no page with any of these tags.
    #[schema(max_items = 50)]
    tags_none: Option<Vec<String>>,
    #[schema(max_items = 50)]
    paths_any: Option<Vec<PathPattern>>,
    #[schema(max_items = 50)]
    paths_none: Option<Vec<PathPattern>>,
    /// To readers who come from any of these hosts.
    #[schema(max_items = 50)]
    referrers_any: Option<Vec<HostPattern>>,
    utm: Option<DescribedUtm>,
    /// Width of the window in CSS pixels.
    #[schema(inline)]
    min_width: Option<Pixels>,
    #[schema(inline)]
    max_width: Option<Pixels>,
    /// On pages in any of these languages.
    #[schema(max_items = 50)]
    locales: Option<Vec<Locale>>,
    /// Not before this instant.
    from: Option<DateTime<Utc>>,
    /// Not at or after this instant.
    until: Option<DateTime<Utc>>,
}

/// What a link must have said of the campaign it belongs to.
#[derive(ToSchema)]
#[schema(as = WrittenUtm)]
#[expect(dead_code, reason = "describes a member; `Utm` reads it")]
pub struct DescribedUtm {
    #[schema(max_items = 50)]
    source: Option<Vec<String>>,
    #[schema(max_items = 50)]
    medium: Option<Vec<String>>,
    #[schema(max_items = 50)]
    campaign: Option<Vec<String>>,
}
