//! A real SMTP server that keeps what it gets, and can be told to be difficult.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Takes mail at an address of its own, until it is dropped.
pub struct Sink {
    /// Such as `smtp://127.0.0.1:40123`: what MASTHEAD_SMTP_URL wants.
    pub url: String,
    shared: Arc<Shared>,
    stop: Arc<Notify>,
    accepting: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    messages: Mutex<Vec<Received>>,
    taken: Mutex<usize>,
    arrived: Notify,
    troubles: Mutex<VecDeque<Trouble>>,
    /// How many connections there were.
    connections: Mutex<usize>,
    /// How many commands came before the ones before them were answered.
    pipelined: Mutex<usize>,
    /// The commands that came, without what is secret in them.
    commands: Mutex<Vec<String>>,
}

/// A message as it came.
#[derive(Debug, Clone)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// What was said after the address of the sender, such as `SMTPUTF8`.
    pub parameters: String,
    /// The message itself, its dots unstuffed.
    pub raw: String,
}

/// What the server does once instead of what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Says this at a command: `At("RCPT", "550 5.1.1 no such user")`. `CONNECT` is the greeting, `BODY` the end of a mail.
    At(&'static str, &'static str),
    /// Says nothing from a command on, and holds the line.
    HangAt(&'static str),
    /// Closes the line when it has read so many bytes of a mail.
    DropAfter(usize),
    /// Closes the line after it took a mail, before it says so.
    DropBeforeReply,
    /// Closes the line at the next command after a mail that it took.
    CloseIdle,
}

impl Sink {
    /// Starts one.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::default());
        let serving = shared.clone();
        let stop = Arc::new(Notify::new());
        let stopped = stop.clone();
        let accepting = tokio::spawn(async move {
            // With this task all of its connections end.
            let mut conversations = tokio::task::JoinSet::new();
            loop {
                let accepted = tokio::select! {
                    accepted = listener.accept() => accepted,
                    () = stopped.notified() => break,
                };
                let Ok((stream, _)) = accepted else { break };
                *serving.connections.lock().unwrap() += 1;
                let shared = serving.clone();
                conversations.spawn(async move {
                    // Whoever drops the line in the middle is no concern of ours.
                    let _ = converse(stream, &shared).await;
                });
            }
            conversations.shutdown().await;
        });
        Self {
            url,
            shared,
            stop,
            accepting,
        }
    }

    /// Stops it; afterwards all its connections are closed.
    pub async fn stop(mut self) {
        self.stop.notify_one();
        let _ = (&mut self.accepting).await;
    }

    /// Does this at the next occasion, once; several in the order they were told.
    pub fn trouble(&self, trouble: Trouble) {
        self.shared.troubles.lock().unwrap().push_back(trouble);
    }

    /// The next message that nobody has asked for yet, as soon as it is there.
    pub async fn next(&self) -> Received {
        let waiting = async {
            loop {
                let arrived = self.shared.arrived.notified();
                let found = {
                    let messages = self.shared.messages.lock().unwrap();
                    let mut taken = self.shared.taken.lock().unwrap();
                    let found = messages.get(*taken).cloned();
                    *taken += usize::from(found.is_some());
                    found
                };
                if let Some(message) = found {
                    return message;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), waiting)
            .await
            .unwrap_or_else(|_| panic!("no mail came within 30 seconds"))
    }

    /// All messages so far.
    pub fn messages(&self) -> Vec<Received> {
        self.shared.messages.lock().unwrap().clone()
    }

    /// How many connections there were so far.
    pub fn connections(&self) -> usize {
        *self.shared.connections.lock().unwrap()
    }

    /// How many commands came before the ones before them were answered (RFC 2920).
    pub fn pipelined(&self) -> usize {
        *self.shared.pipelined.lock().unwrap()
    }

    /// The commands so far.
    pub fn commands(&self) -> Vec<String> {
        self.shared.commands.lock().unwrap().clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Received {
    /// A header's value on one line, as it was written.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.raw.split("\r\n\r\n").next().unwrap();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let start = format!("{}:", name.to_lowercase());
        unfolded
            .split("\r\n")
            .find(|line| line.to_lowercase().starts_with(&start))
            .map(|line| line[start.len()..].trim().to_owned())
    }

    /// The text of a part, decoded: `text/plain` or `text/html`.
    pub fn part(&self, kind: &str) -> String {
        let content_type = self.header("content-type").unwrap();
        let (_, boundary) = content_type.split_once("boundary=").unwrap();
        let boundary = boundary.trim_matches('"');
        let (_, body) = self.raw.split_once("\r\n\r\n").unwrap();
        let part = body
            .split(&format!("--{boundary}"))
            .find(|part| {
                part.to_lowercase()
                    .contains(&format!("content-type: {kind}"))
            })
            .unwrap();
        let (head, content) = part.trim_start().split_once("\r\n\r\n").unwrap();
        let content = content.strip_suffix("\r\n").unwrap_or(content);
        let head = head.to_lowercase();
        let bytes = if head.contains("quoted-printable") {
            from_quoted_printable(content)
        } else if head.contains("base64") {
            let joined: String = content.split_whitespace().collect();
            STANDARD.decode(joined).unwrap()
        } else {
            content.as_bytes().to_vec()
        };
        String::from_utf8(bytes).unwrap()
    }

    /// The address of the first link in the text that contains this.
    pub fn link(&self, part: &str) -> String {
        let text = self.part("text/plain");
        text.split_whitespace()
            .find(|word| word.starts_with("http") && word.contains(part))
            .unwrap_or_else(|| panic!("no link with {part} in {text}"))
            .to_owned()
    }
}

fn from_quoted_printable(text: &str) -> Vec<u8> {
    let joined = text.replace("=\r\n", "");
    let mut bytes = joined.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'=' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            let digits = std::str::from_utf8(&digits).unwrap();
            out.push(u8::from_str_radix(digits, 16).unwrap());
        } else {
            out.push(byte);
        }
    }
    out
}

