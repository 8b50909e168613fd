//! Chunk steps of jobs in Rust: their parts are written as in a job file, and read by the same code.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::census::Census;
use super::chunk::chunk;
use super::condition::{Conditions, frames};
use super::judges::{Known, OfStep};
use crate::kind::{Kinds, Names, Site};
use crate::step::chunk::ChunkStep;
use crate::yaml::{self, Problems, Source, Span};

impl Conditions {
    /// The chunk step that stands next and is called `name`. Its `parts` are what a job file has below `chunk`; the settings
    /// may use the parameters, the job, and the steps before it.
    ///
    /// # Errors
    /// Everything that a job file with these parts would be refused for.
    pub(crate) fn chunk(&self, name: &str, parts: &Source, kinds: &Kinds) -> Result<ChunkStep, Problems> {
        let (layout, census) = (self.layout(), self.census(name));
        let uses = RefCell::<BTreeSet<Box<str>>>::default();
        let known = Known { census: &census, layout: &layout };
        let judge = OfStep { known, index: self.steps.len() };
        let site = Site { judge: &judge, connections: &[], uses: &uses };
        let draft = yaml::read(parts, |at| chunk(at, kinds, &Names::at(layout.scope(), site)))?;
        let needs = layout.needs(&uses.into_inner());
        Ok(draft.into_step(needs, Arc::new(frames(layout))))
    }

    fn census(&self, own: &str) -> Census {
        let earlier = self.steps.iter().map(|(name, ..)| name.as_str());
        let steps = earlier.chain([own]).map(|name| (name.into(), Span::default())).collect();
        Census { params: self.params.iter().map(|param| param.name.clone()).collect(), steps, ..Census::default() }
    }
}
