import { Readable } from 'node:stream'
import { assert, bytesOf, crc64, md5Hex, plain, refused, sameBytes, Skip } from '../lib.mjs'
import { Receiver } from '../receiver.mjs'
import { form, formPolicy } from './forms.mjs'

/** Runs with an application's server that verifies each call. */
async function withReceiver(env, body) {
  if (!env.mossBinary) throw new Skip('the application is on this machine, where only a server of this machine reaches it')
  const receiver = await Receiver.start(`${env.endpoint}/`)
  try {
    await body(receiver)
  } finally {
    await receiver.stop()
  }
}

/** The only call since the last time, which must have been signed as documented. */
function heard(receiver, env, target) {
  const calls = receiver.take()
  assert.equal(calls.length, 1, 'calls')
  const [call] = calls
  assert.equal(call.problem, undefined)
  assert.equal(call.method, 'POST')
  assert.equal(call.target, target)
  assert.equal(call.headers['x-oss-bucket'], env.bucket)
  assert.ok(call.headers['x-oss-request-id'])
  assert.equal(call.headers['x-oss-signature-version'], '1.0')
  return call
}

const parsed = (call) => Object.fromEntries(new URLSearchParams(call.body.toString()))
const template = 'bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&type=${mimeType}&crc=${crc64}&md5=${contentMd5}&what=${operation}&who=${x:user}&n=${x:n}'

