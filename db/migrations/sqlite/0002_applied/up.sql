-- What the name of a job stands for since its definition was applied, without a run: the revision, and the folder of its file.
CREATE TABLE overnight_applied_job (
  project       TEXT NOT NULL,
  name          TEXT NOT NULL,
  definition_id INTEGER NOT NULL REFERENCES overnight_job_definition (id),
  base_dir      TEXT,
  applied_at    INTEGER NOT NULL,
  applied_by    TEXT NOT NULL,
  PRIMARY KEY (project, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX overnight_applied_job_definition ON overnight_applied_job (definition_id);
