//! What the columns of a file mean: by what they are called, in the systems and languages that are known.

use std::fmt;

use super::layout::FileFormat;
use crate::types::{Fault, Parse, read_back_from_text};

/// What becomes of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    Email,
    Name,
    FirstName,
    LastName,
    Status,
    Topics,
    Locale,
    TimeZone,
    PausedUntil,
    /// A JSON object.
    Attributes,
    /// One member of the attributes.
    Attribute(String),
    AskedAt,
    ConfirmedAt,
    UnsubscribedAt,
    BouncedAt,
    ComplainedAt,
    /// Whether mail is switched off.
    Disabled,
    IpAddress,
    ConsentMethod,
    ConsentWording,
    ConsentSourceUrl,
    ConsentFormId,
    Ignored,
}

impl Role {
    /// Whether what several columns say of it is put together, or one fills in what the others lack.
    pub fn takes_several(&self) -> bool {
        matches!(
            self,
            Self::Topics
                | Self::Attributes
                | Self::AskedAt
                | Self::ConfirmedAt
                | Self::UnsubscribedAt
                | Self::BouncedAt
                | Self::ComplainedAt
                | Self::IpAddress
                | Self::Ignored
        )
    }
}

const WORDS: [(&str, Role); 22] = [
    ("email", Role::Email),
    ("name", Role::Name),
    ("first_name", Role::FirstName),
    ("last_name", Role::LastName),
    ("status", Role::Status),
    ("topics", Role::Topics),
    ("locale", Role::Locale),
    ("time_zone", Role::TimeZone),
    ("paused_until", Role::PausedUntil),
    ("attributes", Role::Attributes),
    ("asked_at", Role::AskedAt),
    ("confirmed_at", Role::ConfirmedAt),
    ("unsubscribed_at", Role::UnsubscribedAt),
    ("bounced_at", Role::BouncedAt),
    ("complained_at", Role::ComplainedAt),
    ("disabled", Role::Disabled),
    ("ip_address", Role::IpAddress),
    ("consent_method", Role::ConsentMethod),
    ("consent_wording", Role::ConsentWording),
    ("consent_source_url", Role::ConsentSourceUrl),
    ("consent_form_id", Role::ConsentFormId),
    ("ignored", Role::Ignored),
];

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Attribute(name) = self {
            return write!(f, "attributes.{name}");
        }
        let word = WORDS.iter().find(|(_, role)| role == self);
        f.write_str(word.map_or("", |(word, _)| word))
    }
}

impl Parse for Role {
    fn parse(text: &str) -> Result<Self, Fault> {
        if let Some(name) = text.strip_prefix("attributes.")
            && (1..=LONGEST_NAME).contains(&name.chars().count())
            && !name.contains(char::is_control)
        {
            return Ok(Self::Attribute(name.to_owned()));
        }
        let known = WORDS.iter().find(|(word, _)| *word == text);
        known.map(|(_, role)| role.clone()).ok_or_else(|| {
            let words: Vec<&str> = WORDS.iter().map(|(word, _)| *word).collect();
            let words = words.join(" ");
            Fault::new(
                "unknown_value",
                format!("must be one of: {words}, or attributes. and a name of your own"),
            )
        })
    }
}

impl serde::Serialize for Role {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
read_back_from_text!(Role);

/// How many characters the name of an attribute has at most.
const LONGEST_NAME: usize = 64;

/// What a column is taken for when nobody says.
pub fn recognised(format: FileFormat, name: &str) -> Role {
    let plain = plain(name);
    if let Some(role) = of_format(format, &plain) {
        return role;
    }
    common(&plain).unwrap_or_else(|| attribute(name))
}

/// A name without case, white space and punctuation, so that `E-Mail Address` is `emailaddress`.
pub fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn attribute(name: &str) -> Role {
    let mut words = String::new();
    for c in name.trim().chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            words.push(c);
        } else if !words.is_empty() && !words.ends_with('_') {
            words.push('_');
        }
    }
    let words: String = words
        .trim_end_matches('_')
        .chars()
        .take(LONGEST_NAME)
        .collect();
    if words.is_empty() {
        Role::Ignored
    } else {
        Role::Attribute(words)
    }
}

