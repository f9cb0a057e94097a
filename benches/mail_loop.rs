//! How many mails a second go out: by lettre's own pool, by a bare loop around lettre's connections, and as jobs of our queue,
//! into the same SMTP server on this machine, with as many connections.
//!
//! `DATABASE_URL=postgres://…/empty cargo bench --bench mail_loop -- 10000`

#[expect(
    dead_code,
    clippy::unwrap_used,
    reason = "the server of the tests, of which this needs a part"
)]
#[path = "../tests/api/harness/smtp.rs"]
mod smtp;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use diesel_async::RunQueryDsl;
use lettre::message::MultiPart;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use masthead::platform::Platform;
use masthead::platform::clock::Clock;
use masthead::platform::config::Config;
use masthead::platform::db;
use masthead::platform::epoch::Epoch;
use masthead::platform::installation::{InstallationSecret, Keys};
use masthead::platform::jobs::{Job, Kind, Outcome, Runner};
use masthead::platform::mail::{AutoSubmitted, Mail, Mailer, SmtpServer, Templates};
use masthead::platform::password::Passwords;
use masthead::platform::pool::Db;
use masthead::platform::replicas::Replicas;
use masthead::platform::secret::Secret;
use masthead::platform::token::{AccessTokens, SigningKey};
use masthead::types::{EmailAddress, Locale, Parse};
use smtp::Sink;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// How many connections there are, and how many mails at work.
const AT_ONCE: usize = 8;
/// How often both are measured, in turn.
const ROUNDS: usize = 3;
const SUBJECT: &str = "Please confirm";
const TEXT: &str =
    "Hello,\n\nplease confirm your address: https://news.example.com/confirm/0123456789abcdef\n";
const HTML: &str = "<p>Hello, please <a href=\"https://news.example.com/confirm/0123456789abcdef\">confirm</a></p>\n";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Cargo adds a flag of its own to what it passes on.
    let count = std::env::args()
        .skip(1)
        .find(|argument| argument != "--bench")
        .map_or(Ok(10_000), |count| count.parse())
        .context("wants a number of mails")?;
    let rate = |count: usize, took: Duration| count as f64 / took.as_secs_f64();
    let few = count.min(1_000);
    let pool = rate(few, pool_of_lettre(few).await?);
    println(&format!("pool of lettre:      {pool:.0} mails/s"))?;
    for _ in 0..ROUNDS {
        let bare = rate(count, bare_loop(count).await?);
        let queued = rate(count, queue(count).await?);
        let share = 100.0 * queued / bare;
        println(&format!(
            "bare lettre loop:    {bare:.0} mails/s; queue: {queued:.0} mails/s, {share:.0} % of it"
        ))?;
    }
    Ok(())
}

fn println(line: &str) -> anyhow::Result<()> {
    use std::io::Write;
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// Sends as fast as lettre can with the pool that it brings. It leaves Nagle's algorithm on and writes the end of a mail on its
/// own, so that each mail waits for the acknowledgement of the piece before, which the other side delays by some 40 ms.
async fn pool_of_lettre(count: usize) -> anyhow::Result<Duration> {
    let sink = Sink::start().await;
    let server = SmtpServer::parse(&Secret::new(&*sink.url)).map_err(anyhow::Error::msg)?;
    let connections = u32::try_from(AT_ONCE)?;
    let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(server.host)
        .port(server.port)
        .pool_config(PoolConfig::new().max_size(connections))
        .build();
    let left = Arc::new(AtomicUsize::new(count));
    let started = Instant::now();
    let mut sending = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (transport, left) = (transport.clone(), left.clone());
        sending.spawn(async move {
            while takes_one(&left) {
                transport.send(message()?).await?;
            }
            anyhow::Ok(())
        });
    }
    finished(sending, &sink, count).await?;
    Ok(started.elapsed())
}

