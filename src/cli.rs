//! The command line.

mod consent;
mod doctor;
mod report;
mod serve;
mod subscribers;
mod user;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::demo::Loaded;
use crate::import::Mode;
use crate::platform::clock::Clock;
use crate::platform::config::{Config, Environment};
use crate::platform::db::{self, Address};
use crate::platform::epoch::Epoch;
use crate::platform::mail::{Mailer, Templates};
use crate::platform::password::Passwords;
use crate::platform::pool::Db;
use crate::platform::postgres::{Cluster, Durability, Locations};
use crate::platform::replicas::Replicas;
use crate::platform::secret::Secret;
use crate::platform::token::{AccessTokens, SigningKey};
use crate::platform::{Platform, installation, telemetry};
use crate::subscriber_imports::{ExportOptions, ImportOptions};
use consent::ConsentAction;
use user::UserAction;

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
    /// Make, list, change, disable and enable accounts
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
    /// Write what is here into a file
    Export {
        #[command(subcommand)]
        target: ExportTarget,
    },
    /// Check the record of who agreed to what
    Consent {
        #[command(subcommand)]
        action: ConsentAction,
    },
    /// Load sample content: articles, tags, authors and a few subscribers, all made up
    Demo,
    /// Check settings, database, clock and folders, one line each; changes nothing
    Doctor,
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
    /// The subscribers of Mailchimp, listmonk, Ghost, Substack, beehiiv or any CSV, NDJSON or JSON. Whoever has left the list here stays so
    Subscribers(ImportOptions),
}

#[derive(Subcommand)]
enum ExportTarget {
    /// The mailing list, as CSV or NDJSON
    Subscribers(ExportOptions),
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
        return report::document(&match format {
            DocumentFormat::Json => document.to_pretty_json()?,
            DocumentFormat::Yaml => document.to_yaml()?,
        });
    }
    let config = Config::load()?;
    telemetry::start(&config);
    for name in &config.unknown {
        tracing::warn!(
            "{name} is not a setting of Masthead; is it misspelt? .env.example lists all"
        );
    }
    if let Command::Doctor = command {
        return doctor::doctor(&config).await;
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
        Command::User { action } => user::run(&started.platform, action).await,
        Command::Consent { action } => consent::run(&started.platform, action).await,
        Command::Import {
            source: ImportSource::Wordpress { file, dry_run },
        } => {
            let mode = if dry_run { Mode::DryRun } else { Mode::Write };
            import(&started.platform, &file, mode).await
        }
        Command::Import {
            source: ImportSource::Subscribers(options),
        } => subscribers::import(&started.platform, &options).await,
        Command::Export {
            target: ExportTarget::Subscribers(options),
        } => subscribers::export(&started.platform, &options).await,
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
        let Found { address, cluster } = find_database(&config).await?.made().await?;
        let migrations_run = db::migrate(&address).await?;
        let keys = signing_keys(&config)?;
        let db = Db::new(address, config.database_connections)?;
        let installation =
            installation::open(&mut *db.get().await?, config.secret.as_ref()).await?;
        let clock = Clock::default();
        let platform = Platform {
            db,
            mailer: Mailer::new(&config, clock.clone())?,
            templates: Templates::new(&config)?,
            replicas: replicas(&config)?,
            epoch: Epoch::default(),
            clock,
            passwords: Passwords::default(),
            access_tokens: AccessTokens::new(&keys)?.into(),
            keys: installation,
            config: config.into(),
        };
        Ok(Self {
            platform,
            cluster,
            migrations_run,
        })
    }

    /// Lets go of the database.
    async fn stop(self) {
        drop(self.platform);
        stop(self.cluster).await;
    }
}

/// The name of our database in the embedded cluster.
const EMBEDDED: &str = "masthead";

/// Where the database is; in the embedded cluster it may have to be made.
struct Found {
    address: Address,
    cluster: Option<Cluster>,
}

impl Found {
    /// The way to the database that is always there in the embedded cluster.
    fn maintenance(&self) -> anyhow::Result<Option<Address>> {
        let cluster = self.cluster.as_ref();
        cluster
            .map(|cluster| embedded(cluster, "postgres"))
            .transpose()
    }

    /// Makes what is missing.
    async fn made(self) -> anyhow::Result<Self> {
        if let Some(maintenance) = self.maintenance()? {
            db::create_if_missing(&maintenance, EMBEDDED).await?;
        }
        Ok(self)
    }

    async fn let_go(self) {
        stop(self.cluster).await;
    }
}

/// Lets go of the embedded cluster, which stops unless someone else uses it.
async fn stop(cluster: Option<Cluster>) {
    let Some(cluster) = cluster else { return };
    let stopped = tokio::task::spawn_blocking(move || cluster.stop()).await;
    if let Ok(Err(fault)) = stopped {
        tracing::warn!("the embedded database did not stop cleanly: {fault:#}");
    }
}

/// The database of the settings, or the embedded one, whose server is started.
async fn find_database(config: &Config) -> anyhow::Result<Found> {
    if let Some(address) = &config.database {
        return Ok(Found {
            address: address.clone(),
            cluster: None,
        });
    }
    let locations = Locations {
        root: config.data_dir.join("postgres"),
        programs: config.postgres_programs.clone(),
        path: std::env::var_os("PATH"),
        runtime_dir: std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
    };
    let cluster =
        tokio::task::spawn_blocking(move || Cluster::start(&locations, Durability::Full)).await??;
    Ok(Found {
        address: embedded(&cluster, EMBEDDED)?,
        cluster: Some(cluster),
    })
}

fn embedded(cluster: &Cluster, database: &str) -> anyhow::Result<Address> {
    Address::parse(&Secret::new(cluster.url(database)), None)
}

fn replicas(config: &Config) -> anyhow::Result<Replicas> {
    let databases = config.replicas.iter().cloned();
    let databases = databases.map(|address| Db::new(address, config.database_connections));
    Ok(Replicas::new(databases.collect::<Result<_, _>>()?))
}

/// The keys of the settings, or in development one that is made once and kept.
fn signing_keys(config: &Config) -> anyhow::Result<Vec<SigningKey>> {
    if !config.signing_keys.is_empty() || config.environment == Environment::Production {
        return Ok(config.signing_keys.clone());
    }
    if let Some(kept) = kept_keys(config)? {
        return Ok(kept);
    }
    let path = key_file(config);
    keep_secret(&path, &SigningKey::generate()?.to_base64())
        .with_context(|| format!("{} can't be written", path.display()))?;
    // Two processes that start together must agree on one key: whoever linked the file first has made it.
    kept_keys(config)?.with_context(|| format!("{} has vanished", path.display()))
}

fn key_file(config: &Config) -> PathBuf {
    config.data_dir.join("jwt_keys")
}

/// The keys that an earlier start made, if one has.
fn kept_keys(config: &Config) -> anyhow::Result<Option<Vec<SigningKey>>> {
    let path = key_file(config);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => {
            return Err(fault).with_context(|| format!("{} can't be read", path.display()));
        }
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let keys: Vec<SigningKey> = lines
        .map(SigningKey::parse)
        .collect::<Result<_, _>>()
        .map_err(|reason| anyhow::anyhow!("{}: the key {reason}", path.display()))?;
    anyhow::ensure!(!keys.is_empty(), "{} holds no key", path.display());
    Ok(Some(keys))
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
            format!(
                "Loaded {count} articles and pages, tags, authors, subscribers, and the forms `314` and `garden-letter`."
            )
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
