//! overnight: a batch framework whose jobs are written in Rust or in YAML.

pub mod steps;
