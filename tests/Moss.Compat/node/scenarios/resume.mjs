import { fork, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert, bytesOf, crc64, sameBytes, Environment, KiB, Skip } from '../lib.mjs'

const partSize = 256 * KiB
const partCount = 40
// A quarter of a second for a part, three at once: slow enough that the kill comes in the middle, however busy the machine is.
const slowly = { 'x-oss-traffic-limit': String(partSize * 8 * 4) }
const main = fileURLToPath(new URL('../main.mjs', import.meta.url))

/** The child of resume.killed-client: uploads, keeping its checkpoint in a file, until it is killed. */
export async function child(work) {
  const env = new Environment(work.options, work.signature)
  const client = env.newClient({ bucket: work.bucket })
  await client.multipartUpload(work.name, work.file, {
    partSize, parallel: 3, mime: 'video/mp2t', meta: { run: 'killed' }, headers: { ...slowly },
    progress: async (share, checkpoint) => {
      if (!checkpoint) return
      fs.writeFileSync(work.checkpoint + '.new', JSON.stringify(checkpoint))
      fs.renameSync(work.checkpoint + '.new', work.checkpoint)
      process.send?.(checkpoint.doneParts.length)
    },
  })
}

async function verify(client, name, body, checkpoint) {
  const resent = new Set()
  const before = new Set(checkpoint.doneParts.map((part) => part.number))
  const done = await client.multipartUpload(name, checkpoint.file, {
    checkpoint, parallel: 3,
    progress: async (share, now) => now?.doneParts.forEach((part) => { if (!before.has(part.number)) resent.add(part.number) }),
  })
  assert.equal(done.res.headers['x-oss-hash-crc64ecma'], crc64(body))
  const got = await client.get(name)
  sameBytes(got.content, body)
  assert.equal(got.res.headers['x-oss-hash-crc64ecma'], crc64(body))
  assert.equal(got.res.headers['content-type'], 'video/mp2t')
  assert.equal(resent.size + before.size, partCount + 1, 'only what was not acknowledged is sent again')
}

export const scenarios = {
  resume: {
    'resume.killed-client': async (env) => {
      const body = bytesOf(partCount * partSize + 99, 80)
      const name = 'resume/killed client'
      const file = path.join(env.work, 'resume-client.bin')
      fs.writeFileSync(file, body)
      const work = {
        options: { endpoint: env.endpoint, accessKeyId: env.accessKeyId, accessKeySecret: env.accessKeySecret },
        signature: env.signature, bucket: env.bucket, name, file, checkpoint: file + '.checkpoint',
      }
      const process = fork(main, ['--child', JSON.stringify(work)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
      await new Promise((resolve, reject) => {
        process.on('message', (parts) => { if (parts >= partCount / 4) process.kill('SIGKILL') })
        process.on('exit', (code, signal) => (signal === 'SIGKILL' ? resolve() : reject(new Error(`the child ended with ${code}`))))
      })
      const checkpoint = JSON.parse(fs.readFileSync(work.checkpoint, 'utf8'))
      assert.ok(checkpoint.doneParts.length > 0 && checkpoint.doneParts.length < partCount)
      const listed = await env.client.listParts(name, checkpoint.uploadId, { 'max-parts': 1000 })
      const numbers = new Set(listed.parts.map((part) => Number(part.PartNumber)))
      for (const part of checkpoint.doneParts) assert.ok(numbers.has(part.number), `part ${part.number} was acknowledged`)
      await verify(env.client, name, body, checkpoint)
    },

    'resume.killed-server': async (env) => {
      if (!env.restartCommand) throw new Skip('needs --restart-command')
      const body = bytesOf(partCount * partSize + 99, 81)
      const name = 'resume/killed-server'
      const file = path.join(env.work, 'resume-server.bin')
      fs.writeFileSync(file, body)
      await env.client.put('resume/before', body.subarray(0, 500_000))
      let checkpoint
      let restart
      let failure
      try {
        await env.client.multipartUpload(name, file, {
          partSize, parallel: 3, mime: 'video/mp2t', headers: { ...slowly },
          progress: async (share, now) => {
            if (now) checkpoint = JSON.parse(JSON.stringify(now))
            if (now?.doneParts.length >= partCount / 4) restart ??= run(env.restartCommand)
          },
        })
      } catch (error) {
        failure = error
      }
      assert.ok(restart, 'the server was restarted')
      await restart
      assert.ok(failure, 'the upload noticed the killed server')
      sameBytes((await env.client.get('resume/before')).content, body.subarray(0, 500_000), 'the object from before')
      await verify(env.client, name, body, checkpoint)
    },
  },
}

function run(command) {
  return new Promise((resolve, reject) => {
    const process = spawn('bash', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] })
    process.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))))
  })
}