/// Sends as fast as lettre can where nothing waits: its connections, each with a stream that writes at once.
async fn bare_loop(count: usize) -> anyhow::Result<Duration> {
    let sink = Sink::start().await;
    let server = SmtpServer::parse(&Secret::new(&*sink.url)).map_err(anyhow::Error::msg)?;
    let left = Arc::new(AtomicUsize::new(count));
    let started = Instant::now();
    let mut sending = JoinSet::new();
    for _ in 0..AT_ONCE {
        let stream = TcpStream::connect((&*server.host, server.port)).await?;
        stream.set_nodelay(true)?;
        let left = left.clone();
        sending.spawn(async move {
            let hello = ClientId::Domain("example.com".to_owned());
            let stream = Box::new(stream);
            let mut conn = AsyncSmtpConnection::connect_with_transport(stream, &hello).await?;
            while takes_one(&left) {
                let message = message()?;
                conn.send(message.envelope(), &message.formatted()).await?;
            }
            conn.quit().await?;
            anyhow::Ok(())
        });
    }
    finished(sending, &sink, count).await?;
    Ok(started.elapsed())
}

fn takes_one(left: &AtomicUsize) -> bool {
    let take = |left: usize| left.checked_sub(1);
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
        .is_ok()
}

fn message() -> anyhow::Result<Message> {
    let parts = MultiPart::alternative_plain_html(TEXT.to_owned(), HTML.to_owned());
    Ok(Message::builder()
        .from("News <news@example.com>".parse()?)
        .to("reader@example.com".parse()?)
        .subject(SUBJECT)
        .multipart(parts)?)
}

async fn finished(
    mut sending: JoinSet<anyhow::Result<()>>,
    sink: &Sink,
    count: usize,
) -> anyhow::Result<()> {
    while let Some(ended) = sending.join_next().await {
        ended??;
    }
    anyhow::ensure!(sink.messages().len() == count, "the server missed some");
    Ok(())
}

/// Sends the same from jobs that wait in the queue.
async fn queue(count: usize) -> anyhow::Result<Duration> {
    let sink = Sink::start().await;
    let platform = platform(&sink.url).await?;
    let mut conn = platform.db.get().await?;
    diesel::sql_query("delete from jobs")
        .execute(&mut *conn)
        .await?;
    diesel::sql_query(format!(
        "insert into jobs (id, kind, payload, run_at, created_at)
            select gen_random_uuid(), 'bench.mail', '{{}}', now(), now() from generate_series(1, {count})"
    ))
    .execute(&mut *conn)
    .await?;
    let kinds = [Kind::new("bench.mail", |platform, job| {
        Box::pin(send(platform, job))
    })];
    let started = Instant::now();
    let runner = Runner::start(&platform, kinds.into_iter().collect());
    for _ in 0..count {
        sink.next().await;
    }
    let took = started.elapsed();
    runner.stopper().stop(Duration::from_secs(10)).await;
    Ok(took)
}

async fn send(platform: Platform, job: Job) -> Outcome {
    let Ok(to) = EmailAddress::parse("reader@example.com") else {
        return Outcome::GiveUp("no address".to_owned());
    };
    let mail = Mail {
        name: "confirm",
        message_id: job.id.as_uuid(),
        to,
        subject: SUBJECT.to_owned(),
        text: TEXT.to_owned(),
        html: HTML.to_owned(),
        locale: Locale::default(),
        list: None,
        auto_submitted: AutoSubmitted::Generated,
    };
    match platform.mailer.send(&mail).await {
        Ok(()) => Outcome::Done,
        Err(fault) => fault.into(),
    }
}

async fn platform(smtp_url: &str) -> anyhow::Result<Platform> {
    let mut config = Config::load()?;
    let url = format!("{smtp_url}?connections={AT_ONCE}");
    config.mail.servers = vec![SmtpServer::parse(&Secret::new(url)).map_err(anyhow::Error::msg)?];
    config.job_workers = AT_ONCE;
    let address = config
        .database
        .clone()
        .context("DATABASE_URL: names no database")?;
    db::migrate(&address).await?;
    let clock = Clock::default();
    Ok(Platform {
        db: Db::new(address, config.database_connections)?,
        replicas: Replicas::default(),
        epoch: Epoch::default(),
        mailer: Mailer::new(&config, clock.clone())?,
        templates: Templates::new(&config)?,
        clock,
        passwords: Passwords::default(),
        access_tokens: AccessTokens::new(&[SigningKey::generate()?])?.into(),
        keys: Keys::new(&InstallationSecret::generate()?),
        config: config.into(),
    })
}
