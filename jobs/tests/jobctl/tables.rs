//! Tables that do not take every row as it is sent: none is lost without a word.

use overnight_db::Backend;
use serde_json::json;

use super::project::{Project, on_both_stores};
use super::support::count;

/// It loads `rows.csv`, and may put bad records aside.
const JOB: &str = "
name: NAME
instances: many
steps:
  - name: load
    chunk:
      reader: { csv: { path: rows.csv, columns: { id: integer, v: integer } } }
      writer: { table: { name: NAME } }
      skip: { limit: 10, errors: [InvalidRow] }
";

impl Project {
    fn load(&self, table: &str, rows: &str) {
        self.file(&format!("{table}.yaml"), &JOB.replace("NAME", table));
        self.file("rows.csv", &format!("id,v\n{rows}"));
    }

    /// The lines of the records that were put aside.
    fn lines_aside(&self, job: &str) -> Vec<serde_json::Value> {
        let rejects = self.jobctl(&["show", job, "--rejects", "-o", "json"]).expect(0).json();
        rejects.as_array().unwrap().iter().map(|reject| reject["position"]["line"].clone()).collect()
    }
}

/// Every second row is left out, by the table itself.
fn leave_out(project: &Project, table: &str) {
    project.execute(&match Backend::of(&project.url).unwrap() {
        Backend::Sqlite => format!(
            "create table {table} (id integer, v integer);
             create trigger odd before insert on {table} when new.id % 2 begin select raise(ignore); end"
        ),
        Backend::Postgres => format!(
            "create table {table} (id bigint, v bigint);
             create function odd() returns trigger language plpgsql as
               'begin if new.id % 2 = 1 then return null; end if; return new; end';
             create trigger odd before insert on {table} for each row execute function odd()"
        ),
    });
}

on_both_stores! {
    fn rows_that_a_trigger_leaves_out_fail_the_step_and_nothing_of_their_chunk_stays(project) {
        leave_out(project, "half");
        // Few rows and many, which PostgreSQL gets in another way.
        for (rows, taken) in [(9, 4), (1_000, 500)] {
            project.load("half", &(1..=rows).map(|id| format!("{id},0\n")).collect::<String>());
            let failed = project.jobctl(&["start", "half.yaml"]);
            let said = format!("InvalidTable: the table half took {taken} of {rows} rows: a trigger or a rule left the others out");
            assert!(failed.code == Some(3) && failed.stderr.contains(&said), "{failed:#?}");
            assert_eq!(project.number("select count(*) from half"), 0);
            assert_eq!(count(&project.show("half"), "write_count"), 0);
        }
        let upsert = JOB.replace("{ name: NAME }", "{ name: NAME, mode: upsert, key: [id] }").replace("NAME", "half");
        project.file("half.yaml", &upsert);
        project.execute("create unique index one_each on half (id)");
        project.jobctl(&["start", "half.yaml"]).expect(0);
        assert_eq!(project.number("select count(*) from half"), 500);
    }

    fn a_temporary_table_is_refused_before_a_row_goes_into_it(project) {
        let schema = if Backend::of(&project.url).unwrap() == Backend::Sqlite { "temp" } else { "pg_temp" };
        project.load("lost", "1,1\n");
        let create = format!("{{ name: {schema}.lost, create: if_missing }}");
        project.file("lost.yaml", &JOB.replace("{ name: NAME }", &create).replace("NAME", "lost"));
        let refused = project.jobctl(&["start", "lost.yaml"]).expect(3);
        let said = format!("InvalidTable: {schema}.lost is a temporary table, which ends with its connection");
        assert!(refused.stderr.contains(&said), "{refused:#?}");
    }
}

#[test]
fn a_table_of_sqlite_that_settles_conflicts_itself_loses_no_row_to_them() {
    let project = Project::new(Backend::Sqlite);
    for (table, clause) in
        [("ignoring", "primary key on conflict ignore"), ("replacing", "unique ON\nCONFLICT replace")]
    {
        project.execute(&format!("create table {table} (id integer {clause}, v integer)"));
        project.load(table, "1,1\n1,2\n3,3\n");
        project.jobctl(&["start", &format!("{table}.yaml")]).expect(0);
        assert_eq!(project.lines_aside(table), [json!(3)], "{table}");
        assert_eq!(project.number(&format!("select sum(v) from {table}")), 4, "{table}");
    }
}

/// What a trigger says of its own rows holds as before.
#[test]
fn a_trigger_of_sqlite_settles_its_conflicts_as_it_says() {
    let project = Project::new(Backend::Sqlite);
    project.execute(
        "create table entry (id integer, v integer); create table account (v integer primary key);
         create trigger known after insert on entry begin insert or ignore into account values (new.v); end",
    );
    project.load("entry", "1,1\n2,1\n3,2\n");
    project.jobctl(&["start", "entry.yaml"]).expect(0);
    assert_eq!(project.number("select count(*) * 10 + (select count(*) from account) from entry"), 32);
}

#[test]
fn a_constraint_that_may_wait_for_the_commit_names_the_rows_that_break_it() {
    let project = Project::new(Backend::Postgres);
    project.execute(
        "create table parent (v bigint primary key); insert into parent values (1), (3);
         create table waiting (id bigint unique deferrable initially deferred,
                               v bigint references parent deferrable initially deferred)",
    );
    project.load("waiting", "1,1\n1,3\n2,2\n3,3\n");
    project.jobctl(&["start", "waiting.yaml"]).expect(0);
    assert_eq!(project.lines_aside("waiting"), [json!(3), json!(4)]);
    assert_eq!(project.number("select sum(id)::bigint from waiting"), 4);
    // A row may come before the one that it refers to, where nothing else of its chunk is refused.
    project
        .execute("create table tree (id bigint primary key, v bigint references tree deferrable initially deferred)");
    project.load("tree", "1,2\n2,2\n");
    project.jobctl(&["start", "tree.yaml"]).expect(0);
    assert_eq!((project.lines_aside("tree").len(), project.number("select count(*) from tree")), (0, 2));
}
