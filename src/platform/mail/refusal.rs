use std::error::Error as _;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Response;
use tokio::time::timeout;

use super::MailFault;

/// What a server answered instead of taking a step.
pub struct Refusal {
    pub step: &'static str,
    /// The code; zero where there was none.
    pub code: u16,
    /// The enhanced code (RFC 3463), such as `5.1.1`.
    pub enhanced: String,
    /// What may be told of it.
    pub words: String,
}

impl Refusal {
    /// Whether the other side has gone, or says that it goes.
    pub fn ends_the_connection(&self) -> bool {
        matches!(self.code, 0 | 421)
    }

    /// The same, where nothing more may be said by this connection.
    pub fn at_the_end(self) -> Self {
        Self { code: 0, ..self }
    }

    /// Whose fault it is. A refusal for reasons of policy (5.7) or of a full mailbox (5.2.2) may pass; one before the
    /// recipient was named is ours, and is for people to mend.
    pub fn judged(self) -> MailFault {
        let is_final = (500..600).contains(&self.code);
        let may_pass = self.enhanced.starts_with("5.7.") || self.enhanced == "5.2.2";
        match self.step {
            "RCPT" if self.enhanced == "5.6.7" => MailFault::Unacceptable(self.words),
            "RCPT" if is_final && !may_pass => MailFault::Refused(self.words),
            "the mail" | "DATA" if is_final => MailFault::Unacceptable(self.words),
            _ => MailFault::temporary(self.words),
        }
    }
}

/// Asks for one step, and waits for a limited time.
pub async fn step(
    name: &'static str,
    limit: Duration,
    asked: impl Future<Output = Result<Response, Error>>,
) -> Result<(), Refusal> {
    let fault = match timeout(limit, asked).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(fault)) => fault,
        Err(_) => {
            return Err(Refusal {
                step: name,
                code: 0,
                enhanced: String::new(),
                words: format!("no answer to {name} within {} s", limit.as_secs()),
            });
        }
    };
    let Some(code) = fault.status() else {
        return Err(Refusal {
            step: name,
            code: 0,
            enhanced: String::new(),
            words: format!("the connection was lost at {name}"),
        });
    };
    let text = fault.source().map(ToString::to_string).unwrap_or_default();
    let enhanced = enhanced_code(&text).unwrap_or_default();
    // From when the server knows the recipient, its text may name them in any way. Before, it is worth telling, for people
    // who must mend something.
    let said = match name {
        "MAIL" => without_addresses(&text),
        _ => enhanced.clone(),
    };
    Err(Refusal {
        step: name,
        code: code.to_string().parse().unwrap_or_default(),
        words: format!("{name} was answered {code} {said}")
            .trim_end()
            .to_owned(),
        enhanced,
    })
}

/// A fault of a connection, in words that can be told.
pub fn told(fault: Error) -> String {
    without_addresses(&fault.to_string())
}

/// The enhanced code that a text begins with.
fn enhanced_code(text: &str) -> Option<String> {
    let first = text.split_whitespace().next()?;
    let mut parts = first.split('.');
    let is_number = |part: Option<&str>, most: usize| {
        part.is_some_and(|part| {
            (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let is_code = is_number(parts.next(), 1)
        && is_number(parts.next(), 3)
        && is_number(parts.next(), 3)
        && parts.next().is_none();
    is_code.then(|| first.to_owned())
}

/// One line of what somebody else said, without addresses.
fn without_addresses(text: &str) -> String {
    let words = text.split_whitespace();
    let words = words.map(|word| {
        if word.contains('@') {
            "(address)"
        } else {
            word
        }
    });
    let line = words.collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(step: &'static str, code: u16, enhanced: &str) -> MailFault {
        let refusal = Refusal {
            step,
            code,
            enhanced: enhanced.to_owned(),
            words: String::new(),
        };
        refusal.judged()
    }

    #[test]
    fn only_a_final_no_to_the_recipient_is_the_recipients() {
        for (step, code, enhanced) in [
            ("RCPT", 550, ""),
            ("RCPT", 551, "5.1.1"),
            ("RCPT", 550, "5.2.1"),
        ] {
            assert!(matches!(
                judged(step, code, enhanced),
                MailFault::Refused(_)
            ));
        }
        for (step, code, enhanced) in [
            ("the mail", 554, "5.6.0"),
            ("DATA", 554, ""),
            ("RCPT", 553, "5.6.7"),
        ] {
            assert!(matches!(
                judged(step, code, enhanced),
                MailFault::Unacceptable(_)
            ));
        }
        for (step, code, enhanced) in [
            ("RCPT", 450, "4.2.1"),
            ("RCPT", 421, ""),
            ("RCPT", 550, "5.7.1"),
            ("RCPT", 552, "5.2.2"),
            ("RCPT", 0, ""),
            ("MAIL", 550, "5.1.8"),
            ("the mail", 451, ""),
            ("the mail", 0, ""),
        ] {
            assert!(matches!(
                judged(step, code, enhanced),
                MailFault::Temporary { .. }
            ));
        }
    }

    #[test]
    fn what_servers_say_is_told_without_addresses() {
        assert_eq!(
            without_addresses("5.1.0 <me@example.com>: sender\r\nrejected"),
            "5.1.0 (address) sender rejected"
        );
        assert_eq!(
            enhanced_code("5.1.1 no such user").as_deref(),
            Some("5.1.1")
        );
        for text in ["", "no", "5.1", "55.1.1", "5.1.1.1", "5.a.1", "5..1"] {
            assert_eq!(enhanced_code(text), None, "{text}");
        }
    }
}
