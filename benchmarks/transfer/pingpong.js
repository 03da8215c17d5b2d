// transfer/pingpong.js - 64 MiB to a worker thread and back, in transfer lists; pingpong.c says when
//
// Each line that comes is a number of round trips; the answer is the seconds that they took and 1, or 0 if the bytes are
// not what they must be.
'use strict';
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const { createInterface } = require('node:readline');

const size = 64 * 2 ** 20;

const addOne = (bytes) => {
  bytes[0]++;
  bytes[size - 1]++;
};

function serve() {
  parentPort.on('message', (buffer) => {
    addOne(new Uint8Array(buffer));
    parentPort.postMessage(buffer, [buffer]);
  });
}

async function main() {
  const worker = new Worker(__filename);
  let buffer = new ArrayBuffer(size);
  new Uint8Array(buffer).fill(0);
  for await (const line of createInterface({ input: process.stdin })) {
    const turns = Number(line);
    const before = new Uint8Array(buffer)[0];
    const begin = process.hrtime.bigint();
    await new Promise((resolve) => {
      let left = turns;
      const send = () => {
        addOne(new Uint8Array(buffer));
        worker.postMessage(buffer, [buffer]);
      };
      worker.on('message', (back) => {
        buffer = back;
        if (--left > 0) return send();
        worker.removeAllListeners('message');
        resolve();
      });
      send();
    });
    const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
    const bytes = new Uint8Array(buffer);
    const due = (before + 2 * turns) % 256;
    const ok = bytes.length === size && bytes[0] === due && bytes[size - 1] === due;
    process.stdout.write(`${seconds} ${Number(ok)}\n`);
  }
  await worker.terminate();
}

if (isMainThread) main();
else serve();
