//! Keys that have a new name, and are accepted under the old one.

use std::mem::discriminant;

use super::problem::Problem;
use super::setting::Setting;

/// Old names and new ones.
pub(super) const RENAMED: [(&str, &str); 1] = [("datapath.budget", "datapath.miss_budget")];

/// Returns the name that a key has today.
pub(super) fn current(key: &str) -> &str {
    RENAMED.into_iter().find(|(old, _)| *old == key).map_or(key, |(_, new)| new)
}

/// Returns settings under their names of today, and what to tell of those with an old one. Where
/// the same place sets both names, the new one counts.
pub(super) fn translated(settings: &[Setting]) -> (Vec<Setting>, Vec<Problem>) {
    let is_set_anew = |setting: &Setting, new: &str| {
        let place = discriminant(&setting.origin);
        settings.iter().any(|it| it.key == new && discriminant(&it.origin) == place)
    };
    let mut problems = Vec::new();
    let mut translated = Vec::new();

    for setting in settings {
        let Setting { key, value, origin } = setting;
        let new = current(key);
        let is_old = new != key;
        let is_ignored = is_old && is_set_anew(setting, new);
        if is_old {
            let what = if is_ignored { "it is ignored beside" } else { "its name is now" };
            problems.push(Problem::new(key, format!("{what} `{new}` ({origin})")));
        }
        if !is_ignored {
            let (key, value, origin) = (new.to_owned(), value.clone(), origin.clone());
            translated.push(Setting { key, value, origin });
        }
    }

    (translated, problems)
}
