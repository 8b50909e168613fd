//! Executions as JSON: the shape that programs rely on.

use chrono::{DateTime, SecondsFormat, Utc};
use overnight_framework::execution::{ExecutionId, JobExecution, StepExecution};
use overnight_framework::repository::StoredDeadLetter;
use overnight_framework::row;
use serde_json::{Value, json};

/// One execution, without its steps.
pub(super) fn execution(job: &JobExecution) -> Value {
    json!({
        "id": job.id.0,
        "instance_id": job.instance_id.0,
        "job": job.job_name,
        "target": job.target,
        "module": job.module,
        "project": job.project,
        "labels": job.labels,
        "status": job.word().as_str(),
        "batch_status": job.status.as_str(),
        "exit_code": job.exit_code.as_str(),
        "exit_message": job.exit_message,
        "progress": job.progress,
        "params": job.params,
        "queue": null,
        "host": null,
        "worker": job.worker_name,
        "trigger": job.trigger.as_str(),
        "triggered_by": job.triggered_by,
        "stop_by": job.stop_by,
        "reason": job.reason,
        "previous_id": job.previous_id.map(|id| id.0),
        "attempt": job.attempt,
        "created_at": time(Some(job.created_at)),
        "enqueued_at": time(Some(job.created_at)),
        "started_at": time(job.started_at),
        "ended_at": time(job.ended_at),
        "result": job.result,
        "error": job.error,
    })
}

/// One execution with its steps.
pub(super) fn with_steps(job: &JobExecution, steps: &[StepExecution]) -> Value {
    let mut object = execution(job);
    object["steps"] = steps.iter().map(step).collect();
    object
}

fn step(step: &StepExecution) -> Value {
    let counts = step.counts;
    json!({
        "path": step.path,
        "step": step.name,
        "kind": step.kind.as_str(),
        "dest": step.dest,
        "status": step.word().as_str(),
        "batch_status": step.status.as_str(),
        "exit_code": step.exit_code.as_str(),
        "read_count": counts.read,
        "write_count": counts.write,
        "filter_count": counts.filter,
        "read_skip_count": counts.read_skip,
        "process_skip_count": counts.process_skip,
        "write_skip_count": counts.write_skip,
        "commit_count": counts.commit,
        "rollback_count": counts.rollback,
        "retry_count": counts.retry,
        "checkpoint": step.checkpoint,
        "outputs": step.outputs,
        "error": step.error,
        "created_at": time(Some(step.created_at)),
        "started_at": time(step.started_at),
        "ended_at": time(step.ended_at),
    })
}

/// One skipped record, and the job of its instance that skipped it. A record that is no text is written in hexadecimal digits.
pub(super) fn reject(letter: &StoredDeadLetter, job: Option<ExecutionId>) -> Value {
    let text = std::str::from_utf8(&letter.payload);
    json!({
        "id": letter.id,
        "job_id": job.map(|id| id.0),
        "step_execution_id": letter.step_execution_id.0,
        "step": letter.step_key,
        "phase": letter.phase.as_str(),
        "position": letter.position,
        "payload": text.ok(),
        "payload_hex": text.is_err().then(|| row::Value::Bytes(letter.payload.as_slice().into()).to_string()),
        "payload_kind": letter.payload_kind,
        "error": letter.error,
        "created_at": time(Some(letter.created_at)),
    })
}

/// A time, to the microsecond.
pub(super) fn time(time: Option<DateTime<Utc>>) -> Value {
    time.map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true)).into()
}

#[cfg(test)]
mod tests {
    use overnight_framework::execution::{ErrorRecord, StepExecutionId};
    use overnight_framework::repository::Phase;

    use super::*;

    #[test]
    fn a_record_that_is_no_text_keeps_its_bytes() {
        let reject = |payload: &[u8]| {
            let letter = StoredDeadLetter {
                id: 1,
                step_execution_id: StepExecutionId(2),
                step_key: "load".to_owned(),
                phase: Phase::Read,
                position: Value::Null,
                payload: payload.to_vec(),
                payload_kind: "csv".to_owned(),
                error: ErrorRecord::default(),
                created_at: DateTime::default(),
            };
            let json = reject(&letter, None);
            (json["payload"].clone(), json["payload_hex"].clone())
        };
        assert_eq!(reject("7;Zürich".as_bytes()), ("7;Zürich".into(), Value::Null));
        assert_eq!(reject(b"7;Z\xfcrich"), (Value::Null, "373b5afc72696368".into()));
    }
}
