//! The ids of rows, one type each, so that none is taken for another.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A job with one set of identifying parameters.
    InstanceId;
    /// One run of an instance: the id that operators see and type.
    ExecutionId;
    /// One run of one step.
    StepExecutionId;
    /// One life of one process that runs executions.
    WorkerId;
    /// One revision of a job definition.
    DefinitionId;
}
