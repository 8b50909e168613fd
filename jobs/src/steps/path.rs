//! Paths in settings: they start at the folder of the job file, and stay below what the file spells out.

use std::path::{Component, Path, PathBuf};

use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::kind::{Frame, Setting};

/// The path that `setting` means in this run.
///
/// Where the text begins with a literal part, as `data/${{ params.day }}.csv` does, the path stays inside the folder of
/// that part: a parameter such as `../../etc/passwd` does not lead out of it. Symbolic links are followed as ever.
pub(crate) fn resolve(setting: &Setting, frame: &Frame) -> Result<PathBuf, BatchError> {
    let text = setting.text(frame)?;
    if text.is_empty() {
        return Err(BatchError::new(names::INVALID_VALUE, "the path is empty"));
    }
    let path = frame.resolve(&text);
    if setting.literal().is_some() || setting.prefix().is_empty() {
        return Ok(path);
    }
    let folder = setting.prefix().rsplit_once('/').map_or("", |(folder, _)| folder);
    // A prefix such as `/x` has the root as its folder.
    let folder = if folder.is_empty() && setting.prefix().starts_with('/') { "/" } else { folder };
    if plain(&path).starts_with(plain(&frame.resolve(folder))) {
        return Ok(path);
    }
    let within = if folder.is_empty() { "the folder of the job file" } else { folder };
    Err(BatchError::new(names::INVALID_VALUE, format!("the path `{text}` leads out of {within}")))
}

/// The path without `.` and `..`, as far as its words say.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                // Above a relative beginning there is no telling: the dots stay.
                if matches!(plain.components().next_back(), None | Some(Component::ParentDir)) {
                    plain.push("..");
                } else {
                    plain.pop();
                }
            }
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => plain.push(part),
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use overnight_framework::expr::Scope;
    use overnight_framework::kind::Names;
    use overnight_framework::row::{Type, Value};
    use overnight_framework::yaml::{self, Source};

    use super::*;

    fn resolved(text: &str, day: &str) -> Result<PathBuf, BatchError> {
        let mut scope = Scope::new();
        scope.declare(&["day"], Type::Str).unwrap();
        let setting = yaml::read(&Source::new("job.yaml", text), |at| Names::new(&scope).setting(at)).unwrap();
        let frame = Frame { values: vec![Value::from(day)], base_dir: "/jobs".into(), ..Frame::default() };
        resolve(&setting, &frame)
    }

    #[test]
    fn a_path_starts_at_the_folder_of_the_job_file() {
        assert_eq!(resolved("data/${{ day }}.csv", "x").unwrap(), Path::new("/jobs/data/x.csv"));
        assert_eq!(resolved("/data/${{ day }}.csv", "x").unwrap(), Path::new("/data/x.csv"));
    }

    #[test]
    fn a_value_does_not_lead_out_of_the_literal_folder_before_it() {
        for (text, day) in
            [("data/${{ day }}", "../x"), ("x-${{ day }}", "/../../y"), ("/var/lib/${{ day }}", "a/../../x")]
        {
            let error = resolved(text, day).unwrap_err();
            assert!(error.message().contains("leads out of"), "{error}");
        }
        assert!(resolved("data/${{ day }}", "a/../b").is_ok());
    }

    #[test]
    fn a_path_that_begins_with_a_value_is_not_confined() {
        assert_eq!(resolved("${{ day }}/x.csv", "../in").unwrap(), Path::new("/jobs/../in/x.csv"));
        assert!(resolved("${{ day }}", "").is_err());
    }
}
