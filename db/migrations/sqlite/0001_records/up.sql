-- The records of the engine. Their names begin with overnight_, because the file may hold tables of the user too.
--
-- Times are microseconds since 1970 in UTC: they sort as numbers, and they are those of PostgreSQL. Ids are never given
-- twice (AUTOINCREMENT). Tables are STRICT: a value of another type is refused, not stored.

-- One row for each text a job ever ran with. Rows never change.
CREATE TABLE overnight_job_definition (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  project    TEXT NOT NULL,
  name       TEXT NOT NULL,
  revision   INTEGER NOT NULL,
  yaml       TEXT NOT NULL,
  sha256     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  CONSTRAINT revisions_count_from_one CHECK (revision > 0),
  CONSTRAINT revision_numbers_are_unique UNIQUE (project, name, revision),
  CONSTRAINT the_same_text_is_the_same_revision UNIQUE (project, name, sha256)
) STRICT;

-- A job with one set of identifying parameters. What is closed takes no further execution.
CREATE TABLE overnight_job_instance (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  project    TEXT NOT NULL,
  job_name   TEXT NOT NULL,
  job_key    TEXT NOT NULL,
  generation INTEGER NOT NULL,
  params     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  closed_at  INTEGER,
  closed_why TEXT,
  CONSTRAINT keys_have_64_digits CHECK (length(job_key) = 64),
  CONSTRAINT generations_count_from_one CHECK (generation > 0),
  CONSTRAINT known_reason_to_close CHECK (closed_why IN ('COMPLETED', 'ABANDONED', 'SUPERSEDED')),
  CONSTRAINT closed_for_a_reason CHECK ((closed_at IS NULL) = (closed_why IS NULL)),
  CONSTRAINT generations_are_unique UNIQUE (project, job_name, job_key, generation)
) STRICT;
CREATE UNIQUE INDEX overnight_one_open_generation ON overnight_job_instance (project, job_name, job_key) WHERE closed_at IS NULL;

-- One life of one process that runs executions.
CREATE TABLE overnight_worker (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  name           TEXT NOT NULL,
  session        TEXT NOT NULL,
  host           TEXT NOT NULL,
  pid            INTEGER NOT NULL,
  lock_path      TEXT,
  build          TEXT NOT NULL,
  birth_at       INTEGER NOT NULL,
  last_heartbeat INTEGER NOT NULL,
  death_at       INTEGER,
  CONSTRAINT sessions_are_unique UNIQUE (session)
) STRICT;

-- The legal moves between statuses, the same as in the engine's table.
CREATE TABLE overnight_status_transition (
  from_status TEXT NOT NULL,
  to_status   TEXT NOT NULL,
  PRIMARY KEY (from_status, to_status)
) STRICT, WITHOUT ROWID;
INSERT INTO overnight_status_transition (from_status, to_status) VALUES
  ('QUEUED', 'STARTING'), ('QUEUED', 'STOPPED'), ('QUEUED', 'ABANDONED'),
  ('STARTING', 'STARTED'), ('STARTING', 'STOPPING'), ('STARTING', 'STOPPED'), ('STARTING', 'FAILED'),
  ('STARTING', 'ABANDONED'),
  ('STARTED', 'STOPPING'), ('STARTED', 'STOPPED'), ('STARTED', 'COMPLETED'), ('STARTED', 'FAILED'),
  ('STARTED', 'ABANDONED'), ('STARTED', 'UNKNOWN'),
  ('STOPPING', 'STOPPED'), ('STOPPING', 'COMPLETED'), ('STOPPING', 'FAILED'), ('STOPPING', 'ABANDONED'),
  ('STOPPING', 'UNKNOWN'),
  ('UNKNOWN', 'STOPPED'), ('UNKNOWN', 'COMPLETED'), ('UNKNOWN', 'FAILED'), ('UNKNOWN', 'ABANDONED'),
  ('STOPPED', 'ABANDONED'),
  ('FAILED', 'ABANDONED');

