//! What a program gives to its jobs: pools, clients, configuration, each found by its type.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use crate::error::{BatchError, names};

/// Something that a step needs and the program gives: an argument of a step written as `Res<Bank>`.
///
/// It is shared: every step gets the same one. Two things of one type are told apart by types of their own around them.
///
/// ```
/// use overnight_framework::resource::Res;
///
/// struct Bank { name: &'static str }
///
/// fn greet(bank: Res<Bank>) -> String {
///     format!("Good morning from {}", bank.name)
/// }
///
/// // A test calls the step as what it is: a function.
/// assert_eq!(greet(Res::new(Bank { name: "Zürich" })), "Good morning from Zürich");
/// ```
pub struct Res<T: ?Sized>(Arc<T>);

impl<T> Res<T> {
    /// A resource of its own, as tests need it.
    pub fn new(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T: ?Sized> From<Arc<T>> for Res<T> {
    fn from(shared: Arc<T>) -> Self {
        Self(shared)
    }
}

impl<T: ?Sized> From<Res<T>> for Arc<T> {
    fn from(resource: Res<T>) -> Self {
        resource.0
    }
}

impl<T: ?Sized> Clone for Res<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> Deref for Res<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Res<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The resources of a program, at most one of each type.
#[derive(Clone, Default)]
pub struct Resources {
    /// Behind each type an `Arc` of it.
    shared: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

impl Resources {
    /// Adds one; it replaces another of its type.
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) {
        self.share(Arc::new(value));
    }

    /// Adds one that is shared already, or that is known by a trait: `share::<dyn Mailer>(Arc::new(Smtp::new()))`.
    pub fn share<T: ?Sized + Send + Sync + 'static>(&mut self, shared: Arc<T>) {
        self.shared.insert(TypeId::of::<T>(), Arc::new(shared));
    }

    /// The one of a type.
    ///
    /// # Errors
    /// When there is none.
    pub fn get<T: ?Sized + Send + Sync + 'static>(&self) -> Result<Res<T>, BatchError> {
        let found = self.shared.get(&TypeId::of::<T>()).and_then(|shared| shared.downcast_ref::<Arc<T>>());
        found.map(|shared| Res(Arc::clone(shared))).ok_or_else(|| Need::of::<T>().missing())
    }

    /// Whether what is needed is there.
    #[must_use]
    pub fn has(&self, need: Need) -> bool {
        self.shared.contains_key(&need.id)
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resources").field("count", &self.shared.len()).finish()
    }
}

/// The type of a resource that a step cannot do without, known before anything runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Need {
    id: TypeId,
    name: &'static str,
}

impl Need {
    /// The need for a resource of type `T`.
    #[must_use]
    pub fn of<T: ?Sized + 'static>() -> Self {
        Self { id: TypeId::of::<T>(), name: type_name::<T>() }
    }

    /// The type as rustc writes it, with its path.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        self.name
    }

    fn missing(self) -> BatchError {
        BatchError::new(names::UNNAMED, format!("the program has no resource of type `{}`", self.name))
    }
}
