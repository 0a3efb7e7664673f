//! The options of the demo.

use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::attack::list::{self, Attack};

const ALL: &str = "all";

/// What a demo shows.
#[derive(Debug)]
pub(crate) enum Show {
    /// Mixed traffic, for as long; `None` is until it is stopped.
    Traffic(Option<Duration>),
    /// Attacks, one after the other.
    Attacks(Vec<&'static Attack>),
}

pub(crate) fn read(arguments: &[&str]) -> Result<Show> {
    match arguments {
        [] => Ok(Show::Traffic(None)),
        ["--seconds", seconds] => {
            let seconds = seconds.parse().with_context(|| {
                format!("--seconds wants a whole number of seconds, not `{seconds}`")
            })?;
            Ok(Show::Traffic(Some(Duration::from_secs(seconds))))
        }
        ["--attack", ALL] => Ok(Show::Attacks(list::ATTACKS.iter().collect())),
        ["--attack", name] => match list::find(name) {
            Some(attack) => Ok(Show::Attacks(vec![attack])),
            None => bail!("there is no attack `{name}`; there are:\n{}", names()),
        },
        ["--attack"] => bail!("--attack wants a name:\n{}", names()),
        _ => bail!("demo accepts --seconds N or --attack NAME, not `{}`", arguments.join(" ")),
    }
}

fn names() -> String {
    format!("{}  {ALL:<16}each of them, one after the other", list::listed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_options_the_demo_runs_until_it_is_stopped() {
        assert!(matches!(read(&[]), Ok(Show::Traffic(None))));
        let ten = Some(Duration::from_secs(10));
        assert!(matches!(read(&["--seconds", "10"]), Ok(Show::Traffic(time)) if time == ten));
    }

    #[test]
    fn an_attack_is_chosen_by_its_name() {
        let Ok(Show::Attacks(one)) = read(&["--attack", "syn-flood"]) else { panic!() };
        let Ok(Show::Attacks(all)) = read(&["--attack", "all"]) else { panic!() };

        assert_eq!(one.iter().map(|it| it.name).collect::<Vec<_>>(), ["syn-flood"]);
        assert_eq!(all.len(), list::ATTACKS.len());
    }

    #[test]
    fn an_unknown_attack_is_refused_with_the_names_of_those_there_are() {
        let error = read(&["--attack", "sin-flood"]).unwrap_err().to_string();

        assert!(error.contains("no attack `sin-flood`"), "{error}");
        assert!(list::ATTACKS.iter().all(|it| error.contains(it.name)), "{error}");
        assert!(error.contains("  all "), "{error}");
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for wrong in
            [&["--attack"][..], &["--seconds", "few"], &["--attack", "all", "--seconds", "1"]]
        {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
    }
}
