//! Content codings (RFC 9110 §8.4.1): which one a client wants, and how it is made.

use std::io::Write;

use actix_web::http::header::{self, HeaderMap, HeaderValue};

/// Bodies smaller than this are not worth compressing.
const WORTH_COMPRESSING: usize = 860;

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    Identity,
    Brotli,
    Zstandard,
    Gzip,
}

/// How much time a coding may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Little: the answer is made anew with every change.
    Quick,
    /// Whatever makes it smallest: the bytes stay.
    Best,
}

impl Coding {
    /// The best for a body of this many bytes that the client takes; the smallest, when several are equally welcome.
    pub fn best(headers: &HeaderMap, bytes: usize) -> Self {
        if bytes < WORTH_COMPRESSING {
            Self::Identity
        } else {
            Self::preferred(headers)
        }
    }

    fn preferred(headers: &HeaderMap) -> Self {
        let accepted = headers
            .get(header::ACCEPT_ENCODING)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let weight_of = |name: &str| {
            let mut any = None;
            for part in accepted.split(',') {
                let mut parameters = part.split(';').map(str::trim);
                let coding = parameters.next().unwrap_or_default();
                let weight = parameters
                    .find_map(|parameter| parameter.strip_prefix("q="))
                    .map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
                if coding.eq_ignore_ascii_case(name) {
                    return weight;
                }
                if coding == "*" {
                    any = Some(weight);
                }
            }
            any.unwrap_or(0.0)
        };
        let ours = [
            (Self::Brotli, "br"),
            (Self::Zstandard, "zstd"),
            (Self::Gzip, "gzip"),
        ];
        let mut best = (Self::Identity, 0.0);
        for (coding, name) in ours {
            let weight = weight_of(name);
            if weight > best.1 {
                best = (coding, weight);
            }
        }
        best.0
    }

    /// The value of `Content-Encoding`; nothing for bytes as they are.
    pub fn header(self) -> Option<HeaderValue> {
        match self {
            Self::Identity => None,
            Self::Brotli => Some(HeaderValue::from_static("br")),
            Self::Zstandard => Some(HeaderValue::from_static("zstd")),
            Self::Gzip => Some(HeaderValue::from_static("gzip")),
        }
    }

    /// Bytes that differ need a strong tag that differs (RFC 9110 §8.8.3.3).
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Identity => "",
            Self::Brotli => "-br",
            Self::Zstandard => "-zst",
            Self::Gzip => "-gz",
        }
    }

    /// The bytes in this coding; nothing for bytes as they are.
    pub fn encode(self, body: &[u8], effort: Effort) -> Option<Vec<u8>> {
        let (brotli, zstandard, gzip) = match effort {
            Effort::Quick => (4, 3, 5),
            Effort::Best => (11, 19, 9),
        };
        match self {
            Self::Identity => None,
            Self::Brotli => {
                let mut writer = brotli::CompressorWriter::new(Vec::new(), 16 * 1024, brotli, 20);
                writer.write_all(body).ok()?;
                Some(writer.into_inner())
            }
            Self::Zstandard => zstd::bulk::compress(body, zstandard).ok(),
            Self::Gzip => {
                let mut writer =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(gzip));
                writer.write_all(body).ok()?;
                writer.finish().ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferred(accepted: &'static str) -> Coding {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        Coding::preferred(&headers)
    }

    #[test]
    fn the_client_decides_and_ties_go_to_the_smallest() {
        assert_eq!(preferred("gzip, br"), Coding::Brotli);
        assert_eq!(preferred("gzip;q=1.0, br;q=0.5"), Coding::Gzip);
        assert_eq!(preferred("br;q=0, gzip"), Coding::Gzip);
        assert_eq!(preferred("*"), Coding::Brotli);
        assert_eq!(preferred("br;q=0"), Coding::Identity);
        assert_eq!(preferred(""), Coding::Identity);
    }

    #[test]
    fn an_encoded_body_can_be_read_back() {
        let body = b"local news ".repeat(200);
        let packed = Coding::Zstandard.encode(&body, Effort::Quick).unwrap();
        assert_eq!(zstd::bulk::decompress(&packed, body.len()).unwrap(), body);
        assert!(Coding::Brotli.encode(&body, Effort::Quick).unwrap().len() < body.len());
    }
}
