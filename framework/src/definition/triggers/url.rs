//! The address of a broker: what of it must not stand in a file, and which ones can be spoken to.

use thiserror::Error;

use crate::expr::Template;
use crate::yaml::{Code, Cursor};

/// Stands for what is not known before a server asks for it.
const UNKNOWN: char = '\u{0}';

/// Why an address is none that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(super) enum Refused {
    #[error(
        "TLS (`amqps://`) is not spoken here; let a proxy on this machine speak it, and write its `amqp://127.0.0.1:PORT`"
    )]
    Tls,
    #[error("the address of a broker begins with `amqp://`")]
    Scheme,
}

/// Why an address cannot be used, as far as it is known.
pub(super) fn refusal(url: &str) -> Option<Refused> {
    const SCHEME: &str = "amqp://";
    let known = url.split(UNKNOWN).next().unwrap_or_default();
    let is_amqp = known.starts_with(SCHEME) || (SCHEME.starts_with(known) && known.len() < url.len());
    match known.split_once("://") {
        _ if is_amqp => None,
        Some(("amqps", _)) => Some(Refused::Tls),
        _ => Some(Refused::Scheme),
    }
}

/// Refuses an address that cannot be used, and one whose password is there to be read: in the file, and in the store, where jobs
/// are kept and shown.
pub(super) fn check(at: &Cursor<'_>) -> Option<()> {
    // What cannot be read is told by whoever reads its expressions.
    let Ok(template) = Template::parse(at.filled_text()?) else { return Some(()) };
    let outline = template.outline(UNKNOWN);
    if let Some(refused) = refusal(&outline) {
        return at.refuse(at.problem(refused.to_string()).code(Code::NotRegistered));
    }
    if has_password(&outline) {
        let problem =
            at.problem("the password stands in this file, and wherever the job is shown").code(Code::SecretInSight);
        return at.refuse(
            problem.help("write `amqp://USER:${{ secret.NAME }}@HOST`; without both it is the guest of the broker"),
        );
    }
    Some(())
}

fn has_password(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
    user.split_once(':').is_some_and(|(_, password)| !password.is_empty() && !password.contains(UNKNOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_judged_as_far_as_it_is_known() {
        assert_eq!(refusal("amqps://host"), Some(Refused::Tls));
        assert_eq!(refusal("amqps://\0"), Some(Refused::Tls));
        for wrong in ["host:5672", "http://host", "", "amqp", "amqp:\0", "x\0"] {
            let expected = (wrong != "amqp:\0").then_some(Refused::Scheme);
            assert_eq!(refusal(wrong), expected, "{wrong:?}");
        }
        for right in ["amqp://host", "amqp://\0", "\0", "\0://host"] {
            assert_eq!(refusal(right), None, "{right:?}");
        }
    }

    #[test]
    fn a_password_is_one_that_can_be_read() {
        for seen in ["amqp://u:p@h", "amqp://\0:p@h", "amqp://u:p@\0", "\0://u:p@h/v"] {
            assert!(has_password(seen), "{seen:?}");
        }
        for unseen in ["amqp://h", "amqp://u@h", "amqp://u:@h", "amqp://u:\0@h", "amqp://h:5672/a@b", "\0"] {
            assert!(!has_password(unseen), "{unseen:?}");
        }
    }
}
