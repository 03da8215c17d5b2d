// contenders/rayon.rs - rayon: joins, scopes and parallel iterators, behind C functions for rayon.c
//
// Programs whose tasks take a few nanoseconds are written out here, as a Rust program would have them; others come over
// from C through rayon_both() and rayon_sum(), where a call through a pointer does not count.

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::os::raw::{c_int, c_long, c_void};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};

// Only the main thread starts and stops, while no other uses the pool.
static mut POOL: Option<ThreadPool> = None;

fn pool() -> &'static ThreadPool {
    unsafe { (*std::ptr::addr_of!(POOL)).as_ref().unwrap() }
}

// What a thread of a C program has. With the 2 MiB that Rust gives, uts T3 overflows the stack.
const STACK_BYTES: usize = 8 << 20;

#[no_mangle]
pub extern "C" fn rayon_start(workers: usize) {
    let pool = ThreadPoolBuilder::new().num_threads(workers).stack_size(STACK_BYTES).build().unwrap();
    unsafe { POOL = Some(pool) }
}

#[no_mangle]
pub extern "C" fn rayon_stop() {
    unsafe { POOL = None }
}

// A frame of rayon.c, or a loop's context. Who forks it waits for it, so it outlives its task.
#[derive(Clone, Copy)]
struct Shared(*mut c_void);
unsafe impl Send for Shared {}
unsafe impl Sync for Shared {}

impl Shared {
    fn at(self, offset: usize) -> *mut c_void {
        unsafe { (self.0 as *mut u8).add(offset) as *mut c_void }
    }
}

type Body = extern "C" fn(*mut c_void);

#[no_mangle]
pub extern "C" fn rayon_root(body: Body, frame: *mut c_void) {
    let frame = Shared(frame);
    pool().install(move || body(frame.at(0)))
}

// The second closure is the one that may run elsewhere.
#[no_mangle]
pub extern "C" fn rayon_both(forked: Body, left: *mut c_void, called: Body, right: *mut c_void) {
    let (left, right) = (Shared(left), Shared(right));
    rayon::join(move || called(right.at(0)), move || forked(left.at(0)));
}

#[no_mangle]
pub extern "C" fn rayon_sum(body: Body, frames: *mut c_void, bytes: usize, count: usize) {
    let frames = Shared(frames);
    (0..count).into_par_iter().with_max_len(1).for_each(move |i| body(frames.at(i * bytes)))
}

#[no_mangle]
pub extern "C" fn rayon_loop(
    count: usize,
    grain: usize,
    body: extern "C" fn(usize, usize, *mut c_void),
    context: *mut c_void,
) {
    let context = Shared(context);
    let pieces = (count + grain - 1) / grain;
    pool().install(move || {
        (0..pieces)
            .into_par_iter()
            .for_each(move |i| body(i * grain, count.min((i + 1) * grain), context.at(0)))
    })
}

#[repr(C)]
pub struct Job {
    run: extern "C" fn(*mut c_void),
    waiter: Option<Thread>,
    is_done: AtomicBool,
}

const _: () = assert!(std::mem::size_of::<Job>() <= 32); // what rayon.c keeps for it

#[no_mangle]
pub unsafe extern "C" fn rayon_submit(job: *mut Job) {
    std::ptr::addr_of_mut!((*job).waiter).write(Some(thread::current()));
    (*job).is_done = AtomicBool::new(false);
    let shared = Shared(job as *mut c_void);
    pool().spawn(move || {
        let job = shared.at(0) as *mut Job;
        ((*job).run)(shared.at(0));
        let waiter = (*job).waiter.take().unwrap();
        (*job).is_done.store(true, Ordering::Release);
        waiter.unpark();
    })
}

#[no_mangle]
pub unsafe extern "C" fn rayon_wait(job: *mut Job) {
    while !(*job).is_done.load(Ordering::Acquire) {
        thread::park();
    }
}

// ---- the programs ----

fn fib(n: c_long) -> c_long {
    if n < 2 {
        return n;
    }
    let (a, b) = rayon::join(|| fib(n - 1), || fib(n - 2));
    a + b
}

#[no_mangle]
pub extern "C" fn rayon_fib(n: c_long) -> c_long {
    pool().install(|| fib(n))
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Board {
    row: i8,
    column_of: [i8; 17],
}

#[repr(C)]
pub struct Move {
    board: *const Board,
    column: i8,
}

impl Board {
    fn is_safe(&self, column: i8) -> bool {
        (1..=self.row).all(|row| {
            let distance = (self.column_of[row as usize] - column).abs();
            distance != 0 && distance != self.row + 1 - row
        })
    }

    fn place(mut self, column: i8) -> Board {
        self.row += 1;
        self.column_of[self.row as usize] = column;
        self
    }
}

fn nqueens(size: i8, board: &Board, column: i8) -> c_long {
    let board = board.place(column);
    if board.row == size {
        return 1;
    }
    let mut safe = [0; 16];
    let mut count = 0;
    for column in (0..size).filter(|&column| board.is_safe(column)) {
        safe[count] = column;
        count += 1;
    }
    safe[..count].par_iter().with_max_len(1).map(|&column| nqueens(size, &board, column)).sum()
}

#[no_mangle]
pub extern "C" fn rayon_nqueens(first: Move) -> c_long {
    let size = unsafe { rayon_nqueens_size() } as i8;
    let board = unsafe { *first.board };
    pool().install(|| nqueens(size, &board, first.column))
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Node {
    value: [u32; 5],
    depth: c_int,
}

extern "C" {
    fn rayon_nqueens_size() -> c_long;
    fn uts_child_count(node: *const Node) -> c_int;
    fn uts_child(node: *const Node, index: c_int) -> Node;
}

fn uts(node: Node) -> c_long {
    let count = unsafe { uts_child_count(&node) };
    let below: c_long = (0..count)
        .into_par_iter()
        .with_max_len(1)
        .map(|i| uts(unsafe { uts_child(&node, i) }))
        .sum();
    below + 1
}

#[no_mangle]
pub extern "C" fn rayon_uts(node: Node) -> c_long {
    pool().install(|| uts(node))
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct Interval {
    from: f64,
    at_from: f64,
    to: f64,
    at_to: f64,
    area: f64,
}

fn integrate(whole: Interval) -> f64 {
    let middle = (whole.from + whole.to) / 2.0;
    let at_middle = (middle * middle + 1.0) * middle;
    let below = (whole.at_from + at_middle) / 2.0 * (middle - whole.from);
    let above = (at_middle + whole.at_to) / 2.0 * (whole.to - middle);
    if (below + above - whole.area).abs() < 1e-9 {
        return below + above;
    }
    let low = Interval { to: middle, at_to: at_middle, area: below, ..whole };
    let high = Interval { from: middle, at_from: at_middle, area: above, ..whole };
    let (below, above) = rayon::join(|| integrate(low), || integrate(high));
    below + above
}

#[no_mangle]
pub extern "C" fn rayon_integrate(whole: Interval) -> f64 {
    pool().install(|| integrate(whole))
}

#[no_mangle]
pub extern "C" fn rayon_spawn(count: c_long) -> c_long {
    let mut ran = vec![0; count as usize];
    pool().scope(|scope| {
        for place in ran.iter_mut() {
            scope.spawn(move |_| *place = 1);
        }
    });
    ran.iter().sum()
}
