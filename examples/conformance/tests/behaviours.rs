//! The behaviours of the library and of the command line, by their numbers: the program of this example on both stores.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod behaviours {
    mod crashes;
    mod embedded;
    mod examples;
    mod fatal;
    mod identity;
    mod library;
    mod parameters;
    /// The same as for `jobctl` itself.
    #[path = "../../../../jobs/tests/jobctl/project.rs"]
    pub(crate) mod project;
    mod records;
    mod restarting;
    mod rust;
    mod schema;
    mod statuses;
    mod stopping;
    pub(crate) mod support;
    mod three_ways;
}
