use crate::types::{Fault, Line, Parse};

/// What readers type into a search box, in the syntax of web searches: at most 200 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(String);

impl Words {
    /// The text, for `websearch_to_tsquery`.
    pub fn as_text(&self) -> &String {
        &self.0
    }

    /// These words, all of them.
    pub fn all(words: &[String]) -> Self {
        Self(words.join(" "))
    }

    /// The words in small letters, when there is nothing but words: no phrase, no exclusion, no alternative.
    pub fn plain(&self) -> Option<Vec<String>> {
        let has_operators = self.0.split_whitespace().any(|word| {
            word.starts_with('-') || word.contains('"') || word.eq_ignore_ascii_case("or")
        });
        let words = self
            .0
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        (!has_operators).then_some(words)
    }
}

impl Parse for Words {
    /// Takes out every `-` that excludes nothing: Postgres gives up on a heap of them.
    fn parse(text: &str) -> Result<Self, Fault> {
        let line = Line::<200>::parse(text)?;
        let mut rest = line.as_str().chars().peekable();
        let mut words = String::with_capacity(line.as_str().len());
        while let Some(c) = rest.next() {
            let excludes = rest
                .peek()
                .is_some_and(|next| next.is_alphanumeric() || *next == '"');
            words.push(if c == '-' && !excludes { ' ' } else { c });
        }
        Ok(Self(words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_dash_that_excludes_something_stays() {
        for (typed, kept) in [
            ("frost -snow", "frost -snow"),
            ("-\"late frost\" well-known", "-\"late frost\" well-known"),
            ("a --b -(- -", "a  -b  (   "),
        ] {
            assert_eq!(Words::parse(typed).unwrap().as_text(), kept, "{typed}");
        }
    }

    #[test]
    fn operators_are_told_from_words() {
        let plain = |text| Words::parse(text).unwrap().plain();
        assert_eq!(plain("Forst, in May").unwrap(), ["forst", "in", "may"]);
        for text in ["\"forst\"", "forst -snow", "forst OR snow"] {
            assert_eq!(plain(text), None, "{text}");
        }
    }
}
