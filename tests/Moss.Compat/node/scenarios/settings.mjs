import { assert, bytesOf, plain, refused, sameBytes } from '../lib.mjs'

/** Runs with a bucket of its own, which is removed with all its versions. */
export async function withBucket(env, label, body, options = {}) {
  const name = `compat-${label}-${env.signature}-${env.suffix}`
  const client = env.newClient({ bucket: name, ...options })
  await client.putBucket(name)
  await body(client, name)
  for (;;) {
    const { objects, deleteMarker } = await client.getBucketVersions({ 'max-keys': 1000 })
    const all = [...objects, ...deleteMarker].map(({ name: key, versionId }) => ({ key, versionId }))
    if (all.length === 0) break
    await client.deleteMulti(all, { quiet: true })
  }
  await client.deleteBucket(name)
}

/** The bucket as a host, as browsers address it. */
const hostOf = (env, name) => env.endpoint.replace('//', `//${name}.`)

export const settings = {
  'bucket.cors': (env) => withBucket(env, 'cors', async (client, name) => {
    await refused(() => client.getBucketCORS(name), 'NoSuchCORSConfiguration', 404)
    const rules = [
      { allowedOrigin: ['https://a.example', 'https://*.b.example'], allowedMethod: ['GET', 'PUT'], allowedHeader: ['x-oss-*', 'content-type'], exposeHeader: ['ETag', 'x-oss-request-id'], maxAgeSeconds: '600' },
      { allowedOrigin: '*', allowedMethod: 'GET' },
    ]
    await client.putBucketCORS(name, rules)
    assert.deepEqual((await client.getBucketCORS(name)).rules, rules)
    await client.put('cors', Buffer.from('x'))
    const ask = (origin, method, headers) => plain(env.urlOf('cors', name), {
      method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': method, ...(headers ? { 'Access-Control-Request-Headers': headers } : {}) },
    })
    const allowed = await ask('https://x.b.example', 'PUT', 'x-oss-date, Content-Type')
    assert.deepEqual(
      [allowed.status, allowed.headers['access-control-allow-origin'], allowed.headers['access-control-max-age'], allowed.headers['access-control-expose-headers']],
      [200, 'https://x.b.example', '600', 'ETag, x-oss-request-id'])
    assert.match(allowed.headers['access-control-allow-methods'], /PUT/)
    assert.match(allowed.headers['access-control-allow-headers'], /x-oss-date/i)
    for (const [origin, method, headers] of [['https://b.example', 'PUT'], ['https://x.b.example', 'DELETE'], ['https://a.example', 'PUT', 'authorization']]) {
      const denied = await ask(origin, method, headers)
      assert.deepEqual([denied.status, denied.code, denied.headers['access-control-allow-origin']], [403, 'AccessForbidden', undefined], `${origin} ${method}`)
    }
    const read = await client.get('cors', { headers: { Origin: 'https://anybody.example' } })
    assert.equal(read.res.headers['access-control-allow-origin'], '*')
    const missing = await plain(env.urlOf('cors-none', name), { headers: { Origin: 'https://anybody.example' } })
    assert.deepEqual([missing.status, missing.headers['access-control-allow-origin']], [403, '*'], 'errors can be read too')
    const wild = await client.putBucketCORS(name, [{ allowedOrigin: 'https://*.*.example', allowedMethod: 'GET' }]).catch((error) => error)
    assert.equal(wild.status, 400)
    assert.equal((await client.getBucketCORS(name)).rules.length, 2, 'refused rules change nothing')
    await client.deleteBucketCORS(name)
    await refused(() => client.getBucketCORS(name), 'NoSuchCORSConfiguration', 404)
    assert.equal((await ask('https://a.example', 'GET')).code, 'AccessForbidden')
  }),

  'bucket.referer': (env) => withBucket(env, 'referer', async (client, name) => {
    assert.deepEqual(await client.getBucketReferer(name).then(({ allowEmpty, referers }) => ({ allowEmpty, referers })), { allowEmpty: true, referers: null })
    await client.put('r', Buffer.from('x'))
    const referers = ['http://www.a.example', 'https://*.b.example']
    await client.putBucketReferer(name, false, referers)
    const { allowEmpty, referers: kept } = await client.getBucketReferer(name)
    assert.deepEqual([allowEmpty, kept], [false, referers])
    const url = await client.signatureUrlV4('GET', 60, {}, 'r')
    const as = async (referer) => (await plain(url, { headers: referer ? { Referer: referer } : {} })).status
    assert.deepEqual(
      [await as('http://www.a.example/'), await as('https://x.b.example/'), await as('http://c.example/'), await as()],
      [200, 200, 403, 403])
    assert.equal((await client.get('r')).content.toString(), 'x', 'who signs in a header is no page')
    await client.deleteBucketReferer(name)
    assert.deepEqual([await as('http://c.example/'), await as()], [200, 200])
    assert.deepEqual(await client.getBucketReferer(name).then(({ allowEmpty: empty, referers: list }) => ({ empty, list })), { empty: true, list: null })
  }),

  'bucket.website': (env) => withBucket(env, 'website', async (client, name) => {
    await refused(() => client.getBucketWebsite(name), 'NoSuchWebsiteConfiguration', 404)
    await client.putBucketACL(name, 'public-read')
    await client.put('index.html', Buffer.from('<p>home</p>'), { mime: 'text/html' })
    await client.put('docs/index.html', Buffer.from('<p>docs</p>'), { mime: 'text/html' })
    await client.put('error.html', Buffer.from('<p>lost</p>'), { mime: 'text/html' })
    const routingRules = [{
      RuleNumber: '1', Condition: { HttpErrorCodeReturnedEquals: '404', KeyPrefixEquals: 'old/' },
      Redirect: { RedirectType: 'External', Protocol: 'https', HostName: 'new.example', HttpRedirectCode: '302', ReplaceKeyPrefixWith: 'new/' },
    }]
    await client.putBucketWebsite(name, { index: 'index.html', supportSubDir: 'true', type: '0', error: 'error.html', routingRules })
    const site = await client.getBucketWebsite(name)
    assert.deepEqual([site.index, site.supportSubDir, site.type, site.error], ['index.html', 'true', '0', 'error.html'])
    assert.equal(site.routingRules.length, 1)
    assert.deepEqual([site.routingRules[0].Condition.KeyPrefixEquals, site.routingRules[0].Redirect.HostName], ['old/', 'new.example'])

    const home = await plain(`${hostOf(env, name)}/`)
    assert.deepEqual([home.status, home.body.toString(), home.headers['content-type']], [200, '<p>home</p>', 'text/html'])
    assert.equal((await plain(`${hostOf(env, name)}/docs/`)).body.toString(), '<p>docs</p>')
    const slash = await plain(`${hostOf(env, name)}/docs`)
    assert.deepEqual([slash.status, slash.headers.location], [302, '/docs/'])
    const lost = await plain(`${hostOf(env, name)}/nowhere`)
    assert.deepEqual([lost.status, lost.body.toString()], [404, '<p>lost</p>'])
    const moved = await plain(`${hostOf(env, name)}/old/page`)
    assert.equal(moved.status, 302)
    assert.match(moved.headers.location, /^https:\/\/new\.example\/new\//)
    assert.ok((await client.list({ 'max-keys': 10 })).objects.length >= 3, 'who signs gets the listing')

    await client.putBucketWebsite(name, { index: 'docs.html' })
    assert.deepEqual(await client.getBucketWebsite(name).then(({ index, error, routingRules: rules }) => ({ index, error, rules })), { index: 'docs.html', error: null, rules: [] })
    await client.deleteBucketWebsite(name)
    await refused(() => client.getBucketWebsite(name), 'NoSuchWebsiteConfiguration', 404)
    assert.equal((await plain(`${hostOf(env, name)}/`)).code, 'AccessDenied', 'public-read opens objects, not listings')
  }),

  'bucket.tags': (env) => withBucket(env, 'tags', async (client, name) => {
    assert.deepEqual((await client.getBucketTags(name)).tag, {})
    const tags = { owner: 'a b', 'key:1': '中 +-=._:/' }
    await client.putBucketTags(name, tags)
    assert.deepEqual((await client.getBucketTags(name)).tag, tags)
    await client.putBucketTags(name, { only: '' })
    assert.deepEqual((await client.getBucketTags(name)).tag, { only: '' })
    await client.deleteBucketTags(name)
    assert.deepEqual((await client.getBucketTags(name)).tag, {})
  }),

  'bucket.encryption': (env) => withBucket(env, 'encryption', async (client, name) => {
    const body = bytesOf(300_000, 20)
    const algorithmOf = (result) => result.res.headers['x-oss-server-side-encryption']
    await refused(() => client.getBucketEncryption(name), 'NoSuchServerSideEncryptionRule', 404)
    assert.equal(algorithmOf(await client.put('plain', body)), undefined)
    assert.equal((await client.putBucketEncryption(name, { SSEAlgorithm: 'AES256' })).status, 200)
    assert.equal((await client.getBucketEncryption(name)).encryption.SSEAlgorithm, 'AES256')
    assert.equal(algorithmOf(await client.put('by bucket', body)), 'AES256')
    const got = await client.get('by bucket')
    sameBytes(got.content, body)
    assert.deepEqual([algorithmOf(got), algorithmOf(await client.head('plain'))], ['AES256', undefined])
    const parts = await client.multipartUpload('parts', body, { partSize: 100 * 1024 })
    assert.equal(parts.res.status, 200)
    assert.equal(algorithmOf(await client.head('parts')), 'AES256')
    sameBytes((await client.get('parts')).content, body)
    const middle = await client.get('parts', { headers: { Range: 'bytes=99000-205000' } })
    sameBytes(middle.content, body.subarray(99000, 205001), 'a range over three parts')
    await refused(() => client.putBucketEncryption(name, { SSEAlgorithm: 'ROT13' }), 'InvalidEncryptionAlgorithmError', 400)
    await refused(() => client.putBucketEncryption(name, { SSEAlgorithm: 'AES256', KMSMasterKeyID: 'a-key' }), 'InvalidArgument', 400)
    assert.equal((await client.deleteBucketEncryption(name)).status, 204)
    await refused(() => client.getBucketEncryption(name), 'NoSuchServerSideEncryptionRule', 404)
    assert.equal(algorithmOf(await client.put('after', body)), undefined)
    assert.equal(algorithmOf(await client.put('by header', body, { headers: { 'x-oss-server-side-encryption': 'AES256' } })), 'AES256')
    sameBytes((await client.get('by header')).content, body)
  }),
}
