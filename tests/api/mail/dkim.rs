//! Signatures are verified by what RFC 6376 says of verifiers, written here anew: nothing of the signer is used.

use aws_lc_rs::signature::{ED25519, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use masthead::platform::mail::{Mail, Signer};
use masthead::platform::secret::Secret;

use super::list_mail;
use crate::harness::TestApp;
use crate::harness::smtp::Sink;

/// The tags of a signature's header or of a record.
fn tag(text: &str, name: &str) -> String {
    text.split(';')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.split_whitespace().collect())
        .unwrap()
}

fn squeezed(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let c = if c == '\t' { ' ' } else { c };
        if c != ' ' || !out.ends_with(' ') {
            out.push(c);
        }
    }
    out
}

/// The headers from top to bottom: name and unfolded value.
fn headers(raw: &str) -> Vec<(String, String)> {
    let (head, _) = raw.split_once("\r\n\r\n").unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", "\t");
    let pair = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_lowercase(), squeezed(value).trim().to_owned())
    };
    unfolded.split("\r\n").map(pair).collect()
}

/// Verifies a mail by the record of a key; says why not.
fn verify(raw: &str, record: &str) -> Result<(), &'static str> {
    let mut left = headers(raw);
    let at = left
        .iter()
        .position(|(name, _)| name == "dkim-signature")
        .ok_or("no signature")?;
    let (_, signature) = left.remove(at);

    let (_, body) = raw.split_once("\r\n\r\n").unwrap();
    let lines: Vec<String> = body
        .split("\r\n")
        .map(|line| squeezed(line).trim_end().to_owned())
        .collect();
    let text = format!("{}\r\n", lines.join("\r\n").trim_end_matches("\r\n"));
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
    if STANDARD.encode(hash) != tag(&signature, "bh") {
        return Err("another body");
    }
    let mut signed = String::new();
    for wanted in tag(&signature, "h").split(':') {
        // From the bottom up, each once; one that is not there stands for nothing.
        if let Some(at) = left
            .iter()
            .rposition(|(name, _)| *name == wanted.to_lowercase())
        {
            let (name, value) = left.remove(at);
            signed.push_str(&format!("{name}:{value}\r\n"));
        }
    }
    let (before, _) = signature.rsplit_once("b=").unwrap();
    signed.push_str(&format!("dkim-signature:{before}b="));
    let bytes = STANDARD.decode(tag(&signature, "b")).unwrap();
    let key = STANDARD.decode(tag(record, "p")).unwrap();
    let verified = match tag(&signature, "a").as_str() {
        "rsa-sha256" => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &key[24..])
            .verify(signed.as_bytes(), &bytes),
        "ed25519-sha256" => {
            let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, signed.as_bytes());
            UnparsedPublicKey::new(&ED25519, key).verify(hash.as_ref(), &bytes)
        }
        _ => return Err("an algorithm nobody knows"),
    };
    verified.map_err(|_| "another signature")
}

fn rsa_key() -> String {
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
        STANDARD.encode(der.as_ref())
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn signed_mails_can_be_verified_and_nothing_in_them_can_be_changed() {
    let ed25519 = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=".to_owned();
    for key in [ed25519, rsa_key()] {
        let sink = Sink::start().await;
        let app = TestApp::start_with(&[
            ("MASTHEAD_SMTP_URL", &sink.url),
            ("MASTHEAD_DKIM_KEY", &key),
            ("MASTHEAD_DKIM_SELECTOR", "news2026"),
            ("MASTHEAD_DKIM_DOMAIN", "example.com"),
        ])
        .await;
        let (name, record) = Signer::new(&Secret::new(&*key), "example.com", "news2026")
            .unwrap()
            .record();
        assert_eq!(name, "news2026._domainkey.example.com");
        let sent = Mail {
            text: "a  b \t\n\n.\nÄpfel\n\n\n".to_owned(),
            subject: "Äpfel  und   Birnen ".repeat(10),
            ..list_mail()
        };

        app.platform.mailer.send(&sent).await.unwrap();

        let raw = sink.next().await.raw;
        assert_eq!(verify(&raw, &record), Ok(()), "{raw}");
        let signature = headers(&raw).remove(0).1;
        for covered in [
            "from",
            "list-unsubscribe",
            "list-unsubscribe-post",
            "message-id",
        ] {
            assert!(
                tag(&signature, "h").split(':').any(|name| name == covered),
                "{covered}"
            );
        }
        let forged = [
            raw.replace("reader@example.com", "other@example.com"),
            raw.replace("/subscriptions/abc/", "/subscriptions/abd/"),
            raw.replace("\r\nFrom: ", "\r\nFrom: Me <me@example.com>\r\nFrom: "),
            raw.replace("\r\nSubject: ", "\r\nSubject: Hi\r\nSubject: "),
            raw.replace("\r\nDate: ", "\r\nReply-To: me@example.com\r\nDate: "),
            raw.replace("Hello, please", "Hello, pleese"),
        ];
        for forged in forged {
            assert_ne!(forged, raw);
            assert!(verify(&forged, &record).is_err(), "{forged}");
        }
    }
}
