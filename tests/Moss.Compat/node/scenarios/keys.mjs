import { assert, bytesOf, plain, refused, sameBytes, md5Hex } from '../lib.mjs'

const odd = [
  'a b+c%2F中文/…', 'space at end ', ' space first', 'plus+plus', 'percent%41%zz', 'quote"\'`', 'amp&eq=;semi,comma', 'query?x=y#frag',
  'back\\slash', 'tilde~!*()@$', '[brackets]{braces}|^<>', 'emoji-😀🎬', 'ñ-é-composed', 'n\u0303-decomposed', 'folder/', 'a//b///c',
  '...', 'tab\tkey', 'CAPS-and-caps', 'caps-AND-CAPS', 'uploads', '?acl', 'a'.repeat(300),
]

export const keys = {
  'keys.odd': async ({ client, bucket, endpoint }) => {
    const prefix = 'odd/'
    for (const [index, key] of odd.entries()) {
      const name = prefix + key
      const body = bytesOf(50 + index, 200 + index)
      await client.put(name, body)
      sameBytes((await client.get(name)).content, body, name)
      assert.equal((await client.head(name)).res.headers['content-length'], String(body.length))
      await client.copy('odd-copy', name)
      assert.equal((await client.head('odd-copy')).res.headers.etag, `"${md5Hex(body)}"`, `copy of ${JSON.stringify(name)}`)
    }
    const listed = []
    let marker
    do {
      const page = await client.list({ prefix, 'max-keys': 7, 'encoding-type': 'url', ...(marker ? { marker } : {}) })
      listed.push(...page.objects.map((object) => decodeURIComponent(object.name)))
      marker = page.nextMarker && decodeURIComponent(page.nextMarker)
    } while (marker)
    const expected = odd.map((key) => prefix + key).sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
    assert.deepEqual(listed, expected)
    for (const key of odd) await client.delete(prefix + key)
    assert.equal((await client.list({ prefix, 'max-keys': 100 })).objects.length, 0)

    // The HTTP client below this SDK resolves dot segments, so signed URLs of the SDK are sent by hand.
    for (const name of ['odd/./x', 'odd/../x', 'odd/x/..', '.', '..', './a', '../a']) {
      const send = (method, body) => plain(client.signatureUrl(name, { method, expires: 60 }), { method, body })
      assert.equal((await send('PUT', name)).status, 200, name)
      assert.equal((await send('GET')).body.toString(), name)
      assert.equal((await client.listV2({ prefix: name, 'max-keys': 1 })).objects[0].name, name)
      assert.equal((await client.deleteMulti([name])).deleted[0].Key, name)
    }
    await client.putACL('odd-copy', 'public-read')
    const answer = await plain(endpoint, { path: `/${bucket}/./odd-copy` })
    assert.equal(answer.status, 403, './odd-copy is another key than odd-copy')
    assert.equal((await plain(endpoint, { path: `/${bucket}/odd-copy` })).status, 200)
  },

  'keys.length': async ({ client }) => {
    const longest = [`${'k'.repeat(1023)}`, '中'.repeat(341)]
    for (const key of longest) {
      assert.equal(Buffer.byteLength(key), 1023)
      await client.put(key, Buffer.from('long'))
      assert.equal((await client.get(key)).content.toString(), 'long')
      assert.equal((await client.list({ prefix: key, 'max-keys': 2 })).objects[0].name, key)
      await client.delete(key)
    }
    await refused(() => client.put('k'.repeat(1024), Buffer.from('x')), 'InvalidObjectName', 400)
    await refused(() => client.put('中'.repeat(341) + 'ab', Buffer.from('x')), 'InvalidObjectName', 400)
  },
}

export const errors = {
  'errors.codes': async (env) => {
    const { client, suffix } = env
    const missing = await refused(() => client.get('errors/none'), 'NoSuchKey', 404)
    assert.match(missing.requestId, /^[0-9A-F]{24}$/)
    assert.ok(missing.message && missing.hostId)
    const elsewhere = env.newClient({ bucket: `compat-none-${suffix}` })
    await refused(() => elsewhere.get('x'), 'NoSuchBucket', 404)
    await refused(() => elsewhere.put('x', Buffer.from('x')), 'NoSuchBucket', 404)
    await refused(() => elsewhere.listV2({}), 'NoSuchBucket', 404)
    await refused(() => elsewhere.initMultipartUpload('x'), 'NoSuchBucket', 404)
    await refused(() => client.listParts('errors/x', 'ABCDEF0123456789ABCDEF0123456789'), 'NoSuchUpload', 404)
    const raw = await env.signed('PUT', undefined, { bucket: 'Not_A_Bucket' })
    assert.equal(raw.code, 'InvalidBucketName')
    assert.equal(raw.status, 400)
    await refused(() => client.list({ 'max-keys': 1001 }), 'InvalidArgument', 400)
    await refused(() => client.list({ 'max-keys': 'x' }), 'InvalidArgument', 400)
    await refused(() => client.put('errors/acl', Buffer.from('x'), { headers: { 'x-oss-object-acl': 'none' } }), 'InvalidArgument', 400)
    await refused(() => client.put('errors/class', Buffer.from('x'), { headers: { 'x-oss-storage-class': 'None' } }), 'InvalidArgument', 400)
  },
}
