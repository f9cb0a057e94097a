use quick_xml::events::BytesStart;

/// Knows which prefix an export declares for which namespace.
#[derive(Default)]
pub struct Prefixes {
    declared: Vec<(String, &'static str)>,
}

impl Prefixes {
    /// Takes the namespaces that a tag declares, as far as an export needs them.
    pub fn declare(&mut self, tag: &BytesStart<'_>) {
        for attribute in tag.attributes().flatten() {
            let key = String::from_utf8_lossy(attribute.key.as_ref());
            let usual = usual_prefix(&String::from_utf8_lossy(&attribute.value));
            if let (Some(prefix), Some(usual)) = (key.strip_prefix("xmlns:"), usual) {
                self.declared.push((prefix.to_owned(), usual));
            }
        }
    }

    /// Says whether WordPress' namespace is declared.
    pub fn declare_wordpress(&self) -> bool {
        self.declared.iter().any(|(_, usual)| *usual == "wp")
    }

    /// Gives a name the prefix that WordPress itself uses; an undeclared prefix stays.
    pub fn usual_name(&self, name: &str) -> String {
        let Some((prefix, local)) = name.split_once(':') else {
            return name.to_owned();
        };
        let known = self.declared.iter().rfind(|(known, _)| known == prefix);
        let usual = known.map_or(prefix, |(_, usual)| *usual);
        format!("{usual}:{local}")
    }
}

/// Finds WordPress' usual prefix for a namespace, of any version and with http or https.
fn usual_prefix(namespace: &str) -> Option<&'static str> {
    let rest = namespace.split_once("://").map(|(_, rest)| rest);
    let address = rest.unwrap_or(namespace).trim_end_matches('/');
    match address {
        "purl.org/rss/1.0/modules/content" => Some("content"),
        "purl.org/dc/elements/1.1" => Some("dc"),
        _ if !address.starts_with("wordpress.org/export/") => None,
        _ if address.ends_with("/excerpt") => Some("excerpt"),
        _ => Some("wp"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_get_their_usual_prefix_whatever_the_file_declares() {
        let mut tag = BytesStart::new("rss");
        tag.push_attribute(("xmlns:old", "http://wordpress.org/export/1.0/"));
        tag.push_attribute(("xmlns:e", "https://wordpress.org/export/1.2/excerpt/"));
        tag.push_attribute(("xmlns:body", "http://purl.org/rss/1.0/modules/content/"));
        let mut prefixes = Prefixes::default();
        prefixes.declare(&tag);
        assert!(prefixes.declare_wordpress());
        let usual = [
            "title",
            "old:status",
            "e:encoded",
            "body:encoded",
            "wp:status",
        ]
        .map(|name| prefixes.usual_name(name));
        assert_eq!(
            usual,
            [
                "title",
                "wp:status",
                "excerpt:encoded",
                "content:encoded",
                "wp:status"
            ]
        );
    }
}
