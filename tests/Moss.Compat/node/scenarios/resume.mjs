import { fork, spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
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
      const checkpoint = await killedChild(env, name, 'resume-client.bin', body)
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

    'resume.moss-begins': async (env) => {
      const body = bytesOf(partCount * partSize + 99, 82)
      const name = 'resume/moss begins'
      const file = path.join(env.work, 'resume-moss-begins.bin')
      fs.writeFileSync(file, body)
      const moss = mossCopy(env, file, name, '--part-size', String(partSize), '--parallel', '3', '--bandwidth-limit', '1Mi')
      const ended = new Promise((resolve) => moss.on('exit', (code, signal) => resolve(signal ?? code)))
      let uploadId
      let parts = []
      while (parts.length < partCount / 4) {
        assert.equal(await Promise.race([ended, sleep(20)]), undefined, 'moss is still at it')
        uploadId ??= await uploadOf(env, name)
        if (uploadId) parts = await partsOf(env, name, uploadId)
      }
      moss.kill('SIGKILL')
      assert.equal(await ended, 'SIGKILL')
      // The upload id and what ListParts says is all that the SDK gets of moss.
      parts = await partsOf(env, name, uploadId)
      assert.ok(parts.length < partCount, `${parts.length} of ${partCount + 1} parts were there when moss was killed`)
      await verify(env.client, name, body, {
        file, name, fileSize: body.length, partSize, uploadId,
        doneParts: parts.map((part) => ({ number: Number(part.PartNumber), etag: part.ETag })),
      })
    },

    'resume.moss-finishes': async (env) => {
      if (!env.mossBinary) throw new Skip('needs the command line (--moss)')
      const body = bytesOf(partCount * partSize + 99, 83)
      const name = 'resume/moss finishes'
      const checkpoint = await killedChild(env, name, 'resume-moss-finishes.bin', body)
      const held = (await partsOf(env, name, checkpoint.uploadId)).reduce((sum, part) => sum + Number(part.Size), 0)
      const moss = mossCopy(env, checkpoint.file, name)
      const output = []
      moss.stdout.on('data', (chunk) => output.push(chunk))
      assert.equal(await new Promise((resolve) => moss.on('close', resolve)), 0)
      const result = JSON.parse(Buffer.concat(output).toString('utf8'))
      assert.equal(result.uploadId, checkpoint.uploadId, 'the same upload')
      // A part that was in flight may have arrived after the look.
      assert.ok(result.resumedBytes >= held, `${held} bytes were there, ${result.resumedBytes} were not sent again`)
      assert.equal(result.networkBytes, body.length - result.resumedBytes)
      const got = await env.client.get(name)
      sameBytes(got.content, body)
      assert.equal(got.res.headers['x-oss-hash-crc64ecma'], crc64(body))
      assert.equal(got.res.headers['content-type'], 'video/mp2t')
      assert.equal(await uploadOf(env, name), undefined)
    },
  },
}

/** Uploads in a child until it is killed in the middle; its checkpoint. */
async function killedChild(env, name, fileName, body) {
  const file = path.join(env.work, fileName)
  fs.writeFileSync(file, body)
  const work = {
    options: { endpoint: env.endpoint, accessKeyId: env.accessKeyId, accessKeySecret: env.accessKeySecret },
    signature: env.signature, bucket: env.bucket, name, file, checkpoint: file + '.checkpoint',
  }
  const killed = fork(main, ['--child', JSON.stringify(work)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await new Promise((resolve, reject) => {
    killed.on('message', (parts) => { if (parts >= partCount / 4) killed.kill('SIGKILL') })
    killed.on('exit', (code, signal) => (signal === 'SIGKILL' ? resolve() : reject(new Error(`the child ended with ${code}`))))
  })
  const checkpoint = JSON.parse(fs.readFileSync(work.checkpoint, 'utf8'))
  assert.ok(checkpoint.doneParts.length > 0 && checkpoint.doneParts.length < partCount)
  return checkpoint
}

/** What `moss cp` needs to send small parts of a small file, and to keep its state where the run is. */
function mossCopy(env, file, name, ...words) {
  if (!env.mossBinary) throw new Skip('needs the command line (--moss)')
  return spawn(
    env.mossBinary,
    ['cp', file, `oss://${env.bucket}/${name}`, '--bigfile-threshold', '1Mi', '--output-format', 'json', '--content-type', 'video/mp2t', ...words],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...process.env, XDG_STATE_HOME: path.join(env.work, 'state'), OSS_ENDPOINT: env.endpoint,
        OSS_ACCESS_KEY_ID: env.accessKeyId, OSS_ACCESS_KEY_SECRET: env.accessKeySecret,
      },
    },
  )
}

/** The SDK gives one part alone as it is, not in a list. */
async function partsOf(env, name, uploadId) {
  return [(await env.client.listParts(name, uploadId, { 'max-parts': 1000 })).parts].flat()
}

/** The one open upload of an object. */
async function uploadOf(env, name) {
  const uploads = ((await env.client.listUploads({ prefix: name })).uploads ?? []).filter((upload) => upload.name === name)
  assert.ok(uploads.length < 2, `${uploads.length} uploads of ${name} are open`)
  return uploads[0]?.uploadId
}

function run(command) {
  return new Promise((resolve, reject) => {
    const process = spawn('bash', ['-c', command], { stdio: ['ignore', 'ignore', 'inherit'] })
    process.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))))
  })
}
