//! The command line.

mod report;
mod serve;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};

use crate::demo::Loaded;
use crate::import::Mode;
use crate::platform::clock::Clock;
use crate::platform::config::{Config, Environment};
use crate::platform::db::{self, Address};
use crate::platform::epoch::Epoch;
use crate::platform::password::{NewPassword, Passwords};
use crate::platform::pool::Db;
use crate::platform::postgres::{Cluster, Durability, Locations};
use crate::platform::replicas::Replicas;
use crate::platform::secret::Secret;
use crate::platform::token::{AccessTokens, SigningKey};
use crate::platform::{Platform, telemetry};
use crate::rest::Problem;
use crate::types::{EmailAddress, Fault, Line, Parse, Role};
use crate::users::accounts::{self, NewUser};

/// A headless CMS for newsrooms and magazines: one binary and a Postgres.
///
/// Settings come from the environment and from .env; .env.example lists them all.
#[derive(Parser)]
#[command(name = "masthead", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API (what happens without a command): starts the embedded database when DATABASE_URL is not set, migrates, and makes the first admin
    Serve,
    /// Bring the database schema up to date, and stop
    Migrate,
    /// Make, change and disable accounts
    User {
        #[command(subcommand)]
        action: UserAction,
    },
    /// Print the OpenAPI document
    Openapi {
        /// How to write it
        #[arg(long, value_enum, default_value_t = DocumentFormat::Json)]
        format: DocumentFormat,
    },
    /// Bring in what another system exported
    Import {
        #[command(subcommand)]
        source: ImportSource,
    },
    /// Load sample content: articles, tags, authors and a few subscribers, all made up
    Demo,
    /// Check settings, database, clock and folders, one line each
    Doctor,
}

#[derive(Subcommand)]
enum UserAction {
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
    /// Give an account a new password and end its sessions
    SetPassword {
        /// Address of the account
        email: String,
        #[command(flatten)]
        password: PasswordSource,
    },
    /// Shut an account and end its sessions
    Disable {
        /// Address of the account
        email: String,
    },
}

#[derive(Args)]
struct PasswordSource {
    /// Read the password from the first line of standard input
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Subcommand)]
enum ImportSource {
    /// A WordPress export (WXR): posts, pages, tags, categories and authors. Safe to run again: nothing is doubled, and what editors changed since is kept
    Wordpress {
        /// The exported XML file
        file: PathBuf,
        /// Read and report, but write nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum DocumentFormat {
    Json,
    Yaml,
}

/// Runs the command that was given; the exit code says whether it did what it should.
pub async fn run() -> ExitCode {
    match execute(Arguments::parse().command.unwrap_or(Command::Serve)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            report::fault(&fault);
            ExitCode::FAILURE
        }
    }
}

async fn execute(command: Command) -> anyhow::Result<()> {
    if let Command::Openapi { format } = command {
        let document = crate::openapi::document();
        report::line(&match format {
            DocumentFormat::Json => document.to_pretty_json()?,
            DocumentFormat::Yaml => document.to_yaml()?,
        });
        return Ok(());
    }
    let config = Config::load()?;
    telemetry::start(&config);
    for name in &config.unknown {
        tracing::warn!(
            "{name} is not a setting of Masthead; is it misspelt? .env.example lists all"
        );
    }
    if let Command::Doctor = command {
        return crate::cli::serve::doctor(config).await;
    }
    let started = Started::from(config).await?;
    let outcome = match command {
        Command::Serve => serve::serve(&started.platform).await,
        Command::Migrate => {
            report::line(&format!(
                "The schema is up to date ({} migrations ran).",
                started.migrations_run
            ));
            Ok(())
        }
        Command::User { action } => user(&started.platform, action).await,
        Command::Import {
            source: ImportSource::Wordpress { file, dry_run },
        } => {
            let mode = if dry_run { Mode::DryRun } else { Mode::Write };
            import(&started.platform, &file, mode).await
        }
        Command::Demo => demo(&started.platform).await,
        Command::Openapi { .. } | Command::Doctor => Ok(()),
    };
    started.stop().await;
    outcome
}

/// Everything a command needs, up and running.
struct Started {
    platform: Platform,
    cluster: Option<Cluster>,
    migrations_run: usize,
}

impl Started {
    async fn from(config: Config) -> anyhow::Result<Self> {
        let (address, cluster) = find_database(&config).await?;
        let migrations_run = db::migrate(&address).await?;
        let keys = signing_keys(&config)?;
        let platform = Platform {
            db: Db::new(address, config.database_connections)?,
            replicas: replicas(&config)?,
            epoch: Epoch::default(),
            clock: Clock::default(),
            passwords: Passwords::default(),
            access_tokens: AccessTokens::new(&keys)?.into(),
            config: config.into(),
        };
        Ok(Self {
            platform,
            cluster,
            migrations_run,
        })
    }

    /// Lets go of the embedded cluster, which stops unless someone else uses it.
    async fn stop(self) {
        let Some(cluster) = self.cluster else { return };
        drop(self.platform);
        let stopped = tokio::task::spawn_blocking(move || cluster.stop()).await;
        if let Ok(Err(fault)) = stopped {
            tracing::warn!("the embedded database did not stop cleanly: {fault:#}");
        }
    }
}

