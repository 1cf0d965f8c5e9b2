import crypto from 'node:crypto'
import { assert, bytesOf, md5Hex, plain, sameBytes } from '../lib.mjs'
import { grant } from './grants.mjs'

/** A form as a browser sends it: { headers, body }. `file` is the last field. */
export function form(fields, file, { name = 'file.bin', type = 'application/octet-stream' } = {}) {
  const boundary = `----compat${crypto.randomBytes(8).toString('hex')}`
  const lines = Object.entries(fields).map(([field, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${field}"\r\n\r\n${value}\r\n`)
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n`
  const body = Buffer.concat([Buffer.from(lines.join('') + head), file, Buffer.from(`\r\n--${boundary}--\r\n`)])
  return { headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}`, 'Content-Length': body.length }, body }
}

/** A policy of the run's bucket for the next five minutes. */
export function formPolicy(env, conditions = [], lifetime = 300_000) {
  return { expiration: new Date(Date.now() + lifetime).toISOString(), conditions: [{ bucket: env.bucket }, ...conditions] }
}

/** The fields of a form signed with V4, by the SDK's own call. */
export function signedV4(client, policy, now = new Date()) {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '')
  const { accessKeyId, stsToken } = client.options
  const fields = {
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': `${accessKeyId}/${stamp.slice(0, 8)}/cn-hangzhou/oss/aliyun_v4_request`,
    'x-oss-date': stamp,
    ...(stsToken ? { 'x-oss-security-token': stsToken } : {}),
  }
  const whole = { ...policy, conditions: [...policy.conditions, ...Object.entries(fields).map(([name, value]) => ({ [name]: value }))] }
  return {
    ...fields,
    policy: Buffer.from(JSON.stringify(whole)).toString('base64'),
    'x-oss-signature': client.signPostObjectPolicyV4(whole, now),
  }
}

const post = (env, fields, file, options) => plain(`${env.endpoint}/${env.bucket}/`, { method: 'POST', ...form(fields, file, options) })
const is = (answer, status, code, what) => assert.deepEqual([answer.status, answer.code], [status, code], `${what ?? ''} ${answer.body}`)

