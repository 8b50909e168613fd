//! `jobctl` as users meet it: real processes on real stores, killed, raced, stopped and fed with nonsense.

mod jobctl {
    mod faults;
    mod input;
    mod kill;
    mod race;
    mod stop;
    pub(crate) mod support;
}