/// What a system means by a name, where that is its own.
fn of_format(format: FileFormat, plain: &str) -> Option<Role> {
    let named = |name: &str| Some(Role::Attribute(name.to_owned()));
    match (format, plain) {
        (
            FileFormat::Mailchimp,
            "latitude" | "longitude" | "gmtoff" | "dstoff" | "leid" | "euid" | "lastchanged"
            | "memberrating" | "unsubcampaigntitle" | "unsubcampaignid" | "cleancampaigntitle"
            | "cleancampaignid",
        )
        | (FileFormat::Listmonk, "uuid" | "id" | "createdat" | "updatedat" | "lists")
        | (FileFormat::Ghost, "id" | "createdat")
        | (FileFormat::Substack, "preferdigests")
        | (
            FileFormat::Masthead,
            "id"
            | "source"
            | "consent"
            | "formid"
            | "wordingversion"
            | "variant"
            | "isroleaddress"
            | "isdisposableaddress"
            | "createdat"
            | "updatedat",
        ) => Some(Role::Ignored),
        (FileFormat::Mailchimp, "cc") => named("country"),
        (FileFormat::Mailchimp, "unsubreason") => named("unsubscribe_reason"),
        (FileFormat::Mailchimp, "unsubreasonother") => named("unsubscribe_reason_other"),
        (FileFormat::Ghost, "deletedat") => Some(Role::UnsubscribedAt),
        (FileFormat::Substack | FileFormat::Beehiiv, "createdat") => Some(Role::AskedAt),
        _ => None,
    }
}

fn common(plain: &str) -> Option<Role> {
    Some(match plain {
        "email"
        | "mail"
        | "emailaddress"
        | "mailaddress"
        | "emailadresse"
        | "mailadresse"
        | "emailadres"
        | "mailadres"
        | "adresseemail"
        | "adressemail"
        | "adressecourriel"
        | "adresseélectronique"
        | "adressedemessagerie"
        | "courriel"
        | "correo"
        | "correoelectrónico"
        | "correoelectronico"
        | "direccióndecorreoelectrónico"
        | "direccióndecorreo"
        | "direccióndeemail"
        | "indirizzoemail"
        | "indirizzoemailaddress"
        | "endereçodeemail"
        | "epost"
        | "epostadress"
        | "epostadresse"
        | "sähköposti"
        | "adresemail"
        | "adresemailowy"
        | "subscriberemail" => Role::Email,
        "name" | "fullname" | "displayname" | "vollername" | "nomcomplet" | "nombrecompleto"
        | "volledigenaam" | "naam" | "subscribername" => Role::Name,
        "firstname" | "fname" | "givenname" | "vorname" | "prénom" | "prenom" | "nombre"
        | "voornaam" => Role::FirstName,
        "lastname" | "lname" | "surname" | "familyname" | "nachname" | "nom" | "nomdefamille"
        | "apellido" | "apellidos" | "achternaam" => Role::LastName,
        "status" | "state" | "subscribed" | "subscribedtoemails" => Role::Status,
        "topics" | "tags" | "labels" => Role::Topics,
        "locale" | "language" | "lang" | "sprache" | "langue" | "idioma" | "taal" => Role::Locale,
        "timezone" => Role::TimeZone,
        "pauseduntil" => Role::PausedUntil,
        "attributes" => Role::Attributes,
        "askedat" | "consentaskedat" | "optintime" | "optindate" | "subscribedat"
        | "subscriptiondate" => Role::AskedAt,
        "confirmedat" | "confirmtime" => Role::ConfirmedAt,
        "unsubscribedat" | "unsubtime" => Role::UnsubscribedAt,
        "bouncedat" | "cleantime" => Role::BouncedAt,
        "complainedat" => Role::ComplainedAt,
        "emaildisabled" => Role::Disabled,
        "optinip" | "confirmip" | "ip" | "ipaddress" => Role::IpAddress,
        "consentmethod" => Role::ConsentMethod,
        "consentwording" => Role::ConsentWording,
        "consentsourceurl" => Role::ConsentSourceUrl,
        "consentformid" => Role::ConsentFormId,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_known_in_many_spellings() {
        for name in [
            "Email Address",
            "E-MAIL",
            "E-Mail-Adresse",
            "adresse e-mail",
            "Correo electrónico",
        ] {
            assert_eq!(recognised(FileFormat::Generic, name), Role::Email, "{name}");
        }
        let city = Role::Attribute("favourite_colour".to_owned());
        assert_eq!(
            recognised(FileFormat::Mailchimp, " Favourite (colour)"),
            city
        );
        assert_eq!(recognised(FileFormat::Mailchimp, "LEID"), Role::Ignored);
    }

    #[test]
    fn every_role_has_a_word_that_leads_back_to_it() {
        for (word, role) in WORDS {
            assert_eq!(
                (role.to_string().as_str(), Role::parse(word)),
                (word, Ok(role))
            );
        }
        let shoe = Role::Attribute("shoe size".to_owned());
        assert_eq!(Role::parse("attributes.shoe size"), Ok(shoe));
        for text in ["", "Email", "attributes.", "attributes.\n", "topic"] {
            assert!(Role::parse(text).is_err(), "{text:?}");
        }
    }
}