export const callbacks = {
  'callback.put': (env) => withReceiver(env, async (receiver) => {
    const key = 'callback/put 中+文 &=.txt'
    const body = bytesOf(5000, 60)
    receiver.answer = (call) => ({ status: 200, body: JSON.stringify({ Status: 'OK', heard: call.body.length }) })
    const put = await env.client.put(key, body, {
      mime: 'text/x-compat',
      callback: { url: `${receiver.origin}/hear/中 文?id=1&name=a%20b`, body: template, customValue: { user: 'A & b=中', n: 42 } },
    })
    // The SDK encodes the URL once more, so that is what the application gets.
    const call = heard(receiver, env, '/hear/%E4%B8%AD%20%E6%96%87?id=1&name=a%2520b')
    assert.equal(call.headers['content-type'], 'application/x-www-form-urlencoded')
    assert.equal(call.headers.host, new URL(receiver.origin).host)
    assert.deepEqual(parsed(call), {
      bucket: env.bucket, object: key, etag: md5Hex(body), size: '5000', type: 'text/x-compat', crc: crc64(body),
      md5: Buffer.from(md5Hex(body), 'hex').toString('base64'), what: 'PutObject', who: 'A & b=中', n: '42',
    })
    assert.deepEqual(put.data, { Status: 'OK', heard: call.body.length }, 'the answer of the application is the answer')
    assert.equal(put.res.status, 200)
    assert.equal(put.res.headers.etag, `"${md5Hex(body)}"`)
    sameBytes((await env.client.get(key)).content, body)

    await env.client.put(key, body, {
      callback: {
        url: `${receiver.origin}/json`, host: 'application.example', contentType: 'application/json', customValue: { user: 'q"uote' },
        body: '{"bucket":${bucket},"object":${object},"size":${size},"user":${x:user},"none":${x:none}}',
      },
    })
    const json = heard(receiver, env, '/json')
    assert.equal(json.headers['content-type'], 'application/json')
    assert.equal(json.headers.host, 'application.example')
    const told = JSON.parse(json.body.toString())
    assert.deepEqual([told.bucket, told.object, told.size, told.user], [env.bucket, key, 5000, 'q"uote'])

    // As headers that the application has encoded itself, from a stream, through the fallback of several URLs.
    const header = (text) => Buffer.from(JSON.stringify(text)).toString('base64')
    await env.client.putStream(key, Readable.from([body]), {
      headers: {
        'x-oss-callback': header({ callbackUrl: `http://127.0.0.1:1/;${receiver.origin}/second`, callbackBody: 'size=${size}&a=${x:a}' }),
        'x-oss-callback-var': header({ 'x:a': 'A' }),
      },
    })
    assert.equal(heard(receiver, env, '/second').body.toString(), 'size=5000&a=A')
  }),

  'callback.multipart': (env) => withReceiver(env, async (receiver) => {
    const key = 'callback/parts'
    const body = bytesOf(600 * 1024 + 5, 61)
    const done = await env.client.multipartUpload(key, body, {
      partSize: 200 * 1024, parallel: 2, mime: 'video/mp4',
      callback: { url: `${receiver.origin}/parts`, body: template, customValue: { user: 'u' } },
    })
    const call = heard(receiver, env, '/parts')
    assert.deepEqual(
      { ...parsed(call), etag: undefined },
      { bucket: env.bucket, object: key, etag: undefined, size: String(body.length), type: 'video/mp4', crc: crc64(body), md5: '', what: 'CompleteMultipartUpload', who: 'u', n: '' })
    assert.equal(parsed(call).etag, done.etag.replaceAll('"', ''))
    assert.equal(done.data.Status, 'OK', 'the answer of the application replaces the XML')
    sameBytes((await env.client.get(key)).content, body)
  }),

  'callback.url': (env) => withReceiver(env, async (receiver) => {
    // In a V1 URL the callback is a signed sub-resource, in a V4 URL a parameter like others.
    const body = bytesOf(2000, 62)
    const callback = { url: `${receiver.origin}/url`, body: 'object=${object}&u=${x:u}', customValue: { u: 'v 1' } }
    const v1 = env.client.signatureUrl('callback/url v1', { method: 'PUT', expires: 300, callback, 'Content-Type': 'a/b' })
    const stored = await plain(v1, { method: 'PUT', body, headers: { 'Content-Type': 'a/b' } })
    assert.deepEqual([stored.status, JSON.parse(stored.body)], [200, { Status: 'OK', heard: heard(receiver, env, '/url').body.length }])
    const other = Buffer.from(JSON.stringify({ callbackUrl: `${receiver.origin}/other`, callbackBody: 'x' })).toString('base64')
    const changed = v1.replace(/callback=[^&]*/, `callback=${encodeURIComponent(other)}`)
    assert.equal((await plain(changed, { method: 'PUT', body, headers: { 'Content-Type': 'a/b' } })).code, 'SignatureDoesNotMatch')
    assert.equal(receiver.take().length, 0, 'a refused upload calls nobody')

    const encoded = Buffer.from(JSON.stringify({ callbackUrl: `${receiver.origin}/v4?q=1`, callbackBody: 'object=${object}&u=${x:u}' })).toString('base64')
    const v4 = await env.client.signatureUrlV4('PUT', 300, {
      queries: { callback: encoded, 'callback-var': Buffer.from('{"x:u":"v4"}').toString('base64') }, headers: { 'content-type': 'a/b' },
    }, 'callback/url v4')
    const again = await plain(v4, { method: 'PUT', body, headers: { 'Content-Type': 'a/b' } })
    assert.equal(again.status, 200, again.body.toString())
    assert.deepEqual(parsed(heard(receiver, env, '/v4?q=1')), { object: 'callback/url v4', u: 'v4' })
  }),

  'callback.form': (env) => withReceiver(env, async (receiver) => {
    const body = bytesOf(3000, 63)
    const callback = Buffer.from(JSON.stringify({ callbackUrl: `${receiver.origin}/form`, callbackBody: template })).toString('base64')
    const signed = env.client.calculatePostSignature(formPolicy(env, [{ callback }]))
    const sent = form({ key: 'callback/form', ...signed, callback, 'x:user': 'form & user', 'x:n': '7', success_action_status: '201' }, body)
    const answer = await plain(`${env.endpoint}/${env.bucket}/`, { method: 'POST', ...sent })
    assert.equal(answer.status, 200, answer.body.toString())
    const told = parsed(heard(receiver, env, '/form'))
    assert.deepEqual([told.object, told.size, told.what, told.who, told.n], ['callback/form', '3000', 'PostObject', 'form & user', '7'])
    assert.deepEqual(JSON.parse(answer.body).Status, 'OK')
  }),

  'callback.failed': (env) => withReceiver(env, async (receiver) => {
    const body = bytesOf(1000, 64)
    const callback = { url: `${receiver.origin}/fails`, body: 'object=${object}' }
    const answers = {
      status: { status: 500, body: '{}' },
      json: { status: 200, body: 'all is well' },
      redirect: { status: 302, body: '{}' },
    }
    for (const [name, answer] of Object.entries(answers)) {
      receiver.answer = () => answer
      await refused(() => env.client.put(`callback/fails ${name}`, body, { callback }), 'CallbackFailed', 203)
      assert.equal(receiver.take().length, 1)
      sameBytes((await env.client.get(`callback/fails ${name}`)).content, body)
    }
    const nowhere = { url: 'http://127.0.0.1:1/', body: 'x' }
    await refused(() => env.client.multipartUpload('callback/nowhere', bytesOf(210_000, 65), { partSize: 100 * 1024, callback: nowhere }), 'CallbackFailed', 203)
    assert.equal((await env.client.head('callback/nowhere')).res.headers['content-length'], '210000')
  }),

  'callback.refused': async (env) => {
    // What cannot be is said before anything is stored.
    const header = (text) => Buffer.from(text).toString('base64')
    const cases = {
      'no-base64': '%%%', 'no-json': header('{'), 'no-url': header('{"callbackBody":"x"}'), 'no-body': header('{"callbackUrl":"http://127.0.0.1/"}'),
      'private': header('{"callbackUrl":"http://10.0.0.1/","callbackBody":"x"}'),
    }
    for (const [name, value] of Object.entries(cases)) {
      const key = `callback/refused ${name}`
      await refused(() => env.client.put(key, Buffer.from('x'), { headers: { 'x-oss-callback': value } }), 'InvalidArgument', 400)
      await refused(() => env.client.get(key), 'NoSuchKey', 404)
    }
  },
}
