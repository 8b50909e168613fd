//! What people write in a job file who come from other programs, and what to write here instead.

use crate::yaml::Habit;

/// In a job: Kestra, Argo, GitHub Actions, dagu, Airflow.
pub(super) const JOB: &[Habit] = &[
    ("id", "the name of a job is `name`"),
    ("job", "the name of a job is `name`"),
    ("title", "write `description`"),
    ("tasks", "write `steps`"),
    ("jobs", "a file holds one job, and its parts are `steps`"),
    ("stages", "write `steps`"),
    ("inputs", "write `params`"),
    ("parameters", "write `params`"),
    ("arguments", "write `params`"),
    ("variables", "write `vars`"),
    ("env", "a `shell` step has its own `env`; values for several steps are `vars`"),
    ("outputs", "what a job answers is its `result`; `outputs` belong to a step"),
    ("tags", "write `labels`"),
    ("annotations", "write `labels`"),
    ("retries", "write `defaults: { retry: { max_attempts: 3 } }`"),
    ("retry", "for all steps write `defaults: { retry: … }`, for one of them `retry` below it"),
    ("timeout_sec", "write `timeout: 90s`"),
    ("timeoutSeconds", "write `timeout: 90s`"),
    ("activeDeadlineSeconds", "write `timeout: 90s`"),
    ("schedule", "jobs are started from outside: put `jobctl start FILE` into crontab(5)"),
    ("cron", "jobs are started from outside: put `jobctl start FILE` into crontab(5)"),
    ("triggers", "jobs are started from outside: put `jobctl start FILE` into crontab(5)"),
    ("concurrency", "one instance never runs twice at once; different instances do"),
];

/// In a step.
pub(super) const STEP: &[Habit] = &[
    ("id", "the name of a step is `name`"),
    ("title", "write `description`"),
    ("run", "write `tasklet: { shell: { command: … } }`"),
    ("command", "write `tasklet: { shell: { command: … } }`"),
    ("script", "write `tasklet: { shell: { command: … } }`"),
    ("shell", "write `tasklet: { shell: { command: … } }`"),
    ("sql", "write `tasklet: { sql: { statement: … } }`"),
    ("image", "containers are started by a command: `tasklet: { shell: { command: podman run … } }`"),
    ("uses", "write `tasklet: { uses: NAME, with: { … } }`"),
    ("type", "the kind of a step is a key: `tasklet: { shell: … }` or `chunk: …`"),
    ("if", "write `when`"),
    ("condition", "write `when`"),
    ("precondition", "write `when`"),
    ("needs", "steps run in the order of the list"),
    ("depends_on", "steps run in the order of the list"),
    ("dependsOn", "steps run in the order of the list"),
    ("depends", "steps run in the order of the list"),
    ("env", "write it below the command: `tasklet: { shell: { command: …, env: { … } } }`"),
    ("reader", "write it below `chunk`"),
    ("processor", "write it below `chunk`"),
    ("writer", "write it below `chunk`"),
    ("retries", "write `retry: { max_attempts: 3 }`"),
    ("timeout_sec", "write `timeout: 90s`"),
    ("timeout-minutes", "write `timeout: 30m`"),
    ("start_limit", "write `max_starts`"),
    ("allow_start_if_complete", "write `rerun: always`"),
];

/// In a chunk: Spring Batch.
pub(super) const CHUNK: &[Habit] = &[
    ("commit_interval", "write `size`"),
    ("commit-interval", "write `size`"),
    ("item_count", "write `size`"),
    ("batch_size", "write `size`"),
    ("skip_limit", "write `skip: { limit: 10 }`"),
    ("retry_limit", "write `retry: { max_attempts: 3 }`"),
    ("processors", "write `processor: [ … ]`"),
    ("filter", "write `processor: [{ filter: … }]`"),
    ("input", "write `reader`"),
    ("output", "write `writer`"),
];

/// In a parameter: JSON Schema, Kestra.
pub(super) const PARAM: &[Habit] = &[
    ("defaults", "write `default`"),
    ("min", "write `minimum`"),
    ("max", "write `maximum`"),
    ("values", "write `enum: [ … ]`"),
    ("options", "write `enum: [ … ]`"),
    ("regex", "write `pattern`"),
    ("optional", "a parameter without `required: true` is optional"),
    ("sensitive", "write `secret: true`"),
];
