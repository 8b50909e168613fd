DROP TABLE overnight.inbox_message;
DROP TABLE overnight.trigger_reject;
DROP TABLE overnight.trigger_fire;
DROP TABLE overnight.trigger;
DROP INDEX overnight.queued_execution;
