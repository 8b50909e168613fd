//! Triggers that wait at a queue of RabbitMQ: each message once, whoever is killed, and none acknowledged before its run is committed.
//!
//! `OVERNIGHT_MESSAGES` says how many the storm has, `OVERNIGHT_SEED` repeats one whose seed was printed.

use std::collections::BTreeSet;
use std::process::Child;

use overnight_db::Backend;
use overnight_db::testing::PrivateServer;
use serde_json::Value;

use super::kill::{Chance, seed};
use super::project::{Project, template, until};
use super::rabbit::{Broker, Sent};
use super::serve::{journal, judge_runs, leave, number, rescue, serve};

fn job(broker: &Broker, queue: &str) -> String {
    format!(
        "
name: order
params: {{ number: {{ type: integer, required: true }} }}
steps:
  - name: book
    tasklet: {{ shell: {{ command: 'echo ${{{{ params.number }}}}' }} }}
triggers:
  - name: shop
    queue: {{ amqp: {{ url: '{}', queue: {queue}, prefetch: 4 }} }}
    params: {{ number: '${{{{ message.body.number }}}}' }}
",
        broker.url()
    )
}

/// A server whose first words were said: from there on it takes messages.
fn begin(project: &Project) -> Child {
    let serving = || journal(project).matches("serving ").count();
    let earlier = serving();
    let server = serve(project, "journal", &["--jobs", "jobs", "--concurrency", "4"]);
    until(|| serving() > earlier);
    server
}

#[test]
fn each_message_of_a_broker_is_taken_once_whoever_is_killed() {
    let mut storm = Storm::new();
    storm.rage();
    storm.calm();
    storm.judge();
}

/// The store is away, the messages come, and their server is killed: they are all there again.
#[test]
fn a_store_that_is_away_acknowledges_no_message() {
    let (broker, store) = (Broker::start(), PrivateServer::create().unwrap());
    let mut project = Project::new(Backend::Sqlite);
    project.url = store.database(&template()).unwrap();
    project.file("jobs/order.yaml", &job(&broker, "held"));
    broker.declare("held");
    let mut server = begin(&project);
    // From there on the subscription needs no store.
    until(|| project.jobctl(&["triggers", "-o", "json"]).expect(0).json()[0].is_object());
    store.stop_immediately().unwrap();
    broker.publish("held", &[valid(1), valid(2), invalid(7)]);
    until(|| broker.waiting("held") == 0);
    until(|| journal(&project).contains("trigger shop, queue held: the database cannot be reached"));
    server.kill().unwrap();
    server.wait().unwrap();
    until(|| broker.waiting("held") == 3);
    store.start().unwrap();
    let server = begin(&project);
    until(|| project.list().iter().filter(|run| run["batch_status"] == "COMPLETED").count() == 2);
    until(|| journal(&project).contains("cannot use a message"));
    leave(server);
    assert_eq!(broker.waiting("held"), 0);
}

