/// How sure a name alone makes it that a bracket is a shortcode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// WordPress' own: alone or with attributes.
    Core,
    /// No one writes such a name in prose: whatever follows it.
    Plugin,
    /// An ordinary word that plugins use too: with attributes, a number or an address.
    Word,
    /// Any other name: with an attribute in quotes.
    Unknown,
}

const CORE: [&str; 7] = [
    "audio",
    "caption",
    "embed",
    "gallery",
    "playlist",
    "video",
    "wp_caption",
];

const PLUGIN_PREFIXES: [&str; 39] = [
    "ad_inserter",
    "adinserter",
    "av_",
    "avia_",
    "contact-form",
    "cs_",
    "eael_",
    "edd_",
    "elementor-template",
    "et_pb_",
    "fl_builder_",
    "formidable",
    "fusion_",
    "gravityform",
    "gmw_",
    "jetpack_",
    "learndash_",
    "ld_",
    "mc4wp",
    "meta_slider",
    "metaslider",
    "mepr-",
    "nggallery",
    "newsletter_",
    "ninja_form",
    "ninja_table",
    "printfriendly",
    "rev_slider",
    "su_",
    "siteorigin_",
    "tablepress",
    "tve_",
    "ux_",
    "vc_",
    "wcm_",
    "woocommerce_",
    "wpforms",
    "wpdm_",
    "yoast-",
];

const PLUGIN_NAMES: [&str; 26] = [
    "add_to_cart",
    "add_to_cart_url",
    "best_selling_products",
    "featured_products",
    "googlemaps",
    "instagram-feed",
    "layerslider",
    "mailerlite_form",
    "mailpoet_form",
    "ngg",
    "one_half",
    "one_half_last",
    "one_third",
    "one_third_last",
    "product_categories",
    "product_category",
    "product_page",
    "recent_products",
    "related_products",
    "sale_products",
    "shop_messages",
    "sibwp_form",
    "toc_container",
    "top_rated_products",
    "two_third",
    "wp-polls",
];

const WORDS: [&str; 43] = [
    "accordion",
    "ad",
    "ads",
    "advert",
    "adsense",
    "archives",
    "box",
    "button",
    "column",
    "columns",
    "cart",
    "checkout",
    "code",
    "contact",
    "dailymotion",
    "divider",
    "facebook",
    "flickr",
    "form",
    "gist",
    "googlemap",
    "highlight",
    "iframe",
    "instagram",
    "map",
    "newsletter",
    "poll",
    "product",
    "products",
    "row",
    "slider",
    "slideshare",
    "soundcloud",
    "spotify",
    "tab",
    "table",
    "tabs",
    "tiktok",
    "toggle",
    "tweet",
    "twitter",
    "vimeo",
    "youtube",
];

const MEDIA: [&str; 14] = [
    "audio",
    "dailymotion",
    "embed",
    "facebook",
    "flickr",
    "iframe",
    "instagram",
    "soundcloud",
    "spotify",
    "tweet",
    "twitter",
    "video",
    "vimeo",
    "youtube",
];

/// Shortcodes whose content is encoded and so unfit to show.
const ENCODED: [&str; 3] = ["fusion_code", "vc_raw_html", "vc_raw_js"];

/// Finds the standing of a shortcode's name.
pub fn standing(name: &str) -> Standing {
    if CORE.contains(&name) {
        return Standing::Core;
    }
    let has_prefix = PLUGIN_PREFIXES
        .iter()
        .any(|prefix| name.starts_with(prefix));
    if has_prefix || PLUGIN_NAMES.contains(&name) {
        return Standing::Plugin;
    }
    if WORDS.contains(&name) {
        return Standing::Word;
    }
    Standing::Unknown
}

/// Says whether a shortcode shows a film, a sound or a post from an address.
pub fn is_media(name: &str) -> bool {
    MEDIA.contains(&name)
}

/// Says whether what a shortcode encloses is no text.
pub fn encloses_code(name: &str) -> bool {
    ENCODED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_standing() {
        let table = [
            ("gallery", Standing::Core),
            ("vc_row", Standing::Plugin),
            ("contact-form-7", Standing::Plugin),
            ("mc4wp_form", Standing::Plugin),
            ("youtube", Standing::Word),
            ("sic", Standing::Unknown),
        ];
        for (name, expected) in table {
            assert_eq!(standing(name), expected, "{name}");
        }
    }
}
