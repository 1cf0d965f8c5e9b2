// Runs ../scenarios.txt over npm ali-oss.
//   node main.mjs --endpoint URL [--signature v1|v4|both] [--only PREFIX] [--restart-command COMMAND] [--moss BINARY]
// The credential comes from OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET. COMMAND kills the server and starts it again;
// it must return when the server answers. BINARY is the command line that administers it.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Environment, Skip } from './lib.mjs'
import * as buckets from './scenarios/buckets.mjs'
import * as objects from './scenarios/objects.mjs'
import * as listing from './scenarios/listing.mjs'
import * as multipart from './scenarios/multipart.mjs'
import * as resume from './scenarios/resume.mjs'
import * as access from './scenarios/access.mjs'
import * as keys from './scenarios/keys.mjs'
import * as grants from './scenarios/grants.mjs'
import * as callbacks from './scenarios/callbacks.mjs'
import * as forms from './scenarios/forms.mjs'
import * as settings from './scenarios/settings.mjs'
import * as versions from './scenarios/versions.mjs'
import * as upkeep from './scenarios/upkeep.mjs'

const { values } = parseArgs({
  options: {
    endpoint: { type: 'string' },
    signature: { type: 'string', default: 'both' },
    only: { type: 'string', default: '' },
    'restart-command': { type: 'string' },
    moss: { type: 'string' },
    child: { type: 'string' },
  },
})
const options = {
  endpoint: values.endpoint?.replace(/\/$/, ''),
  restartCommand: values['restart-command'],
  moss: values.moss,
  accessKeyId: process.env.OSS_ACCESS_KEY_ID,
  accessKeySecret: process.env.OSS_ACCESS_KEY_SECRET,
}
if (values.child) {
  // The half of a resume scenario that is killed.
  await resume.child(JSON.parse(values.child))
  process.exit(0)
}
if (!options.endpoint || !options.accessKeyId || !options.accessKeySecret) {
  console.error('usage: OSS_ACCESS_KEY_ID=.. OSS_ACCESS_KEY_SECRET=.. node main.mjs --endpoint URL')
  process.exit(2)
}

const implemented = { ...buckets, ...objects, ...listing, ...multipart, ...resume.scenarios, ...access, ...keys, ...grants, ...callbacks, ...forms, ...settings, ...versions, ...upkeep }
const byName = new Map(Object.values(implemented)
  .filter((group) => typeof group === 'object')
  .flatMap((group) => Object.entries(group)))

const names = fs.readFileSync(new URL('../scenarios.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.trim() && !line.startsWith('#'))
  .map((line) => line.split('|')[0].trim())
  .filter((name) => !name.startsWith('browser.'))

// When the server is killed, the HTTP client below the SDK writes pages about it; the scenarios say what matters.
console.warn = () => {}

const counts = { passed: 0, failed: 0, skipped: 0 }
const signatures = values.signature === 'both' ? ['v1', 'v4'] : [values.signature]
for (const name of byName.keys()) {
  if (!names.includes(name)) report('FAIL', name, 'is not in scenarios.txt')
}
for (const signature of signatures) await runAll(signature)

console.log(`${counts.passed} passed, ${counts.failed} failed${counts.skipped ? `, ${counts.skipped} skipped` : ''}`)
process.exit(counts.failed > 0 || counts.passed === 0 ? 1 : 0)

async function runAll(signature) {
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'moss-compat-node-'))
  const environment = new Environment({ ...options, work }, signature)
  try {
    await environment.client.putBucket(environment.bucket)
    for (const name of names.filter((candidate) => candidate.startsWith(values.only))) {
      await runOne(environment, `node/${signature}/${name}`, byName.get(name))
    }
    await runOne(environment, `node/${signature}/clean-up`, buckets.removeBucket)
  } catch (error) {
    report('FAIL', `node/${signature}/set-up`, error.message)
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

async function runOne(environment, label, scenario) {
  if (!scenario) {
    report('FAIL', label, 'not implemented in this program')
    return
  }
  try {
    await withLimit(scenario(environment), 120_000)
    report('ok', label)
  } catch (error) {
    if (error instanceof Skip) report('skip', label, error.message)
    else report('FAIL', label, describe(error))
  }
}

function report(outcome, label, reason) {
  counts[{ ok: 'passed', FAIL: 'failed', skip: 'skipped' }[outcome]]++
  console.log(reason ? `${outcome} ${label}: ${reason}` : `${outcome} ${label}`)
}

function describe(error) {
  const where = (error.stack ?? '').split('\n').find((line) => line.includes('/scenarios/'))
  const at = /([\w-]+\.mjs:\d+)/.exec(where ?? '')?.[1]
  const message = String(error.message).replace(/\s*\n\s*/g, ' ')
  return `${message}${error.code && error.code !== 'ERR_ASSERTION' ? ` [${error.code} ${error.status ?? ''}]` : ''}${at ? ` (${at})` : ''}`
}

function withLimit(promise, milliseconds) {
  let timer
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${milliseconds / 1000} s`)), milliseconds)
  })
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer))
}
