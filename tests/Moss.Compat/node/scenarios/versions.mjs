import { assert, bytesOf, refused, sameBytes } from '../lib.mjs'
import { withBucket } from './settings.mjs'

const versionOf = (result) => result.res.headers['x-oss-version-id']
const isMarker = (result) => result.res.headers['x-oss-delete-marker'] === 'true'

const withVersions = (env, label, body) => withBucket(env, label, async (client, name) => {
  await client.putBucketVersioning(name, 'Enabled')
  await body(client, name)
})

export const versions = {
  'version.state': (env) => withBucket(env, 'state', async (client, name) => {
    assert.equal((await client.getBucketVersioning(name)).versionStatus, undefined)
    assert.equal(versionOf(await client.put('k', Buffer.from('before'))), undefined)
    for (const status of ['Enabled', 'Suspended', 'Enabled']) {
      await client.putBucketVersioning(name, status)
      assert.equal((await client.getBucketVersioning(name)).versionStatus, status)
    }
    assert.equal((await client.getBucketInfo(name)).bucket.Versioning, 'Enabled')
    assert.equal((await client.get('k', { versionId: 'null' })).content.toString(), 'before', 'what was there before is the null version')
    const put = await client.put('k', Buffer.from('after'))
    assert.notEqual(versionOf(put), undefined)
    assert.equal((await client.get('k', { versionId: 'null' })).content.toString(), 'before')
    assert.equal((await client.get('k')).content.toString(), 'after')
  }),

  'version.objects': (env) => withVersions(env, 'versions', async (client) => {
    const key = 'a b+中'
    const ids = []
    for (const text of ['one', 'two', 'three']) ids.push(versionOf(await client.put(key, Buffer.from(text))))
    assert.equal(new Set(ids).size, 3)
    const latest = await client.get(key)
    assert.deepEqual([latest.content.toString(), versionOf(latest)], ['three', ids[2]])
    const first = await client.get(key, { versionId: ids[0] })
    assert.deepEqual([first.content.toString(), versionOf(first)], ['one', ids[0]])
    assert.equal(versionOf(await client.head(key, { versionId: ids[1] })), ids[1])
    assert.equal((await client.getObjectMeta(key, { versionId: ids[1] })).res.headers['content-length'], '3')
    await refused(() => client.get(key, { versionId: `${ids[0].slice(0, -4)}AAAA` }), 'NoSuchVersion', 404)

    const gone = await client.delete(key)
    const marker = versionOf(gone)
    assert.ok(isMarker(gone) && marker && !ids.includes(marker))
    await refused(() => client.get(key), 'NoSuchKey', 404)
    assert.equal((await client.get(key, { versionId: ids[1] })).content.toString(), 'two')
    await refused(() => client.get(key, { versionId: marker }), 'MethodNotAllowed', 405)
    assert.equal((await client.list({ 'max-keys': 10 })).objects?.length ?? 0, 0, 'a listing has no deleted object')

    const undone = await client.delete(key, { versionId: marker })
    assert.deepEqual([isMarker(undone), versionOf(undone)], [true, marker])
    assert.equal((await client.get(key)).content.toString(), 'three')
    assert.equal(versionOf(await client.delete(key, { versionId: ids[2] })), ids[2])
    assert.equal((await client.get(key)).content.toString(), 'two', 'the next newest is current')
    await refused(() => client.deleteBucket(client.options.bucket), 'BucketNotEmpty', 409)
  }),

  'version.parts-of-objects': (env) => withVersions(env, 'ofobjects', async (client) => {
    const key = 'k'
    const old = versionOf(await client.put(key, Buffer.from('old'), { meta: { n: '1' } }))
    const now = versionOf(await client.put(key, Buffer.from('now'), { meta: { n: '2' } }))
    await client.putObjectTagging(key, { of: 'old' }, { versionId: old })
    assert.deepEqual((await client.getObjectTagging(key, { versionId: old })).tag, { of: 'old' })
    assert.deepEqual((await client.getObjectTagging(key)).tag, {})
    await client.deleteObjectTagging(key, { versionId: old })
    assert.deepEqual((await client.getObjectTagging(key, { versionId: old })).tag, {})
    await client.putACL(key, 'public-read', { versionId: old })
    assert.deepEqual([(await client.getACL(key, { versionId: old })).acl, (await client.getACL(key)).acl], ['public-read', 'default'])

    const copied = await client.copy('copy', key, { versionId: old })
    assert.deepEqual([copied.res.headers['x-oss-copy-source-version-id'], (await client.get('copy')).content.toString()], [old, 'old'])
    assert.ok(versionOf(copied))
    const restored = await client.copy(key, key, { versionId: old })
    assert.equal((await client.get(key)).content.toString(), 'old')
    assert.ok(![old, now].includes(versionOf(restored)))
    assert.equal((await client.get(key, { versionId: now })).content.toString(), 'now')

    const body = bytesOf(300_000, 40)
    const uploaded = await client.multipartUpload('parts', body, { partSize: 100 * 1024 })
    assert.ok(versionOf(uploaded))
    sameBytes((await client.get('parts', { versionId: versionOf(uploaded) })).content, body)
    const copy = await client.multipartUploadCopy('parts-copy', { sourceKey: 'parts', sourceBucketName: client.options.bucket }, { partSize: 256 * 1024, versionId: versionOf(uploaded) })
    assert.equal(copy.res.status, 200)
    sameBytes((await client.get('parts-copy')).content, body)

    const link = versionOf(await client.putSymlink('link', key))
    assert.equal((await client.getSymlink('link', { versionId: link })).targetName, key)
    assert.equal((await client.get('link')).content.toString(), 'old')
  }),

  'version.list': (env) => withVersions(env, 'listing', async (client) => {
    const expected = [] // In the listing's order: by key, the newest first.
    for (const key of ['a', 'b/1', 'b/2', '中']) {
      const ids = []
      for (const text of ['1', '2', '3']) ids.push(versionOf(await client.put(key, Buffer.from(text))))
      expected.push(...ids.reverse().map((versionId) => ({ key, versionId })))
    }
    const marker = { key: 'b/1', versionId: versionOf(await client.delete('b/1')) }
    expected.splice(3, 0, marker)

    const whole = await client.getBucketVersions({ 'max-keys': 100 })
    assert.deepEqual(whole.deleteMarker.map(({ name: key, versionId }) => ({ key, versionId })), [marker])
    assert.deepEqual(
      whole.objects.map(({ name: key, versionId }) => ({ key, versionId })), expected.filter((item) => item !== marker))
    assert.deepEqual(whole.objects.filter((object) => object.isLatest).map((object) => object.name), ['a', 'b/2', '中'])
    assert.deepEqual([whole.objects[0].size, whole.objects[0].type, whole.objects[0].storageClass, whole.isTruncated], [1, 'Normal', 'Standard', false])

    const seen = []
    let page
    do {
      page = await client.getBucketVersions({ maxKeys: 2, ...(page ? { keyMarker: page.nextKeyMarker, versionIdMarker: page.nextVersionIdMarker } : {}) })
      const both = [...page.objects, ...page.deleteMarker].map(({ name: key, versionId }) => ({ key, versionId }))
      assert.ok(both.length <= 2 && both.length > 0)
      seen.push(...both)
    } while (page.isTruncated)
    const sorted = (items) => items.map(({ key, versionId }) => `${key} ${versionId}`).sort()
    assert.deepEqual(sorted(seen), sorted(expected), 'each version once')

    const folders = await client.getBucketVersions({ delimiter: '/', 'max-keys': 100 })
    assert.deepEqual([folders.prefixes, [...new Set(folders.objects.map((object) => object.name))]], [['b/'], ['a', '中']])
    assert.deepEqual([...new Set((await client.getBucketVersions({ prefix: 'b/', 'max-keys': 100 })).objects.map((object) => object.name))], ['b/1', 'b/2'])
  }),

  'version.delete-many': (env) => withVersions(env, 'delete', async (client) => {
    const kept = versionOf(await client.put('k', Buffer.from('kept')))
    const gone = versionOf(await client.put('k', Buffer.from('gone')))
    await client.put('other', Buffer.from('other'))
    const { deleted } = await client.deleteMulti([{ key: 'k', versionId: gone }, 'other', { key: 'absent', versionId: gone }])
    const byKey = Object.fromEntries(deleted.map((item) => [item.Key, item]))
    assert.equal(byKey.k.VersionId, gone)
    assert.equal(byKey.other.DeleteMarker, 'true')
    assert.ok(byKey.other.DeleteMarkerVersionId)
    assert.ok(byKey.absent)
    assert.equal((await client.get('k')).content.toString(), 'kept')
    assert.equal(versionOf(await client.head('k')), kept)
    await refused(() => client.get('other'), 'NoSuchKey', 404)
    const undone = await client.deleteMulti([{ key: 'other', versionId: byKey.other.DeleteMarkerVersionId }])
    assert.deepEqual([undone.deleted[0].DeleteMarker, undone.deleted[0].DeleteMarkerVersionId], ['true', byKey.other.DeleteMarkerVersionId])
    assert.equal((await client.get('other')).content.toString(), 'other')
  }),

  'version.suspended': (env) => withVersions(env, 'suspended', async (client, name) => {
    const kept = versionOf(await client.put('k', Buffer.from('kept')))
    await client.putBucketVersioning(name, 'Suspended')
    for (const text of ['first', 'second']) assert.equal(versionOf(await client.put('k', Buffer.from(text))), 'null')
    const listed = async () => (await client.getBucketVersions({ 'max-keys': 10 })).objects.map((object) => object.versionId)
    assert.deepEqual(await listed(), ['null', kept], 'the null version replaces the null version')
    assert.equal((await client.get('k')).content.toString(), 'second')
    assert.equal((await client.get('k', { versionId: kept })).content.toString(), 'kept')
    const gone = await client.delete('k')
    assert.deepEqual([isMarker(gone), versionOf(gone)], [true, 'null'])
    assert.deepEqual(await listed(), [kept])
    await refused(() => client.get('k'), 'NoSuchKey', 404)
    await client.delete('k', { versionId: 'null' })
    assert.equal((await client.get('k')).content.toString(), 'kept')
  }),
}
