//! Paths in settings: they start at the folder of the job file, and stay below what the file spells out; and what to do where
//! there is no such file.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

use overnight_framework::BatchError;
use overnight_framework::error::names;
use overnight_framework::kind::{Frame, Setting};
use overnight_framework::suggest::nearest;

use crate::quoted::quoted;

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

/// What a person can do about a file that the system does not give: commands that work as they are printed.
pub(crate) fn help_for(path: &Path, error: &io::Error) -> Option<String> {
    let folder = path.parent().unwrap_or(path);
    let word = |path: &Path| quoted(&path.to_string_lossy());
    match error.kind() {
        ErrorKind::NotFound if !folder.is_dir() => Some(format!("there is no folder {} either", folder.display())),
        ErrorKind::NotFound => Some(match neighbour(path, folder) {
            Some(near) => format!("did you mean {}?", folder.join(near).display()),
            None => format!("`ls -l {}` shows what is there", word(folder)),
        }),
        ErrorKind::PermissionDenied => {
            let word = word(path);
            Some(format!("`ls -ld {word}` shows whose it is; `chmod u+rX {word}` lets its owner read it"))
        }
        ErrorKind::StorageFull => Some(format!("`df -h {}` shows how full it is", word(folder))),
        _ => None,
    }
}

/// The file beside a missing one that was meant most likely.
fn neighbour(path: &Path, folder: &Path) -> Option<String> {
    /// Who has more files in one folder knows their names.
    const MOST: usize = 1_000;
    let there = fs::read_dir(folder).ok()?.take(MOST).flatten().map(|entry| PathBuf::from(entry.file_name()));
    // Of the same kind: an ending in common makes any two names alike.
    let same: Vec<_> = there.filter(|name| name.extension() == path.extension()).collect();
    let stem = |name: &Path| name.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let stems: Vec<_> = same.iter().filter_map(|name| stem(name)).collect();
    let near = nearest(&stem(path)?, stems.iter().map(String::as_str))?;
    same.iter().find(|name| stem(name).as_deref() == Some(near)).map(|name| name.to_string_lossy().into_owned())
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
