use std::time::Duration;

/// The pause after the first attempt, and the longest.
const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_secs(4 * 60 * 60);

/// How long to wait after an attempt, from 1: twice as long each time, and between three quarters and all of that, so that
/// what failed together does not come back together. `drawn` is random.
pub fn pause(attempt: i32, drawn: u8) -> Duration {
    let doublings = attempt.clamp(1, 20).unsigned_abs() - 1;
    let whole = (FIRST * 2_u32.pow(doublings)).min(LONGEST);
    whole.mul_f64(0.75 + 0.25 * f64::from(drawn) / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_are_never_the_same() {
        let seconds = |attempt| pause(attempt, 255).as_secs();
        assert_eq!(
            [1, 2, 3, 10, 12, 13, 1000].map(seconds),
            [5, 10, 20, 2560, 10240, 14400, 14400]
        );
        assert_eq!(pause(3, 0).as_secs(), 15);
        assert_eq!(pause(i32::MIN, 255), FIRST);
    }
}
