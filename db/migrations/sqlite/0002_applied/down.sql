DROP TABLE overnight_applied_job;
