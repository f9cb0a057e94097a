use std::io::BufRead;
use std::mem;

use quick_xml::errors::Error;
use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::reader::Reader;

use super::entities;
use super::error::{WxrError, of_xml, utf8};
use super::lookalike;
use super::meter::Meter;
use super::prefixes::Prefixes;
use super::text::{is_forbidden, push_xml_text};

/// Real exports are five deep; a file of only start tags must not fill the memory.
const MAX_DEPTH: usize = 64;

/// Buffers that grew for one large text are given back beyond this size.
const IDLE_BUFFER_BYTES: usize = 1 << 20;

/// Walks the elements of a WordPress export, keeping only the one it stands in.
///
/// Names come with WordPress' usual prefixes, whatever prefix the file declares.
pub struct Xml<R> {
    reader: Reader<Meter<R>>,
    buffer: Vec<u8>,
    prefixes: Prefixes,
    open: Vec<Open>,
    tag: BytesStart<'static>,
    kept_bytes: usize,
    max_bytes: usize,
}

struct Open {
    raw_name: String,
    line: u64,
}

enum Node {
    Open(String),
    Close,
    Other,
    End,
}

impl<R: BufRead> Xml<R> {
    /// Prepares a reader that keeps at most `max_bytes` of text a record.
    pub fn new(source: R, max_bytes: usize) -> Self {
        let mut reader = Reader::from_reader(Meter::new(source, max_bytes));
        reader.config_mut().expand_empty_elements = true;
        // Older exports have titles with a bare `&`.
        reader.config_mut().allow_dangling_amp = true;
        Self {
            reader,
            buffer: Vec::new(),
            prefixes: Prefixes::default(),
            open: Vec::new(),
            tag: BytesStart::new(""),
            kept_bytes: 0,
            max_bytes,
        }
    }

    /// Gives the number of bytes consumed.
    pub fn position(&self) -> u64 {
        self.reader.get_ref().position()
    }

    /// Gives the line on which the current element starts.
    pub fn start_line(&self) -> u64 {
        self.open.last().map_or(1, |open| open.line)
    }

    /// Says whether the root declares WordPress' namespace.
    pub fn declares_wordpress(&self) -> bool {
        self.prefixes.declare_wordpress()
    }

    /// Starts the count of kept bytes of the next record.
    pub fn start_record(&mut self) {
        self.kept_bytes = 0;
    }

    /// Counts bytes that the caller keeps for the current record.
    pub fn keep(&mut self, bytes: usize) -> Result<(), WxrError> {
        self.kept_bytes += bytes;
        if self.kept_bytes > self.max_bytes {
            return Err(self.too_large(self.start_line()));
        }
        Ok(())
    }

    /// Enters the root, which must be `<rss>`.
    pub fn enter_root(&mut self) -> Result<(), WxrError> {
        let buffer = self.reader.get_mut().fill_buf();
        let first =
            buffer.map_err(|error| WxrError::new(1, format!("could not be read: {error}")))?;
        if let Some(reason) = lookalike::of_first_bytes(first) {
            return Err(WxrError::new(1, reason));
        }
        let mut before = String::new();
        loop {
            let node = self.step(Some(&mut before))?;
            if !before.trim().is_empty() {
                let reason = "the file is not XML: text stands before <rss>";
                return Err(WxrError::new(self.reader.get_ref().line(), reason));
            }
            before.clear();
            match node {
                Node::Open(name) if name == "rss" => return Ok(()),
                Node::Open(name) => return Err(self.here(lookalike::of_root(&name))),
                Node::End => return Err(self.cut_off()),
                Node::Close | Node::Other => {}
            }
        }
    }

    /// Enters the next child of the current element, or leaves that element if there is none.
    pub fn child(&mut self) -> Result<Option<String>, WxrError> {
        loop {
            match self.step(None)? {
                Node::Open(name) => return Ok(Some(name)),
                Node::Close => return Ok(None),
                Node::End => return Err(self.cut_off()),
                Node::Other => {}
            }
        }
    }

    /// Reads the text of the current element and leaves it.
    pub fn text(&mut self) -> Result<String, WxrError> {
        let mut text = String::new();
        self.leave(Some(&mut text))?;
        Ok(text)
    }

    /// Leaves the current element without keeping anything.
    pub fn skip(&mut self) -> Result<(), WxrError> {
        self.leave(None)
    }

    /// Reads to the end of the file, after the root.
    pub fn finish(&mut self) -> Result<(), WxrError> {
        loop {
            match self.step(None)? {
                Node::End => return Ok(()),
                Node::Open(name) => {
                    let reason = format!("<{name}> follows </rss>; import one export at a time");
                    return Err(self.here(reason));
                }
                Node::Close | Node::Other => {}
            }
        }
    }

    /// Makes an error about the current element.
    pub fn here(&self, reason: impl Into<String>) -> WxrError {
        WxrError::new(self.start_line(), reason)
    }

    /// Gives an attribute of the element that was entered last.
    pub fn attribute(&self, name: &str) -> Option<String> {
        let mut attributes = self.tag.attributes().flatten();
        let found = attributes.find(|attribute| attribute.key.as_ref() == name.as_bytes())?;
        let value = String::from_utf8_lossy(&found.value);
        Some(entities::decode(&value).trim().to_owned())
    }

