-- What triggers leave, and the runs that wait for a worker.

-- Whoever claims looks here; it holds what waits and nothing else.
CREATE INDEX overnight_queued_execution ON overnight_job_execution (project, id) WHERE status = 'QUEUED';

-- A trigger as it was served last. `since` is when it was served first in this form: it does not fire for the time before.
CREATE TABLE overnight_trigger (
  project  TEXT NOT NULL,
  job_name TEXT NOT NULL,
  name     TEXT NOT NULL,
  enabled  INTEGER NOT NULL,
  source   TEXT NOT NULL,
  since    INTEGER NOT NULL,
  PRIMARY KEY (project, job_name, name)
) STRICT, WITHOUT ROWID;

-- A tick or a message that was taken. The unique key is what makes it one run, however many processes see it.
CREATE TABLE overnight_trigger_fire (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  project      TEXT NOT NULL,
  job_name     TEXT NOT NULL,
  trigger_name TEXT NOT NULL,
  fire_key     TEXT NOT NULL,
  scheduled_at INTEGER,
  outcome      TEXT NOT NULL,
  execution_id INTEGER REFERENCES overnight_job_execution (id) ON DELETE SET NULL,
  reason       TEXT,
  created_at   INTEGER NOT NULL,
  CONSTRAINT known_outcome CHECK (outcome IN ('LAUNCHED', 'SKIPPED', 'MISSED', 'COMPLETE', 'REFUSED')),
  CONSTRAINT each_is_taken_once UNIQUE (project, job_name, trigger_name, fire_key)
) STRICT;
CREATE INDEX overnight_trigger_fire_by_trigger ON overnight_trigger_fire (project, job_name, trigger_name, id DESC);
CREATE INDEX overnight_trigger_fire_by_time ON overnight_trigger_fire (project, job_name, trigger_name, scheduled_at DESC)
  WHERE scheduled_at IS NOT NULL;
CREATE INDEX overnight_trigger_fire_by_execution ON overnight_trigger_fire (execution_id);

-- A message that could not be used.
CREATE TABLE overnight_trigger_reject (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  project      TEXT NOT NULL,
  job_name     TEXT NOT NULL,
  trigger_name TEXT NOT NULL,
  message_key  TEXT,
  payload      TEXT NOT NULL,
  reason       TEXT NOT NULL,
  path         TEXT,
  created_at   INTEGER NOT NULL,
  CONSTRAINT each_is_refused_once UNIQUE (project, job_name, trigger_name, message_key)
) STRICT;
CREATE INDEX overnight_trigger_reject_by_trigger ON overnight_trigger_reject (project, job_name, trigger_name, id DESC);

-- The messages that wait in our own topics.
CREATE TABLE overnight_inbox_message (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  project     TEXT NOT NULL,
  topic       TEXT NOT NULL,
  message_key TEXT NOT NULL,
  body        TEXT NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX overnight_inbox_message_by_topic ON overnight_inbox_message (project, topic, id);