-- One run of an instance: record and lease in one row. worker_id has no foreign key, because dead workers are
-- forgotten before their executions; worker_name stays.
CREATE TABLE overnight_job_execution (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  instance_id      INTEGER NOT NULL REFERENCES overnight_job_instance (id) ON DELETE CASCADE,
  definition_id    INTEGER REFERENCES overnight_job_definition (id),
  project          TEXT NOT NULL,
  module           TEXT NOT NULL,
  job_name         TEXT NOT NULL,
  target           TEXT NOT NULL,
  params           TEXT NOT NULL,
  labels           TEXT NOT NULL,
  base_dir         TEXT,
  status           TEXT NOT NULL,
  exit_code        TEXT NOT NULL DEFAULT '',
  exit_message     TEXT,
  result           TEXT,
  error            TEXT,
  context          TEXT NOT NULL,
  abortable        INTEGER NOT NULL,
  trigger_kind     TEXT NOT NULL,
  triggered_by     TEXT NOT NULL,
  previous_id      INTEGER,
  attempt          INTEGER NOT NULL,
  worker_id        INTEGER,
  worker_name      TEXT,
  lease_token      INTEGER NOT NULL DEFAULT 0,
  lease_until      INTEGER,
  stop_intent      TEXT,
  stop_by          TEXT,
  reason           TEXT,
  progress_percent INTEGER NOT NULL DEFAULT 0,
  created_at       INTEGER NOT NULL,
  started_at       INTEGER,
  ended_at         INTEGER,
  CONSTRAINT known_status CHECK (status IN ('QUEUED', 'STARTING', 'STARTED', 'STOPPING', 'UNKNOWN', 'STOPPED',
    'FAILED', 'COMPLETED', 'ABANDONED')),
  CONSTRAINT known_intent CHECK (stop_intent IN ('STOPPED', 'PAUSED', 'INTERRUPTED', 'TIMEOUT', 'ABORTED')),
  CONSTRAINT known_trigger CHECK (trigger_kind IN ('cli', 'http', 'library', 'cron', 'mq', 'subjob', 'restart',
    'resume', 'retry', 'recover')),
  CONSTRAINT attempts_count_from_one CHECK (attempt > 0),
  CONSTRAINT ended_exactly_when_over
    CHECK ((status IN ('UNKNOWN', 'STOPPED', 'FAILED', 'COMPLETED', 'ABANDONED')) = (ended_at IS NOT NULL)),
  CONSTRAINT leased_exactly_while_live
    CHECK ((status IN ('STARTING', 'STARTED', 'STOPPING')) = (lease_until IS NOT NULL)),
  CONSTRAINT started_before_it_runs CHECK (status NOT IN ('STARTED', 'COMPLETED') OR started_at IS NOT NULL),
  CONSTRAINT stopping_for_a_reason CHECK (status <> 'STOPPING' OR stop_intent IS NOT NULL),
  CONSTRAINT progress_is_a_percentage CHECK (progress_percent BETWEEN 0 AND 100),
  CONSTRAINT all_is_done_only_when_completed CHECK (progress_percent < 100 OR status = 'COMPLETED')
) STRICT;
CREATE UNIQUE INDEX overnight_one_live_execution ON overnight_job_execution (instance_id)
  WHERE status IN ('QUEUED', 'STARTING', 'STARTED', 'STOPPING', 'UNKNOWN');
CREATE INDEX overnight_job_execution_by_instance ON overnight_job_execution (instance_id, id DESC);
CREATE INDEX overnight_job_execution_by_definition ON overnight_job_execution (definition_id);
CREATE INDEX overnight_live_execution_by_worker ON overnight_job_execution (worker_id)
  WHERE status IN ('STARTING', 'STARTED', 'STOPPING');
CREATE INDEX overnight_job_execution_by_project ON overnight_job_execution (project, id DESC);
CREATE INDEX overnight_job_execution_by_status ON overnight_job_execution (status, id DESC);
CREATE INDEX overnight_job_execution_by_job ON overnight_job_execution (job_name, id DESC);
CREATE INDEX overnight_job_execution_by_job_and_status ON overnight_job_execution (job_name, status, id DESC);