export const forms = {
  'post.v1': async (env) => {
    const body = bytesOf(4000, 50)
    const signed = env.client.calculatePostSignature(formPolicy(env, [['starts-with', '$key', 'post/'], ['content-length-range', 1, 10_000]]))
    const first = await post(env, { key: 'post/中 ${filename}', ...signed, 'x-oss-meta-by': 'form', 'Cache-Control': 'no-cache' }, body, { name: 'C:\\\\pictures\\\\a b.png', type: 'image/png' })
    is(first, 204)
    assert.equal(first.headers.etag, `"${md5Hex(body)}"`)
    const got = await env.client.get('post/中 a b.png')
    sameBytes(got.content, body)
    assert.deepEqual(
      [got.res.headers['content-type'], got.res.headers['x-oss-meta-by'], got.res.headers['cache-control'], got.res.headers['content-md5']],
      ['image/png', 'form', 'no-cache', Buffer.from(md5Hex(body), 'hex').toString('base64')])

    is(await post(env, { key: 'post/200', ...signed, success_action_status: '200' }, body), 200)
    const created = await post(env, { key: 'post/201 & <more>', ...signed, success_action_status: '201', 'x-oss-content-type': 'text/x-own' }, body)
    is(created, 201)
    assert.match(created.body.toString(), /<PostResponse>.*<Key>post\/201 &amp; &lt;more&gt;<\/Key>/s)
    assert.equal((await env.client.head('post/201 & <more>')).res.headers['content-type'], 'text/x-own')
    const redirected = await post(env, { key: 'post/303', ...signed, success_action_redirect: 'http://application.example/done?x=1' }, body)
    is(redirected, 303)
    assert.ok(redirected.headers.location.startsWith('http://application.example/done?x=1'), redirected.headers.location)

    // The bucket as a host, which is what the forms of the public documentation are sent to.
    const url = new URL(env.endpoint)
    url.hostname = `${env.bucket}.localhost`
    is(await plain(`${url.origin}/`, { method: 'POST', ...form({ key: 'post/host', ...signed }, body) }), 204)
  },

  'post.v4': async (env) => {
    const body = bytesOf(4000, 51)
    const signed = signedV4(env.client, formPolicy(env, [['eq', '$key', 'post/v4'], ['in', '$content-type', ['a/b', 'c/d']]]))
    is(await post(env, { key: 'post/v4', ...signed, 'content-type': 'c/d' }, body), 204)
    const got = await env.client.get('post/v4')
    sameBytes(got.content, body)
    assert.equal(got.res.headers['content-type'], 'c/d')
    is(await post(env, { key: 'post/v4', ...signed, 'content-type': 'e/f' }, body), 403, 'AccessDenied')
    is(await post(env, { key: 'post/other', ...signed, 'content-type': 'c/d' }, body), 403, 'AccessDenied')
    const wrong = signed['x-oss-signature'].replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
    is(await post(env, { key: 'post/v4', ...signed, 'content-type': 'c/d', 'x-oss-signature': wrong }, body), 403, 'SignatureDoesNotMatch')
  },

  'post.token': async (env) => {
    const temporary = await grant(env)
    const client = env.clientOf(temporary, { stsToken: temporary.stsToken })
    const body = bytesOf(2000, 52)
    const policy = formPolicy(env, [['starts-with', '$key', 'granted/']])
    const v1 = { ...client.calculatePostSignature(policy), 'x-oss-security-token': temporary.stsToken }
    for (const [name, signed] of [['v1', v1], ['v4', signedV4(client, policy)]]) {
      is(await post(env, { key: `granted/post ${name}`, ...signed }, body), 204, undefined, name)
      sameBytes((await env.client.get(`granted/post ${name}`)).content, body)
      const { 'x-oss-security-token': token, ...without } = signed
      assert.equal((await post(env, { key: `granted/post ${name}`, ...without }, body)).status, 403, `${name} without its token`)
    }
    // What the form's policy allows the role must be allowed too.
    is(await post(env, { key: 'elsewhere', ...client.calculatePostSignature(formPolicy(env)), 'x-oss-security-token': temporary.stsToken }, body), 403, 'AccessDenied')
  },

  'post.refused': async (env) => {
    const body = bytesOf(2000, 53)
    const sign = (...conditions) => env.client.calculatePostSignature(formPolicy(env, conditions))
    const cases = [
      ['too small', sign(['content-length-range', 2001, 3000]), {}, 400, 'EntityTooSmall'],
      ['too large', sign(['content-length-range', 0, 1999]), {}, 400, 'EntityTooLarge'],
      ['another key', sign(['starts-with', '$key', 'else/']), {}, 403, 'AccessDenied'],
      ['a missing field', sign({ 'x-oss-meta-who': 'me' }), {}, 403, 'AccessDenied'],
      ['another bucket', env.client.calculatePostSignature({ ...formPolicy(env), conditions: [{ bucket: 'another' }] }), {}, 403, 'AccessDenied'],
      ['expired', env.client.calculatePostSignature(formPolicy(env, [], -1000)), {}, 403, 'AccessDenied'],
      ['no JSON', env.newClient().calculatePostSignature('{}'), {}, 400, 'InvalidPolicyDocument'],
      ['a wrong secret', env.newClient({ accessKeySecret: 'no' }).calculatePostSignature(formPolicy(env)), {}, 403, 'SignatureDoesNotMatch'],
      ['an unknown key', env.newClient({ accessKeyId: 'LTAInobody' }).calculatePostSignature(formPolicy(env)), {}, 403, 'InvalidAccessKeyId'],
      ['no signature', { policy: sign().policy, OSSAccessKeyId: env.accessKeyId }, {}, 400, 'InvalidArgument'],
      ['nothing signed', {}, {}, 403, 'AccessDenied'],
      ['a wrong checksum', sign(), { 'Content-MD5': 'AAAAAAAAAAAAAAAAAAAAAA==' }, 400, 'InvalidDigest'],
    ]
    for (const [what, signed, more, status, code] of cases) {
      is(await post(env, { key: 'post/refused', ...signed, ...more }, body), status, code, what)
    }
    const signed = sign()
    is(await post(env, { ...signed }, body), 400, 'InvalidArgument', 'no key')
    is(await plain(`${env.endpoint}/${env.bucket}/`, { method: 'POST', headers: { 'Content-Type': 'text/plain' }, body: 'x' }), 400, 'RequestIsNotMultiPartContent')
    is(await plain(env.urlOf('post/refused')), 403, 'AccessDenied')
    assert.equal(await env.client.head('post/refused').then(() => 200, (error) => error.status), 404, 'a refused form stores nothing')

    is(await post(env, { key: 'post/once', ...signed, 'x-oss-forbid-overwrite': 'true' }, body), 204)
    is(await post(env, { key: 'post/once', ...signed, 'x-oss-forbid-overwrite': 'true' }, body), 409, 'FileAlreadyExists')
  },
}
