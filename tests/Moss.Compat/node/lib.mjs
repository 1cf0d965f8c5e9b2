// What the scenarios share: test data, CRC-64, plain HTTP requests and the clients under test.
import { execFile } from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { promisify } from 'node:util'
import { lookup as dnsLookup } from 'node:dns'
import assert from 'node:assert/strict'
import OSS from 'ali-oss'

export const KiB = 1024
export const MiB = 1024 * 1024

/** Bytes that depend on every index, so that swapped or repeated parts show. */
export function bytesOf(length, seed = 1) {
  const words = new Uint32Array(Math.ceil(length / 4))
  let x = (seed * 2654435761) >>> 0 || 1
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13; x >>>= 0
    x ^= x >>> 17
    x ^= x << 5; x >>>= 0
    words[i] = x
  }
  return Buffer.from(words.buffer, 0, length)
}

export const md5Hex = (bytes) => crypto.createHash('md5').update(bytes).digest('hex').toUpperCase()
export const md5Base64 = (bytes) => crypto.createHash('md5').update(bytes).digest('base64')

// CRC-64/XZ, reflected, in two 32-bit halves because a BigInt a byte would be slow.
const [tableHigh, tableLow] = (() => {
  const high = new Uint32Array(256)
  const low = new Uint32Array(256)
  for (let n = 0; n < 256; n++) {
    let h = 0
    let l = n
    for (let bit = 0; bit < 8; bit++) {
      const odd = l & 1
      l = ((l >>> 1) | (h << 31)) >>> 0
      h = h >>> 1
      if (odd) {
        h = (h ^ 0xc96c5795) >>> 0
        l = (l ^ 0xd7870f42) >>> 0
      }
    }
    high[n] = h
    low[n] = l
  }
  return [high, low]
})()

/** The value of x-oss-hash-crc64ecma for these bytes. */
export function crc64(bytes) {
  let h = 0xffffffff
  let l = 0xffffffff
  for (let i = 0; i < bytes.length; i++) {
    const n = (l ^ bytes[i]) & 0xff
    l = (((l >>> 8) | (h << 24)) ^ tableLow[n]) >>> 0
    h = ((h >>> 8) ^ tableHigh[n]) >>> 0
  }
  return ((BigInt(~h >>> 0) << 32n) | BigInt(~l >>> 0)).toString()
}
assert.equal(crc64(Buffer.from('123456789')), '11051210869376104954', 'the check value of CRC-64/XZ')

/** Every name below localhost is this machine, whatever the resolver says. */
export function localLookup(name, options, callback) {
  if (name === 'localhost' || name.endsWith('.localhost')) {
    if (options && options.all) callback(null, [{ address: '127.0.0.1', family: 4 }])
    else callback(null, '127.0.0.1', 4)
    return
  }
  dnsLookup(name, options, callback)
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 128, lookup: localLookup })

/** A request without the SDK: path and headers go out exactly as given. */
export function plain(url, { method = 'GET', headers = {}, body, path } = {}) {
  const target = new URL(url)
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: target.hostname,
      port: target.port,
      path: path ?? rawPathOf(url),
      method,
      headers,
      lookup: localLookup,
    }, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => {
        const data = Buffer.concat(chunks)
        resolve({ status: response.statusCode, headers: response.headers, body: data, code: codeOf(data) })
      })
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

