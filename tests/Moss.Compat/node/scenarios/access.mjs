import http from 'node:http'
import { assert, bytesOf, plain, refused, localLookup, OSS } from '../lib.mjs'

const changed = (url) => url.replace(/(Signature|x-oss-signature)=([^&]{3})/, (_, name, start) => `${name}=${start === 'AAA' ? 'BBB' : 'AAA'}`)

export const access = {
  'presign.v1': async (env) => {
    const { client } = env
    const key = 'presign/v1 中+文.txt'
    const body = bytesOf(1000, 90)
    const put = client.signatureUrl(key, { method: 'PUT', expires: 300, 'Content-Type': 'text/plain', 'x-oss-meta-by': 'url' })
    const stored = await plain(put, { method: 'PUT', body, headers: { 'Content-Type': 'text/plain', 'x-oss-meta-by': 'url' } })
    assert.equal(stored.status, 200, stored.body.toString())
    assert.equal((await plain(put, { method: 'PUT', body, headers: { 'Content-Type': 'text/html' } })).code, 'SignatureDoesNotMatch')
    const get = client.signatureUrl(key, { expires: 300, response: { 'content-type': 'application/x-other' } })
    const got = await plain(get)
    assert.equal(got.status, 200, got.body.toString())
    assert.deepEqual(got.body, body)
    assert.equal(got.headers['content-type'], 'application/x-other')
    assert.equal(got.headers['x-oss-meta-by'], 'url')
    const refusedAnswer = await plain(changed(get))
    assert.equal(refusedAnswer.status, 403)
    assert.equal(refusedAnswer.code, 'SignatureDoesNotMatch')
    assert.equal((await plain(get, { method: 'DELETE' })).code, 'SignatureDoesNotMatch')
  },

  'presign.v4': async (env) => {
    const { client } = env
    const key = 'presign/v4 中文.txt'
    const body = bytesOf(1000, 91)
    const put = await client.signatureUrlV4('PUT', 300, { headers: { 'content-type': 'text/plain', 'x-oss-meta-by': 'url' } }, key)
    const stored = await plain(put, { method: 'PUT', body, headers: { 'Content-Type': 'text/plain', 'x-oss-meta-by': 'url' } })
    assert.equal(stored.status, 200, stored.body.toString())
    const get = await client.signatureUrlV4('GET', 300, { queries: { 'response-content-type': 'application/x-other' } }, key)
    const got = await plain(get)
    assert.equal(got.status, 200, got.body.toString())
    assert.deepEqual(got.body, body)
    assert.equal(got.headers['content-type'], 'application/x-other')
    const host = new URL(client.options.endpoint.href).host
    const pinned = await client.signatureUrlV4('GET', 300, { headers: { host } }, key, ['host'])
    assert.equal((await plain(pinned)).status, 200)
    const refusedAnswer = await plain(changed(get))
    assert.equal(refusedAnswer.status, 403)
    assert.equal(refusedAnswer.code, 'SignatureDoesNotMatch')
    assert.equal((await plain(get.replace('application%2Fx-other', 'text%2Fhtml'))).code, 'SignatureDoesNotMatch')
  },

  'presign.expired': async (env) => {
    const { client } = env
    await client.put('presign/expired', Buffer.from('x'))
    const v1 = await plain(client.signatureUrl('presign/expired', { expires: -60 }))
    assert.equal(v1.status, 403)
    assert.equal(v1.code, 'AccessDenied')
    const short = await client.signatureUrlV4('GET', 1, {}, 'presign/expired')
    await new Promise((resolve) => setTimeout(resolve, 2500))
    const v4 = await plain(short)
    assert.equal(v4.status, 403)
    assert.equal(v4.code, 'AccessDenied')
  },

  'sign.v1': (env) => signedRequests(env, env.newClient({ authorizationV4: false })),
  'sign.v4': async (env) => {
    const client = env.newClient({ authorizationV4: true })
    await signedRequests(env, client)
    const body = Buffer.from('additional')
    const put = await client.put('sign/additional', body, {
      headers: { 'If-None-Match-Custom': 'x', 'Content-Length': body.length }, additionalHeaders: ['Content-Length', 'if-none-match-custom'],
    })
    assert.equal(put.res.status, 200)
  },

  'sign.wrong-secret': async (env) => {
    const client = env.newClient({ accessKeySecret: 'not-the-secret' })
    for (const call of [() => client.get('x'), () => client.put('x', Buffer.from('x')), () => client.list({}), () => client.deleteBucket(env.bucket)]) {
      const error = await refused(call, 'SignatureDoesNotMatch', 403)
      assert.ok(!error.message.includes(env.accessKeySecret))
    }
    const head = await env.newClient({ accessKeySecret: 'no' }).head('x').catch((error) => error)
    assert.equal(head.status, 403)
  },

  'sign.unknown-key': async (env) => {
    await refused(() => env.newClient({ accessKeyId: 'LTAInobody' }).list({}), 'InvalidAccessKeyId', 403)
  },

  'sign.skew': async (env) => {
    const minutes = 60_000
    for (const skew of [-20 * minutes, 20 * minutes]) {
      await refused(() => env.newClient({ amendTimeSkewed: skew }).list({}), 'RequestTimeTooSkewed', 403)
    }
    for (const skew of [-13 * minutes, 13 * minutes]) {
      assert.equal((await env.newClient({ amendTimeSkewed: skew }).list({ 'max-keys': 1 })).res.status, 200)
    }
  },

  'sign.anonymous': async (env) => {
    await env.client.put('anonymous', Buffer.from('x'))
    for (const [method, url] of [['GET', env.urlOf('anonymous')], ['PUT', env.urlOf('anonymous')], ['DELETE', env.urlOf('anonymous')],
      ['GET', `${env.endpoint}/${env.bucket}/`], ['PUT', `${env.endpoint}/${env.bucket}-new/`], ['GET', `${env.endpoint}/`]]) {
      const answer = await plain(url, { method })
      assert.equal(answer.status, 403, `${method} ${url}`)
      assert.equal(answer.code, 'AccessDenied', `${method} ${url}`)
    }
  },

  'address.host': async (env) => {
    const url = new URL(env.endpoint)
    url.hostname = 'localhost'
    const client = env.newClient({ endpoint: url.origin, sldEnable: false }) // bucket.localhost
    await client.put('address/host', Buffer.from('by host'))
    assert.equal((await env.client.get('address/host')).content.toString(), 'by host')
    assert.ok((await client.list({ prefix: 'address/', 'max-keys': 10 })).objects.length > 0)
    const signed = await plain(await client.signatureUrlV4('GET', 60, {}, 'address/host'))
    assert.equal(signed.body.toString(), 'by host')
    assert.equal((await plain(client.signatureUrl('address/host', { expires: 60 }))).body.toString(), 'by host')
  },

  'address.ip': async (env) => {
    // With an IP address this SDK sends the Host of the public service, bucket.region.aliyuncs.com, in both styles.
    const url = new URL(env.endpoint)
    url.hostname = '127.0.0.1'
    for (const sldEnable of [true, false]) {
      const client = env.newClient({ endpoint: url.origin, sldEnable })
      const key = `address/ip ${sldEnable}`
      await client.put(key, Buffer.from('by address'))
      assert.equal((await env.client.get(key)).content.toString(), 'by address', `sldEnable: ${sldEnable}`)
      assert.deepEqual((await client.list({ prefix: key, 'max-keys': 10 })).objects.map((object) => object.name), [key])
    }
  },
}

async function signedRequests(env, client) {
  const body = bytesOf(2000, 92)
  await client.put('sign/a b+c', body, { meta: { 'b-second': '2', 'a-first': ' spaced  value ' }, mime: 'text/plain' })
  assert.equal((await client.head('sign/a b+c')).meta['b-second'], '2')
  await client.putACL('sign/a b+c', 'public-read')
  assert.equal((await client.getACL('sign/a b+c')).acl, 'public-read')
  const got = await client.get('sign/a b+c', { subres: { 'response-content-type': 'a/b; c="d e"' } })
  assert.equal(got.res.headers['content-type'], 'a/b; c="d e"')
  assert.equal((await client.list({ prefix: 'sign/a b+', 'max-keys': 10, delimiter: '' })).objects.length, 1)
  assert.ok((await client.getBucketInfo(env.bucket)).bucket.Name)
}