/// One conversation (RFC 5321). Commands that came together are answered in their order (PIPELINING).
async fn converse(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut lines = BufReader::new(stream);
    let mut envelope = Envelope::default();
    if !answer(&mut lines, shared, "CONNECT", "220 sink.example.com ESMTP").await? {
        return Ok(());
    }
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        *shared.pipelined.lock().unwrap() += usize::from(!lines.buffer().is_empty());
        let line = line.trim_end();
        let verb = line.split([' ', ':']).next().unwrap().to_uppercase();
        let shown = if verb == "AUTH" { "AUTH" } else { line };
        shared.commands.lock().unwrap().push(shown.to_owned());
        if envelope.has_sent && take_trouble(shared, Trouble::CloseIdle) {
            return Ok(());
        }
        let usual = match verb.as_str() {
            "EHLO" => {
                "250-sink.example.com\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-AUTH PLAIN LOGIN\r\n250 ENHANCEDSTATUSCODES"
            }
            "AUTH" if is_known(line) => "235 2.7.0 welcome",
            "AUTH" => "535 5.7.8 not with this password",
            "MAIL" => "250 2.1.0 ok",
            "RCPT" if envelope.from.is_none() => "503 5.5.1 from whom?",
            "RCPT" => "250 2.1.5 ok",
            "DATA" if envelope.to.is_empty() => "503 5.5.1 for whom?",
            "DATA" => "354 go on",
            "QUIT" => "221 2.0.0 bye",
            "RSET" | "NOOP" | "HELO" => "250 2.0.0 ok",
            _ => "500 5.5.2 what?",
        };
        if !answer(&mut lines, shared, &verb, usual).await? {
            continue;
        }
        let goes_on = match verb.as_str() {
            "DATA" => take_mail(&mut lines, shared, &mut envelope).await?,
            "QUIT" => false,
            _ => {
                envelope.follow(&verb, line);
                true
            }
        };
        if !goes_on {
            return Ok(());
        }
    }
}

