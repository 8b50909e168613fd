//! `--detach`: a child of the same executable runs the job in a session of its own, and the command line is free again.
//!
//! Parent and child speak over a socket that is the child's stdin: what the job gets may be secret, and arguments and environments
//! can be read by others. A line of JSON each:
//!
//! 1. the parent says where the records are;
//! 2. the child takes its life lock and says who it is: nothing is written before that;
//! 3. the parent launches in the child's name, and says what to run;
//! 4. the child renews the lease, reads the job, and says that it holds it: then the parent prints the id and is gone.
//!
//! A child that is not heard of in time is killed, and its execution ends with LAUNCH_ERROR. It cannot have begun: a job is begun
//! only when the parent has heard of it, and the socket is closed to the child before the last look at it.

mod child;
mod parent;

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use overnight_framework::execution::{ExecutionId, WorkerId};
use overnight_framework::params::{DocumentError, Given, GivenParams};
use overnight_framework::repository::{Lease, WorkerIdentity};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub(super) use self::child::main_if_asked;
pub(super) use self::parent::run;

/// The hidden argument.
const ARGUMENT: &str = "__detached";

/// How long each side waits for a word of the other.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the records are. The address may have a password in it.
#[derive(Serialize, Deserialize)]
struct Place {
    database: Option<String>,
    project: Option<String>,
}

/// From the child.
#[derive(Serialize, Deserialize)]
enum Report {
    /// It lives, and this is its name.
    Ready(WorkerIdentity),
    /// It holds the lease and is about to begin.
    Held,
}

/// From the parent, when the launch is decided.
#[derive(Serialize, Deserialize)]
enum Order {
    Run(Handed),
    /// There is nothing to run.
    Leave,
}

/// The right to run an execution, and what is not in its rows.
#[derive(Serialize, Deserialize)]
struct Handed {
    execution: i64,
    worker: i64,
    token: i64,
    secrets: Vec<(String, Secret)>,
}

/// A secret parameter as it was given.
#[derive(Serialize, Deserialize)]
enum Secret {
    Text(String),
    Json(String),
}

impl Handed {
    fn new(lease: Lease, secrets: Vec<(String, Secret)>) -> Self {
        Self { execution: lease.execution.0, worker: lease.worker.0, token: lease.token, secrets }
    }

    fn lease(&self) -> Lease {
        Lease { execution: ExecutionId(self.execution), worker: WorkerId(self.worker), token: self.token }
    }

    /// The secret parameters, as if they had been given here.
    fn given(self) -> Result<GivenParams, DocumentError> {
        let mut given = GivenParams::default();
        for (name, secret) in self.secrets {
            match secret {
                Secret::Text(text) => given.set_pair(&format!("{name}={text}"))?,
                Secret::Json(json) => {
                    given.extend(GivenParams::from_json(&format!("{{{}:{json}}}", serde_json::json!(name)))?);
                }
            }
        }
        Ok(given)
    }
}

impl Secret {
    /// `None` for one that was not given in this process.
    fn of(given: &Given) -> Option<Self> {
        match given {
            Given::Text(text) => Some(Self::Text(text.clone())),
            Given::Json { text, .. } => Some(Self::Json(text.clone())),
            Given::Stored(_) => None,
        }
    }
}

/// One end of the socket.
struct Line(BufReader<UnixStream>);

impl Line {
    fn over(socket: UnixStream) -> io::Result<Self> {
        socket.set_write_timeout(Some(PATIENCE))?;
        Ok(Self(BufReader::new(socket)))
    }

    /// Waits at most so long for each word from here on; for ever with `None`.
    fn wait_at_most(&mut self, patience: Option<Duration>) -> io::Result<()> {
        self.0.get_ref().set_read_timeout(patience)
    }

    /// Says something in one piece.
    fn send(&mut self, word: &impl Serialize) -> io::Result<()> {
        self.0.get_mut().write_all(format!("{}\n", serde_json::to_string(word)?).as_bytes())
    }

    fn receive<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        let mut line = String::new();
        match self.0.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(serde_json::from_str(&line)?),
        }
    }

    /// From here on the other side cannot say anything more. What it has said can still be received.
    fn close_ears(&mut self) {
        let _ = self.0.get_ref().shutdown(Shutdown::Read);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> (Line, Line) {
        let (one, other) = UnixStream::pair().unwrap();
        (Line::over(one).unwrap(), Line::over(other).unwrap())
    }

    #[test]
    fn what_was_said_before_the_ears_were_closed_is_heard_and_nothing_after_it() {
        let (mut parent, mut child) = line();
        child.send(&Report::Held).unwrap();
        parent.close_ears();
        assert!(matches!(parent.receive::<Report>(), Ok(Report::Held)));
        assert!(child.send(&Report::Held).is_err());
        assert!(parent.receive::<Report>().is_err());
    }

    #[test]
    fn a_secret_arrives_as_it_was_given() {
        let mut given = GivenParams::from_json(r#"{"key": {"a": [1e-7, "\u00fc\n"]}, "none": null}"#).unwrap();
        given.set_pair("pass=a=b\n\"c\"").unwrap();
        let secrets = given.names().map(|name| (name.to_owned(), Secret::of(given.get(name).unwrap()).unwrap()));
        let lease = Lease { execution: ExecutionId(1), worker: WorkerId(2), token: 3 };
        let (mut parent, mut child) = line();
        parent.send(&Handed::new(lease, secrets.collect())).unwrap();
        let handed: Handed = child.receive().unwrap();
        assert_eq!(handed.lease(), lease);
        let taken = handed.given().unwrap();
        let text = |params: &GivenParams, name: &str| match params.get(name) {
            Some(Given::Text(text) | Given::Json { text, .. }) => text.clone(),
            _ => panic!("{name}"),
        };
        assert_eq!(taken.names().collect::<Vec<_>>(), ["key", "none", "pass"]);
        assert!(taken.names().all(|name| text(&taken, name) == text(&given, name)));
    }
}
