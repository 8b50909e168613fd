//! A RabbitMQ of a test's own: on ports and in a folder of its own, and gone with the test.

use std::cell::Cell;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::project::awaited;

/// Where Debian has the program, without the wrapper that wants to be its user.
const PROGRAM: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// Runs the directory of nodes and the broker until nobody holds the other end of its stdin: also when the test is killed.
const UNTIL_EOF: &str = r#"epmd -address 127.0.0.1 -port "$ERL_EPMD_PORT" & "$0" & read -r _; kill -9 0"#;

/// How long a broker that has just come back may take for one answer. Without a leader a queue neither takes a message nor
/// refuses it.
const ANSWER: Duration = Duration::from_secs(2);

/// How long it may take to be there: on a machine with much else to do the start alone may take a minute.
const PATIENCE: Duration = Duration::from_secs(180);

/// A broker, and what speaks with it.
pub(super) struct Broker {
    folder: TempDir,
    ports: [u16; 3],
    running: Option<Child>,
    runtime: Runtime,
}

/// A message as somebody publishes it.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) id: Option<String>,
    pub(super) body: String,
}

impl Broker {
    /// Starts one; it answers when this returns.
    pub(super) fn start() -> Self {
        assert!(Path::new(PROGRAM).exists(), "RabbitMQ is not installed; type: .ci/setup tests");
        // Held together, so that they differ.
        let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = listeners.map(|listener| listener.local_addr().unwrap().port());
        let (folder, runtime) = (TempDir::new().unwrap(), Runtime::new().unwrap());
        fs::write(folder.path().join("plugins"), "[].").unwrap();
        let mut broker = Self { folder, ports, running: None, runtime };
        broker.resume();
        broker
    }

    /// Starts the server with what it had when it was killed.
    pub(super) fn resume(&mut self) {
        let [port, distribution, directory] = self.ports.map(|port| port.to_string());
        let log = File::options().create(true).append(true).open(self.folder.path().join("out")).unwrap();
        let mut server = Command::new("sh");
        server.args(["-c", UNTIL_EOF, PROGRAM]).process_group(0).stdin(Stdio::piped());
        server.stdout(log.try_clone().unwrap()).stderr(log);
        server.env("HOME", self.folder.path()).env("ERL_EPMD_ADDRESS", "127.0.0.1").env("ERL_EPMD_PORT", directory);
        server.env("RABBITMQ_NODENAME", format!("overnight{port}@localhost")).env("RABBITMQ_NODE_PORT", port);
        server.env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1").env("RABBITMQ_DIST_PORT", distribution);
        for (name, file) in [
            ("RABBITMQ_MNESIA_BASE", "data"),
            ("RABBITMQ_LOG_BASE", "log"),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", "plugins"),
            ("RABBITMQ_PID_FILE", "pid"),
            ("RABBITMQ_CONFIG_FILE", "none"),
            ("RABBITMQ_CONF_ENV_FILE", "none"),
        ] {
            server.env(name, self.folder.path().join(file));
        }
        self.running = Some(server.spawn().unwrap());
        self.retried("the broker does not start", async |_| Some(()));
    }

    /// A power cut: the server and everything that it started is gone.
    pub(super) fn kill(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        drop(running.stdin.take());
        let _ = running.wait();
    }

    pub(super) fn url(&self) -> String {
        format!("amqp://127.0.0.1:{}/%2f", self.ports[0])
    }

    /// Makes a queue that keeps its messages when the broker dies.
    pub(super) fn declare(&self, queue: &str) {
        self.retried("the broker makes no queue", async |channel| {
            let mut arguments = FieldTable::default();
            arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
            let made = channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), arguments);
            timeout(ANSWER, made).await.ok()?.ok().map(drop)
        });
    }

    /// How many messages wait in a queue; those that somebody has and did not acknowledge are none of them.
    pub(super) fn waiting(&self, queue: &str) -> u32 {
        self.retried("the broker does not count", async |channel| {
            let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::durable() };
            let asked = channel.queue_declare(queue.into(), passive, FieldTable::default());
            Some(timeout(ANSWER, asked).await.ok()?.ok()?.message_count())
        })
    }

    /// Publishes messages in their order, each until the broker has it. What was on its way when it died may be there twice: the
    /// answer is how many were sent.
    pub(super) fn publish(&self, queue: &str, messages: &[Sent]) -> usize {
        let (mut taken, sent) = (0, Cell::new(0));
        while taken < messages.len() {
            taken += self.retried("the broker takes no message", async |channel| {
                let mut confirmed = 0;
                for message in &messages[taken..] {
                    sent.set(sent.get() + 1);
                    if !confirms(&channel, queue, message).await {
                        break;
                    }
                    confirmed += 1;
                }
                (confirmed > 0).then_some(confirmed)
            });
        }
        sent.get()
    }

    /// Does something on one channel after another, until there is an answer.
    #[track_caller]
    fn retried<T>(&self, failure: &str, act: impl AsyncFn(Channel) -> Option<T>) -> T {
        let ask = async || match timeout(ANSWER, self.channel()).await {
            Ok(Ok(channel)) => act(channel).await,
            Ok(Err(_)) | Err(_) => None,
        };
        awaited(PATIENCE, || self.runtime.block_on(ask())).unwrap_or_else(|| {
            let said = fs::read_to_string(self.folder.path().join("out")).unwrap_or_default();
            panic!("{failure}: {said}");
        })
    }

    /// A channel on which what is published is confirmed.
    async fn channel(&self) -> lapin::Result<Channel> {
        let connection = Connection::connect(&self.url(), ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(channel)
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn confirms(channel: &Channel, queue: &str, message: &Sent) -> bool {
    let properties = BasicProperties::default().with_delivery_mode(2);
    let properties = match &message.id {
        Some(id) => properties.with_message_id(id.as_str().into()),
        None => properties,
    };
    let (options, body) = (BasicPublishOptions::default(), message.body.as_bytes());
    let publishing = async { channel.basic_publish("".into(), queue.into(), options, body, properties).await?.await };
    matches!(timeout(ANSWER, publishing).await, Ok(Ok(confirmation)) if confirmation.is_ack())
}
