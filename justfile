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

# Throughput, compared with what the bare database can do
bench:
    cargo bench -p overnight-framework --bench chunk_loop
    cargo bench -p overnight-framework --bench expressions
    cargo bench -p overnight --bench csv
    cargo bench -p overnight-db --bench copy --bench commits
    cargo bench -p overnight --bench jobs --bench starts
    OVERNIGHT_ROWS=5000000 cargo test --release -p overnight --test jobctl memory -- --nocapture --test-threads 1

# A whole accounting day, end to end
big-day:
    examples/end-of-day/big-day

# Rewrite the pages under docs/reference that are generated
docs:
    UPDATE_DOCS=1 cargo test -p overnight-framework --test behaviours --test statuses_page
    UPDATE_DOCS=1 cargo test -p overnight-framework --test expressions pages
    UPDATE_DOCS=1 cargo test -p overnight-db --test stores tables_page
    UPDATE_DOCS=1 cargo test -p overnight --test jobctl -- transcripts the_page_of_the_errors
    UPDATE_DOCS=1 cargo test -p overnight --lib the_page_of_the_exit_codes

# The documentation as a book in target/book; it needs `cargo install mdbook`
book:
    mdbook build
