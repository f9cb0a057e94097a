use std::collections::HashMap;

use super::entities;
use super::html::{Lexer, Piece};
use super::known::{Standing, standing};

/// A bracket that has the form of a shortcode: `[name …]`, `[name …/]`, `[/name]`, `[[name …]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bracket<'a> {
    pub name: &'a str,
    pub arguments: &'a str,
    pub form: Form,
    /// The byte offset after it.
    pub end: usize,
}

/// The four forms of a bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Open,
    SelfClosing,
    Close,
    Escaped,
}

/// Reads the bracket that starts at a byte offset, without going past another bracket.
pub fn bracket_at(source: &str, at: usize) -> Option<Bracket<'_>> {
    let rest = source[at..].strip_prefix('[')?;
    let (rest, is_escaped) = match rest.strip_prefix('[') {
        Some(inner) => (inner, true),
        None => (rest, false),
    };
    let (rest, is_close) = match rest.strip_prefix('/') {
        Some(inner) => (inner, true),
        None => (rest, false),
    };
    let name = name_of(rest)?;
    let after_name = &rest[name.len()..];
    let length = after_name
        .bytes()
        .position(|byte| matches!(byte, b'[' | b']'))?;
    let (inner, after) = after_name.split_at(length);
    let closing = if is_escaped { "]]" } else { "]" };
    // `[audio](https://…)` is a link in Markdown.
    let is_link = inner.is_empty() && after.starts_with("](");
    if !after.starts_with(closing) || !may_follow_name(inner) || is_link {
        return None;
    }
    let (arguments, form) = match inner.strip_suffix('/') {
        _ if is_escaped => (inner, Form::Escaped),
        _ if is_close && inner.trim().is_empty() => (inner, Form::Close),
        _ if is_close => return None,
        Some(arguments) if !arguments.ends_with(|last: char| last.is_ascii_alphanumeric()) => {
            (arguments, Form::SelfClosing)
        }
        _ => (inner, Form::Open),
    };
    let end = source.len() - after.len() + closing.len();
    let bracket = Bracket {
        name,
        arguments,
        form,
        end,
    };
    Some(bracket)
}

fn name_of(text: &str) -> Option<&str> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let end = text.bytes().position(|byte| !is_name(byte))?;
    let starts_well = text.starts_with(|first: char| first.is_ascii_alphabetic());
    starts_well.then(|| &text[..end])
}

fn may_follow_name(inner: &str) -> bool {
    let ends_name = |first: char| first.is_whitespace() || matches!(first, '=' | '/' | '&');
    let is_apart = inner.is_empty() || inner.starts_with(ends_name);
    is_apart && !inner.contains("\n\n")
}

/// The arguments of a shortcode, with entities decoded.
#[derive(Debug, Default)]
pub struct Arguments {
    named: Vec<(String, String)>,
    loose: Vec<String>,
    quotes: usize,
}

impl Arguments {
    /// Reads `a="1" b='2' c=3 4`, with straight quotes, curly ones, or entities for them.
    pub fn parse(text: &str) -> Self {
        let decoded = entities::decode(text).replace('\u{a0}', " ");
        let straight: String = decoded.chars().map(straighten).collect();
        let mut arguments = Self::default();
        let mut rest = straight.trim_start();
        while !rest.is_empty() {
            let key_end = rest.find(|next: char| next == '=' || next.is_whitespace());
            let key = &rest[..key_end.unwrap_or(rest.len())];
            rest = rest[key.len()..].trim_start();
            match rest.strip_prefix('=') {
                Some(after) if !key.contains(['"', '\'', '/']) => {
                    rest = arguments.value(key, after.trim_start()).trim_start();
                }
                Some(after) => rest = arguments.address(key, after),
                None => arguments
                    .loose
                    .push(key.trim_matches(['"', '\'']).to_owned()),
            }
        }
        arguments
    }

