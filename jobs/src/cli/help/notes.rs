//! What is said of each verb below its options: how it differs from its neighbours, and three examples.

/// What is said of a verb below its options.
pub(super) struct Note {
    pub(super) verb: &'static str,
    /// How it differs from its neighbours, in one line.
    pub(super) contrast: &'static str,
    /// Command lines, each with what it does. A test finds them in the transcripts of the manual.
    pub(super) examples: &'static [(&'static str, &'static str)],
}

/// The notes of all verbs, in the order of the first page.
pub(super) const NOTES: &[Note] = &[
    Note {
        verb: "start",
        contrast: "start: a new instance, or the unfinished one · restart: the same instance goes on, whatever it is given",
        examples: &[
            ("jobctl start hello.yaml -p name=World", "run the job of a file, and wait for its end"),
            ("jobctl start hello --params-file params.json", "the same by its name, with the parameters in a file"),
            ("id=$(jobctl start night.yaml --detach)", "run it in the background, and keep its id"),
        ],
    },
    Note {
        verb: "stop",
        contrast: "stop: ends at the next chunk boundary and can go on · restart: goes on from there · wait: only looks",
        examples: &[
            ("jobctl stop 1", "ask job 1 to end"),
            ("jobctl stop night", "ask the newest run of a job to end"),
            ("jobctl stop night --wait", "come back when it has ended"),
        ],
    },
    Note {
        verb: "restart",
        contrast: "restart: the same instance goes on, in its own revision · resume: another name of it · start: a new instance, or the unfinished one",
        examples: &[
            ("jobctl restart 1", "continue after the last committed chunk of job 1"),
            ("jobctl restart payments -p day=2026-04-07", "continue the instance with this parameter"),
            ("jobctl restart night --detach", "continue in the background"),
        ],
    },
    Note {
        verb: "show",
        contrast: "show: one run with its steps · tree: all runs of its instance · list: many runs, a row each",
        examples: &[
            ("jobctl show 1 -o json", "everything that is known of job 1"),
            ("jobctl show payments", "the newest run of a job"),
            ("jobctl show 1 --rejects", "the records that its instance skipped"),
        ],
    },
    Note {
        verb: "list",
        contrast: "list: runs, a row each · jobs: definitions, a row each · show: one run with its steps",
        examples: &[
            ("jobctl list", "the newest fifty runs"),
            ("jobctl list --status failed", "those that failed"),
            ("jobctl list --job backup --limit 1", "the newest run of one job"),
        ],
    },
    Note {
        verb: "wait",
        contrast: "wait: until it has ended, and exits by its result · show: how it is now · stop --wait: ends it first",
        examples: &[
            ("jobctl wait 1", "wait for the end of job 1"),
            ("jobctl wait backup", "wait for the newest run of a job"),
            ("jobctl wait night --timeout 100ms", "wait for so long, and exit with 8 if it goes on"),
        ],
    },
    Note {
        verb: "serve",
        contrast: "serve: stays, and runs what triggers start and what waits · start: runs one job and ends with it",
        examples: &[
            ("jobctl serve --jobs jobs --until-idle", "the job files of a folder, until nothing is left to do"),
            ("jobctl serve --until-idle", "the same for the jobs that were applied"),
            ("jobctl serve --concurrency 1 --until-idle", "one run after another"),
        ],
    },
    Note {
        verb: "publish",
        contrast: "publish: a message, for whichever job waits for its topic · start: a job by its name, and its result",
        examples: &[
            (r#"jobctl publish orders '{"day": "2026-04-07"}'"#, "one run of the job that waits for it"),
            (r#"jobctl publish orders '{"day": "2026-04-08"}' --id order-7"#, "one, however often it is published"),
            ("jobctl publish orders - < order.json", "from a file"),
        ],
    },
    Note {
        verb: "tree",
        contrast: "tree: all runs of an instance with their steps · show: one run with its counters · list: runs of all instances",
        examples: &[
            ("jobctl tree 1", "the instance of job 1"),
            ("jobctl tree night", "the instance that ran last"),
            ("jobctl tree night --failed", "what leads to its failures, and nothing else"),
        ],
    },
    Note {
        verb: "jobs",
        contrast: "jobs: definitions, a row each · describe: one definition, all of it · list: runs, a row each",
        examples: &[
            ("jobctl jobs", "what can be started by name"),
            ("jobctl jobs -o json", "the same for programs"),
            ("jobctl jobs --project ledger", "those of another project"),
        ],
    },
    Note {
        verb: "triggers",
        contrast: "triggers: what started jobs by itself, and what came of it · list: all runs, whoever started them",
        examples: &[
            ("jobctl triggers", "every trigger that was served"),
            ("jobctl triggers orders --fires", "each tick and message of a job that was taken"),
            ("jobctl triggers --rejects", "the messages that could not be used, and why"),
        ],
    },
    Note {
        verb: "describe",
        contrast: "describe: what a job is · graph: how its steps hang together · show: what became of a run",
        examples: &[
            ("jobctl describe night.yaml", "the job in a file; no database is needed"),
            ("jobctl describe night", "the definition that `start night` would run"),
            ("jobctl describe night -o json", "the same for programs"),
        ],
    },
    Note {
        verb: "graph",
        contrast: "graph: a drawing of the steps, their conditions and what they hand on · describe: the same in words",
        examples: &[
            ("jobctl graph night.yaml", "for Markdown, as code hosts draw it"),
            ("jobctl graph night -o dot", "for `dot -Tsvg` of Graphviz"),
            ("jobctl graph night -o json", "for programs"),
        ],
    },
    Note {
        verb: "schedules",
        contrast: "schedules: the schedules of all jobs, a row each · schedule next: the coming ticks of one",
        examples: &[
            ("jobctl schedules", "those of the jobs whose definitions are stored"),
            ("jobctl schedules jobs", "those of the job files of a folder"),
            ("jobctl schedules -o name", "their names alone"),
        ],
    },
    Note {
        verb: "schedule",
        contrast: "schedule next: the coming ticks of one schedule · schedules: the next tick of each",
        examples: &[
            ("jobctl schedule next '30 22 * * 1-5'", "the next five ticks of a line of a crontab"),
            ("jobctl schedule next @daily --timezone Africa/Cairo", "by the clocks of a place"),
            ("jobctl schedule next night.yaml", "those of the triggers of a job"),
        ],
    },
    Note {
        verb: "apply",
        contrast: "apply: stores definitions and starts nothing · validate: only checks them · start FILE: stores and runs one",
        examples: &[
            ("jobctl apply jobs", "store every job file of a folder"),
            ("jobctl apply night.yaml --dry-run", "say what would change"),
            ("jobctl apply night.yaml", "then `jobctl start night` runs it"),
        ],
    },
    Note {
        verb: "init",
        contrast: "init: writes a first job file · validate: checks one · apply: stores one",
        examples: &[
            ("jobctl init", "write first-job.yaml"),
            ("jobctl init 'my first job.yaml'", "under another name"),
            ("jobctl start first-job.yaml -p day=2026-04-07", "run it as it stands"),
        ],
    },
    Note {
        verb: "validate",
        contrast: "validate: checks files, without a database · apply: stores them as well · explain: what a code means",
        examples: &[
            ("jobctl validate good.yaml payments.yaml", "check two files"),
            ("jobctl validate jobs", "check every job file of a folder"),
            ("jobctl validate small.yaml -o sarif", "for a code host"),
        ],
    },
    Note {
        verb: "test",
        contrast: "test: runs the tests of a job file on given rows · validate: only checks it · start: runs the job itself",
        examples: &[
            ("jobctl test payments.yaml", "run all tests of a file"),
            ("jobctl test . --filter both", "those with this word in their names"),
            ("jobctl test payments.yaml -o json --filter fee", "what came of them, for a program"),
        ],
    },
    Note {
        verb: "schema",
        contrast: "schema: what may stand in a job file · describe: what stands in one · explain: what a code means",
        examples: &[
            ("jobctl schema > job.schema.json", "the JSON Schema, for an editor"),
            ("jobctl schema steps.chunk.skip", "what a key means"),
            ("jobctl schema --kind shell", "the settings of one kind"),
        ],
    },
    Note {
        verb: "explain",
        contrast: "explain: what a code or the name of an error means · validate: which of them a file has",
        examples: &[
            ("jobctl explain E204", "a code of `validate`, with a wrong and a right example"),
            ("jobctl explain invalidrow", "the name of an error, in any letters"),
            ("jobctl explain", "all of them, a line each"),
        ],
    },
    Note {
        verb: "config",
        contrast: "config: which settings are in force, and from where · version: which program it is",
        examples: &[
            ("jobctl config", "every setting with its source"),
            ("jobctl config --project accounts", "the same with an option in front"),
            ("JOBCTL_HEARTBEAT=2s jobctl config -o json", "for programs"),
        ],
    },
    Note {
        verb: "migrate",
        contrast: "migrate: the schema of the records · apply: the definitions of jobs",
        examples: &[
            ("jobctl migrate status", "what the database has"),
            ("jobctl migrate up", "bring it up to this version"),
            ("jobctl migrate sql", "print the SQL, for those who run it themselves"),
        ],
    },
    Note {
        verb: "completion",
        contrast: "completion: a script for a shell, which then completes verbs, names of jobs and parameters · man: the manual",
        examples: &[
            ("source <(jobctl completion bash)", "in this shell; in ~/.bashrc for all"),
            ("jobctl completion zsh", "for zsh"),
            ("jobctl completion fish", "for fish"),
        ],
    },
    Note {
        verb: "man",
        contrast: "man: the manual as pages for `man` · help: the same at once",
        examples: &[
            ("jobctl man", "the page of jobctl"),
            ("jobctl man start", "the page of one verb"),
            ("jobctl man --dir man1", "all pages, each in its file"),
        ],
    },
    Note {
        verb: "version",
        contrast: "version: which program it is · config: how it is set · migrate status: which schema the database has",
        examples: &[
            ("jobctl version", "the number"),
            ("jobctl version -o json", "for programs"),
            ("jobctl --version", "as other programs tell it"),
        ],
    },
    Note {
        verb: "help",
        contrast: "help: what `--help` of a verb says, and topics of their own · man: the same as pages for `man`",
        examples: &[
            ("jobctl help", "the first page"),
            ("jobctl help wait", "a verb"),
            ("jobctl help exit-codes", "what the numbers mean"),
        ],
    },
];
