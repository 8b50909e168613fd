//! What a mistake in a derive looks like to the one who made it: one file per message.
//!
//! Part of the text is rustc's, so that the files belong to the toolchain in `rust-toolchain.toml`.
//! `TRYBUILD=overwrite cargo test -p overnight-derive --test ui` writes them anew; read the difference.

#[test]
fn each_mistake_is_reported_at_its_token() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
