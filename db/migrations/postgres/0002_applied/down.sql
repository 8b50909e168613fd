DROP TABLE overnight.applied_job;
