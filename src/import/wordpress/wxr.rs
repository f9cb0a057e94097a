use std::io::BufRead;

use super::entry::{Record, Site};
use super::error::WxrError;
use super::item;
use super::terms;
use super::text::{plain, word};
use super::xml::Xml;

/// The most text that one record may keep.
const MAX_RECORD_BYTES: usize = 64 << 20;

/// Reads an export record by record; the first error is the last thing it gives.
pub fn read<R: BufRead>(source: R) -> Records<R> {
    read_within(source, MAX_RECORD_BYTES)
}

fn read_within<R: BufRead>(source: R, max_record_bytes: usize) -> Records<R> {
    Records {
        xml: Xml::new(source, max_record_bytes),
        stage: Stage::Start,
        site: Some(Site::default()),
        next: None,
    }
}

/// Iterates over the records of an export; see [`read`].
pub struct Records<R> {
    xml: Xml<R>,
    stage: Stage,
    /// Held until the first other record, when it is complete.
    site: Option<Site>,
    next: Option<Record>,
}

enum Stage {
    Start,
    Channel,
    Done,
}

impl<R: BufRead> Records<R> {
    /// Gives the number of bytes consumed, for a progress bar.
    pub fn position(&self) -> u64 {
        self.xml.position()
    }

    fn advance(&mut self) -> Result<Option<Record>, WxrError> {
        if let Some(record) = self.next.take() {
            return Ok(Some(record));
        }
        if matches!(self.stage, Stage::Done) {
            return Ok(None);
        }
        if matches!(self.stage, Stage::Start) {
            self.enter_channel()?;
        }
        while let Some(name) = self.xml.child()? {
            self.xml.start_record();
            if let Some(record) = self.record(&name)? {
                return self.after_site(record).map(Some);
            }
        }
        self.stage = Stage::Done;
        while self.xml.child()?.is_some() {
            self.xml.skip()?;
        }
        self.xml.finish()?;
        let site = self.site.take();
        site.map(|site| self.checked(site)).transpose()
    }

    fn enter_channel(&mut self) -> Result<(), WxrError> {
        self.xml.enter_root()?;
        let root_line = self.xml.start_line();
        while let Some(name) = self.xml.child()? {
            if name == "channel" {
                self.stage = Stage::Channel;
                return Ok(());
            }
            self.xml.skip()?;
        }
        Err(WxrError::new(root_line, "<rss> has no <channel>"))
    }

    fn after_site(&mut self, record: Record) -> Result<Record, WxrError> {
        let Some(site) = self.site.take() else {
            return Ok(record);
        };
        self.next = Some(record);
        self.checked(site)
    }

    /// Tells an export from any other RSS feed, which would import as nothing but titles.
    fn checked(&self, site: Site) -> Result<Record, WxrError> {
        if !self.xml.declares_wordpress() && site.wxr_version.is_empty() {
            let reason = "the file is an RSS feed, not a WordPress export (WXR)";
            return Err(WxrError::new(1, reason));
        }
        Ok(Record::Site(site))
    }

    fn record(&mut self, name: &str) -> Result<Option<Record>, WxrError> {
        let record = match name {
            "item" => Record::Item(Box::new(item::read(&mut self.xml)?)),
            "wp:author" => Record::Author(terms::author(&mut self.xml)?),
            "wp:category" => Record::Category(terms::category(&mut self.xml)?),
            "wp:tag" => Record::Tag(terms::tag(&mut self.xml)?),
            "wp:term" => Record::Term(terms::term(&mut self.xml)?),
            _ => return self.site_field(name).map(|()| None),
        };
        Ok(Some(record))
    }

    fn site_field(&mut self, name: &str) -> Result<(), WxrError> {
        let Some(site) = &mut self.site else {
            return self.xml.skip();
        };
        match name {
            "title" => site.title = plain(&self.xml.text()?),
            "description" => site.description = plain(&self.xml.text()?),
            "link" => site.link = word(&self.xml.text()?),
            "language" => site.language = word(&self.xml.text()?),
            "wp:wxr_version" => site.wxr_version = word(&self.xml.text()?),
            "wp:base_site_url" => site.base_site_url = word(&self.xml.text()?),
            "wp:base_blog_url" => site.base_blog_url = word(&self.xml.text()?),
            _ => self.xml.skip()?,
        }
        Ok(())
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = Result<Record, WxrError>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.advance().transpose();
        if matches!(record, Some(Err(_))) {
            self.stage = Stage::Done;
            self.next = None;
        }
        record
    }
}

#[cfg(test)]
mod tests;
