use actix_web::HttpRequest;
use actix_web::http::header;

use crate::rest::problem::Problem;

/// Refuses bodies in a form that is not read here: everything but plain JSON in UTF-8.
pub fn check(request: &HttpRequest) -> Result<(), Problem> {
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
    match text(header::CONTENT_TYPE).map(form_of) {
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
fn form_of(text: &str) -> Form {
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let is_json = ["application/json", "application/merge-patch+json"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(essence));
    if !is_json {
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
    fn media_types_are_the_same_in_any_case() {
        for text in [
            "application/json",
            "Application/JSON",
            "application/merge-patch+json ; Charset=\"UTF-8\"",
            "application/json;charset=utf8",
            "application/json; profile=x",
        ] {
            assert_eq!(form_of(text), Form::Json, "{text}");
        }
        for text in [
            "text/plain",
            "application/jsonx",
            "",
            "application/json, text/plain",
        ] {
            assert_eq!(form_of(text), Form::Other, "{text}");
        }
        for text in [
            "application/json; charset=utf-16",
            "application/json;charset=utf-8;charset=latin1",
            "application/json; charset=",
        ] {
            assert_eq!(form_of(text), Form::JsonInOtherLetters, "{text}");
        }
    }
}
