use actix_web::HttpRequest;
use actix_web::http::header;

use crate::rest::problem::Problem;

/// In which forms a body may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// JSON, and called so.
    Json,
    /// JSON that may be called plain text, as scripts must call it that may not ask first.
    JsonOrText,
}

/// Refuses bodies in a form that is not read here: everything but plain JSON in UTF-8.
pub fn check(request: &HttpRequest, taken: Taken) -> Result<(), Problem> {
    let text = |name| {
        let value = request.headers().get(name)?;
        Some(value.to_str().unwrap_or("unreadable"))
    };
    let is_compressed = text(header::CONTENT_ENCODING)
        .is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"));
    if is_compressed {
        return Err(Problem::UnsupportedMediaType(
            "send the body without `Content-Encoding`",
        ));
    }
    match text(header::CONTENT_TYPE).map(|text| form_of(text, taken)) {
        Some(Form::Json) => Ok(()),
        Some(Form::JsonInOtherLetters) => Err(Problem::UnsupportedMediaType(
            "send the body in UTF-8; `charset` may be left out",
        )),
        Some(Form::Other) | None => Err(Problem::UnsupportedMediaType(
            "send `Content-Type: application/json`",
        )),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Form {
    Json,
    /// In an encoding other than UTF-8.
    JsonInOtherLetters,
    Other,
}

/// Reads a media type (RFC 9110 §8.3.1): names are the same in any case, and so is the encoding.
fn form_of(text: &str, taken: Taken) -> Form {
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let is_json = ["application/json", "application/merge-patch+json"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(essence));
    let is_text = taken == Taken::JsonOrText && essence.eq_ignore_ascii_case("text/plain");
    if !is_json && !is_text {
        return Form::Other;
    }
    let is_utf8 = parts
        .filter_map(|parameter| parameter.split_once('='))
        .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
        .all(|(_, value)| {
            let value = value.trim().trim_matches('"');
            value.eq_ignore_ascii_case("utf-8") || value.eq_ignore_ascii_case("utf8")
        });
    if is_utf8 {
        Form::Json
    } else {
        Form::JsonInOtherLetters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_taken_where_scripts_may_not_ask_first() {
        let form = |text| form_of(text, Taken::JsonOrText);
        assert_eq!(form("Text/Plain;charset=UTF-8"), Form::Json);
        assert_eq!(form("text/plain;charset=utf-16"), Form::JsonInOtherLetters);
        assert_eq!(form("text/html"), Form::Other);
    }

    #[test]
    fn media_types_are_the_same_in_any_case() {
        for text in [
            "application/json",
            "Application/JSON",
            "application/merge-patch+json ; Charset=\"UTF-8\"",
            "application/json;charset=utf8",
            "application/json; profile=x",
        ] {
            assert_eq!(form_of(text, Taken::Json), Form::Json, "{text}");
        }
        for text in [
            "text/plain",
            "application/jsonx",
            "",
            "application/json, text/plain",
        ] {
            assert_eq!(form_of(text, Taken::Json), Form::Other, "{text}");
        }
        for text in [
            "application/json; charset=utf-16",
            "application/json;charset=utf-8;charset=latin1",
            "application/json; charset=",
        ] {
            assert_eq!(
                form_of(text, Taken::Json),
                Form::JsonInOtherLetters,
                "{text}"
            );
        }
    }
}