/// The database of the settings, or the embedded one.
async fn find_database(config: &Config) -> anyhow::Result<(Address, Option<Cluster>)> {
    if let Some(url) = &config.database_url {
        let address = Address::parse(url, config.database_ca_file.as_deref())?;
        return Ok((address, None));
    }
    let locations = Locations {
        root: config.data_dir.join("postgres"),
        programs: config.postgres_programs.clone(),
        path: std::env::var_os("PATH"),
        runtime_dir: std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
    };
    let cluster =
        tokio::task::spawn_blocking(move || Cluster::start(&locations, Durability::Full)).await??;
    let maintenance = Address::parse(&Secret::new(cluster.url("postgres")), None)?;
    db::create_if_missing(&maintenance, "masthead").await?;
    let address = Address::parse(&Secret::new(cluster.url("masthead")), None)?;
    Ok((address, Some(cluster)))
}

/// The keys of the settings, or in development one that is made once and kept.
fn replicas(config: &Config) -> anyhow::Result<Replicas> {
    let databases = config.replica_urls.iter().map(|url| {
        let address = Address::parse(url, config.database_ca_file.as_deref())?;
        Db::new(address, config.database_connections)
    });
    Ok(Replicas::new(databases.collect::<Result<_, _>>()?))
}

fn signing_keys(config: &Config) -> anyhow::Result<Vec<SigningKey>> {
    if !config.signing_keys.is_empty() || config.environment == Environment::Production {
        return Ok(config.signing_keys.clone());
    }
    let path = config.data_dir.join("jwt_keys");
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let keys = text
                .lines()
                .map(str::trim)
                .filter(|line| !line.is_empty())
                .map(SigningKey::parse);
            keys.collect::<Result<_, _>>()
                .map_err(|reason| anyhow::anyhow!("{}: the key {reason}", path.display()))
        }
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => {
            let key = SigningKey::generate()?;
            keep_secret(&path, &key.to_base64())
                .with_context(|| format!("{} can't be written", path.display()))?;
            // Two processes that start together must agree on one key: whoever linked the file first has made it.
            let kept = std::fs::read_to_string(&path)?;
            let key = SigningKey::parse(kept.trim())
                .map_err(|reason| anyhow::anyhow!("{}: the key {reason}", path.display()))?;
            Ok(vec![key])
        }
        Err(fault) => Err(fault).with_context(|| format!("{} can't be read", path.display())),
    }
}

/// Writes a file that only its owner can read, whole or not at all; keeps one that is there.
fn keep_secret(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let draft = path.with_extension(std::process::id().to_string());
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft)?;
    match linked {
        Err(fault) if fault.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

async fn demo(platform: &Platform) -> anyhow::Result<()> {
    report::line(&match crate::demo::load(platform).await? {
        Loaded::New(count) => {
            format!("Loaded {count} articles and pages, tags, authors and subscribers.")
        }
        Loaded::There => "The sample content is there already; nothing has changed.".to_owned(),
    });
    Ok(())
}

async fn import(platform: &Platform, file: &Path, mode: Mode) -> anyhow::Result<()> {
    let report = crate::import::wordpress(platform, file, mode).await?;
    report::line(&report.to_string());
    if mode == Mode::DryRun {
        report::line("This was a dry run: nothing was written.");
    }
    Ok(())
}

async fn user(platform: &Platform, action: UserAction) -> anyhow::Result<()> {
    match action {
        UserAction::Create {
            email,
            name,
            role,
            password,
        } => {
            let email = given::<EmailAddress>("the e-mail", &email)?;
            let name = given::<Line<200>>(
                "--name",
                name.as_deref()
                    .unwrap_or_else(|| email.as_str().split('@').next().unwrap_or_default()),
            )?;
            let role = given::<Role>("--role", &role)?;
            let (password, shown) = password.read()?;
            accounts::create(
                platform,
                NewUser {
                    email: email.clone(),
                    name,
                    role,
                    password,
                },
            )
            .await
            .map_err(Problem::into_cause)?;
            report::line(&format!(
                "{} now has an account, with the role {}.",
                email.as_str(),
                role.as_str()
            ));
            report::password(shown.as_ref());
        }
        UserAction::SetPassword { email, password } => {
            let email = given::<EmailAddress>("the e-mail", &email)?;
            let (password, shown) = password.read()?;
            accounts::set_password(platform, &email, &password)
                .await
                .map_err(Problem::into_cause)?;
            report::line(&format!(
                "{} has a new password; all sessions have ended.",
                email.as_str()
            ));
            report::password(shown.as_ref());
        }
        UserAction::Disable { email } => {
            let email = given::<EmailAddress>("the e-mail", &email)?;
            accounts::disable(platform, &email).await?;
            report::line(&format!(
                "{} is disabled; all sessions have ended.",
                email.as_str()
            ));
        }
    }
    Ok(())
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
        let made = Secret::new(&crate::platform::token::OpaqueToken::mint("")?.text[..20]);
        Ok((given("the password", made.expose())?, Some(made)))
    }
}

fn given<T: Parse>(name: &str, text: &str) -> anyhow::Result<T> {
    T::parse(text).map_err(|Fault { detail, .. }| anyhow::anyhow!("{name} {detail}"))
}
