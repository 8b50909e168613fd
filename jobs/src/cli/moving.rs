//! The last line of a terminal, drawn again and again while a step runs. Whatever else is printed goes above it.
//!
//! The cursor rests where the line begins. A terminal that is made narrower breaks the line into several; everything behind the
//! cursor goes then, and with it what the terminal shows of a typed Ctrl-C.

use std::io::{self, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use overnight_framework::clock::{Clock as _, SystemClock};

use super::gauge::Gauge;
use super::terminal::width_of_stderr;

/// How often it is drawn while nothing happens: the time goes on, and the width of the terminal may change.
const TICK: Duration = Duration::from_millis(100);

/// How often it is drawn at most, however much happens.
const SHORTEST: Duration = Duration::from_millis(50);

/// Takes away what stands in the line, and below it where the terminal has broken it.
const ERASE: &str = "\r\u{1b}[J";

/// The line, and the thread that draws it.
#[derive(Debug)]
pub(super) struct MovingLine {
    shared: Arc<Shared>,
    ticker: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    over: Condvar,
}

#[derive(Debug, Default)]
struct State {
    clock: SystemClock,
    gauge: Gauge,
    /// When the step began, and when the line was drawn last.
    began: Duration,
    drawn: Option<Duration>,
    is_over: bool,
}

impl MovingLine {
    /// Nothing is drawn before there is a step.
    pub(super) fn open() -> Self {
        let shared = Arc::<Shared>::default();
        let ticking = Arc::clone(&shared);
        let ticker = thread::Builder::new().name("progress".to_owned()).spawn(move || ticking.tick());
        // Without the thread it is drawn when something happens.
        Self { shared, ticker: Mutex::new(ticker.ok()) }
    }

    /// Shows another step, or none.
    pub(super) fn begin(&self, gauge: Gauge) -> Gauge {
        let mut state = self.shared.lock();
        (state.began, state.drawn) = (state.clock.elapsed(), None);
        let before = std::mem::replace(&mut state.gauge, gauge);
        state.draw();
        before
    }

    /// Shows what the step has become, at once.
    pub(super) fn change_now(&self, change: impl FnOnce(&mut Gauge)) {
        let mut state = self.shared.lock();
        change(&mut state.gauge);
        state.draw();
    }

    /// Shows what the step has become, soon: this may be called as often as there are chunks.
    pub(super) fn change(&self, change: impl FnOnce(&mut Gauge)) {
        let mut state = self.shared.lock();
        change(&mut state.gauge);
        let now = state.clock.elapsed();
        if state.drawn.is_none_or(|drawn| now.saturating_sub(drawn) >= SHORTEST) {
            state.draw();
        }
    }

    /// Prints a line above.
    pub(super) fn print(&self, line: &str) {
        let mut state = self.shared.lock();
        print(&format!("{ERASE}{line}\n"));
        state.draw();
    }

    /// Takes the line away for good.
    pub(super) fn finish(&self) {
        {
            let mut state = self.shared.lock();
            if !std::mem::replace(&mut state.is_over, true) {
                print(ERASE);
            }
        }
        self.shared.over.notify_all();
        let ticker = self.ticker.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(ticker.map(JoinHandle::join));
    }
}

impl Drop for MovingLine {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tick(&self) {
        let mut state = self.lock();
        while !state.is_over {
            let waited = self.over.wait_timeout(state, TICK);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.draw();
        }
    }
}

impl State {
    fn draw(&mut self) {
        if self.is_over {
            return;
        }
        let now = self.clock.elapsed();
        let line = self.gauge.line(now.saturating_sub(self.began), width_of_stderr());
        // The line of a step that has ended was taken away with its last words.
        if !line.is_empty() || self.drawn.is_some() {
            print(&format!("{ERASE}{line}\r"));
        }
        self.drawn = (!line.is_empty()).then_some(now);
    }
}

fn print(text: &str) {
    let mut stderr = io::stderr().lock();
    // Nobody who hears nothing can be told so.
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}
