//! A user of the web configuration, and what it may do.

use std::fmt;
use std::str::FromStr;

use super::text::as_text;
use crate::scope::{Scope, UnknownScope};

/// A user of the web configuration, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub scope: Scope,
}

/// Why a text is no user with a scope.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UserError {
    #[error("it has no \"=\" between name and scope")]
    NoScope,
    #[error("it has no name before the \"=\"")]
    NoName,
    #[error(transparent)]
    Scope(#[from] UnknownScope),
}

impl FromStr for User {
    type Err = UserError;

    fn from_str(text: &str) -> Result<Self, UserError> {
        let (name, scope) = text.rsplit_once('=').ok_or(UserError::NoScope)?;
        let (name, scope) = (name.trim(), scope.trim().parse()?);
        if name.is_empty() {
            return Err(UserError::NoName);
        }

        Ok(Self { name: name.into(), scope })
    }
}

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, scope } = self;

        write!(f, "{name}={scope}")
    }
}

as_text!(User);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_read_as_it_is_written() {
        let user: User = " a=b = admin ".parse().unwrap();

        assert_eq!(user, User { name: "a=b".into(), scope: Scope::Admin });
        assert_eq!(user.to_string(), "a=b=admin");
        assert_eq!("ann".parse::<User>(), Err(UserError::NoScope));
        assert_eq!("=read".parse::<User>(), Err(UserError::NoName));
        assert!(matches!("ann=root".parse::<User>(), Err(UserError::Scope(_))));
    }
}
