use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context;
use lettre::Address;
use lettre::transport::smtp::client::TlsParameters;
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use super::MailFault;
use super::server::{SmtpServer, Tls};
use super::session::{Failure, Session};

/// For how long a server is left alone that could not be reached, where there are others.
const REST: Duration = Duration::from_secs(30);
/// How long a connection may lie unused and be used again.
const FRESH: Duration = Duration::from_secs(60);
/// How long a mail waits for its turn by the rate of a server; beyond, it is for another attempt.
const TURN: Duration = Duration::from_secs(20);

/// The servers that take our mail, and who is the least busy of them.
pub struct Senders {
    all: Vec<Sender>,
    hello: ClientId,
    next: AtomicUsize,
}

/// One server, and the connections to it.
struct Sender {
    server: SmtpServer,
    tls: Option<TlsParameters>,
    connections: Semaphore,
    /// How many mails are going out by it or wait for that.
    busy: AtomicUsize,
    state: Mutex<SenderState>,
}

struct SenderState {
    idle: Vec<(Session, Instant)>,
    /// When the next mail may go by its rate.
    turn: Instant,
    rests_until: Instant,
}

/// Counts a mail as long as it is there.
struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    fn with(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Why a mail did not go out by one server.
enum Missed {
    /// Nothing was begun: another server may do.
    Unreachable(String),
    Mail(MailFault),
}

impl Senders {
    /// Prepares the ways to all servers, which are greeted by the name of `domain`.
    pub fn new(servers: Vec<SmtpServer>, domain: &str) -> anyhow::Result<Self> {
        let all = servers.into_iter().map(Sender::new);
        Ok(Self {
            all: all.collect::<anyhow::Result<_>>()?,
            hello: ClientId::Domain(domain.to_owned()),
            next: AtomicUsize::new(0),
        })
    }

    /// Sends a mail by the least busy server, or by another one where that can't be reached.
    pub async fn send(&self, from: Address, to: Address, bytes: &[u8]) -> Result<(), MailFault> {
        let mut words = String::new();
        for sender in self.least_busy_first() {
            match sender.send(&self.hello, &from, &to, bytes).await {
                Ok(()) => return Ok(()),
                Err(Missed::Mail(fault)) => return Err(fault),
                Err(Missed::Unreachable(why)) => {
                    words = format!("{} can't be used: {why}", sender.server.name());
                    tracing::warn!("{words}");
                }
            }
        }
        Err(MailFault::temporary(words))
    }

    /// All servers, those that rest last. Among equals each is the first in its turn.
    fn least_busy_first(&self) -> Vec<&Sender> {
        let now = Instant::now();
        let first = self.next.fetch_add(1, Ordering::Relaxed) % self.all.len().max(1);
        let (before, after) = self.all.split_at(first);
        let mut senders: Vec<&Sender> = after.iter().chain(before).collect();
        senders.sort_by_cached_key(|sender| {
            let (rests, waits) = {
                let state = sender.state();
                let waits = state.turn.saturating_duration_since(now);
                (state.rests_until > now, waits)
            };
            let load = sender.busy.load(Ordering::Relaxed) * 100 / sender.server.connections;
            (rests, waits > TURN, load, waits)
        });
        senders
    }

    /// Asks each server whether it lets us in.
    pub async fn check(&self) -> Vec<(String, Result<(), String>)> {
        let mut found = Vec::new();
        for sender in &self.all {
            let opened = Session::open(&sender.server, &self.hello, sender.tls.as_ref()).await;
            let answers = match opened {
                Ok(mut session) => session.answers().await,
                Err(why) => Err(why),
            };
            found.push((sender.server.name(), answers));
        }
        found
    }
}

impl Sender {
    fn new(server: SmtpServer) -> anyhow::Result<Self> {
        let tls =
            match server.tls {
                Tls::Never => None,
                Tls::Always | Tls::Required | Tls::Opportunistic => {
                    // Nobody stands between us and this machine, whose servers often sign for themselves.
                    let is_trusted = server.tls == Tls::Opportunistic && server.is_this_machine();
                    let tls = TlsParameters::builder(server.host.clone())
                        .dangerous_accept_invalid_certs(is_trusted)
                        .build();
                    Some(tls.with_context(|| {
                        format!("MASTHEAD_SMTP_URL: no TLS for {}", server.name())
                    })?)
                }
            };
        let now = Instant::now();
        Ok(Self {
            tls,
            connections: Semaphore::new(server.connections),
            busy: AtomicUsize::new(0),
            state: Mutex::new(SenderState {
                idle: Vec::new(),
                turn: now,
                rests_until: now,
            }),
            server,
        })
    }

    async fn send(
        &self,
        hello: &ClientId,
        from: &Address,
        to: &Address,
        bytes: &[u8],
    ) -> Result<(), Missed> {
        let _busy = Busy::with(&self.busy);
        let turn = self.take_turn().map_err(Missed::Mail)?;
        // Asked to wait for nothing, a timer takes a millisecond.
        if turn > Instant::now() {
            sleep_until(turn).await;
        }
        let _place = self
            .connections
            .acquire()
            .await
            .map_err(|_| Missed::Unreachable("it is closed".to_owned()))?;
        loop {
            let mut session = match self.idle() {
                Some(session) => session,
                None => self.open(hello).await.map_err(Missed::Unreachable)?,
            };
            let sent = session.send(from.clone(), to.clone(), bytes).await;
            if session.is_whole() {
                self.state().idle.push((session, Instant::now()));
            }
            match sent {
                Ok(()) => return Ok(()),
                Err(Failure::Mail(fault)) => return Err(Missed::Mail(fault)),
                // Each time there is one connection less that could be stale.
                Err(Failure::Stale) => {}
            }
        }
    }

    /// When the mail may go by the rate of the server.
    fn take_turn(&self) -> Result<Instant, MailFault> {
        let now = Instant::now();
        let mut state = self.state();
        let turn = state.turn.max(now);
        let wait = turn - now;
        if wait > TURN {
            return Err(MailFault::Temporary {
                words: format!("the rate of {} is used up", self.server.name()),
                retry_after: Some(wait),
            });
        }
        state.turn = turn + self.server.interval;
        Ok(turn)
    }

    fn idle(&self) -> Option<Session> {
        let mut state = self.state();
        state.idle.retain(|(_, since)| since.elapsed() < FRESH);
        state.idle.pop().map(|(session, _)| session)
    }

    async fn open(&self, hello: &ClientId) -> Result<Session, String> {
        let opened = Session::open(&self.server, hello, self.tls.as_ref()).await;
        let rest = if opened.is_ok() { Duration::ZERO } else { REST };
        self.state().rests_until = Instant::now() + rest;
        opened
    }

    /// A panic elsewhere leaves it whole: nothing is done under the lock that can stop half-way.
    fn state(&self) -> MutexGuard<'_, SenderState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
