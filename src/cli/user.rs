//! `masthead user`: accounts, for whoever may run this program.

use anyhow::Context;
use clap::{Args, Subcommand};

use super::report;
use crate::platform::Platform;
use crate::platform::password::NewPassword;
use crate::platform::secret::Secret;
use crate::platform::token::OpaqueToken;
use crate::rest::Problem;
use crate::types::{EmailAddress, Fault, Line, Parse, Role};
use crate::users::accounts::{self, AccountState, NewUser};

#[derive(Subcommand)]
pub enum UserAction {
    /// Make an account; without --password-stdin a password is made and printed once
    Create {
        /// Address to log in with
        email: String,
        /// Name in the byline
        #[arg(long)]
        name: Option<String>,
        /// author, editor or admin
        #[arg(long, default_value = "editor")]
        role: String,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// List all accounts, one line each: address, name, role, state, with tabs between
    List,
    /// Give an account a new password and end its sessions; one that is disabled stays so
    SetPassword {
        /// Address of the account
        email: String,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Shut an account and end its sessions; the last active admin is refused
    Disable {
        /// Address of the account
        email: String,
    },
    /// Open an account that was disabled
    Enable {
        /// Address of the account
        email: String,
    },
}

#[derive(Args)]
pub struct PasswordSource {
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

/// Does what was asked for, and says what has become of the account.
pub async fn run(platform: &Platform, action: UserAction) -> anyhow::Result<()> {
    match action {
        UserAction::Create {
            email,
            name,
            role,
            password,
        } => {
            let email = given::<EmailAddress>("the e-mail", &email)?;
            let name = name
                .as_deref()
                .unwrap_or_else(|| email.as_str().split('@').next().unwrap_or_default());
            let name = given::<Line<200>>("--name", name)?;
            let role = given::<Role>("--role", &role)?;
            create(platform, email, name, role, password).await
        }
        UserAction::List => list(platform).await,
        UserAction::SetPassword { email, password } => {
            set_password(platform, &given("the e-mail", &email)?, password).await
        }
        UserAction::Disable { email } => disable(platform, &given("the e-mail", &email)?).await,
        UserAction::Enable { email } => enable(platform, &given("the e-mail", &email)?).await,
    }
}

async fn create(
    platform: &Platform,
    email: EmailAddress,
    name: Line<200>,
    role: Role,
    password: PasswordSource,
) -> anyhow::Result<()> {
    let (password, shown) = password.read()?;
    let user = NewUser {
        email: email.clone(),
        name,
        role,
        password,
    };
    told(&email, accounts::create(platform, user).await)?;
    report::line(&format!(
        "{} now has an account, with the role {}.",
        email.as_str(),
        role.as_str()
    ));
    report::password(shown.as_ref());
    Ok(())
}

async fn list(platform: &Platform) -> anyhow::Result<()> {
    let lines: Vec<String> = accounts::list(platform)
        .await?
        .iter()
        .map(|account| {
            let (email, name) = (account.email.as_str(), &account.name);
            let (role, state) = (account.role.as_str(), account.state.as_str());
            format!("{email}\t{name}\t{role}\t{state}")
        })
        .collect();
    if lines.is_empty() {
        return Ok(());
    }
    report::document(&lines.join("\n"))
}

async fn set_password(
    platform: &Platform,
    email: &EmailAddress,
    password: PasswordSource,
) -> anyhow::Result<()> {
    let (password, shown) = password.read()?;
    let state = told(
        email,
        accounts::set_password(platform, email, &password).await,
    )?;
    let email = email.as_str();
    report::line(&match state {
        AccountState::Active => format!("{email} has a new password; all sessions have ended."),
        AccountState::Disabled => format!(
            "{email} has a new password, but is disabled and stays so; `masthead user enable {email}` opens it."
        ),
    });
    report::password(shown.as_ref());
    Ok(())
}

async fn disable(platform: &Platform, email: &EmailAddress) -> anyhow::Result<()> {
    let before = told(email, accounts::disable(platform, email).await)?;
    let email = email.as_str();
    report::line(&match before {
        AccountState::Active => format!(
            "{email} is disabled; all sessions have ended. `masthead user enable {email}` opens it again."
        ),
        AccountState::Disabled => format!("{email} was disabled already."),
    });
    Ok(())
}

async fn enable(platform: &Platform, email: &EmailAddress) -> anyhow::Result<()> {
    let before = told(email, accounts::enable(platform, email).await)?;
    let email = email.as_str();
    report::line(&match before {
        AccountState::Disabled => format!("{email} can log in again, with the password it had."),
        AccountState::Active => format!("{email} was active already."),
    });
    Ok(())
}

/// Says with a failure whose account it is about.
fn told<T>(email: &EmailAddress, outcome: Result<T, Problem>) -> anyhow::Result<T> {
    let outcome = outcome.map_err(Problem::into_cause);
    outcome.with_context(|| email.as_str().to_owned())
}

impl PasswordSource {
    /// The password, and what must be shown of it: one that we made, once.
    fn read(&self) -> anyhow::Result<(NewPassword, Option<Secret>)> {
        if self.password_stdin {
            let mut line = String::new();
            std::io::stdin()
                .read_line(&mut line)
                .context("standard input can't be read")?;
            return Ok((
                given("the password", line.trim_end_matches(['\r', '\n']))?,
                None,
            ));
        }
        let made = Secret::new(&OpaqueToken::mint("")?.text[..20]);
        Ok((given("the password", made.expose())?, Some(made)))
    }
}

fn given<T: Parse>(name: &str, text: &str) -> anyhow::Result<T> {
    T::parse(text).map_err(|Fault { detail, .. }| anyhow::anyhow!("{name} {detail}"))
}
