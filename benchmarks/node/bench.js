// node/bench.js - Node's pools of worker threads on weft-bench's submissions: one empty job there and back, and many
//
//     node bench.js WORKLOAD POOL [--workers N] [--repeat K] [--size S] [--warmup MS]
//
// WORKLOAD: submit-asleep, submit-busy, submit-burst, throughput-1, start-stop. POOL: worker (a bare Worker, messages by
// hand), piscina, tinypool, workerpool. Prints one line of JSON as weft-bench's runners do.
import { parseArgs } from 'node:util';
import { Worker, parentPort, isMainThread } from 'node:worker_threads';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);
const job = fileURLToPath(new URL('job.js', import.meta.url));

// What a bare Worker runs: it answers each message.
if (!isMainThread) parentPort.on('message', (message) => parentPort.postMessage(message));

// Each pool: start() gives { submit, stop }, and submit() a promise of the job's result, which is its argument.
const pools = {
  async worker(workers) {
    const threads = Array.from({ length: workers }, () => new Worker(here));
    const waiting = new Map();
    let next = 0;
    for (const thread of threads)
      thread.on('message', ({ id, value }) => {
        waiting.get(id)(value);
        waiting.delete(id);
      });
    return {
      submit: (value) =>
        new Promise((resolve) => {
          waiting.set(++next, resolve);
          threads[next % workers].postMessage({ id: next, value });
        }),
      stop: () => Promise.all(threads.map((thread) => thread.terminate())),
    };
  },
  async piscina(workers) {
    const { Piscina } = await import('piscina');
    const pool = new Piscina({ filename: job, minThreads: workers, maxThreads: workers });
    return { submit: (value) => pool.run(value), stop: () => pool.destroy() };
  },
  async tinypool(workers) {
    const { Tinypool } = await import('tinypool');
    const pool = new Tinypool({ filename: job, minThreads: workers, maxThreads: workers });
    return { submit: (value) => pool.run(value), stop: () => pool.destroy() };
  },
  async workerpool(workers) {
    const { default: workerpool } = await import('workerpool');
    const pool = workerpool.pool({ workerType: 'thread', minWorkers: workers, maxWorkers: workers });
    return { submit: (value) => pool.exec((x) => x, [value]), stop: () => pool.terminate() };
  },
};

const inFlight = 64; // of throughput-1: a pool's queue of everything at once takes gigabytes
const gapMs = 1; // of submit-asleep: a timer's least

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const spin = (us) => {
  const end = performance.now() + us / 1000;
  while (performance.now() < end);
};

// One job there and back, `size` times, after a pause; gives the samples.
async function roundTrips(run, pause) {
  for (let i = 0; i < run.size; i++) {
    await pause();
    const begin = performance.now();
    run.result += await run.pool.submit(1);
    run.samples.push((performance.now() - begin) * 1000);
  }
}

const workloads = {
  'submit-asleep': { size: 500, run: (run) => roundTrips(run, () => sleep(gapMs)) },
  'submit-busy': { size: 2000, run: (run) => roundTrips(run, () => spin(100)) },
  'submit-burst': { size: 10000, run: (run) => roundTrips(run, () => {}) },
  'throughput-1': {
    size: 100000,
    async run(run) {
      let left = run.size;
      const keepGoing = async () => {
        while (left-- > 0) {
          const value = await run.pool.submit(1);
          run.result += value;
        }
      };
      await Promise.all(Array.from({ length: inFlight }, keepGoing));
    },
  },
  'start-stop': {
    size: 10,
    async run(run) {
      for (let i = 0; i < run.size; i++) {
        const begin = performance.now();
        const pool = await pools[run.poolName](run.workers);
        run.result += await pool.submit(1);
        await pool.stop();
        run.samples.push((performance.now() - begin) * 1000);
      }
    },
  },
};

function refuse(message) {
  console.error(`bench.js: ${message}`);
  process.exit(2);
}

function number(option, text, least) {
  if (!/^[0-9]+$/.test(text) || Number(text) < least) refuse(`--${option} ${text}: must be a whole number from ${least}`);
  return Number(text);
}

function quantile(sorted, q) {
  const place = q * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

async function runOnce(workload, run) {
  run.result = 0;
  run.samples = [];
  const begin = performance.now();
  await workload.run(run);
  run.seconds = run.samples.length > 0 ? run.samples.reduce((a, b) => a + b) / 1e6 : (performance.now() - begin) / 1e3;
  return run.result === run.size;
}

async function main() {
  let parsed;
  const text = { type: 'string' };
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: { workers: text, repeat: text, size: text, warmup: text, help: { type: 'boolean' } },
    });
  } catch (error) {
    refuse(error.message.split('\n')[0]);
  }
  const { values, positionals } = parsed;
  const usage = `node bench.js ${Object.keys(workloads).join('|')} ${Object.keys(pools).join('|')}`;
  if (values.help) return console.log(`Usage: ${usage} [--workers N] [--repeat K] [--size S] [--warmup MS]`);
  const [name, poolName] = positionals;
  if (positionals.length !== 2 || !Object.hasOwn(workloads, name) || !Object.hasOwn(pools, poolName))
    refuse(`must be: ${usage}`);
  const workload = workloads[name];
  const workers = number('workers', values.workers ?? '2', 1);
  const repeat = number('repeat', values.repeat ?? '5', 1);
  const warmUp = number('warmup', values.warmup ?? '300', 0);
  const size = number('size', values.size ?? String(workload.size), 1);
  const run = { pool: await pools[poolName](workers), poolName, workers, size };

  let ok;
  const warm = performance.now() + warmUp;
  do ok = await runOnce(workload, run);
  while (ok && performance.now() < warm);
  const seconds = [];
  const samples = [];
  const cpu = process.cpuUsage();
  while (ok && seconds.length < repeat) {
    ok = await runOnce(workload, run);
    if (ok) seconds.push(run.seconds);
    samples.push(...run.samples);
  }
  const used = process.cpuUsage(cpu);
  await run.pool.stop();

  const record = {
    workload: name,
    contender: `node-${poolName}`,
    workers,
    size: String(size),
    seconds,
    cpu_s: (used.user + used.system) / 1e6 / repeat,
    peak_rss_kib: process.resourceUsage().maxRSS,
    tasks: size,
    result: run.result,
    expected: size,
    ok,
    median_s: seconds.length > 0 ? quantile([...seconds].sort((a, b) => a - b), 0.5) : null,
  };
  if (samples.length > 0) {
    samples.sort((a, b) => a - b);
    Object.assign(record, { p50_us: quantile(samples, 0.5), p99_us: quantile(samples, 0.99), max_us: samples.at(-1) });
    record.percentiles_us = [0, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9, 100].map((p) => quantile(samples, p / 100));
    record.samples = samples.length;
  }
  console.log(JSON.stringify(record));
  process.exitCode = ok ? 0 : 1;
}

if (isMainThread) await main();
