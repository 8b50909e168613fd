//! Command lines for people to type next, with the parameters of a job.

use overnight_framework::execution::JsonObject;
use overnight_framework::job::Job;
use overnight_framework::params::{ParamDeclaration, ParamType};
use serde_json::Value;

use super::arguments::{ParamArguments, Start};
use super::output::quoted;

/// `jobctl start JOB -p …` with these values of what is declared. They are a document where pairs would not say the same: a pair
/// is never null, and one of a parameter that takes any JSON may be read as another value.
pub(super) fn start(job: &str, params: &JsonObject, declared: &[ParamDeclaration]) -> String {
    let takes_json = |name: &str| declared.iter().any(|param| param.kind == ParamType::Json && *param.name == *name);
    let pair = |(name, value): (&String, &Value)| match value {
        _ if takes_json(name) => None,
        Value::String(text) => Some(format!(" -p {}", quoted(&format!("{name}={text}")))),
        Value::Number(_) | Value::Bool(_) => Some(format!(" -p {name}={value}")),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    };
    let pairs: Option<String> = params.iter().map(pair).collect();
    let given = pairs.unwrap_or_else(|| format!(" {}", quoted(&Value::Object(params.clone()).to_string())));
    format!("jobctl start {}{given}", quoted(job))
}

/// What was typed, with what is missing. What may be secret is not repeated, and not typed where all see it.
pub(super) fn completed(verb: &Start, job: &Job, lacking: &[&ParamDeclaration]) -> String {
    let mut words = vec!["jobctl".to_owned(), "start".to_owned(), quoted(&verb.job)];
    words.extend(given(&verb.params, job));
    let (secret, open): (Vec<&ParamDeclaration>, Vec<_>) = lacking.iter().partition(|param| param.secret);
    words.extend(open.iter().map(|param| format!("-p {}={}", param.name, param.kind.name().to_uppercase())));
    if !secret.is_empty() {
        words.push("--params-file -".to_owned());
    }
    words.extend(verb.detach.then(|| "--detach".to_owned()));
    words.extend(verb.reason.iter().map(|reason| format!("--reason {}", quoted(reason))));
    words.join(" ")
}

/// The parameters as they were typed.
fn given(params: &ParamArguments, job: &Job) -> Vec<String> {
    let is_secret = |name: &str| job.params.iter().any(|param| param.secret && *param.name == *name);
    let has_secrets = job.params.iter().any(|param| param.secret);
    let ParamArguments { json, params, params_file, pairs } = params;
    let document = |text: &String| match text.as_str() {
        "-" => "-".to_owned(),
        _ if has_secrets => "'{…}'".to_owned(),
        text => quoted(text),
    };
    let file = params_file.iter().map(|path| format!("--params-file {}", quoted(&path.to_string_lossy())));
    let pairs = pairs.iter().map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("-p {name}=…"),
        _ => format!("-p {}", quoted(pair)),
    });
    json.iter().chain(params).map(document).chain(file).chain(pairs).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn command(params: &Value) -> String {
        let declared = [ParamDeclaration::new("ids", ParamType::Json)];
        start("night shift.yaml", params.as_object().unwrap(), &declared)
    }

    #[test]
    fn a_command_has_the_values_as_a_shell_takes_them() {
        assert_eq!(command(&json!({})), "jobctl start 'night shift.yaml'");
        assert_eq!(
            command(&json!({ "day": "2026-04-07", "dry": true, "note": "it's late", "rows": 7 })),
            r"jobctl start 'night shift.yaml' -p day=2026-04-07 -p dry=true -p 'note=it'\''s late' -p rows=7"
        );
    }

    #[test]
    fn what_no_pair_can_say_is_a_document() {
        assert_eq!(command(&json!({ "mode": null })), r#"jobctl start 'night shift.yaml' '{"mode":null}'"#);
        assert_eq!(command(&json!({ "ids": "007" })), r#"jobctl start 'night shift.yaml' '{"ids":"007"}'"#);
    }

    #[test]
    fn what_was_typed_is_all_there_and_no_secret_of_it() {
        let param = |name: &str, secret| ParamDeclaration {
            required: true,
            secret,
            ..ParamDeclaration::new(name, ParamType::Date)
        };
        let job = Job { params: vec![param("day", false), param("key", true)], ..Job::new("night") };
        let verb = Start {
            job: "night".to_owned(),
            params: ParamArguments {
                pairs: vec!["key=s3cret".to_owned()],
                json: Some("-".to_owned()),
                ..ParamArguments::default()
            },
            detach: true,
            reason: Some("month end".to_owned()),
            no_input: false,
        };
        let lacking: Vec<_> = job.params.iter().take(1).collect();
        assert_eq!(
            completed(&verb, &job, &lacking),
            "jobctl start night - -p key=… -p day=DATE --detach --reason 'month end'"
        );
    }
}
