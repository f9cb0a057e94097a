//! Markdown as HTML, and how much of it is read.

use super::RenderError;

/// Markdown is slower to read than HTML; this is 170,000 words of it.
pub(super) const MAX_BYTES: usize = 1 << 20;
/// comrak 0.59 looks for the end of a bare address at the next white space, wherever the address ends. So where many
/// stand in one piece, its work is quadratic: this many bytes, looked at again and again, are a quarter of a second.
const MAX_ADDRESS_BYTES: usize = 1 << 28;
/// How a bare address begins, or goes on after its scheme.
const ADDRESSES: [&str; 2] = ["://", "www."];

/// Turns Markdown into HTML that is still to be sanitised.
pub(super) fn to_html(source: &str) -> Result<String, RenderError> {
    if source.len() > MAX_BYTES {
        return Err(RenderError::TooLong {
            bytes: source.len(),
        });
    }
    if address_bytes(source) > MAX_ADDRESS_BYTES {
        return Err(RenderError::TooCrowded);
    }
    let mut options = comrak::Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    // Else `**` beside a full-width full stop or bracket stays two asterisks.
    options.extension.cjk_friendly_emphasis = true;
    // The sanitiser follows.
    options.render.r#unsafe = true;
    Ok(comrak::markdown_to_html(source, &options))
}

/// How many bytes are looked at, at most, to find the ends of all bare addresses.
fn address_bytes(source: &str) -> usize {
    source
        .split_ascii_whitespace()
        .map(|piece| {
            let begun = |address: &str| piece.matches(address).count();
            ADDRESSES.map(begun).iter().sum::<usize>() * piece.len()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_many_only_where_nothing_stands_between_them() {
        let address = "<https://e.org/";
        assert_eq!(address_bytes(&format!("{address}\n").repeat(10)), 150);
        assert_eq!(address_bytes(&address.repeat(10)), 1_500);
    }

    #[test]
    fn no_number_of_addresses_takes_long() {
        for piece in ["\"<http://a", "*www.a.b<", "(http://a</p>"] {
            let crowd = piece.repeat(MAX_BYTES / piece.len());
            assert_eq!(to_html(&crowd), Err(RenderError::TooCrowded), "{piece}");
        }
        let list = "see https://e.org/a?b=c or www.e.org\n".repeat(2_000);
        assert!(to_html(&list).is_ok());
        assert!(to_html(&"漢http://a<".repeat(1_000)).is_ok());
    }
}
