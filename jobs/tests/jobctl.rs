//! `jobctl` as users meet it: real processes on real stores, killed, raced, stopped and fed with nonsense.

#![expect(clippy::print_stdout, reason = "what a run printed explains its failure")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod jobctl {
    mod answers;
    mod bad_rows;
    #[cfg(feature = "amqp")]
    mod broker;
    mod completion;
    mod crash;
    mod definitions;
    mod detach;
    mod end_of_day;
    mod failures;
    mod faults;
    mod forms;
    mod full;
    mod input;
    mod instance;
    mod kill;
    mod left;
    mod live;
    mod man;
    mod memory;
    pub(crate) mod project;
    #[cfg(feature = "amqp")]
    mod rabbit;
    mod race;
    mod restart;
    mod robust;
    mod secrets;
    mod serve;
    mod statement;
    mod stop;
    pub(crate) mod support;
    mod tables;
    mod terminal;
    mod transcripts;
    mod validate;
    mod watch;
}
