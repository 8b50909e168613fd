//! The reason in the words of libpq, which has no code for it.

use super::Unreached;

/// What libpq and the server say, in the order in which it is looked for: words of TLS stand in other messages, too.
const WORDS: [(&str, Unreached); 17] = [
    ("could not translate host name", Unreached::UnknownHost),
    ("password authentication failed", Unreached::Password),
    ("no password supplied", Unreached::Password),
    ("no pg_hba.conf entry", Unreached::NotFromHere),
    ("too many clients", Unreached::Crowded),
    ("too many connections", Unreached::Crowded),
    ("remaining connection slots", Unreached::Crowded),
    ("the database system is starting up", Unreached::Restarting),
    ("the database system is shutting down", Unreached::Restarting),
    ("Connection refused", Unreached::Refused),
    ("No such file or directory", Unreached::Refused),
    ("timeout expired", Unreached::Silent),
    ("timed out", Unreached::Silent),
    ("No route to host", Unreached::Silent),
    ("Network is unreachable", Unreached::Silent),
    ("SSL", Unreached::Tls),
    ("certificate", Unreached::Tls),
];

impl Unreached {
    /// The reason that `message` tells.
    pub(in super::super) fn of(message: &str) -> Self {
        let message = message.trim_end();
        let lacks = |what: &str| message.contains(what) && message.ends_with("\" does not exist");
        if lacks("FATAL:  database \"") {
            return Self::NoDatabase;
        }
        if lacks("FATAL:  role \"") {
            return Self::NoUser;
        }
        WORDS.iter().find(|(words, _)| message.contains(words)).map_or(Self::Other, |(_, reason)| *reason)
    }

    /// Whether it passes by itself.
    pub(in super::super) fn may_pass(self) -> bool {
        matches!(self, Self::Crowded | Self::Restarting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_libpq_tell_the_reason() {
        for (message, reason) in [
            (
                "connection to server at \"h\", port 1 failed: Connection refused\n\tIs the server running",
                Unreached::Refused,
            ),
            ("could not translate host name \"h\" to address: Name or service not known", Unreached::UnknownHost),
            ("failed: FATAL:  password authentication failed for user \"u\"", Unreached::Password),
            ("failed: fe_sendauth: no password supplied", Unreached::Password),
            ("failed: FATAL:  database \"d\" does not exist", Unreached::NoDatabase),
            ("failed: FATAL:  role \"u\" does not exist", Unreached::NoUser),
            ("failed: server does not support SSL, but SSL was required", Unreached::Tls),
            ("failed: FATAL:  no pg_hba.conf entry for host \"h\", user \"u\", SSL encryption", Unreached::NotFromHere),
            ("failed: FATAL:  sorry, too many clients already", Unreached::Crowded),
            ("failed: timeout expired", Unreached::Silent),
            ("failed: FATAL:  das gibt es nicht", Unreached::Other),
        ] {
            assert_eq!(Unreached::of(message), reason, "{message}");
        }
    }
}
