//! One thread, a clock that only the executor moves, and chance from one seed: the same seed gives the same history.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::future::Future;
use std::hash::{BuildHasherDefault, Hasher};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use incident::time::Time;

/// A task's number.
pub type Id = u64;

/// What a task still has to do, and what wakes it.
type Task = (Pin<Box<dyn Future<Output = ()>>>, Waker);

/// Tasks and timers by their numbers, which need no better hash than this. Nobody walks through such a map: its order is
/// chance.
type ById<T> = HashMap<Id, T, BuildHasherDefault<IdHasher>>;

/// See [`ById`].
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// Tasks, timers, the clock and chance.
pub struct Executor {
    now: Cell<Time>,
    chance: RefCell<fastrand::Rng>,
    next: Cell<Id>,
    tasks: RefCell<ById<Task>>,
    running: Cell<Id>,
    ready: Arc<Mutex<Vec<Id>>>,
    timers: RefCell<BinaryHeap<Reverse<(Time, Id)>>>,
    wakers: RefCell<ById<Waker>>,
    polls: Cell<u64>,
    history: Cell<u64>,
}

struct TaskWaker {
    id: Id,
    ready: Arc<Mutex<Vec<Id>>>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let mut ready = self.ready.lock().unwrap();
        if !ready.contains(&self.id) {
            ready.push(self.id);
        }
    }
}

impl Executor {
    /// A world that begins at this time.
    pub fn new(seed: u64, begin: Time) -> Rc<Executor> {
        Rc::new(Executor {
            now: Cell::new(begin),
            chance: RefCell::new(fastrand::Rng::with_seed(seed)),
            next: Cell::new(1),
            tasks: RefCell::default(),
            running: Cell::new(0),
            ready: Arc::default(),
            timers: RefCell::default(),
            wakers: RefCell::default(),
            polls: Cell::new(0),
            history: Cell::new(0),
        })
    }

    /// Now.
    pub fn now(&self) -> Time {
        self.now.get()
    }

    /// A number from 0 (inclusive) to 1 (exclusive).
    pub fn chance(&self) -> f64 {
        self.chance.borrow_mut().f64()
    }

    /// Whether something happens that does so with this probability.
    pub fn happens(&self, probability: f64) -> bool {
        probability > 0.0 && self.chance() < probability
    }

    /// A number below this one.
    pub fn below(&self, end: usize) -> usize {
        self.chance.borrow_mut().usize(0..end.max(1))
    }

    /// A duration between these two.
    pub fn between(&self, shortest: Duration, longest: Duration) -> Duration {
        shortest + (longest.saturating_sub(shortest)).mul_f64(self.chance())
    }

    /// How often tasks were polled: how much was done.
    pub fn polls(&self) -> u64 {
        self.polls.get()
    }

    /// A digest of everything that happened, in its order.
    pub fn history(&self) -> u64 {
        self.history.get()
    }

    fn number(&self) -> Id {
        let number = self.next.get();
        self.next.set(number + 1);
        number
    }

    /// Starts a task.
    pub fn spawn(&self, task: impl Future<Output = ()> + 'static) -> Id {
        let id = self.number();
        let waker = Waker::from(Arc::new(TaskWaker { id, ready: Arc::clone(&self.ready) }));
        self.tasks.borrow_mut().insert(id, (Box::pin(task), waker));
        self.ready.lock().unwrap().push(id);
        id
    }

    /// Ends a task in the middle, as a crash does.
    pub fn kill(&self, id: Id) {
        if self.running.get() == id {
            self.running.set(0);
        }
        let task = self.tasks.borrow_mut().remove(&id);
        // Outside of the borrow: what it held may end others.
        drop(task);
    }

    /// Ends everything: tasks hold the world that holds them.
    pub fn end(&self) {
        self.timers.borrow_mut().clear();
        loop {
            let tasks = self.tasks.take();
            if tasks.is_empty() {
                return;
            }
            // Outside of the borrow: what they hold may end others.
            drop(tasks);
        }
    }

    /// Whether a task has not ended yet.
    pub fn lives(&self, id: Id) -> bool {
        self.running.get() == id || self.tasks.borrow().contains_key(&id)
    }

    /// Comes back after so long.
    pub fn pause(self: &Rc<Self>, duration: Duration) -> Timer {
        Timer { executor: Rc::clone(self), at: self.now().plus(duration), id: None }
    }

    /// Runs everything until this time; `check` is called after every step of a task.
    pub fn run(&self, until: Time, mut check: impl FnMut()) {
        loop {
            let ready = {
                let mut ready = self.ready.lock().unwrap();
                if ready.is_empty() {
                    None
                } else {
                    let at = self.below(ready.len());
                    Some(ready.swap_remove(at))
                }
            };
            if let Some(id) = ready {
                let Some((mut task, waker)) = self.tasks.borrow_mut().remove(&id) else { continue };
                self.running.set(id);
                self.polls.set(self.polls.get() + 1);
                let step = id.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ self.now().0 as u64;
                self.history.set(self.history.get().rotate_left(7).wrapping_mul(0x0100_0000_01b3) ^ step);
                let done = task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
                let killed = self.running.replace(0) != id;
                if !done && !killed {
                    self.tasks.borrow_mut().insert(id, (task, waker));
                }
                check();
                continue;
            }
            let next = self.timers.borrow().peek().map(|Reverse((at, _))| *at);
            match next {
                Some(at) if at <= until => {
                    self.now.set(self.now().max(at));
                    let Some(Reverse((_, id))) = self.timers.borrow_mut().pop() else { continue };
                    let waker = self.wakers.borrow_mut().remove(&id);
                    if let Some(waker) = waker {
                        waker.wake();
                    }
                }
                _ => {
                    self.now.set(self.now().max(until));
                    return;
                }
            }
        }
    }
}

/// See [`Executor::pause`].
pub struct Timer {
    executor: Rc<Executor>,
    at: Time,
    id: Option<Id>,
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.executor.now() >= self.at && self.id.is_some() {
            return Poll::Ready(());
        }
        let id = match self.id {
            Some(id) => id,
            None => {
                let id = self.executor.number();
                self.executor.timers.borrow_mut().push(Reverse((self.at, id)));
                self.id = Some(id);
                id
            }
        };
        self.executor.wakers.borrow_mut().insert(id, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            self.executor.wakers.borrow_mut().remove(&id);
        }
    }
}
