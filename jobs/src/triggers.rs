//! Triggers at work: ticks and messages become runs that wait, through the operator and never by rows of their own.

#[cfg(feature = "amqp")]
pub(crate) mod amqp;
pub(crate) mod cron;
pub(crate) mod fires;
pub(crate) mod topic;
