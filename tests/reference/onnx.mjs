/* What ONNX Runtime takes for one image of a generator on the CPU.
 *
 * node tests/reference/onnx.mjs NETWORK.onnx FOLDER [--runs 5] [--threads 2]
 *
 * FOLDER is where `npm install --ignore-scripts onnxruntime-node` was run. Prints one JSON object: median_s, fastest_s,
 * peak_rss_bytes, version. */
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  allowPositionals: true, options: { runs: { type: 'string', default: '5' }, threads: { type: 'string', default: '2' } },
})
const require = createRequire(resolve(positionals[1], 'package.json'))
const runtime = require('onnxruntime-node')

function normal () {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random())
}

const session = await runtime.InferenceSession.create(positionals[0],
  { executionProviders: ['cpu'], intraOpNumThreads: Number(values.threads), graphOptimizationLevel: 'all' })
const times = []
for (let run = -1; run < Number(values.runs); run++) {
  const z = new runtime.Tensor('float32', Float32Array.from({ length: 512 }, normal), [1, 512])
  const start = performance.now()
  await session.run({ z })
  if (run >= 0) times.push((performance.now() - start) / 1e3)
}
times.sort((a, b) => a - b)
console.log(JSON.stringify({
  median_s: times[times.length >> 1],
  fastest_s: times[0],
  peak_rss_bytes: process.resourceUsage().maxRSS * 1024,
  version: require('onnxruntime-node/package.json').version,
}))
