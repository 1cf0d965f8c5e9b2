import { assert, refused } from '../lib.mjs'

/** Empties and deletes the bucket of the run; itself a scenario of listing and deleting. */
export async function removeBucket({ client, bucket }) {
  for (;;) {
    const page = await client.listV2({ 'max-keys': 1000 })
    if (page.objects.length === 0) break
    await client.deleteMulti(page.objects.map((object) => object.name), { quiet: true })
  }
  for (;;) {
    const { uploads } = await client.listUploads({ 'max-uploads': 1000 })
    if (uploads.length === 0) break
    for (const upload of uploads) await client.abortMultipartUpload(upload.name, upload.uploadId)
  }
  await client.deleteBucket(bucket)
  await refused(() => client.getBucketInfo(bucket), 'NoSuchBucket', 404)
}

export const buckets = {
  'bucket.life-cycle': async (env) => {
    const name = `compat-life-${env.signature}-${env.suffix}`
    const client = env.newClient({ bucket: name })
    await refused(() => client.getBucketInfo(name), 'NoSuchBucket', 404)
    const created = await client.putBucket(name)
    assert.equal(created.res.status, 200)

    const { buckets: found, owner } = await client.listBuckets({ prefix: name, 'max-keys': 10 })
    assert.deepEqual(found.map((bucket) => bucket.name), [name])
    assert.ok(owner.id, 'the owner has an id')
    const { bucket } = await client.getBucketInfo(name)
    assert.equal(bucket.Name, name)
    assert.equal(bucket.AccessControlList.Grant, 'private')
    assert.equal(bucket.StorageClass, 'Standard')
    assert.ok(bucket.ExtranetEndpoint && bucket.IntranetEndpoint && bucket.CreationDate && bucket.Location)
    const location = await client.getBucketLocation(name)
    assert.equal(String(location.location), bucket.Location)

    await client.put('full', Buffer.from('x'))
    const statistics = await client.getBucketStat(name)
    assert.equal(Number(statistics.stat.ObjectCount), 1)
    await refused(() => client.deleteBucket(name), 'BucketNotEmpty', 409)
    await client.delete('full')
    const upload = await client.initMultipartUpload('pending')
    await refused(() => client.deleteBucket(name), 'BucketNotEmpty', 409)
    await client.abortMultipartUpload('pending', upload.uploadId)
    await client.deleteBucket(name)
    await refused(() => client.list({}), 'NoSuchBucket', 404)
    await refused(() => client.deleteBucket(name), 'NoSuchBucket', 404)
    await client.putBucket(name) // The name is free at once.
    await client.deleteBucket(name)
  },

  'bucket.list-paging': async (env) => {
    const prefix = `compat-page-${env.signature}-${env.suffix}`
    const names = [1, 2, 3, 4, 5].map((n) => `${prefix}-${n}`)
    for (const name of names) await env.client.putBucket(name)
    const seen = []
    let marker
    do {
      const page = await env.client.listBuckets({ prefix, 'max-keys': 2, ...(marker ? { marker } : {}) })
      assert.ok(page.buckets.length <= 2)
      seen.push(...page.buckets.map((bucket) => bucket.name))
      assert.equal(page.isTruncated, Boolean(page.nextMarker))
      marker = page.nextMarker
    } while (marker)
    assert.deepEqual(seen, names)
    for (const name of names) await env.client.deleteBucket(name)
  },

  'bucket.acl': async (env) => {
    const { client, bucket } = env
    assert.equal((await client.getBucketACL(bucket)).acl, 'private')
    for (const acl of ['public-read', 'public-read-write', 'private']) {
      await client.putBucketACL(bucket, acl)
      const read = await client.getBucketACL(bucket)
      assert.equal(read.acl, acl)
      assert.ok(read.owner.id)
    }
    await refused(() => client.putBucketACL(bucket, 'no-such-acl'), 'InvalidArgument', 400)
    await refused(() => client.getBucketACL(`compat-none-${env.suffix}`), 'NoSuchBucket', 404)
  },
}
