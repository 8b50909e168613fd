//! What the macros write holds wherever it is written: beside names that hide those of the standard library, and under lints
//! that forbid much.

#![deny(missing_docs, unused_qualifications, clippy::pedantic)]
#![expect(clippy::unnecessary_wraps, reason = "a step of a test cannot fail as others do")]
#![expect(clippy::trivially_copy_pass_by_ref, reason = "a rule is lent its value, however small")]

/// A module in which nothing means what it means elsewhere.
pub mod hostile {
    use ::std::primitive::{i64, str, u8};

    use ::overnight::error::Result as Answer;
    use ::overnight::kind::With;
    use ::overnight::resource::Res;
    use ::overnight::step::chunk::{Chunk, ItemReader, ItemWriter, Items, WriteContext};
    use ::overnight::{ParamValue, Params, Row, Settings, job, processor, reader, step, writer};

    /// No standard library.
    #[expect(non_camel_case_types, reason = "it hides the crate")]
    pub struct std;
    /// No core library.
    #[expect(non_camel_case_types, reason = "it hides the crate")]
    pub struct core;
    /// No result.
    pub struct Result;
    /// No option.
    pub struct Option;
    /// No vector.
    pub struct Vec;
    /// No text.
    pub struct String;
    /// Neither.
    pub struct Some;
    /// Nor.
    pub struct None;
    /// Nor.
    pub struct Ok;
    /// Nor.
    pub struct Err;
    /// Nothing that is boxed.
    pub struct Box;
    /// Nothing that is copied.
    pub trait Clone {}
    /// Nothing that is made of another.
    pub trait From {}

    /// A job.
    #[derive(Params)]
    pub struct Close {
        /// How many.
        #[param(default = 3, range = 1..=9)]
        many: i64,
        /// How.
        #[param(default = Mode::Full)]
        mode: Mode,
    }

    /// How it is done.
    #[derive(ParamValue)]
    pub enum Mode {
        /// All of it.
        Full,
        /// A part of it.
        Part,
    }

    #[job]
    impl Close {
        /// Asks for something that it does not keep.
        #[step]
        fn look(&self, text: &Res<str>) -> Answer<()> {
            ::std::assert!(self.many > 0 && !text.is_empty() && ::std::matches!(self.mode, Mode::Full | Mode::Part));
            ::std::result::Result::Ok(())
        }

        #[step(chunk = 2, when = "params.many > 1", retry = 2)]
        fn count(&self) -> Answer<Chunk> {
            let write = |_: &[i64], _: &mut WriteContext<'_>| ::std::result::Result::Ok(());
            ::std::result::Result::Ok(Chunk::read(Items::of(0..self.many)).write(write))
        }

        #[step(chunk = 2, skip = 1, reader = Self::lines, writer = Self::keep)]
        fn shift(&self, line: &Line, text: &Res<str>) -> Answer<Line> {
            ::std::assert!(!text.is_empty());
            ::std::result::Result::Ok(Line { number: line.number + self.many, text: ::std::option::Option::None })
        }

        fn lines(&self) -> Answer<impl ItemReader<Line> + use<>> {
            let line = |number| Line { number, text: ::std::option::Option::None };
            ::std::result::Result::Ok(Items::of((0..self.many).map(line)))
        }

        fn keep(&self) -> Answer<impl ItemWriter<Line> + use<>> {
            ::std::assert!(self.many > 0);
            ::std::result::Result::Ok(|_: &[Line], _: &mut WriteContext<'_>| ::std::result::Result::Ok(()))
        }
    }

    /// Settings.
    #[derive(Settings)]
    pub struct Render {
        /// How many.
        #[setting(default = 1, check = few)]
        copies: u8,
        /// How.
        mode: ::std::option::Option<Mode>,
        /// Whatever there is.
        #[setting(default)]
        words: ::std::vec::Vec<::std::string::String>,
    }

    fn few(copies: &u8) -> ::std::result::Result<(), &'static str> {
        if *copies < 9 { ::std::result::Result::Ok(()) } else { ::std::result::Result::Err("is too much") }
    }

    /// An item.
    #[derive(Row)]
    pub struct Line {
        /// Its number.
        number: i64,
        /// What it says.
        text: ::std::option::Option<::std::string::String>,
    }

    /// Renders.
    ///
    /// # Errors
    /// With nothing to print.
    #[step]
    pub fn render(with: &With<Render>) -> Answer<()> {
        match with.copies {
            0 if with.mode.is_none() && with.words.is_empty() => ::std::result::Result::Err("nothing".into()),
            _ => ::std::result::Result::Ok(()),
        }
    }

    /// Reads.
    ///
    /// # Errors
    /// Never.
    #[reader]
    pub fn feed() -> Answer<impl ItemReader<Line>> {
        let line = |number| Line { number, text: ::std::option::Option::None };
        ::std::result::Result::Ok(Items::of((0..3).map(line)))
    }

    /// Changes.
    #[processor]
    #[must_use]
    pub fn turn(line: &Line, with: &With<Render>) -> ::std::option::Option<Line> {
        let line = Line { number: -line.number * i64::from(with.copies), text: line.text.clone() };
        ::std::option::Option::Some(line)
    }

    /// Writes.
    ///
    /// # Errors
    /// Never.
    #[writer]
    pub fn archive() -> Answer<impl ItemWriter<Line>> {
        ::std::result::Result::Ok(|_: &[Line], _: &mut WriteContext<'_>| ::std::result::Result::Ok(()))
    }
}

use overnight::registry::Registry;

/// All of it is there.
#[test]
fn the_code_of_the_macros_needs_no_name_of_its_surroundings() {
    let registry = Registry::default()
        .job::<hostile::Close>()
        .component::<hostile::render>()
        .component::<hostile::feed>()
        .component::<hostile::turn>()
        .component::<hostile::archive>()
        .share::<str>("there".into());
    assert_eq!(registry.check(), Ok(()));
    assert_eq!(registry.names().collect::<Vec<_>>(), ["close"]);
}
