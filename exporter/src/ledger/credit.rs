//! How many names may change hands.

use std::time::Duration;

const MINUTE: Duration = Duration::from_mins(1);

/// A bucket that fills in a minute and starts full: it is paid for with time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Credit(Duration);

impl Credit {
    pub(super) const fn full() -> Self {
        Self(MINUTE)
    }

    pub(super) fn earn(&mut self, elapsed: Duration) {
        self.0 = self.0.saturating_add(elapsed).min(MINUTE);
    }

    /// Pays for one change, of which a minute allows `per_minute`; returns whether it could.
    pub(super) fn spend(&mut self, per_minute: u32) -> bool {
        let price = MINUTE.checked_div(per_minute);
        let Some(left) = price.and_then(|price| self.0.checked_sub(price)) else { return false };
        self.0 = left;

        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spend_all(credit: &mut Credit, per_minute: u32) -> usize {
        (0..1000).take_while(|_| credit.spend(per_minute)).count()
    }

    #[test]
    fn a_minute_allows_as_many_changes_as_were_agreed() {
        let mut credit = Credit::full();

        assert_eq!(spend_all(&mut credit, 30), 30);
        credit.earn(Duration::from_secs(2));
        assert_eq!(spend_all(&mut credit, 30), 1);
        credit.earn(Duration::from_hours(1));
        assert_eq!(spend_all(&mut credit, 30), 30);
    }

    #[test]
    fn none_a_minute_is_none() {
        assert_eq!(spend_all(&mut Credit::full(), 0), 0);
    }
}
