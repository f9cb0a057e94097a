use std::sync::Arc;

use anyhow::Context;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;

use super::guessable::is_guessable;
use super::secret::Secret;
use crate::types::{Fault, Parse};

/// A password someone wants to have: 10 to 256 characters, and not one that is guessed first.
pub struct NewPassword(Secret);

impl NewPassword {
    /// The password itself, for hashing.
    pub fn secret(&self) -> &Secret {
        &self.0
    }

    /// Refuses a password that is guessed first by whoever knows these things: the account's address and name, the site.
    pub fn hidden_from(&self, known: &[&str]) -> Result<(), Fault> {
        if is_guessable(self.0.expose(), known) {
            return Err(Fault::new(
                "too_common",
                "is among the first passwords that are guessed; choose another",
            ));
        }
        Ok(())
    }
}

impl Parse for NewPassword {
    fn parse(text: &str) -> Result<Self, Fault> {
        let length = text.chars().count();
        if length < 10 {
            return Err(Fault::new(
                "too_short",
                "must have at least 10 characters; 15 or more are better",
            ));
        }
        if length > 256 {
            return Err(Fault::new("too_long", "must have at most 256 characters"));
        }
        let password = Self(Secret::new(text));
        password.hidden_from(&[]).map(|()| password)
    }
}

/// The hash of a password nobody has: verified when an account does not exist, so that the answer takes as long. Made
/// once and kept here, because making one takes 19 MiB that the process would hold on to.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$ik/6WRo+tZIDzkkOLJxXbQ$BbGqPATw/cGYjvQIZizDDlbHDjAAYTv7dYGYh31h6Bw";

/// Hashes and verifies passwords with Argon2id (RFC 9106; 19 MiB, two passes), a few at a time: each takes a core for
/// about 20 ms, and a crowd at the log-in must not starve everyone else.
#[derive(Clone)]
pub struct Passwords {
    at_once: Arc<Semaphore>,
}

impl Default for Passwords {
    /// Prepares hashing on as many cores as there are.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            at_once: Arc::new(Semaphore::new(cores)),
        }
    }
}

impl Passwords {
    /// The hash to store, in PHC string format.
    pub async fn hash(&self, password: &NewPassword) -> anyhow::Result<String> {
        let password = password.0.clone();
        self.work(move || hash(&password)).await?
    }

    /// Tells whether the password is the one that was hashed. Without a hash it takes as long, and the answer is no.
    pub async fn verify(&self, password: Secret, hash: Option<String>) -> anyhow::Result<Verdict> {
        self.work(move || {
            let text = hash.as_deref().unwrap_or(DECOY);
            let parsed = PasswordHash::new(text).map_err(|fault| {
                anyhow::anyhow!("a stored password hash is unreadable: {fault}")
            })?;
            let matches = Argon2::default()
                .verify_password(password.expose().as_bytes(), &parsed)
                .is_ok();
            Ok(if matches && hash.is_some() {
                Verdict::Right
            } else {
                Verdict::Wrong
            })
        })
        .await?
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> anyhow::Result<T> {
        let _permit = self
            .at_once
            .acquire()
            .await
            .context("password hashing has stopped")?;
        tokio::task::spawn_blocking(work)
            .await
            .context("password hashing failed")
    }
}

/// What came of comparing a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Right,
    Wrong,
}

fn hash(password: &Secret) -> anyhow::Result<String> {
    let hash = Argon2::default()
        .hash_password(password.expose().as_bytes())
        .map_err(|fault| anyhow::anyhow!("a password can't be hashed: {fault}"))?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_has_the_decoy_but_it_is_looked_at() {
        assert!(PasswordHash::new(DECOY).is_ok());
        let verdict = Passwords::default()
            .verify(Secret::new("anything"), None)
            .await
            .unwrap();
        assert_eq!(verdict, Verdict::Wrong);
    }

    #[test]
    fn short_and_common_passwords_are_refused() {
        for (text, code) in [
            ("short", "too_short"),
            ("Password1!", "too_common"),
            ("aaaaaaaaaaaa", "too_common"),
        ] {
            assert_eq!(NewPassword::parse(text).err().unwrap().code, code);
        }
        assert!(NewPassword::parse(&"long enough ".repeat(20)).is_ok());
    }
}
