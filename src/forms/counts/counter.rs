use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};

use super::queries;
use crate::forms::values::VariantKey;
use crate::platform::Platform;
use crate::types::FormId;

/// How many counts are held at most before they are written.
const MOST_HELD: usize = 10_000;

/// What happens to a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    Load,
    Show,
    Dismiss,
    Submit,
    Confirm,
}

/// Whose count it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Counting {
    pub form: FormId,
    pub variant: VariantKey,
    /// By UTC.
    pub day: NaiveDate,
}

/// How often each of [`Counted`] happened, in its order.
pub type Numbers = [i64; 5];

/// Counts in memory until somebody writes it down. Cheap to clone: all clones count together.
#[derive(Clone, Default)]
pub struct Counter(Arc<Mutex<HashMap<Counting, Numbers>>>);

impl Counter {
    /// Counts one. Whoever calls has made sure that there is such a form and such a variant.
    pub fn count(&self, form: FormId, variant: VariantKey, what: Counted, now: DateTime<Utc>) {
        let mut numbers = Numbers::default();
        numbers[what as usize] = 1;
        let counting = Counting {
            form,
            variant,
            day: now.date_naive(),
        };
        add(&mut self.held(), counting, numbers);
    }

    /// Writes down what was counted, in one statement. What can't be written stays counted.
    pub async fn flush(&self, platform: &Platform) -> anyhow::Result<()> {
        let held = std::mem::take(&mut *self.held());
        if held.is_empty() {
            return Ok(());
        }
        let written = async {
            let mut conn = platform.db.get().await?;
            anyhow::Ok(queries::add(&mut conn, &held).await?)
        };
        let written = written.await;
        if written.is_err() {
            let mut now_held = self.held();
            for (counting, numbers) in held {
                add(&mut now_held, counting, numbers);
            }
        }
        written
    }

    /// A panic elsewhere leaves the map whole: nothing is done under the lock that can stop half-way.
    fn held(&self) -> MutexGuard<'_, HashMap<Counting, Numbers>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(held: &mut HashMap<Counting, Numbers>, counting: Counting, numbers: Numbers) {
    let is_full = held.len() >= MOST_HELD;
    match held.entry(counting) {
        Entry::Occupied(mut known) => {
            for (sum, number) in known.get_mut().iter_mut().zip(numbers) {
                *sum = sum.saturating_add(number);
            }
        }
        Entry::Vacant(_) if is_full => {}
        Entry::Vacant(new) => {
            new.insert(numbers);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_has_a_bound() {
        let counter = Counter::default();
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let first = FormId::mint();
        for _ in 0..2 {
            counter.count(first, VariantKey::default(), Counted::Show, now);
        }
        for _ in 0..MOST_HELD {
            counter.count(FormId::mint(), VariantKey::default(), Counted::Load, now);
        }
        counter.count(first, VariantKey::default(), Counted::Confirm, now);
        let held = counter.held();
        assert_eq!(held.len(), MOST_HELD);
        let numbers = held.iter().find(|(counting, _)| counting.form == first);
        assert_eq!(numbers.unwrap().1, &[0, 2, 0, 0, 1]);
    }
}
