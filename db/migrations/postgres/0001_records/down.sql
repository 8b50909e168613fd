-- The schema itself stays: it holds the list of migrations.
DROP TABLE overnight.dead_letter, overnight.event, overnight.step_execution, overnight.job_execution,
  overnight.status_transition, overnight.worker, overnight.job_instance, overnight.job_definition;
DROP FUNCTION overnight.refuse_illegal_move();
DROP FUNCTION overnight.after(bigint);
DROP FUNCTION overnight.now();
