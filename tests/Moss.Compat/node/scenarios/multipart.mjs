import fs from 'node:fs'
import path from 'node:path'
import { assert, bytesOf, crc64, md5Hex, refused, sameBytes, KiB, MiB } from '../lib.mjs'

const partSize = 100 * KiB

/** The object ETag of OSS: the MD5 of the parts' upper-case hexadecimal MD5s put together, and their number. */
const multipartETag = (parts) => `"${md5Hex(parts.map(md5Hex).join(''))}-${parts.length}"`

async function upload(client, name, uploadId, number, body) {
  const { etag } = await client.uploadPart(name, uploadId, number, body, 0, body.length)
  assert.equal(etag, `"${md5Hex(body)}"`)
  return { number, etag }
}

const partsOf = (listing) => (Array.isArray(listing.parts) ? listing.parts : [listing.parts]).filter((part) => part.PartNumber)

export const multipart = {
  'multipart.upload': async ({ client, work }) => {
    const body = bytesOf(11 * partSize + 4321, 20)
    const file = path.join(work, 'multipart.bin')
    fs.writeFileSync(file, body)
    const done = await client.multipartUpload('multipart/upload', file, {
      partSize, parallel: 5, mime: 'video/mp4', meta: { camera: '7' },
    })
    const parts = Array.from({ length: 12 }, (_, n) => body.subarray(n * partSize, (n + 1) * partSize))
    assert.equal(done.etag, multipartETag(parts))
    assert.equal(done.res.headers['x-oss-hash-crc64ecma'], crc64(body))
    const got = await client.get('multipart/upload')
    sameBytes(got.content, body)
    assert.equal(got.res.headers.etag, done.etag)
    assert.equal(got.res.headers['x-oss-object-type'], 'Multipart')
    assert.equal(got.res.headers['x-oss-hash-crc64ecma'], crc64(body))
    assert.equal(got.res.headers['content-md5'], undefined)
    assert.equal(got.res.headers['content-type'], 'video/mp4')
    assert.equal(got.res.headers['x-oss-meta-camera'], '7')
    const range = await client.get('multipart/upload', { headers: { Range: `bytes=${partSize - 10}-${3 * partSize + 9}` } })
    sameBytes(range.content, body.subarray(partSize - 10, 3 * partSize + 10), 'a range over parts')
  },

  'multipart.by-hand': async ({ client }) => {
    const name = 'multipart/by hand+1'
    const body = [0, 1, 2, 3].map((n) => bytesOf(partSize + n, 30 + n))
    const { uploadId } = await client.initMultipartUpload(name, { mime: 'text/x-hand', meta: { hand: 'yes' } })
    assert.match(uploadId, /^[0-9A-Za-z_-]{16,64}$/)
    const last = await upload(client, name, uploadId, 900, body[3].subarray(0, 10))
    await upload(client, name, uploadId, 2, body[1])
    const first = await upload(client, name, uploadId, 1, body[0])
    const second = await upload(client, name, uploadId, 2, body[2]) // Replaces the one before.
    await upload(client, name, uploadId, 10_000, body[3]) // Is left out.
    await refused(() => client.head(name), 'NoSuchKey', 404)
    const done = await client.completeMultipartUpload(name, uploadId, [last, first, second])
    const parts = [body[0], body[2], body[3].subarray(0, 10)]
    assert.equal(done.etag, multipartETag(parts))
    const got = await client.get(name)
    sameBytes(got.content, Buffer.concat(parts))
    assert.equal(got.res.headers['content-type'], 'text/x-hand')
    assert.equal(got.res.headers['x-oss-meta-hand'], 'yes')
    await refused(() => client.listParts(name, uploadId), 'NoSuchUpload', 404)
  },

  'multipart.list-parts': async ({ client }) => {
    const name = 'multipart/list-parts'
    const { uploadId } = await client.initMultipartUpload(name)
    const none = await client.listParts(name, uploadId)
    assert.equal(partsOf(none).length, 0)
    assert.equal(none.isTruncated, 'false')
    const numbers = Array.from({ length: 25 }, (_, n) => n * 3 + 1)
    await Promise.all(numbers.map((number) => upload(client, name, uploadId, number, bytesOf(1000 + number, number))))
    const seen = []
    let marker
    for (let pages = 0; pages < 10; pages++) {
      const page = await client.listParts(name, uploadId, { 'max-parts': 10, ...(marker ? { 'part-number-marker': marker } : {}) })
      seen.push(...partsOf(page))
      assert.equal(page.maxParts, '10')
      if (page.isTruncated === 'false') break
      marker = page.nextPartNumberMarker
    }
    assert.deepEqual(seen.map((part) => Number(part.PartNumber)), numbers)
    for (const part of seen) {
      const body = bytesOf(1000 + Number(part.PartNumber), Number(part.PartNumber))
      assert.equal(part.ETag, `"${md5Hex(body)}"`)
      assert.equal(Number(part.Size), body.length)
      assert.match(part.LastModified, /\.000Z$/)
    }
    await client.abortMultipartUpload(name, uploadId)
  },

  'multipart.list-uploads': async ({ client }) => {
    const names = ['uploads/a', 'uploads/a', 'uploads/b', 'uploads/c/1', 'uploads/c/2', 'uploads/中文', 'uploads/d']
    const ids = new Map()
    for (const name of names) ids.set((await client.initMultipartUpload(name)).uploadId, name)
    const expected = [...ids].map(([id, name]) => ({ name, id }))
      .sort((x, y) => Buffer.compare(Buffer.from(x.name), Buffer.from(y.name)) || (x.id < y.id ? -1 : 1))
    for (const size of [1, 2, 3, 100]) {
      const seen = []
      let markers = {}
      for (let pages = 0; pages < 20; pages++) {
        const page = await client.listUploads({ prefix: 'uploads/', 'max-uploads': size, ...markers })
        assert.ok(page.uploads.length <= size)
        seen.push(...page.uploads.map((entry) => ({ name: entry.name, id: entry.uploadId })))
        if (!page.isTruncated) break
        markers = { 'key-marker': page.nextKeyMarker, 'upload-id-marker': page.nextUploadIdMarker }
      }
      assert.deepEqual(seen, expected, `pages of ${size}`)
    }
    const afterKey = await client.listUploads({ prefix: 'uploads/', 'key-marker': 'uploads/a', 'max-uploads': 100 })
    assert.deepEqual(afterKey.uploads.map((entry) => entry.name), ['uploads/b', 'uploads/c/1', 'uploads/c/2', 'uploads/d', 'uploads/中文'])
    const grouped = await client.listUploads({ prefix: 'uploads/', delimiter: '/', 'max-uploads': 100 })
    assert.deepEqual(grouped.uploads.map((entry) => entry.name), ['uploads/a', 'uploads/a', 'uploads/b', 'uploads/d', 'uploads/中文'])
    for (const [id, name] of ids) await client.abortMultipartUpload(name, id)
    assert.equal((await client.listUploads({ prefix: 'uploads/', 'max-uploads': 10 })).uploads.length, 0)
  },

  'multipart.abort': async ({ client }) => {
    const name = 'multipart/abort'
    await client.put(name, Buffer.from('stays'))
    const { uploadId } = await client.initMultipartUpload(name)
    const part = await upload(client, name, uploadId, 1, bytesOf(partSize, 40))
    assert.equal((await client.abortMultipartUpload(name, uploadId)).res.status, 204)
    await refused(() => client.abortMultipartUpload(name, uploadId), 'NoSuchUpload', 404)
    await refused(() => client.listParts(name, uploadId), 'NoSuchUpload', 404)
    await refused(() => client.uploadPart(name, uploadId, 2, bytesOf(10, 1), 0, 10), 'NoSuchUpload', 404)
    await refused(() => client.completeMultipartUpload(name, uploadId, [part]), 'NoSuchUpload', 404)
    assert.equal((await client.get(name)).content.toString(), 'stays')
  },

  'multipart.copy-parts': async ({ client, bucket }) => {
    const source = 'multipart/source 源'
    const body = bytesOf(7 * partSize + 77, 41)
    await client.put(source, body)
    const done = await client.multipartUploadCopy('multipart/copy', { sourceKey: source, sourceBucketName: bucket }, {
      partSize: 2 * partSize, parallel: 3,
    })
    assert.match(done.etag, /^"[0-9A-F]{32}-4"$/)
    await client.delete(source)
    const got = await client.get('multipart/copy')
    sameBytes(got.content, body)
    assert.equal(got.res.headers['x-oss-hash-crc64ecma'], crc64(body))
  },

  'multipart.copy-range': async ({ client, bucket }) => {
    const body = bytesOf(3 * MiB, 42)
    const own = bytesOf(partSize, 43)
    const name = 'multipart/copy-range'
    await client.put('multipart/range-source', body)
    const source = { sourceKey: 'multipart/range-source', sourceBucketName: bucket }
    const { uploadId } = await client.initMultipartUpload(name)
    const from = 123_457
    const to = from + 1_500_000
    const copied = await client.uploadPartCopy(name, uploadId, 1, `${from}-${to - 1}`, source)
    assert.equal(copied.res.headers['content-range'], `bytes ${from}-${to - 1}/${body.length}`)
    const uploaded = await upload(client, name, uploadId, 2, own)
    const whole = await client.uploadPartCopy(name, uploadId, 3, undefined, source)
    const tail = await client.uploadPartCopy(name, uploadId, 4, `100-${body.length + 5}`, source) // Past the end: all of it.
    assert.equal(tail.res.headers['content-range'], undefined)
    await refused(() => client.uploadPartCopy(name, uploadId, 5, '0-9', { ...source, sourceKey: 'none' }), 'NoSuchKey', 404)
    const parts = [copied, uploaded, whole, tail].map(({ etag }, index) => ({ number: index + 1, etag }))
    const done = await client.completeMultipartUpload(name, uploadId, parts)
    const expected = Buffer.concat([body.subarray(from, to), own, body, body])
    assert.equal(done.res.headers['x-oss-hash-crc64ecma'], crc64(expected))
    await client.delete('multipart/range-source')
    sameBytes((await client.get(name)).content, expected)
  },

  'multipart.refusals': async ({ client }) => {
    const name = 'multipart/refusals'
    const { uploadId } = await client.initMultipartUpload(name)
    const small = await upload(client, name, uploadId, 1, bytesOf(1000, 50))
    const last = await upload(client, name, uploadId, 2, bytesOf(1000, 51))
    const complete = (parts) => client.completeMultipartUpload(name, uploadId, parts)
    await refused(() => complete([small, last]), 'EntityTooSmall', 400)
    await refused(() => complete([{ ...last, etag: '"00000000000000000000000000000000"' }]), 'InvalidPart', 400)
    await refused(() => complete([small, { ...last, number: 3 }]), 'InvalidPart', 400)
    const unordered = '<CompleteMultipartUpload>' + [last, small].map((part) =>
      `<Part><PartNumber>${part.number}</PartNumber><ETag>${part.etag}</ETag></Part>`).join('') + '</CompleteMultipartUpload>'
    const request = (content, headers) => client.request({
      method: 'POST', object: name, bucket: client.options.bucket, subres: { uploadId }, content, headers, successStatuses: [200],
    })
    await refused(() => request(unordered), 'InvalidPartOrder', 400)
    await refused(() => request('<CompleteMultipartUpload><Part>'), 'MalformedXML', 400)
    await refused(() => request(unordered, { 'x-oss-complete-all': 'yes' }), 'InvalidArgument', 400)
    for (const number of [0, 10_001, -1]) {
      await refused(() => client.uploadPart(name, uploadId, number, bytesOf(10, 1), 0, 10), 'InvalidArgument', 400)
    }
    const done = await complete([last])
    assert.match(done.etag, /-1"$/)
    sameBytes((await client.get(name)).content, bytesOf(1000, 51))
  },

  'multipart.sequential': async (env) => {
    const { client } = env
    const name = 'multipart/sequential'
    const initiated = await env.signed('POST', name, { subres: { uploads: '', sequential: '' } })
    assert.equal(initiated.status, 200)
    const uploadId = /<UploadId>([^<]+)</.exec(initiated.body.toString())[1]
    const first = bytesOf(partSize, 60)
    await refused(() => client.uploadPart(name, uploadId, 2, first, 0, first.length), 'PartNotSequential', 400)
    const part = await upload(client, name, uploadId, 1, first)
    await refused(() => client.uploadPart(name, uploadId, 3, first, 0, first.length), 'PartNotSequential', 400)
    const tail = await upload(client, name, uploadId, 2, bytesOf(10, 61))
    await client.completeMultipartUpload(name, uploadId, [part, tail])
    const head = await client.head(name)
    assert.ok(head.res.headers['content-md5'], 'a sequential upload knows its MD5')
  },

  'multipart.repeat-complete': async ({ client }) => {
    const name = 'multipart/repeat'
    const { uploadId } = await client.initMultipartUpload(name)
    const part = await upload(client, name, uploadId, 1, bytesOf(partSize, 70))
    const other = await upload(client, name, uploadId, 2, bytesOf(10, 71))
    const first = await client.completeMultipartUpload(name, uploadId, [part, other])
    const again = await client.completeMultipartUpload(name, uploadId, [part, other])
    assert.equal(again.etag, first.etag)
    await refused(() => client.completeMultipartUpload(name, uploadId, [part]), 'NoSuchUpload', 404)
    await refused(() => client.abortMultipartUpload(name, uploadId), 'NoSuchUpload', 404)
    assert.equal((await client.head(name)).res.headers.etag, first.etag)
  },
}
