-- What the name of a job stands for since its definition was applied, without a run: the revision, and the folder of its file.
CREATE TABLE overnight.applied_job (
  project       text NOT NULL,
  name          text NOT NULL,
  definition_id bigint NOT NULL REFERENCES overnight.job_definition (id),
  base_dir      text,
  applied_at    timestamptz NOT NULL,
  applied_by    text NOT NULL,
  PRIMARY KEY (project, name)
);
CREATE INDEX applied_job_definition ON overnight.applied_job (definition_id);