// URL would normalise dot segments, and those are literal characters of a key.
const rawPathOf = (url) => url.replace(/^[a-z]+:\/\/[^/?#]+/i, '') || '/'
const codeOf = (body) => /<Code>([^<]*)<\/Code>/.exec(body.toString('utf8'))?.[1]

/** The clients of one run. `options` come from the command line. */
export class Environment {
  constructor(options, signature) {
    // For an IP address this SDK sends another Host and signs no URLs: address.ip has that, the rest names the machine.
    this.endpoint = options.endpoint.replace('//127.0.0.1:', '//localhost:')
    this.accessKeyId = options.accessKeyId
    this.accessKeySecret = options.accessKeySecret
    this.restartCommand = options.restartCommand
    this.mossBinary = options.moss
    this.signature = signature
    this.suffix = crypto.randomBytes(4).toString('hex')
    this.bucket = `compat-node-${signature}-${this.suffix}`
    this.client = this.newClient()
    this.work = options.work
  }

  newClient(overrides = {}) {
    return new OSS({
      endpoint: this.endpoint,
      region: 'oss-cn-hangzhou',
      sldEnable: true,
      accessKeyId: this.accessKeyId,
      accessKeySecret: this.accessKeySecret,
      authorizationV4: this.signature === 'v4',
      bucket: this.bucket,
      timeout: 60_000,
      agent,
      ...overrides,
    })
  }

  /** A signed request that the SDK has no method for. Answers also when the server refuses: { status, headers, body, code }. */
  async signed(method, object, { subres, query, headers, content, client = this.client, bucket } = {}) {
    const params = {
      method, object, bucket: bucket === undefined ? client.options.bucket : bucket, subres, query, headers, content,
    }
    try {
      const result = await client.request({ ...params, successStatuses: [200, 203, 204, 206, 304] })
      return { status: result.status, headers: result.res.headers, body: result.data ?? Buffer.alloc(0) }
    } catch (error) {
      if (error.status === undefined || error.status < 0) throw error
      return { status: error.status, code: error.code, message: error.message, headers: {}, body: Buffer.alloc(0) }
    }
  }

  /** Runs the command line against the server and answers its JSON. `files` are options whose values it reads from files. */
  async moss(words, files = {}) {
    if (!this.mossBinary) throw new Skip('needs the command line of the server (--moss)')
    const options = Object.entries(files).flatMap(([name, value]) => {
      const file = path.join(this.work, `${name}-${crypto.randomBytes(4).toString('hex')}.json`)
      fs.writeFileSync(file, JSON.stringify(value))
      return [`--${name}`, file]
    })
    const environment = {
      ...process.env, OSS_ENDPOINT: this.endpoint, OSS_ACCESS_KEY_ID: this.accessKeyId, OSS_ACCESS_KEY_SECRET: this.accessKeySecret,
    }
    const { stdout } = await promisify(execFile)(this.mossBinary, [...words, ...options, '--output-format', 'json'], { env: environment })
    return stdout.trim() ? JSON.parse(stdout) : undefined
  }

  /** A user with a key, made once in a run: { name, uid, accountUid, accessKeyId, accessKeySecret }. Its policies are given by name. */
  async user(name, policy) {
    this.users ??= new Map()
    if (!this.users.has(name)) {
      const user = await this.moss(['admin', 'user', 'add', `${name}-${this.signature}-${this.suffix}`])
      if (policy) await this.moss(['admin', 'policy', 'attach', user.name], { document: policy })
      this.users.set(name, user)
    }
    return this.users.get(name)
  }

  clientOf({ accessKeyId, accessKeySecret }, overrides = {}) {
    return this.newClient({ accessKeyId, accessKeySecret, ...overrides })
  }

  /** The URL of an object without any signature. */
  urlOf(key, bucket = this.bucket) {
    return `${this.endpoint}/${bucket}/${encodeURIComponent(key).replace(/%2F/g, '/')}`
  }
}

/** Asserts that the call is refused with this code, and this status when one is given. */
export async function refused(call, code, status) {
  let result
  try {
    result = await call()
  } catch (error) {
    assert.equal(error.code, code, `expected ${code}, got ${error.code ?? error.name}: ${error.message}`)
    if (status !== undefined) assert.equal(error.status, status, `status of ${code}`)
    return error
  }
  throw new Error(`expected ${code}, but the call succeeded with ${result?.res?.status}`)
}

export function sameBytes(actual, expected, what = 'content') {
  assert.equal(actual.length, expected.length, `${what}: length`)
  if (!actual.equals(expected)) {
    const at = actual.findIndex((value, index) => value !== expected[index])
    assert.fail(`${what}: byte ${at} differs`)
  }
}

export async function readAll(stream) {
  const chunks = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export class Skip extends Error {}
export { assert, OSS }
