//! Whether the exporter is ready, and why not.

use crate::health::{Attaching, Folding, Health};

/// Returns why the exporter is not ready, unless it is: every device that was wanted at the start
/// was tried, and a fold was made.
pub(super) fn of(health: &Health) -> Result<(), String> {
    let Health { attaching, folding: Folding { folds, failures, .. }, .. } = health;

    match (attaching, folds, failures) {
        (Some(Attaching { tried, wanted }), ..) => {
            Err(format!("attaching: {tried} of {wanted} devices tried"))
        }
        (None, 0, 0) => Err("nothing was read from the programs yet".into()),
        (None, 0, 1..) => Err("the counts cannot be read; the log has the reason".into()),
        (None, 1.., _) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ready_is_what_has_tried_all_devices_and_folded() {
        let all = None;
        let some = Some(Attaching { tried: 40, wanted: 100 });
        let reason = |attaching, folds, failures| {
            let folding = Folding { folds, failures, ..Folding::default() };
            of(&Health { attaching, folding, ..Health::default() }).err()
        };

        assert_eq!(reason(some, 3, 0).unwrap(), "attaching: 40 of 100 devices tried");
        assert!(reason(all, 0, 0).unwrap().contains("nothing was read"));
        assert!(reason(all, 0, 3).unwrap().contains("cannot be read"));
        assert_eq!(reason(all, 1, 3), None);
    }
}