/// What was applied last takes the messages of the broker too, and what cannot be kept as it was sent is rejected.
#[test]
fn a_job_that_is_applied_anew_takes_the_messages_of_its_broker_too() {
    let (broker, project) = (Broker::start(), Project::new(Backend::Sqlite));
    let first = job(&broker, "orders");
    project.file("order.yaml", &first);
    project.jobctl(&["apply", "order.yaml"]).expect(0);
    broker.declare("orders");
    let server = serve(&project, "journal", &[]);
    let body = |number: u64| format!(r#"{{"number": {number}, "nr": {}}}"#, number + 1_000);
    let sent = |number: u64, body: String| Sent { id: Some(format!("m{number}")), body };
    broker.publish("orders", &[sent(0, body(0)), sent(1, r#"{"number": 20000000000000000001}"#.to_owned())]);
    until(|| taken(&project) == 2);
    project.file("order.yaml", &first.replace("body.number", "body.nr"));
    project.jobctl(&["apply", "order.yaml"]).expect(0);
    // Until the server has heard of it the messages are those of the job as it was.
    let mut number = 1;
    until(|| {
        number += 1;
        broker.publish("orders", &[sent(number, body(number))]);
        let runs = project.list();
        runs.iter().any(|run| run["params"]["number"].as_u64() > Some(1_000))
    });
    leave(server);
    let rejects = all(&project, "--rejects");
    assert_eq!((rejects.len(), &rejects[0]["path"]), (1, &"message.body".into()), "{rejects:#?}");
    let idle = project.jobctl(&["serve", "--until-idle"]).expect(0);
    assert!(idle.stderr.contains("order: trigger shop waits at a broker, for a server that stays"), "{idle:#?}");
}

fn valid(number: u64) -> Sent {
    Sent { id: Some(format!("m{number}")), body: format!(r#"{{"number": {number}}}"#) }
}

fn invalid(number: u64) -> Sent {
    Sent { id: Some(format!("m{number}")), body: format!(r#"{{"nummer": {number}}}"#) }
}

/// Two stores, each with a queue and two servers of its own, and one broker.
struct Storm {
    chance: Chance,
    messages: u64,
    broker: Broker,
    shops: [Shop; 2],
    /// How often the message without an id was sent.
    nameless: usize,
}

/// A store whose jobs are started by the messages of a queue.
struct Shop {
    project: Project,
    queue: &'static str,
    servers: Vec<Child>,
}

impl Storm {
    fn new() -> Self {
        let broker = Broker::start();
        let shop = |(kind, queue)| {
            let project = Project::new(kind);
            project.file("jobs/order.yaml", &job(&broker, queue));
            broker.declare(queue);
            let servers = vec![begin(&project), begin(&project)];
            Shop { project, queue, servers }
        };
        let shops = [(Backend::Sqlite, "of-sqlite"), (Backend::Postgres, "of-postgres")].map(shop);
        Self { chance: Chance(seed()), messages: number("OVERNIGHT_MESSAGES", 40), broker, shops, nameless: 0 }
    }

    /// Every seventh message is invalid, and every fifth comes twice. One of them dies with the broker, and every tenth or so with
    /// a server.
    fn rage(&mut self) {
        let nameless = [Sent { id: None, ..valid(0) }];
        let unreadable = [Sent { body: "no JSON".to_owned(), id: Some("text".to_owned()) }];
        for shop in &self.shops {
            self.nameless = self.nameless.max(self.broker.publish(shop.queue, &nameless));
            self.broker.publish(shop.queue, &unreadable);
        }
        let last_of_broker = self.messages / 4 + self.chance.below(self.messages / 2);
        for number in 0..self.messages {
            let message = if number.is_multiple_of(7) { invalid(number) } else { valid(number) };
            let copies = vec![message; if number.is_multiple_of(5) { 2 } else { 1 }];
            for shop in &self.shops {
                self.broker.publish(shop.queue, &copies);
            }
            if number == last_of_broker {
                self.broker.kill();
                self.broker.resume();
            }
            if self.chance.below(10) == 0 {
                let shop = &mut self.shops[self.chance.below(2) as usize];
                let victim = &mut shop.servers[self.chance.below(2) as usize];
                victim.kill().unwrap();
                victim.wait().unwrap();
                *victim = begin(&shop.project);
            }
        }
    }

    /// Waits until every message is taken and none is in anybody's hands, and every run is at its end.
    fn calm(&mut self) {
        let (broker, expected) = (&self.broker, self.messages + 2);
        for Shop { project, queue, servers } in &mut self.shops {
            until(|| taken(project) >= expected);
            // A second copy may be on its way to a server that leaves, and is there again.
            let is_empty = (0..5).any(|_| {
                until(|| broker.waiting(queue) == 0);
                servers.drain(..).for_each(leave);
                let is_empty = broker.waiting(queue) == 0;
                if !is_empty {
                    servers.push(begin(project));
                }
                is_empty
            });
            assert!(is_empty, "{}", journal(project));
            project.jobctl(&["serve", "--jobs", "jobs", "--until-idle"]).expect(0);
            rescue(project);
        }
    }

    fn judge(&self) {
        let is_valid = |number: &u64| !number.is_multiple_of(7);
        let key = |number: u64| format!("m{number}");
        for Shop { project, .. } in &self.shops {
            let fires = all(project, "--fires");
            assert!(fires.iter().all(|fire| fire["outcome"] == "LAUNCHED"), "{fires:#?}");
            let keys: BTreeSet<_> = (0..self.messages).filter(is_valid).map(key).collect();
            assert_eq!((keys_of(&fires), fires.len()), (keys.clone(), keys.len()));
            let runs: BTreeSet<_> = fires.iter().map(|fire| fire["id"].as_i64().unwrap()).collect();
            assert_eq!(runs.len(), fires.len(), "each has a run of its own");
            judge_runs(project, &runs);
            let (nameless, rejects): (Vec<_>, Vec<_>) =
                all(project, "--rejects").into_iter().partition(|reject| reject["path"] == "message.id");
            assert!((1..=self.nameless).contains(&nameless.len()), "{nameless:#?}");
            let invalid = (0..self.messages).filter(|number| !is_valid(number)).map(key);
            let keys: BTreeSet<_> = invalid.chain(["text".to_owned()]).collect();
            assert_eq!((keys_of(&rejects), rejects.len()), (keys.clone(), keys.len()));
        }
    }
}

/// How many messages have left a row.
fn taken(project: &Project) -> u64 {
    let triggers = project.jobctl(&["triggers", "-o", "json"]).expect(0).json();
    let count = |name: &str| triggers[0][name].as_u64().unwrap_or_default();
    count("fires") + count("rejects")
}

/// Every row of what was taken, or of what was not.
fn all(project: &Project, which: &str) -> Vec<Value> {
    let rows = project.jobctl(&["triggers", which, "--limit", "100000", "-o", "json"]).expect(0).json();
    rows.as_array().unwrap().clone()
}

fn keys_of(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect()
}
