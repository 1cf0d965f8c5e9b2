// Runs the scenarios `browser.*` of ../scenarios.txt in a real Chromium: a page of one origin uploads to Moss, which is another.
//   node main.mjs --endpoint URL --moss BINARY [--only PREFIX] [--chromium PATH]
// The credential comes from OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET; BINARY is the command line that administers the server.
// The page holds temporary credentials only. It is told what to do by its own server, does it and reports; what arrived is compared here.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Environment } from '../node/lib.mjs'
import { removeBucket } from '../node/scenarios/buckets.mjs'
import { Browser } from './browser.mjs'
import { scenarios } from './scenarios.mjs'

const { values } = parseArgs({
  options: {
    endpoint: { type: 'string' },
    moss: { type: 'string' },
    only: { type: 'string', default: '' },
    chromium: { type: 'string', default: 'chromium' },
    'restart-command': { type: 'string' },
  },
})
if (!values.endpoint || !values.moss || !process.env.OSS_ACCESS_KEY_ID || !process.env.OSS_ACCESS_KEY_SECRET) {
  console.error('usage: OSS_ACCESS_KEY_ID=.. OSS_ACCESS_KEY_SECRET=.. node main.mjs --endpoint URL --moss BINARY')
  process.exit(2)
}

// The SDK warns of temporary credentials that nobody renews: here they outlive the run.
console.warn = () => {}

const limit = 60_000
const counts = { passed: 0, failed: 0 }
const names = fs.readFileSync(new URL('../scenarios.txt', import.meta.url), 'utf8')
  .split('\n')
  .map((line) => line.split('|')[0].trim())
  .filter((name) => name.startsWith('browser.') && name.startsWith(values.only))

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'moss-compat-browser-'))
let browser
try {
  const env = new Environment({
    endpoint: values.endpoint.replace(/\/$/, ''), accessKeyId: process.env.OSS_ACCESS_KEY_ID, accessKeySecret: process.env.OSS_ACCESS_KEY_SECRET,
    moss: values.moss, work,
  }, 'v4')
  await env.client.putBucket(env.bucket)
  browser = await Browser.start(values.chromium, path.join(work, 'profile'))
  for (const name of names) await runOne(name, scenarios[name], env)
  await runOne('clean-up', () => removeBucket(env))
} catch (error) {
  report('FAIL', 'set-up', error.message)
} finally {
  await browser?.stop()
  fs.rmSync(work, { recursive: true, force: true, maxRetries: 5 })
}
console.log(`${counts.passed} passed, ${counts.failed} failed`)
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0)

async function runOne(name, scenario, env) {
  let timer
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`no end after ${limit / 1000} s`)), limit) })
  try {
    if (!scenario) throw new Error('not implemented in this program')
    await Promise.race([scenario(env, browser), late])
    report('ok', name)
  } catch (error) {
    const at = /scenarios\.mjs:\d+/.exec(error.stack ?? '')?.[0]
    report('FAIL', name, `${String(error.message).replace(/\s*\n\s*/g, ' ')}${at ? ` (${at})` : ''}`)
  } finally {
    clearTimeout(timer)
  }
}

function report(outcome, name, reason) {
  counts[outcome === 'ok' ? 'passed' : 'failed']++
  console.log(reason ? `${outcome} browser/${name}: ${reason}` : `${outcome} browser/${name}`)
}
