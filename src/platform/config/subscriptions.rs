use std::collections::BTreeSet;
use std::sync::Arc;

use super::reader::Reader;

/// How sign-ups are treated, and what is kept of them.
#[derive(Debug, Clone)]
pub struct Subscriptions {
    pub evidence: ConsentEvidence,
    /// Domains that give addresses away for minutes, in lower case.
    pub disposable_domains: Arc<BTreeSet<String>>,
}

/// What the consent ledger keeps of a client that asks or confirms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentEvidence {
    None,
    Address,
    AddressAndAgent,
}

impl Subscriptions {
    /// Whether this domain, or one above it, gives addresses away for minutes.
    pub fn is_disposable(&self, domain: &str) -> bool {
        let mut rest = Some(domain);
        while let Some(domain) = rest {
            if self.disposable_domains.contains(domain) {
                return true;
            }
            rest = domain.split_once('.').map(|(_, above)| above);
        }
        false
    }
}

impl Reader {
    pub fn subscriptions(&mut self) -> Subscriptions {
        let choices = [
            ("none", ConsentEvidence::None),
            ("address", ConsentEvidence::Address),
            ("address_and_agent", ConsentEvidence::AddressAndAgent),
        ];
        Subscriptions {
            evidence: self.choice("MASTHEAD_CONSENT_EVIDENCE", "none", &choices),
            disposable_domains: self.disposable_domains().into(),
        }
    }

    /// A list, or the path of a file with one domain a line.
    fn disposable_domains(&mut self) -> BTreeSet<String> {
        let name = "MASTHEAD_DISPOSABLE_DOMAINS";
        let mut text = self.text(name).unwrap_or_default();
        if !text.contains(['\n', ',', ' ']) && text.contains('/') {
            text = match std::fs::read_to_string(&text) {
                Ok(content) => content,
                Err(fault) => {
                    self.faults.push(format!("{name}: can't be read: {fault}"));
                    return BTreeSet::new();
                }
            };
        }
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with('#'));
        let words = lines.flat_map(|line| line.split([',', ' ', '\t']));
        let mut domains = BTreeSet::new();
        for word in words.map(str::trim).filter(|word| !word.is_empty()) {
            match idna::domain_to_ascii(word) {
                Ok(domain) if domain.contains('.') => drop(domains.insert(domain)),
                _ => self.faults.push(format!(
                    "{name}: must be domains such as example.com, not `{word}`"
                )),
            }
        }
        domains
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_disposable_with_all_below_it() {
        let domains = ["quick.example.com".to_owned()];
        let settings = Subscriptions {
            evidence: ConsentEvidence::None,
            disposable_domains: Arc::new(domains.into()),
        };
        assert!(settings.is_disposable("quick.example.com"));
        assert!(settings.is_disposable("a.quick.example.com"));
        assert!(!settings.is_disposable("example.com"));
        assert!(!settings.is_disposable("notquick.example.com"));
    }
}
