//! What people write in a job file who come from other programs, and what to write here instead.

use crate::yaml::Habit;

const fn habit(word: &'static str, meant: &'static [&'static str], instead: &'static str) -> Habit {
    Habit { word, meant, instead }
}

/// In a job: Kestra, Argo, GitHub Actions, dagu, Airflow.
pub(super) const JOB: &[Habit] = &[
    habit("id", &["name"], "the name of a job is `name`"),
    habit("job", &["name"], "the name of a job is `name`"),
    habit("title", &["description"], "write `description`"),
    habit("tasks", &["steps"], "write `steps`"),
    habit("jobs", &["steps"], "a file holds one job, and its parts are `steps`"),
    habit("stages", &["steps"], "write `steps`"),
    habit("inputs", &["params"], "write `params`"),
    habit("parameters", &["params"], "write `params`"),
    habit("arguments", &["params"], "write `params`"),
    habit("variables", &["vars"], "write `vars`"),
    habit("env", &["vars"], "a `shell` step has its own `env`; values for several steps are `vars`"),
    habit("outputs", &["result"], "what a job answers is its `result`; `outputs` belong to a step"),
    habit("tags", &["labels"], "write `labels`"),
    habit("annotations", &["labels"], "write `labels`"),
    habit("retries", &["defaults"], "write `defaults: { retry: { max_attempts: 3 } }`"),
    habit("retry", &["defaults"], "for all steps write `defaults: { retry: … }`, for one of them `retry` below it"),
    habit("timeout_sec", &["timeout"], "write `timeout: 90s`"),
    habit("timeoutSeconds", &["timeout"], "write `timeout: 90s`"),
    habit("activeDeadlineSeconds", &["timeout"], "write `timeout: 90s`"),
    habit("schedule", &["triggers"], "write `triggers: [{ name: nightly, cron: 30 22 * * MON-FRI }]`"),
    habit("cron", &["triggers"], "write `triggers: [{ name: nightly, cron: 30 22 * * MON-FRI }]`"),
    habit("on", &["triggers"], "write `triggers: [{ name: nightly, cron: 30 22 * * MON-FRI }]`"),
    habit("concurrency", &[], "one instance never runs twice at once; different instances do"),
];

/// In a step.
pub(super) const STEP: &[Habit] = &[
    habit("id", &["name"], "the name of a step is `name`"),
    habit("title", &["description"], "write `description`"),
    habit("run", &["tasklet"], "write `tasklet: { shell: { command: … } }`"),
    habit("command", &["tasklet"], "write `tasklet: { shell: { command: … } }`"),
    habit("script", &["tasklet"], "write `tasklet: { shell: { command: … } }`"),
    habit("shell", &["tasklet"], "write `tasklet: { shell: { command: … } }`"),
    habit("sql", &["tasklet"], "write `tasklet: { sql: { statement: … } }`"),
    habit(
        "image",
        &["tasklet"],
        "containers are started by a command: `tasklet: { shell: { command: podman run … } }`",
    ),
    habit("uses", &["tasklet"], "write `tasklet: { uses: NAME, with: { … } }`"),
    habit("type", &["tasklet", "chunk"], "the kind of a step is a key: `tasklet: { shell: … }` or `chunk: …`"),
    habit("if", &["when"], "write `when`"),
    habit("condition", &["when"], "write `when`"),
    habit("precondition", &["when"], "write `when`"),
    habit("needs", &[], "steps run in the order of the list"),
    habit("depends_on", &[], "steps run in the order of the list"),
    habit("dependsOn", &[], "steps run in the order of the list"),
    habit("depends", &[], "steps run in the order of the list"),
    habit("env", &["tasklet"], "write it below the command: `tasklet: { shell: { command: …, env: { … } } }`"),
    habit("reader", &["chunk"], "write it below `chunk`"),
    habit("processor", &["chunk"], "write it below `chunk`"),
    habit("writer", &["chunk"], "write it below `chunk`"),
    habit("retries", &["retry"], "write `retry: { max_attempts: 3 }`"),
    habit("timeout_sec", &["timeout"], "write `timeout: 90s`"),
    habit("timeout-minutes", &["timeout"], "write `timeout: 30m`"),
    habit("start_limit", &["max_starts"], "write `max_starts`"),
    habit("allow_start_if_complete", &["rerun"], "write `rerun: always`"),
];

/// In a chunk: Spring Batch.
pub(super) const CHUNK: &[Habit] = &[
    habit("commit_interval", &["size"], "write `size`"),
    habit("commit-interval", &["size"], "write `size`"),
    habit("item_count", &["size"], "write `size`"),
    habit("batch_size", &["size"], "write `size`"),
    habit("skip_limit", &["skip"], "write `skip: { limit: 10 }`"),
    habit("retry_limit", &["retry"], "write `retry: { max_attempts: 3 }`"),
    habit("processors", &["processor"], "write `processor: [ … ]`"),
    habit("filter", &["processor"], "write `processor: [{ filter: … }]`"),
    habit("input", &["reader"], "write `reader`"),
    habit("output", &["writer"], "write `writer`"),
];

/// In a parameter: JSON Schema, Kestra.
pub(super) const PARAM: &[Habit] = &[
    habit("defaults", &["default"], "write `default`"),
    habit("min", &["minimum"], "write `minimum`"),
    habit("max", &["maximum"], "write `maximum`"),
    habit("values", &["enum"], "write `enum: [ … ]`"),
    habit("options", &["enum"], "write `enum: [ … ]`"),
    habit("regex", &["pattern"], "write `pattern`"),
    habit("optional", &["required"], "a parameter without `required: true` is optional"),
    habit("sensitive", &["secret"], "write `secret: true`"),
];

/// In a retry policy: Spring, Kestra, Argo, dagu.
pub(super) const RETRY: &[Habit] = &[
    habit("attempts", &["max_attempts"], "write `max_attempts`"),
    habit("limit", &["max_attempts"], "write `max_attempts`, the first one included"),
    habit("max_retries", &["max_attempts"], "write `max_attempts`, the first one included"),
    habit("backoff", &["delay"], "write `delay` and `factor`"),
    habit("interval", &["delay"], "write `delay`"),
    habit("multiplier", &["factor"], "write `factor`"),
    habit("max_interval", &["max_delay"], "write `max_delay`"),
    habit("exceptions", &["errors"], "write `errors`"),
];

/// In a skip policy: Spring Batch.
pub(super) const SKIP: &[Habit] = &[
    habit("skip_limit", &["limit"], "write `limit`"),
    habit("max", &["limit"], "write `limit`"),
    habit("exceptions", &["errors"], "write `errors`"),
];

/// In a trigger: Kestra, Kubernetes, Argo, Quartz, Prefect.
pub(super) const TRIGGER: &[Habit] = &[
    habit("id", &["name"], "the name of a trigger is `name`"),
    habit("schedule", &["cron"], "write `cron: 30 22 * * MON-FRI`"),
    habit("expression", &["cron"], "write `cron: 30 22 * * MON-FRI`"),
    habit("interval", &["cron"], "write a step, such as `cron: \"*/15 * * * *\"`"),
    habit("every", &["cron"], "write a step, such as `cron: \"*/15 * * * *\"`"),
    habit("timeZone", &["timezone"], "write `timezone`"),
    habit("tz", &["timezone"], "write `timezone`"),
    habit("disabled", &["enabled"], "write `enabled: false`"),
    habit("suspend", &["enabled"], "write `enabled: false`"),
    habit("catchup", &["missed"], "write `missed: { policy: last, within: 24h }`"),
    habit("startingDeadlineSeconds", &["missed"], "write `missed: { policy: last, within: 24h }`"),
    habit("concurrencyPolicy", &["overlap"], "write `overlap: skip` or `overlap: allow`"),
    habit("inputs", &["params"], "write `params`"),
    habit("topic", &["queue"], "write `queue: { topic: NAME }`"),
    habit("amqp", &["queue"], "write `queue: { amqp: { url: …, queue: NAME } }`"),
];
