//! The messages of a queue of RabbitMQ, or of another broker that speaks AMQP 0-9-1.
//!
//! A message is acknowledged when its run, or the reason why it starts none, is committed in the store: the broker is never held
//! while a job runs. As long as the store does not answer, nothing is acknowledged and nothing given back: given back, a message
//! would come again at once, and a broker that counts how often it came would throw it away in the end. The queue itself belongs
//! to others: it is neither made nor changed here.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use futures_core::Stream as _;
use lapin::message::Delivery as Delivered;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties, Consumer};
use overnight_framework::error::BatchError;
use overnight_framework::repository::StoreError;
use overnight_framework::stop::StopToken;
use overnight_framework::trigger::{AmqpQueue, Message, TriggerError};
use thiserror::Error;
use tokio::runtime::Builder;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

use super::fires::{Delivery, Firer, Handled};
use super::topic::{said, tell_of};
use crate::chain::chain;

/// The first wait after a broker or a store did not answer; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// The longest wait for a broker.
const LONGEST_WAIT_FOR_BROKER: Duration = Duration::from_secs(5);

/// The longest wait for the store.
const LONGEST_WAIT_FOR_STORE: Duration = Duration::from_secs(30);

/// How long a broker may take for the first words. One that is just starting takes connections before it can answer, and consumers
/// before their queue has a leader.
const LONGEST_HANDSHAKE: Duration = Duration::from_secs(10);

/// How long it may take for the last ones.
const FAREWELL: Duration = Duration::from_secs(5);

/// How soon a consumer hears that it shall leave.
const LOOK: Duration = Duration::from_millis(100);

/// Why a session with a broker ended.
#[derive(Debug, Error)]
enum SessionError {
    /// The address cannot be made out.
    #[error("cannot make out `url`")]
    Url(#[source] BatchError),
    /// The broker refused, or is gone.
    #[error("{0}")]
    Broker(#[from] lapin::Error),
    /// Somebody listens there, and does not speak.
    #[error("the broker does not answer")]
    Silent,
    /// The broker has ended the subscription, as when its queue is deleted.
    #[error("the broker has ended the subscription")]
    Cancelled,
}

/// Somebody who takes the messages of one queue, one after another.
pub(crate) struct Subscriber<'a> {
    pub(crate) firer: Firer<'a>,
    pub(crate) queue: &'a AmqpQueue,
    pub(crate) leaving: &'a StopToken,
    /// Hears a line about everything that happens.
    pub(crate) tell: &'a (dyn Fn(String) + Sync),
}

impl Subscriber<'_> {
    /// Takes messages until it shall leave, in one session with the broker after another.
    pub(crate) fn run(&self) {
        // Two threads: while this one waits for the store, the other one answers the heartbeats of the broker.
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        match runtime {
            Ok(runtime) => runtime.block_on(self.sessions()),
            Err(error) => self.say(&format!("cannot be listened to: {error}")),
        }
    }

    async fn sessions(&self) {
        let mut wait = FIRST_WAIT;
        while !self.leaves() {
            let session = tokio::select! {
                ended = self.session(&mut wait) => ended,
                // A broker that is half dead may never say goodbye.
                () = self.left_for(FAREWELL) => return,
            };
            match session {
                Ok(()) => return,
                Err(error) => {
                    if wait == FIRST_WAIT {
                        self.say(&chain(&error));
                    }
                    self.pause(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT_FOR_BROKER);
                }
            }
        }
    }

    /// One connection, to its end. `Ok` when this side has ended it.
    async fn session(&self, wait: &mut Duration) -> Result<(), SessionError> {
        let subscribed = timeout(LONGEST_HANDSHAKE, self.subscribe()).await;
        let (connection, mut consumer) = subscribed.map_err(|_| SessionError::Silent)??;
        if *wait != FIRST_WAIT {
            self.say("the broker answers again");
            *wait = FIRST_WAIT;
        }
        loop {
            let delivered = tokio::select! {
                delivered = next(&mut consumer) => delivered.ok_or(SessionError::Cancelled)??,
                () = self.left() => break,
            };
            self.handle(delivered).await?;
        }
        // What was delivered and not taken goes back to the queue.
        Ok(connection.close(200, "leaving".into()).await?)
    }

    async fn subscribe(&self) -> Result<(Connection, Consumer), SessionError> {
        let url = self.queue.url.resolve().map_err(SessionError::Url)?;
        let name = format!("overnight: {} of {}", self.firer.trigger.name, self.firer.job.name);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let connection = Connection::connect(&url, properties).await?;
        let channel = connection.create_channel().await?;
        channel.basic_qos(self.queue.prefetch, BasicQosOptions::default()).await?;
        let options = BasicConsumeOptions::default();
        let queue = self.queue.queue.as_str().into();
        let consumer = channel.basic_consume(queue, "".into(), options, FieldTable::default()).await?;
        Ok((connection, consumer))
    }

    /// Takes one message, however long the store needs.
    async fn handle(&self, delivered: Delivered) -> Result<(), SessionError> {
        let mut wait = FIRST_WAIT;
        while !self.leaves() {
            match block_in_place(|| self.take(&delivered)) {
                Ok(handled) => {
                    if wait != FIRST_WAIT {
                        self.say("the store answers again");
                    }
                    delivered.ack(BasicAckOptions::default()).await?;
                    tell_of(&self.firer, handled, &mut |line| (self.tell)(line));
                    return Ok(());
                }
                Err(error) => {
                    if wait == FIRST_WAIT {
                        self.say(&chain(&error));
                    }
                    self.pause(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT_FOR_STORE);
                }
            }
        }
        Ok(())
    }

    fn take(&self, delivered: &Delivered) -> Result<Handled, StoreError> {
        let id = delivered.properties.message_id().as_ref().map(ToString::to_string).filter(|id| !id.is_empty());
        let from = Delivery { number: None, again: delivered.redelivered };
        let text = String::from_utf8_lossy(&delivered.data);
        let body = match std::str::from_utf8(&delivered.data) {
            Ok(text) => said(text),
            Err(error) => Err(TriggerError::new("message.body", format!("expected JSON: {error}"))),
        };
        match body {
            Ok(body) => {
                let message = Message { id, topic: self.queue.queue.clone(), body };
                self.firer.message(&message, &text, from)
            }
            Err(error) => self.firer.reject((id, &text), error, from),
        }
    }

    fn say(&self, what: &str) {
        let (job, trigger) = (&self.firer.job.name, &self.firer.trigger.name);
        (self.tell)(format!("{job}: trigger {trigger}, queue {}: {what}", self.queue.queue));
    }

    fn leaves(&self) -> bool {
        self.leaving.requested().is_some()
    }

    async fn left(&self) {
        while !self.leaves() {
            sleep(LOOK).await;
        }
    }

    /// Waits until this length of time after the order to leave.
    async fn left_for(&self, length: Duration) {
        self.left().await;
        sleep(length).await;
    }

    async fn pause(&self, length: Duration) {
        tokio::select! {
            () = sleep(length) => {}
            () = self.left() => {}
        }
    }
}

async fn next(consumer: &mut Consumer) -> Option<lapin::Result<Delivered>> {
    poll_fn(|context| Pin::new(&mut *consumer).poll_next(context)).await
}
