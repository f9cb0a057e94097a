use std::collections::HashSet;

use super::entry::{Domain, ItemCategory};

/// A `<category>` as the file has it.
pub struct RawCategory {
    pub domain: Option<Domain>,
    pub nicename: Option<String>,
    pub name: String,
}

/// Folds the categories of an item: old exports name each twice, once without its nicename.
///
/// Without a domain a category is a category, unless the item names a tag alike.
pub fn fold(raw: Vec<RawCategory>) -> Vec<ItemCategory> {
    let mut full: HashSet<(Domain, String)> = HashSet::new();
    let mut full_names: HashSet<String> = HashSet::new();
    for category in raw.iter().filter(|category| category.nicename.is_some()) {
        let domain = category.domain.clone().unwrap_or(Domain::Category);
        if !matches!(domain, Domain::Other(_)) {
            full_names.insert(category.name.clone());
        }
        full.insert((domain, category.name.clone()));
    }
    let mut seen = HashSet::new();
    let mut folded = Vec::new();
    for RawCategory {
        domain,
        nicename,
        name,
    } in raw
    {
        let is_shadow = match (&nicename, &domain) {
            (Some(_), _) => false,
            (None, None) => full_names.contains(&name),
            (None, Some(domain)) => full.contains(&(domain.clone(), name.clone())),
        };
        let domain = domain.unwrap_or(Domain::Category);
        let identity = nicename.clone().unwrap_or_else(|| name.clone());
        if !is_shadow && seen.insert((domain.clone(), identity)) {
            folded.push(ItemCategory {
                domain,
                nicename,
                name,
            });
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(domain: &str, nicename: &str, name: &str) -> RawCategory {
        RawCategory {
            domain: (!domain.is_empty()).then(|| Domain::from(domain)),
            nicename: (!nicename.is_empty()).then(|| nicename.to_owned()),
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_category_named_twice_is_one() {
        let folded = fold(vec![
            raw("", "", "Garden"),
            raw("category", "garden", "Garden"),
            raw("", "", "Bees"),
            raw("tag", "", "Bees"),
            raw("tag", "bees", "Bees"),
            raw("post_tag", "bees", "Bees"),
        ]);
        let told: Vec<_> = folded
            .iter()
            .map(|one| (&one.domain, one.name.as_str()))
            .collect();
        assert_eq!(
            told,
            [(&Domain::Category, "Garden"), (&Domain::Tag, "Bees")]
        );
        assert_eq!(folded[0].nicename.as_deref(), Some("garden"));
    }

    #[test]
    fn two_categories_of_one_name_and_a_tag_alike_stay_apart() {
        let folded = fold(vec![
            raw("category", "news", "News"),
            raw("category", "local-news", "News"),
            raw("post_tag", "news", "News"),
            raw("", "", "Weather"),
        ]);
        assert_eq!(folded.len(), 4);
        assert_eq!(folded[3].domain, Domain::Category);
    }
}
