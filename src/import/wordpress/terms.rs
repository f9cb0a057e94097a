use std::io::BufRead;

use super::entry::{Author, Category, Tag, Term};
use super::error::WxrError;
use super::text::{filled, plain, word};
use super::xml::Xml;

/// Reads `<wp:author>`.
pub fn author(xml: &mut Xml<impl BufRead>) -> Result<Author, WxrError> {
    let mut author = Author::default();
    while let Some(name) = xml.child()? {
        let text = xml.text()?;
        match name.as_str() {
            "wp:author_login" => author.login = word(&text),
            "wp:author_email" => author.email = word(&text),
            "wp:author_display_name" => author.display_name = plain(&text),
            "wp:author_first_name" => author.first_name = plain(&text),
            "wp:author_last_name" => author.last_name = plain(&text),
            _ => {}
        }
    }
    Ok(author)
}

/// Reads `<wp:category>`.
pub fn category(xml: &mut Xml<impl BufRead>) -> Result<Category, WxrError> {
    let mut category = Category::default();
    while let Some(name) = xml.child()? {
        let text = xml.text()?;
        match name.as_str() {
            "wp:category_nicename" => category.nicename = word(&text),
            "wp:category_parent" => category.parent = filled(word(&text)),
            "wp:cat_name" => category.name = plain(&text),
            "wp:category_description" => category.description = plain(&text),
            _ => {}
        }
    }
    Ok(category)
}

/// Reads `<wp:tag>`.
pub fn tag(xml: &mut Xml<impl BufRead>) -> Result<Tag, WxrError> {
    let mut tag = Tag::default();
    while let Some(name) = xml.child()? {
        let text = xml.text()?;
        match name.as_str() {
            "wp:tag_slug" => tag.slug = word(&text),
            "wp:tag_name" => tag.name = plain(&text),
            "wp:tag_description" => tag.description = plain(&text),
            _ => {}
        }
    }
    Ok(tag)
}

/// Reads `<wp:term>`.
pub fn term(xml: &mut Xml<impl BufRead>) -> Result<Term, WxrError> {
    let mut term = Term::default();
    while let Some(name) = xml.child()? {
        let text = xml.text()?;
        match name.as_str() {
            "wp:term_taxonomy" => term.taxonomy = word(&text),
            "wp:term_slug" => term.slug = word(&text),
            "wp:term_parent" => term.parent = filled(word(&text)),
            "wp:term_name" => term.name = plain(&text),
            "wp:term_description" => term.description = plain(&text),
            _ => {}
        }
    }
    Ok(term)
}
