use crate::types::{EmailAddress, Fault, Line, Parse};

/// An address with the name of who has it, such as `The Example <news@example.com>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub name: Option<Line<200>>,
    pub address: EmailAddress,
}

impl Mailbox {
    /// What stands behind the `@`, in ASCII.
    pub fn domain(&self) -> &str {
        let address = self.address.as_str();
        address
            .rsplit_once('@')
            .map_or(address, |(_, domain)| domain)
    }
}

impl Parse for Mailbox {
    /// Reads `Name <address>`, `"Name" <address>` or an address alone.
    fn parse(text: &str) -> Result<Self, Fault> {
        let text = text.trim();
        let Some((name, rest)) = text.rsplit_once('<') else {
            let address = EmailAddress::parse(text)?;
            return Ok(Self {
                name: None,
                address,
            });
        };
        let fault = || Fault::new("invalid_mailbox", "must read Name <address>");
        let address = rest.strip_suffix('>').ok_or_else(fault)?;
        let name = name.trim();
        let unquoted = name
            .strip_prefix('"')
            .and_then(|name| name.strip_suffix('"'))
            .unwrap_or(name);
        let name = match unquoted {
            "" => None,
            name => Some(Line::parse(name)?),
        };
        Ok(Self {
            name,
            address: EmailAddress::parse(address)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_an_address_with_or_without_a_name() {
        for (text, name) in [
            ("news@example.com", None),
            ("<news@example.com>", None),
            ("The Example <news@example.com>", Some("The Example")),
            ("\"Example, The\" <news@example.com>", Some("Example, The")),
            ("Ünser Blatt<news@example.com>", Some("Ünser Blatt")),
        ] {
            let mailbox = Mailbox::parse(text).unwrap();
            assert_eq!(mailbox.name.as_ref().map(Line::as_str), name, "{text}");
            assert_eq!(mailbox.address.as_str(), "news@example.com");
            assert_eq!(mailbox.domain(), "example.com");
        }
        for text in ["", "Name", "Name <a@b", "a\r\nBcc: x <a@example.com>", "<>"] {
            assert!(Mailbox::parse(text).is_err(), "{text}");
        }
    }
}
