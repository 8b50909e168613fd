# Shortcuts. The gate itself is .ci/run, so that it needs nothing but bash.

# Everything that must hold before a commit lands
ci:
    .ci/run

# Every test of the workspace, after installing what they need
test *filter:
    .ci/test {{filter}}

# Kill processes at random moments, many times, and count every row afterwards
kill times="200":
    OVERNIGHT_KILLS={{times}} cargo test -p overnight --test jobctl kill

# Kill servers and brokers at random moments while ticks and messages come, and count every run afterwards
storm ticks="200" messages="2000":
    OVERNIGHT_TICKS={{ticks}} OVERNIGHT_MESSAGES={{messages}} cargo test -p overnight --test jobctl -- --nocapture killed_at_random_take_each whoever_is_killed

# Every way to leave features out, compiled
features:
    cargo clippy -p overnight --no-default-features --features sqlite -- -D warnings
    cargo clippy -p overnight --no-default-features --features postgres -- -D warnings
    cargo clippy -p overnight --no-default-features --features cli,sqlite -- -D warnings
    cargo clippy -p overnight --no-default-features --features cli,postgres,bundled-libpq -- -D warnings
    cargo clippy -p overnight --no-default-features --features amqp,sqlite -- -D warnings

# Throughput, compared with what the bare database can do
bench:
    cargo bench -p overnight-framework --bench chunk_loop
    cargo bench -p overnight-framework --bench expressions
    cargo bench -p overnight --bench csv --bench embedded
    cargo bench -p overnight-db --bench copy --bench commits
    cargo bench -p overnight --bench jobs --bench listened --bench starts
    OVERNIGHT_ROWS=5000000 cargo test --release -p overnight --test jobctl memory -- --nocapture --test-threads 1

# What the first program costs to build, here and elsewhere, from nothing; alone on the machine
build-cost *program:
    .ci/build-cost {{program}}

# How many instructions a row costs, now and at the parent commit or the one that is named
instructions *commit:
    .ci/instructions {{commit}}

# A whole accounting day, end to end
big-day:
    examples/end-of-day/big-day

# Rewrite the pages under docs/reference that are generated
docs:
    UPDATE_DOCS=1 cargo test -p overnight-framework --test behaviours --test statuses_page
    UPDATE_DOCS=1 cargo test -p overnight-framework --test expressions pages
    UPDATE_DOCS=1 cargo test -p overnight-db --test stores tables_page
    UPDATE_DOCS=1 cargo test -p overnight --test schema
    UPDATE_DOCS=1 cargo test -p overnight --test public_paths
    UPDATE_DOCS=1 cargo test -p overnight-derive --test compiler_errors
    UPDATE_DOCS=1 cargo test -p overnight-derive --lib the_page_of_the_expansions
    UPDATE_DOCS=1 cargo test -p overnight-example-conformance --test behaviours schema
    UPDATE_DOCS=1 cargo test -p overnight-example-custom-step --test payments
    UPDATE_DOCS=1 cargo test -p overnight --test jobctl -- transcripts the_page_of_the_errors
    UPDATE_DOCS=1 cargo test -p overnight --lib the_page_of_the_exit_codes

# The documentation as a book in target/book; it needs `cargo install mdbook`
book:
    mdbook build
