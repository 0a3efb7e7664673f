//! Changing settings: from a request to what is wanted, and from what became of it to an answer.

use super::answer::{Answer, Asked};
use super::kind::Kind;
use super::parameter::Given;
use super::problem::{Fault, Problem, shown};
use super::settings::Outcome;
use crate::config::{Patch, Patched, Unpatched, Wanted};

/// The type of a patch, and that of JSON, which many clients send without being asked.
pub(super) const TYPES: [&str; 2] = ["application/merge-patch+json", "application/json"];

/// Changes what a request asks for.
pub(super) fn change(
    asked: &Asked<'_>,
    given: &Given,
    patch: &dyn Fn(Wanted) -> Result<Patched, Unpatched>,
) -> Result<Answer, Problem> {
    check_type(asked)?;
    let dry_run = given.text("dry_run") == Some("true");
    let parsed = Patch::parse(asked.body).map_err(|error| refused(&error))?;
    let wanted =
        Wanted { patch: parsed, dry_run, if_match: tags(asked.if_match)?, by: asked.by.into() };
    let patched = patch(wanted).map_err(|error| refused(&error))?;

    let answer = Answer::json(Answer::JSON, &Outcome::of(&patched, dry_run));
    Ok(answer.tagged(&patched.tag))
}

fn check_type(asked: &Asked<'_>) -> Result<(), Problem> {
    let unsupported = |detail: String| Err(Problem::new(Kind::UnsupportedType, detail));
    if let Some(encoding) = asked.content_encoding.filter(|it| !it.eq_ignore_ascii_case("identity"))
    {
        let encoding = shown(encoding);
        return unsupported(format!("`Content-Encoding` is {encoding}; send the body as it is"));
    }
    let content_type = asked.content_type.unwrap_or_default();
    let name = content_type.split(';').next().unwrap_or_default().trim();
    if TYPES.iter().any(|it| it.eq_ignore_ascii_case(name)) {
        return Ok(());
    }

    let name = if name.is_empty() { "missing".into() } else { shown(name) };
    unsupported(format!("`Content-Type` has to be {}, and is {name}", TYPES.join(" or ")))
}

/// Reads the tags of the header If-Match; `None` where any will do. Source: RFC 9110, section 13.1.1.
fn tags(if_match: Option<&str>) -> Result<Option<Vec<String>>, Problem> {
    let Some(text) = if_match.map(str::trim).filter(|text| *text != "*") else { return Ok(None) };
    // Weak tags never match here, and none of ours is one.
    let tag = |text: &str| Some(text.trim().strip_prefix('"')?.strip_suffix('"')?.to_owned());

    let tags: Option<Vec<_>> = text.split(',').map(tag).collect();
    tags.map(Some).ok_or_else(|| {
        let detail =
            format!("`If-Match` has to be the `ETag` of an answer, and is {}", shown(text));
        Problem::new(Kind::InvalidParameter, detail)
    })
}

fn refused(error: &Unpatched) -> Problem {
    let kind = match error {
        Unpatched::NotJson { .. } | Unpatched::Doubled { .. } | Unpatched::NotAnObject => {
            Kind::MalformedBody
        }
        Unpatched::Faults(faults) => {
            let fault = |it: &crate::config::Fault| Fault {
                parameter: None,
                pointer: Some(it.pointer.clone()),
                detail: it.detail.clone(),
            };
            return Problem::of(Kind::InvalidSetting, faults.iter().map(fault).collect());
        }
        Unpatched::FileOnly(_) => Kind::FileOnly,
        Unpatched::Stale { .. } => Kind::Stale,
        Unpatched::NotKept(_) => Kind::NotKept,
        Unpatched::Refused(_) => Kind::InvalidSetting,
        Unpatched::Stopping => Kind::Busy,
    };

    Problem::new(kind, crate::causes::with_causes(error))
}
