//! The JSON Schema of a program with kinds of its own: it has them too.

use std::fs;
use std::path::Path;

use overnight_db::Backend;

use super::project::Project;

#[test]
fn the_schema_of_a_program_has_the_kinds_of_its_own() {
    let schema = Project::new(Backend::Sqlite).jobctl(&["schema"]).expect(0);
    let naps = &schema.json()["$defs"]["naps-reader"];
    assert_eq!(naps["required"], serde_json::json!(["chunks", "ms"]));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("job.schema.json");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &schema.stdout).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    assert!(written == schema.stdout, "job.schema.json is stale: run the tests with UPDATE_DOCS=1");
}
