//! Source files as the compiler's words, so that comments, line breaks and braces can't mislead a guard.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// One file of Rust.
pub struct SourceFile {
    /// Below the repository's root, such as `src/tags/dto.rs`.
    pub path: String,
    pub text: String,
    /// Identifiers, punctuation and brackets in order, with `::` as one; doc comments and literals left out.
    pub words: Vec<String>,
    /// Literals as they are written, without doc comments.
    pub literals: Vec<String>,
}

impl SourceFile {
    /// Reads one file.
    pub fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path)).expect(path);
        let tokens: TokenStream = text
            .parse()
            .unwrap_or_else(|fault| panic!("{path}: {fault}"));
        let (mut words, mut literals) = (Vec::new(), Vec::new());
        flatten(tokens, &mut words, &mut literals);
        Self {
            path: path.to_owned(),
            text,
            words,
            literals,
        }
    }

    /// Where the file's module stands: `["tags", "dto"]` for `src/tags/dto.rs`.
    pub fn module(&self) -> Vec<&str> {
        let path = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let path = path.strip_suffix(".rs").unwrap_or(path);
        path.split('/').filter(|part| *part != "mod").collect()
    }

    /// What is named right after `start` in paths: `a` and `b` in `start::a::x` and
    /// `use start::{a, b::y}`.
    pub fn named_below(&self, start: &str) -> Vec<&str> {
        (0..self.words.len())
            .filter(|index| self.words[*index] == start)
            .flat_map(|index| self.named_after(index))
            .collect()
    }

    /// The same for the crate's root, which enough `super`s reach as well.
    pub fn named_below_the_crate(&self) -> Vec<&str> {
        let mut named = self.named_below("crate");
        let mut supers = 0;
        for (index, word) in self.words.iter().enumerate() {
            match word.as_str() {
                "super" => {
                    supers += 1;
                    if supers == self.module().len() {
                        named.extend(self.named_after(index));
                    }
                }
                "::" => {}
                _ => supers = 0,
            }
        }
        named
    }

    /// Whether these words follow each other somewhere.
    pub fn says(&self, phrase: &[&str]) -> bool {
        self.words
            .windows(phrase.len())
            .any(|words| words == phrase)
    }

    /// Whether some identifier contains this.
    pub fn mentions(&self, part: &str) -> bool {
        self.words.iter().any(|word| word.contains(part))
    }

    fn named_after(&self, index: usize) -> Vec<&str> {
        let word = |at: usize| self.words.get(at).map_or("", String::as_str);
        match (word(index + 1), word(index + 2)) {
            ("::", "{") => self.named_in_braces(index + 2),
            ("::", name) => vec![name],
            _ => Vec::new(),
        }
    }

    fn named_in_braces(&self, open: usize) -> Vec<&str> {
        let (mut depth, mut named) = (0, Vec::new());
        for (index, word) in self.words.iter().enumerate().skip(open) {
            match word.as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                name if depth == 1 && matches!(self.words[index - 1].as_str(), "{" | ",") => {
                    named.push(name);
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        named
    }
}

/// Every file of Rust below a folder, in order of path; none where there is no such folder.
pub fn files_below(folder: &str) -> Vec<SourceFile> {
    paths_below(folder)
        .iter()
        .filter(|path| path.ends_with(".rs"))
        .map(|path| SourceFile::read(path))
        .collect()
}

/// Every file below a folder, in order of path, as seen from the repository's root.
pub fn paths_below(folder: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(root().join(folder)).into_iter().flatten() {
        let path = format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap());
        if root().join(&path).is_dir() {
            paths.extend(paths_below(&path));
        } else {
            paths.push(path);
        }
    }
    paths.sort();
    paths
}

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn flatten(tokens: TokenStream, words: &mut Vec<String>, literals: &mut Vec<String>) {
    let mut after_colon = false;
    for token in tokens {
        let is_joint_colon = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint);
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::None => ("", ""),
                };
                words.push(open.to_owned());
                flatten(group.stream(), words, literals);
                words.push(close.to_owned());
            }
            TokenTree::Ident(ident) => words.push(ident.to_string()),
            TokenTree::Punct(punct) if punct.as_char() == ':' && after_colon => {
                words.pop();
                words.push("::".to_owned());
            }
            TokenTree::Punct(punct) => words.push(punct.as_char().to_string()),
            TokenTree::Literal(literal) => {
                let is_doc = words.ends_with(&["doc".to_owned(), "=".to_owned()]);
                if !is_doc {
                    literals.push(literal.to_string());
                }
            }
        }
        after_colon = is_joint_colon;
    }
}
