//! What the service answers: orders are taken, and their runs watched as they happen.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_core::Stream;
use overnight::engine::{Notice, StartJobError, Subscription};
use overnight::execution::{ExecutionId, JobExecution};
use overnight::monitor::Happened;
use overnight::operator::FindError;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::shop::{Order, Refused, Shop};

/// A refusal, in words.
type Refusal = (StatusCode, String);

pub(crate) fn routes(shop: Arc<Shop>) -> Router {
    Router::new().route("/orders", post(place)).route("/jobs/{id}/progress", get(progress)).with_state(shop)
}

/// Takes an order. The database is waited for on a thread that may wait.
async fn place(State(shop): State<Arc<Shop>>, Json(order): Json<Order>) -> Result<(StatusCode, Json<Value>), Refusal> {
    let number = order.number;
    let placed = spawn_blocking(move || shop.place(order)).await.map_err(broken)?;
    match placed {
        Ok(run) => Ok((StatusCode::CREATED, Json(json!({ "order": number, "job": run.id.0 })))),
        Err(Refused::Known) => Err((StatusCode::CONFLICT, format!("there is an order {number} already"))),
        Err(Refused::Job(StartJobError::Params(error))) => Err((StatusCode::UNPROCESSABLE_ENTITY, error.to_string())),
        Err(Refused::Job(error)) => Err(broken(error)),
        Err(Refused::Broken(error)) => Err(broken(error)),
    }
}

// ANCHOR: progress
/// Tells of a run as it happens, until its end.
async fn progress(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<i64>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Refusal> {
    let id = ExecutionId(id);
    // First listened, then looked: what happens in between is heard.
    let events = shop.engine.subscribe();
    let found = spawn_blocking(move || shop.engine.operator().find(&id.into())).await.map_err(broken)?;
    let run = found.map_err(|error| match error {
        FindError::NoExecution(_) => (StatusCode::NOT_FOUND, error.to_string()),
        error => broken(error),
    })?;
    let over = run.status.is_ended().then(|| ended(&run));
    Ok(Sse::new(Progress { run: Some(id), events, over }))
}

/// The events of one run.
struct Progress {
    /// `None` when its end is told.
    run: Option<ExecutionId>,
    events: Subscription,
    /// What is told at once, when the run was over before anybody asked.
    over: Option<Event>,
}

/// What is told of a run.
enum Told {
    Nothing,
    More(Event),
    Last(Event),
}

impl Stream for Progress {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while let Some(run) = self.run {
            let told = match self.over.take() {
                Some(over) => Told::Last(over),
                None => match ready!(pin!(self.events.changed()).poll(context)) {
                    Some(notice) => told(run, &notice),
                    // The engine is gone; who comes again hears more.
                    None => break,
                },
            };
            match told {
                Told::Nothing => {}
                Told::More(event) => return Poll::Ready(Some(Ok(event))),
                Told::Last(event) => {
                    self.run = None;
                    return Poll::Ready(Some(Ok(event)));
                }
            }
        }
        Poll::Ready(None)
    }
}

fn told(run: ExecutionId, notice: &Notice) -> Told {
    let event = match notice {
        Notice::Event(event) if event.execution == run => event,
        Notice::Event(_) => return Told::Nothing,
        // This client was too slow, and perhaps has missed the end: it comes again and is told how the run stands.
        _ => return Told::Last(Event::default().event("missed").data("")),
    };
    match &event.happened {
        Happened::Progress { counts, total, .. } => {
            let told = json!({ "packed": counts.write, "of": total });
            Told::More(Event::default().event("progress").data(told.to_string()))
        }
        Happened::Ended(run) => Told::Last(ended(run)),
        Happened::Lost { error } => Told::Last(Event::default().event("lost").data(error)),
        _ => Told::Nothing,
    }
}
// ANCHOR_END: progress

fn ended(run: &JobExecution) -> Event {
    let told = json!({ "status": run.word().to_string(), "error": run.error.as_ref().map(|error| &error.message) });
    Event::default().event("ended").data(told.to_string())
}

fn broken(error: impl std::fmt::Display) -> Refusal {
    (StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
}
