//! XML that is well-formed whatever the texts in it hold.

use std::borrow::Cow;
use std::io;

use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::Writer;

use crate::rest::Problem;

/// Attributes of an element.
pub type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A document in the making.
pub struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// Writes a document.
    pub fn document(
        root: &str,
        attributes: Attributes<'_>,
        fill: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> Result<Vec<u8>, Problem> {
        let mut xml = Self(Writer::new(Vec::new()));
        let declaration = BytesDecl::new("1.0", Some("UTF-8"), None);
        xml.0
            .write_event(Event::Decl(declaration))
            .and_then(|()| xml.element(root, attributes, fill))
            .map_err(|fault| anyhow::Error::new(fault).context("XML can't be written"))?;
        Ok(xml.0.into_inner())
    }

    /// Writes an element with others in it.
    pub fn element(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        fill: impl FnOnce(&mut Self) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut start = quick_xml::events::BytesStart::new(name);
        for (name, value) in attributes {
            start.push_attribute((*name, legal(value).as_ref()));
        }
        let end = start.to_end().into_owned();
        self.0.write_event(Event::Start(start))?;
        fill(self)?;
        self.0.write_event(Event::End(end))
    }

    /// Writes an element with text in it.
    pub fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        self.text_with(name, &[], text)
    }

    /// The same with attributes.
    pub fn text_with(
        &mut self,
        name: &str,
        attributes: Attributes<'_>,
        text: &str,
    ) -> io::Result<()> {
        self.element(name, attributes, |xml| {
            xml.0.write_event(Event::Text(BytesText::new(&legal(text))))
        })
    }

    /// Writes an element with nothing in it.
    pub fn empty(&mut self, name: &str, attributes: Attributes<'_>) -> io::Result<()> {
        self.element(name, attributes, |_| Ok(()))
    }
}

/// Drops the characters that XML 1.0 can't hold, even escaped (§2.2).
fn legal(text: &str) -> Cow<'_, str> {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if text.chars().all(is_legal) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().filter(|c| is_legal(*c)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_attributes_stay_texts_and_attributes() {
        let hostile = "a\u{0}\u{b}\u{1f}\u{fffe}<b> & \"c\" 'd' ]]> \u{202e}\u{1f33b}";
        let document = Xml::document("x", &[("y", hostile)], |xml| xml.text("z", hostile));

        assert_eq!(
            String::from_utf8(document.ok().unwrap()).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <x y=\"a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos; ]]&gt; \u{202e}\u{1f33b}\">\
             <z>a&lt;b&gt; &amp; &quot;c&quot; &apos;d&apos; ]]&gt; \u{202e}\u{1f33b}</z></x>"
        );
    }
}
