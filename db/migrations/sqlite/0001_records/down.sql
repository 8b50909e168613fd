-- Children first: foreign keys are on.
DROP TABLE overnight_dead_letter;
DROP TABLE overnight_event;
DROP TABLE overnight_step_execution;
DROP TABLE overnight_job_execution;
DROP TABLE overnight_status_transition;
DROP TABLE overnight_worker;
DROP TABLE overnight_job_instance;
DROP TABLE overnight_job_definition;
