// An application's server, as the public documentation has it verify callbacks.
import crypto from 'node:crypto'
import http from 'node:http'
import { plain, readAll } from './lib.mjs'

/** Listens on a loopback port of its own and remembers what it was told. */
export class Receiver {
  /** @param keyLead how the URL of the public key must begin: anybody may sign with a key of his own. */
  static async start(keyLead) {
    const receiver = new Receiver()
    receiver.keyLead = keyLead
    receiver.calls = []
    receiver.answer = (call) => ({ status: 200, body: JSON.stringify({ Status: 'OK', heard: call.body.length }) })
    receiver.server = http.createServer((request, response) => receiver.#serve(request, response))
    await new Promise((resolve) => receiver.server.listen(0, '127.0.0.1', resolve))
    receiver.origin = `http://127.0.0.1:${receiver.server.address().port}`
    return receiver
  }

  async stop() {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  /** The calls since the last time. */
  take() {
    return this.calls.splice(0)
  }

  async #serve(request, response) {
    try {
      const call = { method: request.method, target: request.url, headers: request.headers, body: await readAll(request) }
      call.problem = await this.#verify(call)
      this.calls.push(call)
      const { status, body, type = 'application/json' } = this.answer(call)
      response.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }).end(body)
    } catch (error) {
      this.calls.push({ problem: error.message })
      response.writeHead(500).end()
    }
  }

  // What is signed is the decoded path, the query as it is, a line feed and the body.
  async #verify(call) {
    const keyUrl = Buffer.from(call.headers['x-oss-pub-key-url'] ?? '', 'base64').toString()
    if (!keyUrl.startsWith(this.keyLead)) return `the key's URL is ${keyUrl}`
    const key = await plain(keyUrl)
    if (key.status !== 200) return `${keyUrl} answers ${key.status}`
    const question = call.target.indexOf('?')
    const path = question < 0 ? call.target : call.target.slice(0, question)
    const query = question < 0 ? '' : call.target.slice(question)
    const signed = Buffer.concat([Buffer.from(`${decodeURIComponent(path)}${query}\n`), call.body])
    const signature = Buffer.from(call.headers.authorization ?? '', 'base64')
    if (!crypto.createVerify('RSA-MD5').update(signed).verify(key.body.toString(), signature)) return 'the signature is not that of the key'
    const md5 = crypto.createHash('md5').update(call.body).digest('base64')
    return call.headers['content-md5'] === md5 ? undefined : `Content-MD5 is ${call.headers['content-md5']}`
  }
}
