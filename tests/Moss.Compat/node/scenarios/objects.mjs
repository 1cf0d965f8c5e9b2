import fs from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { assert, bytesOf, crc64, md5Base64, md5Hex, plain, readAll, refused, sameBytes, KiB, MiB } from '../lib.mjs'

export const objects = {
  'object.put-get': async ({ client }) => {
    const body = bytesOf(300 * KiB + 17)
    const put = await client.put('put-get.bin', body, { mime: 'application/x-moss' })
    assert.equal(put.res.headers.etag, `"${md5Hex(body)}"`)
    assert.equal(put.res.headers['x-oss-hash-crc64ecma'], crc64(body))
    assert.match(put.res.headers['x-oss-request-id'], /^[0-9A-F]{24}$/)
    const got = await client.get('put-get.bin')
    sameBytes(got.content, body)
    assert.equal(got.res.headers['content-type'], 'application/x-moss')
    assert.equal(got.res.headers['content-length'], String(body.length))
    assert.equal(got.res.headers.etag, `"${md5Hex(body)}"`)
    assert.equal(got.res.headers['x-oss-hash-crc64ecma'], crc64(body))
    assert.equal(got.res.headers['x-oss-object-type'], 'Normal')
    assert.equal(got.res.headers['content-md5'], md5Base64(body))
    assert.equal(got.res.headers['accept-ranges'], 'bytes')
  },

  'object.put-empty': async ({ client }) => {
    await client.put('empty', Buffer.alloc(0), { headers: { 'Content-Length': 0 } })
    const head = await client.head('empty')
    assert.equal(head.res.headers['content-length'], '0')
    assert.equal(head.res.headers.etag, '"D41D8CD98F00B204E9800998ECF8427E"')
    assert.equal(head.res.headers['x-oss-hash-crc64ecma'], '0')
    assert.equal((await client.get('empty')).content.length, 0)
  },

  'object.put-file': async ({ client, work }) => {
    const body = bytesOf(3 * MiB + 1, 2)
    const file = path.join(work, 'put-file.txt')
    fs.writeFileSync(file, body)
    await client.put('dir/put-file.txt', file)
    const target = path.join(work, 'got-file')
    const got = await client.get('dir/put-file.txt', target)
    assert.equal(got.res.headers['content-type'], 'text/plain')
    sameBytes(fs.readFileSync(target), body)
  },

  'object.put-stream': async ({ client }) => {
    const body = bytesOf(5 * MiB + 3, 3)
    const pieces = []
    for (let at = 0; at < body.length; at += 70_001) pieces.push(body.subarray(at, at + 70_001))
    const put = await client.putStream('stream', Readable.from(pieces)) // No length: chunked.
    assert.equal(put.res.headers['x-oss-hash-crc64ecma'], crc64(body))
    sameBytes((await client.get('stream')).content, body)
  },

  'object.get-stream': async ({ client }) => {
    const body = bytesOf(8 * MiB, 4)
    await client.put('large', body)
    const { stream } = await client.getStream('large')
    sameBytes(await readAll(stream), body)
  },

  'object.metadata': async ({ client }) => {
    const headers = {
      'Cache-Control': 'no-cache', 'Content-Disposition': 'attachment; filename="x.txt"', 'Content-Encoding': 'identity',
      'Content-Language': 'zh-CN', Expires: 'Fri, 28 Feb 2031 05:38:42 GMT', 'x-oss-storage-class': 'Standard',
    }
    await client.put('metadata.txt', Buffer.from('hello'), { headers: { ...headers }, mime: 'text/plain', meta: { color: 'green', Size: 12, pid: '0-1' } })
    for (const answer of [await client.head('metadata.txt'), await client.get('metadata.txt')]) {
      const got = answer.res.headers
      for (const [name, value] of Object.entries(headers)) assert.equal(got[name.toLowerCase()], value, name)
      assert.equal(got['content-type'], 'text/plain')
      assert.equal(got['x-oss-meta-color'], 'green')
      assert.equal(got['x-oss-meta-size'], '12')
    }
    assert.deepEqual((await client.head('metadata.txt')).meta, { color: 'green', size: '12', pid: '0-1' })
    const simple = await client.getObjectMeta('metadata.txt')
    assert.equal(simple.res.headers['content-length'], '5')
    assert.ok(simple.res.headers.etag && simple.res.headers['last-modified'])
    await refused(() => client.head('metadata.none'), 'NoSuchKey', 404)
  },

  'object.set-metadata': async ({ client }) => {
    const body = bytesOf(100 * KiB, 5)
    await client.put('set-metadata', body, { meta: { old: '1' } })
    await client.putMeta('set-metadata', { fresh: '2' })
    const head = await client.head('set-metadata')
    assert.deepEqual(head.meta, { fresh: '2' })
    assert.equal(head.res.headers['x-oss-hash-crc64ecma'], crc64(body))
    sameBytes((await client.get('set-metadata')).content, body)
  },

  'object.ranges': async ({ client }) => {
    const body = bytesOf(1000, 6)
    await client.put('ranges', body)
    const range = (value, standard) => client.get('ranges', {
      headers: { Range: value, ...(standard ? { 'x-oss-range-behavior': 'standard' } : {}) },
    })
    const partial = async (value, from, to, standard = false) => {
      const got = await range(value, standard)
      assert.equal(got.res.status, 206, value)
      assert.equal(got.res.headers['content-range'], `bytes ${from}-${to}/1000`)
      sameBytes(got.content, body.subarray(from, to + 1), value)
    }
    await partial('bytes=0-99', 0, 99)
    await partial('bytes=500-599', 500, 599)
    await partial('bytes=900-', 900, 999)
    await partial('bytes=-100', 900, 999)
    await partial('bytes=0-0', 0, 0)
    await partial('bytes=999-999', 999, 999)
    for (const value of ['bytes=500-2000', 'bytes=1000-', 'bytes=1500-2000', 'bytes=9-1', 'bytes=0-9,20-29', 'lines=1-2']) {
      const got = await range(value)
      assert.equal(got.res.status, 200, value)
      assert.equal(got.res.headers['content-range'], undefined, value)
      sameBytes(got.content, body, value)
    }
    await partial('bytes=500-2000', 500, 999, true)
    await refused(() => range('bytes=1000-', true), 'InvalidRange', 416)
    await refused(() => range('bytes=1500-2000', true), 'InvalidRange', 416)
  },

  'object.conditions': async (env) => {
    const { client } = env
    const body = Buffer.from('conditions')
    const { res } = await client.put('conditions', body)
    const { etag } = res.headers
    const modified = (await client.head('conditions')).res.headers['last-modified']
    const past = new Date(Date.parse(modified) - 60_000).toUTCString()
    const get = (headers) => client.get('conditions', { headers })
    for (const headers of [{ 'If-Match': etag }, { 'If-Match': etag.replaceAll('"', '') }, { 'If-None-Match': '"0"' },
      { 'If-Modified-Since': past }, { 'If-Unmodified-Since': modified }]) {
      assert.equal((await get(headers)).res.status, 200, JSON.stringify(headers))
    }
    await refused(() => get({ 'If-Match': '"0"' }), 'PreconditionFailed', 412)
    await refused(() => get({ 'If-Unmodified-Since': past }), 'PreconditionFailed', 412)
    assert.equal((await get({ 'If-None-Match': etag })).res.status, 304)
    assert.equal((await get({ 'If-Modified-Since': modified })).res.status, 304)
    await refused(() => client.head('conditions', { headers: { 'If-Match': '"0"' } }), 'PreconditionFailed', 412)

    const forbid = { headers: { 'x-oss-forbid-overwrite': 'true' } }
    await refused(() => client.put('conditions', Buffer.from('other'), forbid), 'FileAlreadyExists', 409)
    sameBytes((await client.get('conditions')).content, body)
    await client.put('conditions-new', body, { headers: { 'x-oss-forbid-overwrite': 'true' } })
  },

  'object.response-headers': async ({ client }) => {
    await client.put('response', Buffer.from('x'), { mime: 'text/plain' })
    const got = await client.get('response', {
      subres: {
        'response-content-type': 'application/json', 'response-cache-control': 'max-age=9',
        'response-content-disposition': 'inline', 'response-content-language': 'en', 'response-expires': '0',
      },
    })
    assert.equal(got.res.headers['content-type'], 'application/json')
    assert.equal(got.res.headers['cache-control'], 'max-age=9')
    assert.equal(got.res.headers['content-disposition'], 'inline')
    assert.equal(got.res.headers['content-language'], 'en')
  },

  'object.checksums': async (env) => {
    const { client } = env
    const body = bytesOf(10 * KiB, 7)
    await refused(() => client.put('checksums', body, { headers: { 'Content-MD5': md5Base64(Buffer.from('other')) } }),
      'InvalidDigest', 400)
    await refused(() => client.put('checksums', body, { headers: { 'Content-MD5': 'no base64' } }), 'InvalidDigest', 400)
    await refused(() => client.put('checksums', body, { headers: { 'x-oss-hash-crc64ecma': '1' } }), 'InvalidCRC64', 400)
    await refused(() => client.head('checksums'), 'NoSuchKey', 404)
    await client.put('checksums', body, { headers: { 'x-oss-hash-crc64ecma': crc64(body) } })
    sameBytes((await client.get('checksums')).content, body)
  },

  'object.copy': async (env) => {
    const { client } = env
    const body = bytesOf(200 * KiB, 8)
    const source = 'copy/来 源+a b%2F&.bin'
    await client.put(source, body, { mime: 'text/css', meta: { origin: 'here' } })
    const copied = await client.copy('copy/target', source)
    assert.equal(copied.data.etag.replaceAll('"', ''), md5Hex(body))
    const head = await client.head('copy/target')
    assert.equal(head.res.headers['content-type'], 'text/css')
    assert.deepEqual(head.meta, { origin: 'here' })

    const other = `compat-copy-${env.signature}-${env.suffix}`
    const otherClient = env.newClient({ bucket: other })
    await client.putBucket(other)
    await otherClient.copy('across', source, env.bucket, { meta: { origin: 'there' }, headers: { 'Content-Type': 'text/html' } })
    await client.delete(source)
    await client.put(source, Buffer.from('something else'))
    sameBytes((await client.get('copy/target')).content, body)
    const across = await otherClient.get('across')
    sameBytes(across.content, body)
    assert.equal(across.res.headers['x-oss-meta-origin'], 'there')
    assert.equal(across.res.headers['content-type'], 'text/html')
    assert.equal(across.res.headers['x-oss-hash-crc64ecma'], crc64(body))
    await refused(() => client.copy('copy/x', 'copy/none'), 'NoSuchKey', 404)
    await refused(() => client.copy('copy/x', 'copy/target', { headers: { 'if-match': '"0"' } }), 'PreconditionFailed', 412)
    await otherClient.delete('across')
    await client.deleteBucket(other)
  },

  'object.delete': async ({ client }) => {
    await client.put('delete', Buffer.from('x'))
    assert.equal((await client.delete('delete')).res.status, 204)
    await refused(() => client.get('delete'), 'NoSuchKey', 404)
    assert.equal((await client.delete('delete')).res.status, 204)
  },

  'object.delete-many': async ({ client }) => {
    const names = ['many/a', 'many/b c', 'many/<&>"\'', 'many/中文', 'many/x+y%20']
    for (const name of names) await client.put(name, Buffer.from(name))
    const { deleted } = await client.deleteMulti([...names, 'many/absent'])
    assert.deepEqual(deleted.map((entry) => entry.Key).sort(), [...names, 'many/absent'].sort())
    assert.equal((await client.list({ prefix: 'many/', 'max-keys': 10 })).objects.length, 0)
    for (const name of names) await client.put(name, Buffer.from(name))
    const quiet = await client.deleteMulti(names, { quiet: true })
    assert.equal(quiet.deleted.length, 0)
    assert.equal(quiet.res.headers['content-length'], '0')
    assert.equal((await client.list({ prefix: 'many/', 'max-keys': 10 })).objects.length, 0)
  },

  'object.acl': async (env) => {
    const { client } = env
    const anonymous = (key) => plain(env.urlOf(key))
    await client.put('acl', Buffer.from('secret'))
    assert.equal((await client.getACL('acl')).acl, 'default')
    assert.equal((await anonymous('acl')).code, 'AccessDenied')
    await client.putACL('acl', 'public-read')
    assert.equal((await client.getACL('acl')).acl, 'public-read')
    const read = await anonymous('acl')
    assert.equal(read.status, 200)
    assert.equal(read.body.toString(), 'secret')
    assert.equal((await plain(env.urlOf('acl'), { method: 'PUT', body: 'changed' })).code, 'AccessDenied')
    await client.putACL('acl', 'public-read-write')
    assert.equal((await plain(env.urlOf('acl'), { method: 'PUT', body: 'changed' })).status, 200)
    assert.equal((await client.get('acl')).content.toString(), 'changed')
    assert.equal((await client.getACL('acl')).acl, 'default') // A new object is a new ACL.
    await client.put('acl', Buffer.from('x'), { headers: { 'x-oss-object-acl': 'private' } })
    await client.putBucketACL(env.bucket, 'public-read')
    assert.equal((await anonymous('acl')).status, 403)
    await client.putACL('acl', 'default')
    assert.equal((await anonymous('acl')).status, 200)
    assert.equal((await anonymous('acl-none')).code, 'NoSuchKey')
    await client.putBucketACL(env.bucket, 'private')
    assert.equal((await anonymous('acl')).status, 403)
    await refused(() => client.putACL('acl-none', 'private'), 'NoSuchKey', 404)
  },

  'object.symlink': async ({ client }) => {
    const target = 'symlink/目标 target+1'
    await client.put(target, Buffer.from('through the link'), { mime: 'text/plain' })
    await client.putSymlink('symlink/link', target, { meta: { kind: 'link' } })
    assert.equal((await client.getSymlink('symlink/link')).targetName, target)
    const got = await client.get('symlink/link')
    assert.equal(got.content.toString(), 'through the link')
    assert.equal(got.res.headers['x-oss-object-type'], 'Symlink')
    await refused(() => client.getSymlink('symlink/none'), 'NoSuchKey', 404)
    await client.delete(target)
    await refused(() => client.get('symlink/link'), 'SymlinkTargetNotExist', 404)
    await client.delete('symlink/link')
  },

  'object.tagging': async ({ client }) => {
    await client.put('tagging', Buffer.from('x'), { headers: { 'x-oss-tagging': 'a=1&b%20c=%2B2' } })
    assert.deepEqual((await client.getObjectTagging('tagging')).tag, { a: '1', 'b c': '+2' })
    assert.equal((await client.head('tagging')).res.headers['x-oss-tagging-count'], '2')
    await client.putObjectTagging('tagging', { only: 'this' })
    assert.deepEqual((await client.getObjectTagging('tagging')).tag, { only: 'this' })
    await client.deleteObjectTagging('tagging')
    assert.deepEqual((await client.getObjectTagging('tagging')).tag, {})
    assert.equal((await client.head('tagging')).res.headers['x-oss-tagging-count'], undefined)
    await refused(() => client.getObjectTagging('tagging-none'), 'NoSuchKey', 404)
  },

  'object.append': async ({ client }) => {
    const [first, second] = [bytesOf(150 * KiB, 9), bytesOf(70 * KiB + 5, 10)]
    const one = await client.append('append', first, { meta: { log: 'yes' } })
    assert.equal(one.nextAppendPosition, String(first.length))
    assert.equal(one.res.headers['x-oss-hash-crc64ecma'], crc64(first))
    const two = await client.append('append', second, { position: one.nextAppendPosition })
    const whole = Buffer.concat([first, second])
    assert.equal(two.nextAppendPosition, String(whole.length))
    assert.equal(two.res.headers['x-oss-hash-crc64ecma'], crc64(whole))
    await refused(() => client.append('append', second, { position: 1 }), 'PositionNotEqualToLength', 409)
    const got = await client.get('append')
    sameBytes(got.content, whole)
    assert.equal(got.res.headers['x-oss-object-type'], 'Appendable')
    assert.equal(got.res.headers['x-oss-next-append-position'], String(whole.length))
    assert.equal(got.res.headers['x-oss-meta-log'], 'yes')
    await client.put('append-normal', first)
    await refused(() => client.append('append-normal', second, { position: first.length }), 'ObjectNotAppendable', 409)
    await refused(() => client.append('append-new', second, { position: 5 }), 'PositionNotEqualToLength', 409)
  },

  'object.concurrent': async ({ client }) => {
    const work = Array.from({ length: 64 }, async (_, n) => {
      const body = bytesOf(120 * KiB + n, 100 + n)
      await client.put(`concurrent/${n}`, body)
      sameBytes((await client.get(`concurrent/${n}`)).content, body, `object ${n}`)
    })
    await Promise.all(work)
    assert.equal((await client.listV2({ prefix: 'concurrent/', 'max-keys': 100 })).objects.length, 64)
  },
}