    fn leave(&mut self, mut sink: Option<&mut String>) -> Result<(), WxrError> {
        let depth = self.open.len();
        loop {
            match self.step(sink.as_deref_mut())? {
                Node::Close if self.open.len() < depth => return Ok(()),
                Node::End => return Err(self.cut_off()),
                Node::Open(_) | Node::Close | Node::Other => {}
            }
        }
    }

    fn step(&mut self, sink: Option<&mut String>) -> Result<Node, WxrError> {
        let line = self.reader.get_ref().line();
        self.reader.get_mut().start_piece();
        let mut buffer = mem::take(&mut self.buffer);
        buffer.clear();
        buffer.shrink_to(IDLE_BUFFER_BYTES);
        let node = match self.reader.read_event_into(&mut buffer) {
            Ok(event) => self.node(event, line, sink),
            Err(error) => Err(self.explain(&error, line)),
        };
        self.buffer = buffer;
        node
    }

    fn node(
        &mut self,
        event: Event<'_>,
        line: u64,
        sink: Option<&mut String>,
    ) -> Result<Node, WxrError> {
        match event {
            Event::Start(tag) => return self.enter(tag, line).map(Node::Open),
            Event::End(_) => {
                self.open.pop();
                return Ok(Node::Close);
            }
            Event::Eof => return Ok(Node::End),
            Event::Text(text) => self.push(sink, &text, line)?,
            Event::CData(text) => self.push(sink, &text, line)?,
            Event::GeneralRef(name) => self.push_reference(sink, &name, line)?,
            Event::DocType(_) => {
                let reason = "a document type (DTD) is refused, WordPress writes none";
                return Err(WxrError::new(line, reason));
            }
            Event::Decl(declaration) => self.check_declaration(&declaration, line)?,
            Event::Empty(_) | Event::Comment(_) | Event::PI(_) => {}
        }
        Ok(Node::Other)
    }

    fn enter(&mut self, tag: BytesStart<'_>, line: u64) -> Result<String, WxrError> {
        if self.open.len() == MAX_DEPTH {
            let reason = format!("elements are nested deeper than {MAX_DEPTH}");
            return Err(WxrError::new(line, reason));
        }
        let raw_name = utf8(tag.name().into_inner(), line)?.to_owned();
        if !raw_name.starts_with(|first: char| first.is_alphabetic() || first == '_') {
            let reason = "a < starts no tag; is text missing its CDATA section?";
            return Err(WxrError::new(line, reason));
        }
        if self.open.len() < 2 {
            self.prefixes.declare(&tag);
        }
        self.tag = tag.into_owned();
        let name = self.prefixes.usual_name(&raw_name);
        let raw = Open { raw_name, line };
        self.open.push(raw);
        Ok(name)
    }

    fn push(&mut self, sink: Option<&mut String>, bytes: &[u8], line: u64) -> Result<(), WxrError> {
        let text = utf8(bytes, line)?;
        let Some(sink) = sink else { return Ok(()) };
        self.keep(text.len())?;
        push_xml_text(sink, text);
        Ok(())
    }

    /// Adds `&amp;` and its like as a character; what XML doesn't know stays, for HTML to decode.
    fn push_reference(
        &mut self,
        sink: Option<&mut String>,
        name: &[u8],
        line: u64,
    ) -> Result<(), WxrError> {
        let name = utf8(name, line)?;
        let Some(sink) = sink else { return Ok(()) };
        self.keep(name.len() + 2)?;
        let is_xml = matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") || name.starts_with('#');
        match entities::resolve(name).filter(|_| is_xml) {
            Some(character) if is_forbidden(character) => {}
            Some(character) => sink.push(character),
            None => sink.push_str(&format!("&{name};")),
        }
        Ok(())
    }

    fn check_declaration(&self, declaration: &BytesDecl<'_>, line: u64) -> Result<(), WxrError> {
        if self.tag.name().as_ref() != b"" {
            return Err(WxrError::new(line, "a second XML document starts here"));
        }
        let Some(Ok(encoding)) = declaration.encoding() else {
            return Ok(());
        };
        let refusal = lookalike::of_encoding(&String::from_utf8_lossy(&encoding));
        refusal.map_or(Ok(()), |reason| Err(WxrError::new(line, reason)))
    }

    fn explain(&self, error: &Error, line: u64) -> WxrError {
        if self.reader.get_ref().is_over() {
            return self.too_large(line);
        }
        of_xml(error, line, self.start_line()).unwrap_or_else(|| self.cut_off())
    }

    fn too_large(&self, line: u64) -> WxrError {
        let reason = format!("a record is larger than {} bytes", self.max_bytes);
        WxrError::new(line, reason)
    }

    fn cut_off(&self) -> WxrError {
        let place = match self.open.last() {
            Some(open) => format!("inside <{}> of line {}", open.raw_name, open.line),
            None => "before <rss>".to_owned(),
        };
        let reason = format!("the file ends {place}: it was cut off, export it again");
        WxrError::new(self.reader.get_ref().line(), reason)
    }
}
