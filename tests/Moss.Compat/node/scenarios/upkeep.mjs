// What the server does with a bucket by itself: rules that expire, logs, inventories, retention.
import { gunzipSync } from 'node:zlib'
import { assert, refused } from '../lib.mjs'
import { withBucket } from './settings.mjs'

const day = 24 * 60 * 60 * 1000
const inDays = (days) => new Date(Date.now() + days * day).toISOString()
const statusOf = (client, key, options) => client.head(key, options).then(() => 200, (error) => error.status)

export const upkeep = {
  'bucket.lifecycle': (env) => withBucket(env, 'lifecycle', async (client, name) => {
    await refused(() => client.getBucketLifecycle(name), 'NoSuchLifecycle', 404)
    const rules = [
      { id: 'days', prefix: 'a/', status: 'Enabled', expiration: { days: '7' } },
      { id: 'date and tags', prefix: 'b/', status: 'Disabled', expiration: { createdBeforeDate: '2030-01-01T00:00:00.000Z' }, tag: [{ key: 'k', value: 'v' }, { key: 'l', value: 'w x' }] },
      { id: 'class and parts', prefix: 'c/', status: 'Enabled', transition: { days: '30', storageClass: 'IA' }, abortMultipartUpload: { days: '3' } },
      {
        id: 'versions', prefix: 'd/', status: 'Enabled', expiration: { expiredObjectDeleteMarker: 'true' },
        noncurrentVersionExpiration: { noncurrentDays: '90' }, noncurrentVersionTransition: { noncurrentDays: '5', storageClass: 'Archive' },
      },
    ]
    await client.putBucketLifecycle(name, structuredClone(rules)) // The SDK changes what it is given.
    assert.deepEqual((await client.getBucketLifecycle(name)).rules, rules)
    const one = { prefix: '', status: 'Enabled', days: 3 } // A shape of old, without an id.
    await client.putBucketLifecycle(name, [one])
    const { rules: [made, ...others] } = await client.getBucketLifecycle(name)
    assert.deepEqual([made.expiration, made.prefix ?? '', others.length], [{ days: '3' }, '', 0], 'rules are replaced whole')
    assert.ok(made.id, 'a rule without an id gets one')
    const wrong = '<LifecycleConfiguration><Rule><ID>x</ID><Prefix>x</Prefix><Status>Perhaps</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>'
    const answer = await env.signed('PUT', '', { client, subres: 'lifecycle', content: wrong, headers: { 'Content-Type': 'application/xml' } })
    assert.equal(answer.status, 400)
    assert.equal((await client.getBucketLifecycle(name)).rules[0].id, made.id, 'refused rules change nothing')
    await client.deleteBucketLifecycle(name)
    await refused(() => client.getBucketLifecycle(name), 'NoSuchLifecycle', 404)
  }),

  'lifecycle.run': (env) => withBucket(env, 'expiring', async (client, name) => {
    const { uploadId } = await client.initMultipartUpload('old/parts')
    await client.uploadPart('old/parts', uploadId, 1, Buffer.alloc(100 * 1024), 0, 100 * 1024)
    const { uploadId: keptUpload } = await client.initMultipartUpload('kept/parts')
    await client.put('old/x', Buffer.from('x'))
    await client.put('kept/x', Buffer.from('x'))
    await client.put('tagged/x', Buffer.from('x'), { headers: { 'x-oss-tagging': 'go=yes' } })
    await client.put('tagged/y', Buffer.from('y'))
    await client.putBucketLifecycle(name, [
      { id: 'old', prefix: 'old/', status: 'Enabled', expiration: { days: 3 }, abortMultipartUpload: { days: 2 } },
      { id: 'tagged', prefix: 'tagged/', status: 'Enabled', expiration: { days: 1 }, tag: [{ key: 'go', value: 'yes' }] },
      { id: 'off', prefix: 'kept/', status: 'Disabled', expiration: { days: 1 }, abortMultipartUpload: { days: 1 } },
    ])
    assert.match((await client.head('old/x')).res.headers['x-oss-expiration'], /expiry-date=".*GMT", rule-id="old"/)
    await env.moss(['admin', 'lifecycle', 'run'])
    assert.equal(await statusOf(client, 'old/x'), 200, 'nothing is due yet')
    assert.equal((await client.listUploads({ 'max-uploads': 10 })).uploads.length, 2)
    await env.moss(['admin', 'lifecycle', 'run', '--at', inDays(10)])
    assert.deepEqual(
      await Promise.all(['old/x', 'kept/x', 'tagged/x', 'tagged/y'].map((key) => statusOf(client, key))), [404, 200, 404, 200])
    assert.deepEqual((await client.listUploads({ 'max-uploads': 10 })).uploads.map((upload) => upload.uploadId), [keptUpload])
    await refused(() => client.listParts('old/parts', uploadId), 'NoSuchUpload', 404)

    await client.putBucketVersioning(name, 'Enabled')
    const old = (await client.put('versions/x', Buffer.from('old'))).res.headers['x-oss-version-id']
    await client.put('versions/x', Buffer.from('new'))
    await client.put('versions/gone', Buffer.from('gone'))
    await client.putBucketLifecycle(name, [
      { id: 'versions', prefix: 'versions/x', status: 'Enabled', noncurrentVersionExpiration: { noncurrentDays: 5 } },
      { id: 'gone', prefix: 'versions/gone', status: 'Enabled', expiration: { days: 5 } },
    ])
    await env.moss(['admin', 'lifecycle', 'run', '--at', inDays(20)])
    assert.equal((await client.get('versions/x')).content.toString(), 'new')
    assert.equal(await statusOf(client, 'versions/x', { versionId: old }), 404)
    const { objects, deleteMarker } = await client.getBucketVersions({ prefix: 'versions/gone', 'max-keys': 10 })
    assert.deepEqual([objects.length, deleteMarker.length], [1, 1], 'what expires in a bucket with versions gets a delete marker')
    await client.abortMultipartUpload('kept/parts', keptUpload)
  }),

  'bucket.logging': (env) => withBucket(env, 'logging', async (client, name) => {
    const state = async () => { const { enable, prefix } = await client.getBucketLogging(name); return { enable, prefix } }
    assert.deepEqual(await state(), { enable: false, prefix: null })
    await client.putBucketLogging(name, 'logs/of-') // This SDK logs a bucket into itself.
    assert.deepEqual(await state(), { enable: true, prefix: 'logs/of-' })
    await client.put('seen', Buffer.from('x'))
    await client.deleteBucketLogging(name)
    assert.deepEqual(await state(), { enable: false, prefix: null })
    // What was on record is delivered in a moment, not within the request.
    let logs
    do {
      await new Promise((resolve) => setTimeout(resolve, 100))
      logs = (await client.list({ prefix: 'logs/of-', 'max-keys': 10 })).objects
    } while (!logs?.length)
    assert.match((await client.get(logs[0].name)).content.toString(), /PutObject.*seen|seen.*PutObject/)
    await refused(() => env.newClient({ bucket: `${name}-none` }).putBucketLogging(`${name}-none`, 'x'), 'NoSuchBucket', 404)
  }),

  'bucket.inventory': (env) => withBucket(env, 'inventory', async (client, name) => {
    const { accountUid } = await env.user('idle')
    const inventory = (id, more = {}) => ({
      id, isEnabled: true, prefix: 'in/', frequency: 'Daily', includedObjectVersions: 'Current', optionalFields: { field: ['Size', 'ETag'] },
      OSSBucketDestination: { format: 'CSV', accountId: accountUid, rolename: 'AliyunOSSRole', bucket: name, prefix: 'lists' }, ...more,
    })
    assert.equal((await client.putBucketInventory(name, inventory('one'))).status, 200)
    await client.putBucketInventory(name, inventory('two', { frequency: 'Weekly', includedObjectVersions: 'All', isEnabled: false }))
    const { inventory: kept } = await client.getBucketInventory(name, 'one')
    assert.deepEqual(
      [kept.id, kept.isEnabled, kept.prefix, kept.frequency, kept.includedObjectVersions, kept.optionalFields.field, kept.OSSBucketDestination.bucket, kept.OSSBucketDestination.rolename],
      ['one', true, 'in/', 'Daily', 'Current', ['Size', 'ETag'], name, 'AliyunOSSRole'])
    assert.deepEqual((await client.listBucketInventory(name)).inventoryList.map((item) => item.id), ['one', 'two'])
    await refused(() => client.getBucketInventory(name, 'none'), 'NoSuchInventory', 404)
    await refused(() => client.putBucketInventory(name, inventory('one', { frequency: 'Weekly' })), 'InventoryAlreadyExist', 409)
    await refused(() => client.putBucketInventory(name, inventory('three', { frequency: 'Hourly' })), 'InvalidArgument', 400)

    await client.put('in/a b.txt', Buffer.from('four'))
    await client.put('out', Buffer.from('x'))
    await env.moss(['admin', 'inventory', 'run', '--bucket', name, '--id', 'one'])
    const found = (await client.list({ prefix: 'lists/', 'max-keys': 100 })).objects.map((object) => object.name)
    const manifest = JSON.parse((await client.get(found.find((key) => key.endsWith('/manifest.json')))).content)
    const rows = manifest.files.map((file) => file.key)
    assert.equal(rows.length, 1)
    const csv = gunzipSync((await client.get(rows[0])).content).toString()
    assert.match(csv, /in(\/|%2F)a(\+|%20| )b\.txt/)
    assert.ok(!csv.includes('"out"') && csv.trim().split('\n').length === 1, csv)
    for (const id of ['one', 'two']) assert.equal((await client.deleteBucketInventory(name, id)).status, 204)
    await refused(() => client.getBucketInventory(name, 'one'), 'NoSuchInventory', 404)
  }),

  'bucket.worm': async (env) => {
    await withBucket(env, 'worm', async (client, name) => {
      await refused(() => client.getBucketWorm(name), 'NoSuchWORMConfiguration', 404)
      await client.put('k', Buffer.from('kept'))
      const { wormId } = await client.initiateBucketWorm(name, '1')
      assert.ok(wormId)
      const worm = await client.getBucketWorm(name)
      assert.deepEqual([worm.wormId, worm.state, worm.days], [wormId, 'InProgress', '1'])
      await refused(() => client.initiateBucketWorm(name, '2'), 'WORMConfigurationAlreadyExists', 409)
      await refused(() => client.delete('k'), 'FileImmutable', 409)
      await refused(() => client.put('k', Buffer.from('other')), 'FileImmutable', 409)
      assert.equal((await client.get('k')).content.toString(), 'kept')
      await client.put('new', Buffer.from('new'))
      assert.equal((await client.abortBucketWorm(name)).status, 204)
      await refused(() => client.getBucketWorm(name), 'NoSuchWORMConfiguration', 404)
      await client.put('k', Buffer.from('other'))
    })
    await withBucket(env, 'locked', async (client, name) => {
      const { wormId } = await client.initiateBucketWorm(name, '1')
      assert.equal((await client.completeBucketWorm(name, wormId)).status, 200)
      assert.equal((await client.getBucketWorm(name)).state, 'Locked')
      const late = await client.abortBucketWorm(name) // This call of the SDK returns refusals.
      assert.equal(late.status, 403)
      assert.match(late.res.data.toString(), /<Code>WORMConfigurationLocked<\/Code>/)
      assert.equal((await client.getBucketWorm(name)).state, 'Locked')
      await client.extendBucketWorm(name, wormId, '3')
      assert.equal((await client.getBucketWorm(name)).days, '3')
      await assert.rejects(() => client.extendBucketWorm(name, wormId, '2'))
    })
  },
}
