// A headless Chromium with one page, and the page's own server, over which it is told what to do.
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import http from 'node:http'
import { bytesOf, readAll } from '../node/lib.mjs'

const sdk = new URL('../node/node_modules/ali-oss/dist/aliyun-oss-sdk.js', import.meta.url)
const files = {
  '/': ['text/html; charset=utf-8', new URL('page.html', import.meta.url)],
  '/page.js': ['text/javascript; charset=utf-8', new URL('page.js', import.meta.url)],
  '/aliyun-oss-sdk.js': ['text/javascript; charset=utf-8', sdk],
}

export class Browser {
  static async start(chromium, profile) {
    const browser = new Browser()
    await browser.#serve()
    // The name of the page's site is not the server's: another origin by more than its port.
    browser.origin = `http://app.localhost:${browser.server.address().port}`
    browser.process = spawn(chromium, [
      '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage', '--no-proxy-server', `--user-data-dir=${profile}`, `${browser.origin}/`,
    ], { stdio: ['ignore', 'ignore', 'pipe'] })
    browser.said = ''
    browser.process.stderr.on('data', (text) => { browser.said = (browser.said + text).slice(-4000) })
    await new Promise((resolve, reject) => {
      browser.arrived = resolve
      browser.process.on('error', reject)
      browser.process.on('exit', (code, signal) => reject(new Error(`Chromium ended with ${code ?? signal}: ${browser.said}`)))
      setTimeout(() => reject(new Error(`Chromium did not open the page: ${browser.said}`)), 60_000).unref()
    })
    return browser
  }

  /** Has the page run one of its functions; its result, or its error. */
  async run(name, parameters) {
    const result = new Promise((resolve, reject) => { this.pending = { resolve, reject } })
    this.next.resolve({ name, parameters })
    return await result
  }

  async stop() {
    // Asked to end it takes its other processes along; a killed one they notice. They have its stderr too, and write to the profile until they end:
    // closed it is when all of them are gone.
    if (this.process?.pid && this.process.exitCode === null && this.process.signalCode === null) {
      const ended = new Promise((resolve) => this.process.once('close', resolve))
      this.process.kill('SIGTERM')
      const late = setTimeout(() => this.process.kill('SIGKILL'), 10_000)
      await ended
      clearTimeout(late)
    }
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  async #serve() {
    this.#expectNext()
    this.server = http.createServer((request, response) => this.#answer(request, response).catch((error) => {
      response.writeHead(500).end(String(error))
    }))
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve))
  }

  #expectNext() {
    this.next = {}
    this.next.promise = new Promise((resolve) => { this.next.resolve = resolve })
  }

  async #answer(request, response) {
    const url = new URL(request.url, 'http://page')
    if (files[url.pathname]) {
      const [type, file] = files[url.pathname]
      response.writeHead(200, { 'Content-Type': type }).end(fs.readFileSync(file))
    } else if (url.pathname === '/bytes') {
      response.writeHead(200, { 'Content-Type': 'application/octet-stream' }).end(bytesOf(Number(url.searchParams.get('length')), Number(url.searchParams.get('seed'))))
    } else if (url.pathname === '/next') {
      this.arrived()
      const task = await this.next.promise
      this.#expectNext()
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(task))
    } else if (url.pathname === '/result') {
      const { value, error } = JSON.parse(await readAll(request))
      if (error) this.pending.reject(Object.assign(new Error(error.message), error))
      else this.pending.resolve(value)
      response.writeHead(204).end()
    } else {
      response.writeHead(url.pathname === '/done' ? 200 : 404, { 'Content-Type': 'text/html' }).end('<!doctype html><title>done</title>')
    }
  }
}
