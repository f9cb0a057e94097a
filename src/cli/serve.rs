use std::net::TcpListener;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use super::report;
use crate::app::{self, PasswordOrigin};
use crate::platform::{Platform, descriptors};

/// Serves until the process is told to stop.
pub async fn serve(platform: &Platform) -> anyhow::Result<()> {
    descriptors::raise_limit();
    let made = app::ensure_first_admin(platform).await?;
    let listen = platform.config.listen;
    let listener = TcpListener::bind(listen)
        .with_context(|| format!("MASTHEAD_LISTEN: {listen} can't be listened on"))?;
    let address = listener.local_addr()?;
    let running = app::serve(platform.clone(), listener)?;
    report::line(&format!("Masthead listens on http://{address}"));
    report::line(&format!("Documentation:      http://{address}/docs"));
    if let Some(admin) = made {
        report::line(&format!("First admin:        {}", admin.email.as_str()));
        match admin.origin {
            PasswordOrigin::Made => report::password(Some(&admin.password)),
            PasswordOrigin::Settings => {
                report::line("Password:           as MASTHEAD_ADMIN_PASSWORD says")
            }
        }
    }
    let stop = running.stop();
    let running = tokio::spawn(running.until_stopped());
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping: requests at work are finished first");
    stop.gracefully().await;
    running.await??;
    Ok(())
}
