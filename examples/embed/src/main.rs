//! A web service that takes orders, starts their jobs in the same transaction, and streams how far they are.
//!
//! `overnight-example-embed ADDRESS DATABASE`, such as `127.0.0.1:8080 sqlite:shop.db`.

mod http;
mod pack;
mod shop;

use std::error::Error;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::shop::Shop;

/// The exit code when another program listens at the address.
const TAKEN: u8 = 4;

/// How long the runs may take to come to their next chunk boundary when the service leaves.
const GRACE: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(database)) = (arguments.next(), arguments.next()) else {
        return told("usage: overnight-example-embed ADDRESS DATABASE", 2);
    };
    // Before the database: whoever cannot serve shall not become a worker.
    let listener = match TcpListener::bind(&address).await {
        Ok(listener) => listener,
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            return told(&format!("{address} is taken: another program listens there"), TAKEN);
        }
        Err(error) => return told(&format!("cannot listen at {address}: {error}"), 1),
    };
    match serve(listener, &database).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => told(&error.to_string(), 1),
    }
}

// ANCHOR: serve
async fn serve(listener: TcpListener, database: &str) -> Result<(), Box<dyn Error>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let shop = Arc::new(Shop::open(database)?);
    let queue = tokio::spawn(shop::run_what_waits(Arc::clone(&shop)));
    writeln!(io::stdout(), "listening at http://{}", listener.local_addr()?)?;

    let leaving = Arc::clone(&shop);
    let leave = async move {
        terminate.recv().await;
        // The runs end at their next chunk boundary, and with them the streams: only then nobody is kept from leaving.
        let _ = tokio::task::spawn_blocking(move || leaving.engine.shutdown(GRACE)).await;
    };
    axum::serve(listener, http::routes(shop)).with_graceful_shutdown(leave).await?;
    queue.await??;
    Ok(())
}
// ANCHOR_END: serve

fn told(words: &str, code: u8) -> ExitCode {
    // Where nobody listens, the code says it.
    let _ = writeln!(io::stderr(), "{words}");
    ExitCode::from(code)
}
