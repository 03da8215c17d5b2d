// node/job.js - what the workers of piscina and tinypool run: an empty job
export default (value) => value;