-- One run of one step, with its counters and its checkpoint: the row that each chunk updates, fenced.
CREATE TABLE overnight_step_execution (
  id                 INTEGER PRIMARY KEY AUTOINCREMENT,
  job_execution_id   INTEGER NOT NULL REFERENCES overnight_job_execution (id) ON DELETE CASCADE,
  ordinal            INTEGER NOT NULL,
  path               TEXT NOT NULL,
  step_key           TEXT NOT NULL,
  step_name          TEXT NOT NULL,
  kind               TEXT NOT NULL,
  dest               TEXT NOT NULL,
  status             TEXT NOT NULL,
  exit_code          TEXT NOT NULL DEFAULT '',
  error              TEXT,
  worker_id          INTEGER,
  lease_token        INTEGER NOT NULL DEFAULT 0,
  stop_intent        TEXT,
  read_count         INTEGER NOT NULL DEFAULT 0,
  write_count        INTEGER NOT NULL DEFAULT 0,
  filter_count       INTEGER NOT NULL DEFAULT 0,
  read_skip_count    INTEGER NOT NULL DEFAULT 0,
  process_skip_count INTEGER NOT NULL DEFAULT 0,
  write_skip_count   INTEGER NOT NULL DEFAULT 0,
  commit_count       INTEGER NOT NULL DEFAULT 0,
  rollback_count     INTEGER NOT NULL DEFAULT 0,
  retry_count        INTEGER NOT NULL DEFAULT 0,
  progress_total     INTEGER,
  checkpoint         TEXT,
  context            TEXT NOT NULL,
  outputs            TEXT NOT NULL,
  created_at         INTEGER NOT NULL,
  started_at         INTEGER,
  ended_at           INTEGER,
  CONSTRAINT known_step_kind CHECK (kind IN ('task', 'chunk', 'partitioned', 'partition', 'flow', 'job')),
  CONSTRAINT known_step_status CHECK (status IN ('QUEUED', 'STARTING', 'STARTED', 'STOPPING', 'UNKNOWN', 'STOPPED',
    'FAILED', 'COMPLETED', 'ABANDONED')),
  CONSTRAINT known_step_intent CHECK (stop_intent IN ('STOPPED', 'PAUSED', 'INTERRUPTED', 'TIMEOUT', 'ABORTED')),
  CONSTRAINT ordinals_count_from_zero CHECK (ordinal >= 0),
  CONSTRAINT step_ended_exactly_when_over
    CHECK ((status IN ('UNKNOWN', 'STOPPED', 'FAILED', 'COMPLETED', 'ABANDONED')) = (ended_at IS NOT NULL)),
  CONSTRAINT addresses_are_unique UNIQUE (job_execution_id, path)
) STRICT;

-- The log of moves and orders, written in the transaction of each.
CREATE TABLE overnight_event (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  execution_id INTEGER NOT NULL REFERENCES overnight_job_execution (id) ON DELETE CASCADE,
  path         TEXT,
  at           INTEGER NOT NULL,
  actor        TEXT NOT NULL,
  name         TEXT NOT NULL,
  from_status  TEXT,
  to_status    TEXT,
  reason       TEXT
) STRICT;
CREATE INDEX overnight_event_by_execution ON overnight_event (execution_id, id);

-- The records that steps skipped. instance_id stands here too, so that a page of an instance is one range of an index.
CREATE TABLE overnight_dead_letter (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  instance_id       INTEGER NOT NULL REFERENCES overnight_job_instance (id) ON DELETE CASCADE,
  step_execution_id INTEGER NOT NULL REFERENCES overnight_step_execution (id) ON DELETE CASCADE,
  step_key          TEXT NOT NULL,
  phase             TEXT NOT NULL,
  position          TEXT NOT NULL,
  payload           BLOB NOT NULL,
  payload_kind      TEXT NOT NULL,
  error_name        TEXT NOT NULL,
  error             TEXT NOT NULL,
  state             TEXT NOT NULL DEFAULT 'NEW',
  created_at        INTEGER NOT NULL,
  CONSTRAINT known_phase CHECK (phase IN ('read', 'process', 'write'))
) STRICT;
CREATE INDEX overnight_dead_letter_by_instance ON overnight_dead_letter (instance_id, id);
CREATE INDEX overnight_dead_letter_by_step ON overnight_dead_letter (step_execution_id);

CREATE TRIGGER overnight_job_execution_only_legal_moves BEFORE UPDATE OF status ON overnight_job_execution
WHEN OLD.status IS NOT NEW.status
 AND NOT EXISTS (SELECT 1 FROM overnight_status_transition t
                  WHERE t.from_status = OLD.status AND t.to_status = NEW.status)
BEGIN SELECT RAISE(ABORT, 'illegal status transition'); END;
CREATE TRIGGER overnight_step_execution_only_legal_moves BEFORE UPDATE OF status ON overnight_step_execution
WHEN OLD.status IS NOT NEW.status
 AND NOT EXISTS (SELECT 1 FROM overnight_status_transition t
                  WHERE t.from_status = OLD.status AND t.to_status = NEW.status)
BEGIN SELECT RAISE(ABORT, 'illegal status transition'); END;
