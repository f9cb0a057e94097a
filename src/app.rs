//! The server: what is built once, and what wraps every request.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::http::{Method, header};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use anyhow::Context;
use utoipa_actix_web::AppExt;

use crate::changes::{Exports, Hub};
use crate::forms::{Counter, Traffic};
use crate::openapi;
use crate::platform::Platform;
use crate::platform::config::RateLimits;
use crate::platform::descriptors::affordable;
use crate::platform::jobs::Stopper;
use crate::platform::secret::Secret;
use crate::previews;
use crate::rest::Problem;
use crate::rest::cached::{Shortcut, Store};
use crate::rest::envelope::envelope;
use crate::routes::routes;
use crate::site::Documents;
use crate::subscribers::SubscriptionGuard;
use crate::types::{EmailAddress, Line, Parse, Role};
use crate::users::LogInGuard;
use crate::users::accounts::{self, NewUser};
use crate::worker::Workers;

/// How long requests and jobs that are at work may go on after the signal to stop.
const SHUTDOWN_SECONDS: u64 = 30;

/// A server, and what runs beside it.
pub struct Running {
    pub server: Server,
    hub: Hub,
    workers: Workers,
}

/// Stops a server.
pub struct Stop {
    server: ServerHandle,
    hub: Hub,
    jobs: Stopper,
}

impl Stop {
    /// Ends what has no end of its own, and lets the requests and jobs that are at work be finished.
    pub async fn gracefully(self) {
        self.hub.end();
        let within = Duration::from_secs(SHUTDOWN_SECONDS);
        let jobs = self.jobs.stop(within);
        tokio::join!(self.server.stop(true), jobs);
    }
}

impl Running {
    /// A way to stop the server from elsewhere.
    pub fn stop(&self) -> Stop {
        Stop {
            server: self.server.handle(),
            hub: self.hub.clone(),
            jobs: self.workers.jobs(),
        }
    }

    /// Serves until the server is told to stop.
    pub async fn until_stopped(self) -> std::io::Result<()> {
        let served = self.server.await;
        self.workers.wound_down().await;
        served
    }
}

/// Starts to serve on a listener that is bound already.
pub fn serve(platform: Platform, listener: TcpListener) -> std::io::Result<Running> {
    let hub = Hub::new(affordable(platform.config.event_listeners));
    let counter = Counter::default();
    let workers = Workers::start(&platform, &hub, &counter);
    let listening = Data::new(hub.clone());
    let exports = Data::new(Exports::default());
    let store = Data::new(Store::new(
        platform.config.cache_bytes,
        platform.epoch.clone(),
    ));
    let limits: RateLimits = platform.config.rate_limits;
    let platform = Data::new(platform);
    let log_in_guard = Data::new(LogInGuard::new(limits));
    let subscription_guard = Data::new(SubscriptionGuard::new(limits));
    let form_traffic = Data::new(Traffic::new(counter, limits));
    let (documents, methods) = described()?;
    let (documents, methods) = (Data::new(documents), Arc::new(methods));
    let server = HttpServer::new(move || {
        let methods = methods.clone();
        App::new()
            .app_data(platform.clone())
            .app_data(log_in_guard.clone())
            .app_data(subscription_guard.clone())
            .app_data(form_traffic.clone())
            .app_data(documents.clone())
            .app_data(store.clone())
            .app_data(listening.clone())
            .app_data(exports.clone())
            .into_utoipa_app()
            .configure(routes)
            .into_app()
            .default_service(web::to(move |request: HttpRequest| {
                unmatched(request, methods.clone())
            }))
            .wrap(from_fn(previews::recognise))
            .wrap(from_fn(envelope))
            .wrap(Shortcut {
                platform: platform.clone(),
                store: store.clone(),
            })
    });
    let server = server
        .listen(listener)?
        .keep_alive(Duration::from_secs(75))
        .client_request_timeout(Duration::from_secs(10))
        // Whoever closes the line is gone: a stream must not go on for nobody.
        .h1_allow_half_closed(false)
        .shutdown_timeout(SHUTDOWN_SECONDS)
        .disable_signals()
        .run();
    Ok(Running {
        server,
        hub,
        workers,
    })
}

/// What the OpenAPI document says. It is put together on a thread of its own, with which the memory goes that only that took.
fn described() -> std::io::Result<(Documents, openapi::AllowedMethods)> {
    let described = || {
        let document = openapi::document();
        let methods = openapi::AllowedMethods::of(&document);
        (Documents::new(&document), methods)
    };
    let thread = std::thread::Builder::new().spawn(described)?;
    let broken = |_| std::io::Error::other("the OpenAPI document can't be put together");
    thread.join().map_err(broken)
}

/// Makes the first admin where there is none, and nothing otherwise.
pub async fn ensure_first_admin(platform: &Platform) -> anyhow::Result<Option<MadeAdmin>> {
    let fault = |fault: crate::types::Fault| {
        anyhow::anyhow!("the first admin can't be made: {}", fault.detail)
    };
    let (email, password, origin) = match &platform.config.first_admin {
        Some(admin) => (
            admin.email.clone(),
            admin.password.clone(),
            PasswordOrigin::Settings,
        ),
        None => {
            let email = EmailAddress::parse("admin@example.com").map_err(fault)?;
            (
                email,
                Secret::new(crate::platform::token::OpaqueToken::mint("")?.text[..20].to_owned()),
                PasswordOrigin::Made,
            )
        }
    };
    let name = Line::parse("Administrator").map_err(fault)?;
    let parsed = Parse::parse(password.expose()).map_err(fault)?;
    let user = NewUser {
        email: email.clone(),
        name,
        role: Role::Admin,
        password: parsed,
    };
    let made = accounts::create_first_admin(platform, user)
        .await
        .map_err(Problem::into_cause)
        .context("the first admin can't be made")?;
    Ok(made.then_some(MadeAdmin {
        email,
        password,
        origin,
    }))
}

/// The admin that the first start made.
pub struct MadeAdmin {
    pub email: EmailAddress,
    pub password: Secret,
    pub origin: PasswordOrigin,
}

/// Where a password came from: one that we made must be shown, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordOrigin {
    Settings,
    Made,
}

/// What no route took: a path that other methods would do for, or nothing at all.
async fn unmatched(
    request: HttpRequest,
    methods: Arc<openapi::AllowedMethods>,
) -> Result<HttpResponse, Problem> {
    let Some(allow) = methods.at(request.path()) else {
        return Err(Problem::NotFound("address"));
    };
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::NoContent()
            .insert_header((header::ALLOW, allow))
            .finish());
    }
    let would_do = |method: &str| method == request.method().as_str();
    if allow.split(", ").any(would_do) {
        // It has the form of an address, and is none: a route takes the method, but not what stands in the path.
        return Err(Problem::NotFound("address"));
    }
    Err(Problem::MethodNotAllowed { allow })
}
