//! The vars of a job: texts and values that are computed from the parameters and the environment.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::guard;
use super::job::File;
use super::judges::{Known, OfVar};
use super::layout::{Layout, Needs};
use crate::expr::{Expected, Program};
use crate::kind::{Names, Site};
use crate::row::Type;
use crate::yaml::{Code, Cursor};

/// A var, ready to be computed from the values declared before it.
#[derive(Debug)]
pub(super) struct Var {
    pub(super) name: Box<str>,
    /// Where it stands.
    pub(super) place: Box<str>,
    pub(super) program: Program,
    pub(super) kind: Type,
    pub(super) nullable: bool,
    pub(super) needs: Needs,
    /// Whether it is made of secrets.
    pub(super) confidential: bool,
}

/// Reads the vars in their order and declares each for those behind it.
pub(super) fn vars(at: &Cursor<'_>, file: &File<'_>, layout: &mut Layout) {
    let _ = at.map(|_, at| {
        let var = var(at, file, layout)?;
        layout.declare_var(var);
        Some(())
    });
}

fn var(at: &Cursor<'_>, file: &File<'_>, layout: &Layout) -> Option<Var> {
    let name = guard::key_name(at, "a var")?;
    let uses = RefCell::<BTreeSet<Box<str>>>::default();
    let judge = OfVar { known: Known { census: &file.census, layout }, name };
    let site = Site { judge: &judge, connections: file.connections, uses: &uses };
    let (_, typed) = Names::at(layout.scope(), site).template(at, Expected::Any)?;
    let Some(kind) = typed.kind() else {
        return at.refuse(at.problem("this is always null, so it has no type").code(Code::NeverAValue));
    };
    let uses = uses.into_inner();
    Some(Var {
        name: name.into(),
        place: at.place_in_words().into(),
        program: typed.compile(),
        kind,
        nullable: typed.nullable(),
        needs: layout.needs(&uses),
        confidential: layout.any_confidential(&uses),
    })
}