#[derive(Default)]
struct Envelope {
    from: Option<String>,
    parameters: String,
    to: Vec<String>,
    has_sent: bool,
}

impl Envelope {
    fn follow(&mut self, verb: &str, line: &str) {
        match verb {
            "MAIL" => {
                self.from = Some(bracketed(line));
                let (_, parameters) = line.split_once('>').unwrap_or_default();
                self.parameters = parameters.trim().to_owned();
                self.to.clear();
            }
            "RCPT" => self.to.push(bracketed(line)),
            "RSET" => {
                self.from = None;
                self.to.clear();
            }
            _ => {}
        }
    }
}

fn bracketed(line: &str) -> String {
    let (_, rest) = line.split_once('<').unwrap_or_default();
    rest.split('>').next().unwrap().to_owned()
}

/// `me` with the password `secret:word`, by PLAIN.
fn is_known(line: &str) -> bool {
    line == format!("AUTH PLAIN {}", STANDARD.encode("\0me\0secret:word"))
}

/// Says what is usual, or what trouble has it; tells whether the command was taken.
async fn answer(
    lines: &mut BufReader<TcpStream>,
    shared: &Shared,
    verb: &str,
    usual: &str,
) -> std::io::Result<bool> {
    let trouble = {
        let mut troubles = shared.troubles.lock().unwrap();
        match troubles.front() {
            Some(Trouble::At(at, _) | Trouble::HangAt(at)) if *at == verb => troubles.pop_front(),
            _ => None,
        }
    };
    let said = match trouble {
        Some(Trouble::HangAt(_)) => {
            // Until the other side gives up.
            let _ = lines.read_to_end(&mut Vec::new()).await;
            return Err(std::io::ErrorKind::TimedOut.into());
        }
        Some(Trouble::At(_, said)) => said,
        _ => usual,
    };
    lines.write_all(format!("{said}\r\n").as_bytes()).await?;
    if said.starts_with("421") {
        return Err(std::io::ErrorKind::ConnectionAborted.into());
    }
    Ok(said.starts_with(['2', '3']))
}

fn take_trouble(shared: &Shared, wanted: Trouble) -> bool {
    let mut troubles = shared.troubles.lock().unwrap();
    let is_next = troubles.front() == Some(&wanted);
    if is_next {
        troubles.pop_front();
    }
    is_next
}

/// Reads a mail up to the dot; tells whether the line is open still.
async fn take_mail(
    lines: &mut BufReader<TcpStream>,
    shared: &Shared,
    envelope: &mut Envelope,
) -> std::io::Result<bool> {
    let limit = {
        let mut troubles = shared.troubles.lock().unwrap();
        match troubles.front() {
            Some(Trouble::DropAfter(bytes)) => {
                let bytes = *bytes;
                troubles.pop_front();
                Some(bytes)
            }
            _ => None,
        }
    };
    let mut raw = Vec::new();
    loop {
        let start = raw.len();
        if lines.read_until(b'\n', &mut raw).await? == 0
            || limit.is_some_and(|limit| raw.len() >= limit)
        {
            return Ok(false);
        }
        match &raw[start..] {
            b".\r\n" => {
                raw.truncate(start);
                break;
            }
            // A dot was put before a line that begins with one.
            [b'.', ..] => drop(raw.remove(start)),
            _ => {}
        }
    }
    let message = Received {
        from: envelope.from.take().unwrap_or_default(),
        to: std::mem::take(&mut envelope.to),
        parameters: envelope.parameters.clone(),
        raw: String::from_utf8(raw).unwrap(),
    };
    let keep = || {
        shared.messages.lock().unwrap().push(message.clone());
        shared.arrived.notify_waiters();
    };
    if take_trouble(shared, Trouble::DropBeforeReply) {
        keep();
        return Ok(false);
    }
    envelope.has_sent = true;
    let refused = matches!(
        shared.troubles.lock().unwrap().front(),
        Some(Trouble::At("BODY", _))
    );
    if !refused {
        keep();
    }
    answer(lines, shared, "BODY", "250 2.0.0 taken").await?;
    Ok(true)
}
