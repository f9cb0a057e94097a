use std::time::Duration;

use tokio::time::sleep;

use super::admission;
use super::counts::Counter;
use crate::platform::Platform;

/// How long counts stay in memory.
const EVERY: Duration = Duration::from_secs(3);
/// After how many rounds spent challenges that have expired are forgotten.
const ROUNDS: u32 = 100;

/// Writes down what is counted, and forgets what is over, for as long as it is polled.
pub async fn keep_house(platform: Platform, counter: Counter) {
    let (mut round, mut is_lost) = (0_u32, false);
    loop {
        sleep(EVERY).await;
        round = round.wrapping_add(1);
        let kept = async {
            counter.flush(&platform).await?;
            if round.is_multiple_of(ROUNDS) {
                let mut conn = platform.db.get().await?;
                admission::forget_expired(&mut conn, platform.clock.now()).await?;
            }
            anyhow::Ok(())
        };
        match kept.await {
            Ok(()) => is_lost = false,
            Err(fault) if !std::mem::replace(&mut is_lost, true) => {
                tracing::warn!("what forms are counted can't be written down: {fault:#}");
            }
            Err(_) => {}
        }
    }
}