    fn value<'a>(&mut self, key: &str, text: &'a str) -> &'a str {
        let quote = text
            .chars()
            .next()
            .filter(|first| matches!(first, '"' | '\''));
        let quoted = quote.and_then(|quote| text[1..].split_once(quote));
        let (value, rest) = match quoted {
            Some((value, rest)) => {
                self.quotes += 1;
                (value, rest)
            }
            None => text.split_at(text.find(char::is_whitespace).unwrap_or(text.len())),
        };
        match key {
            "" => self.loose.push(value.to_owned()),
            _ => self
                .named
                .push((key.to_ascii_lowercase(), value.to_owned())),
        }
        rest
    }

    /// Keeps an address whole that has a `=` of its own.
    fn address<'a>(&mut self, start: &str, after: &'a str) -> &'a str {
        let (end, rest) = after.split_at(after.find(char::is_whitespace).unwrap_or(after.len()));
        self.loose.push(
            format!("{start}={end}")
                .trim_matches(['"', '\''])
                .to_owned(),
        );
        rest.trim_start()
    }

    /// Finds an attribute.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.named.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value.as_str())
    }

    /// Finds the first http address, preferring what is named `src` or `url`.
    pub fn address_of_media(&self) -> Option<&str> {
        let preferred = ["src", "url"].into_iter().filter_map(|key| self.get(key));
        let named = self.named.iter().map(|(_, value)| value.as_str());
        let loose = self.loose.iter().map(String::as_str);
        preferred
            .chain(named)
            .chain(loose)
            .find(|value| is_address(value))
    }

    fn are_none(&self) -> bool {
        self.named.is_empty() && self.loose.is_empty()
    }

    /// Says whether they are attributes, numbers and addresses, and nothing like prose.
    fn are_technical(&self) -> bool {
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let mut loose = self.loose.iter();
        !self.are_none() && loose.all(|text| is_number(text) || is_address(text))
    }

    fn are_quoted(&self) -> bool {
        self.quotes > 0 && self.loose.is_empty()
    }
}

fn straighten(character: char) -> char {
    match character {
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' => '"',
        '‘' | '’' | '‚' | '‛' | '′' => '\'',
        other => other,
    }
}

/// Says whether text is an http address.
pub fn is_address(text: &str) -> bool {
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    is_web && !text.contains(|next: char| next.is_whitespace() || matches!(next, '<' | '"'))
}

/// The places of all closing brackets of a text.
pub struct Closers<'a> {
    places: HashMap<&'a str, Vec<usize>>,
}

impl<'a> Closers<'a> {
    /// Finds them, outside tags, comments and code.
    pub fn find(source: &'a str) -> Self {
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut lexer = Lexer::new(source);
        let mut start = lexer.position();
        while let Some(piece) = lexer.next() {
            if let Piece::Text(text) = piece {
                for (offset, _) in text.match_indices("[/") {
                    let at = start + offset;
                    let bracket = bracket_at(source, at);
                    if let Some(bracket) = bracket.filter(|bracket| bracket.form == Form::Close) {
                        places.entry(bracket.name).or_default().push(at);
                    }
                }
            }
            start = lexer.position();
        }
        Self { places }
    }

    /// Finds the next one of a name from a byte offset.
    pub fn after(&self, name: &str, at: usize) -> Option<usize> {
        let places = self.places.get(name)?;
        places
            .get(places.partition_point(|place| *place < at))
            .copied()
    }
}

/// Says whether an opening or self-closing bracket is a shortcode, and no prose.
///
/// It is one if its name is known and what follows fits (see `Standing`), if it has an attribute
/// in quotes, if it closes itself, or if `[/name]` follows somewhere.
pub fn is_shortcode(bracket: &Bracket<'_>, arguments: &Arguments, closer: Option<usize>) -> bool {
    let standing = standing(bracket.name);
    // Tags stand in attributes of old captions, but more often in brackets of prose.
    if standing == Standing::Unknown && bracket.arguments.contains('<') {
        return false;
    }
    let fits = match standing {
        Standing::Plugin => true,
        Standing::Core => arguments.are_none() || bracket.arguments.contains('='),
        Standing::Word => arguments.are_technical(),
        Standing::Unknown => false,
    };
    let closes_itself = bracket.form == Form::SelfClosing && arguments.are_none();
    fits || arguments.are_quoted() || closes_itself || closer.is_some()
}

/// Says whether an escaped bracket stands for a shortcode, unlike `[[Some page]]`.
pub fn is_escaped_shortcode(bracket: &Bracket<'_>, arguments: &Arguments) -> bool {
    let is_plain = arguments.are_none() || arguments.are_technical();
    is_plain || standing(bracket.name) != Standing::Unknown
}

#[cfg(test)]
mod tests;
