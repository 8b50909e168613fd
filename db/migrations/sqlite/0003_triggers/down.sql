DROP TABLE overnight_inbox_message;
DROP TABLE overnight_trigger_reject;
DROP TABLE overnight_trigger_fire;
DROP TABLE overnight_trigger;
DROP INDEX overnight_queued_execution;
