import { assert, bytesOf, plain, refused, sameBytes, OSS } from '../lib.mjs'
import sts20150401 from '@alicloud/sts20150401'
import openApi from '@alicloud/openapi-core'

const allow = (...statements) => ({ Version: '1', Statement: statements.map((statement) => ({ Effect: 'Allow', ...statement })) })
const stsOf = (env, { accessKeyId, accessKeySecret }) => new OSS.STS({ endpoint: env.endpoint, accessKeyId, accessKeySecret })

/** A role of the run's bucket that the user of the run may assume: { arn, user }. */
export async function uploaderRole(env) {
  env.uploader ??= (async () => {
    const user = await env.user('app', allow({ Action: 'sts:AssumeRole', Resource: '*' }))
    const role = await env.moss(['admin', 'role', 'add', `uploader-${env.signature}-${env.suffix}`], {
      trust: allow({ Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${user.accountUid}:root`] } }),
      policy: allow(
        { Action: ['oss:PutObject', 'oss:GetObject', 'oss:AbortMultipartUpload', 'oss:ListParts'], Resource: `acs:oss:*:*:${env.bucket}/granted/*` },
        { Action: 'oss:ListObjects', Resource: `acs:oss:*:*:${env.bucket}` }),
    })
    return { arn: role.arn, user }
  })()
  return env.uploader
}

/** A temporary credential of that role, as the official SDK gets it. */
export async function grant(env, policy, session = 'compat') {
  const { arn, user } = await uploaderRole(env)
  const { credentials } = await stsOf(env, user).assumeRole(arn, policy, 900, session)
  return { accessKeyId: credentials.AccessKeyId, accessKeySecret: credentials.AccessKeySecret, stsToken: credentials.SecurityToken, credentials }
}

export const grants = {
  'sts.assume-role': async (env) => {
    const temporary = await grant(env)
    assert.match(temporary.accessKeyId, /^STS\./)
    assert.match(temporary.credentials.Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
    const lifetime = Date.parse(temporary.credentials.Expiration) - Date.now()
    assert.ok(lifetime > 800_000 && lifetime <= 900_000, `expires in ${lifetime} ms`)

    const client = env.clientOf(temporary, { stsToken: temporary.stsToken })
    const body = bytesOf(3000, 70)
    await client.put('granted/a b+中', body, { meta: { by: 'role' } })
    sameBytes((await client.get('granted/a b+中')).content, body)
    assert.deepEqual((await client.list({ prefix: 'granted/', 'max-keys': 10 })).objects.map((object) => object.name), ['granted/a b+中'])
    const large = bytesOf(700_000, 71)
    await client.multipartUpload('granted/parts', large, { partSize: 200 * 1024, parallel: 2 })
    sameBytes((await env.client.get('granted/parts')).content, large)

    await refused(() => client.put('elsewhere', body), 'AccessDenied', 403)
    await refused(() => client.delete('granted/parts'), 'AccessDenied', 403)
    await refused(() => client.putBucketACL(env.bucket, 'public-read'), 'AccessDenied', 403)
    await refused(() => env.clientOf(temporary).get('granted/parts'), 'InvalidAccessKeyId', 403)
    const cut = temporary.stsToken.slice(0, -8)
    await refused(() => env.clientOf(temporary, { stsToken: cut }).get('granted/parts'), 'InvalidSecurityToken', 403)
    const other = await grant(env)
    await refused(() => env.clientOf(temporary, { stsToken: other.stsToken }).get('granted/parts'), 'AccessKeyIdAndSecurityTokenNotMatch', 403)
  },

  'sts.session-policy': async (env) => {
    await env.client.put('granted/one/x', Buffer.from('one'))
    await env.client.put('granted/two/x', Buffer.from('two'))
    const policy = allow({ Action: '*', Resource: `acs:oss:*:*:${env.bucket}/granted/one/*` })
    for (const given of [policy, JSON.stringify(policy)]) {
      const temporary = await grant(env, given)
      const client = env.clientOf(temporary, { stsToken: temporary.stsToken })
      assert.equal((await client.get('granted/one/x')).content.toString(), 'one')
      await refused(() => client.get('granted/two/x'), 'AccessDenied', 403)
      await refused(() => client.delete('granted/one/x'), 'AccessDenied', 403) // Not the role's right, so not the session's either.
    }
  },

  'sts.refusals': async (env) => {
    const { arn, user } = await uploaderRole(env)
    const idle = await env.user('idle', allow({ Action: 'oss:ListBuckets', Resource: '*' }))
    await refused(() => stsOf(env, idle).assumeRole(arn, null, 900, 'compat'), 'NoPermission', 403)
    await refused(() => stsOf(env, { ...user, accessKeySecret: 'not-the-secret' }).assumeRole(arn, null, 900, 'compat'), 'SignatureDoesNotMatch', 400)
    await refused(() => stsOf(env, { ...user, accessKeyId: 'LTAInobody' }).assumeRole(arn, null, 900, 'compat'), 'InvalidAccessKeyId.NotFound', 404)
    await refused(() => stsOf(env, user).assumeRole(`${arn}-none`, null, 900, 'compat'), 'EntityNotExist.Role', 404)
    await refused(() => stsOf(env, env).assumeRole(arn, null, 900, 'compat'), 'NoPermission', 403) // The root account itself.
    await refused(() => stsOf(env, user).assumeRole(arn, null, 10, 'compat'), 'InvalidParameter.DurationSeconds', 400)
    await refused(() => stsOf(env, user).assumeRole(arn, null, 900, '!'), 'InvalidParameter.RoleSessionName', 400)
    await refused(() => stsOf(env, user).assumeRole(arn, { Version: '1', Statement: [{ Effect: 'Maybe' }] }, 900, 'compat'), 'InvalidParameter.PolicyGrammar', 400)
  },

  'sts.sdk': async (env) => {
    // The SDK of the token service itself signs with ACS3-HMAC-SHA256, a header instead of parameters.
    const { arn, user } = await uploaderRole(env)
    const clientOf = (credential) => new sts20150401.default(new openApi.$OpenApiUtil.Config({
      accessKeyId: credential.accessKeyId, accessKeySecret: credential.accessKeySecret,
      endpoint: new URL(env.endpoint).host, protocol: 'http', regionId: 'cn-hangzhou',
    }))
    const request = new sts20150401.AssumeRoleRequest({ roleArn: arn, roleSessionName: 'v3-sdk', durationSeconds: 900 })
    const { body } = await clientOf(user).assumeRole(request)
    assert.match(body.requestId, /^[0-9A-F-]{36}$/)
    assert.match(body.assumedRoleUser.arn, /:role\/.*\/v3-sdk$/)
    const { credentials } = body
    const client = env.newClient({
      accessKeyId: credentials.accessKeyId, accessKeySecret: credentials.accessKeySecret, stsToken: credentials.securityToken,
    })
    await client.put('granted/v3', Buffer.from('v3'))
    assert.equal((await client.get('granted/v3')).content.toString(), 'v3')
    const identity = await clientOf(user).getCallerIdentity()
    assert.equal(identity.body.userId, user.uid)
    await refused(() => clientOf({ ...user, accessKeySecret: 'not-the-secret' }).assumeRole(request), 'SignatureDoesNotMatch')
  },

  'presign.token': async (env) => {
    const temporary = await grant(env)
    const client = env.clientOf(temporary, { stsToken: temporary.stsToken })
    const key = 'granted/url 中+文'
    const body = bytesOf(1500, 72)
    const put = client.signatureUrl(key, { method: 'PUT', expires: 300, 'Content-Type': 'text/plain' })
    const stored = await plain(put, { method: 'PUT', body, headers: { 'Content-Type': 'text/plain' } })
    assert.equal(stored.status, 200, stored.body.toString())
    const urls = [
      client.signatureUrl(key, { expires: 300, response: { 'content-disposition': 'attachment; filename="a b.txt"' } }),
      await client.asyncSignatureUrl(key, { expires: 300, response: { 'content-disposition': 'attachment; filename="a b.txt"' } }),
      await client.signatureUrlV4('GET', 300, { queries: { 'response-content-disposition': 'attachment; filename="a b.txt"' } }, key),
    ]
    for (const url of urls) {
      const got = await plain(url)
      assert.equal(got.status, 200, got.body.toString())
      sameBytes(got.body, body)
      assert.equal(got.headers['content-disposition'], 'attachment; filename="a b.txt"')
      const without = url.replace(/&?(security-token|x-oss-security-token)=[^&]*/, '')
      assert.notEqual(without, url)
      assert.equal((await plain(without)).status, 403)
    }
    const v4 = await client.signatureUrlV4('PUT', 300, { headers: { 'content-type': 'text/plain' } }, `${key} v4`)
    const again = await plain(v4, { method: 'PUT', body, headers: { 'Content-Type': 'text/plain' } })
    assert.equal(again.status, 200, again.body.toString())
    const beyond = await plain(client.signatureUrl('elsewhere', { expires: 300 }))
    assert.deepEqual([beyond.status, beyond.code], [403, 'AccessDenied'])
  },

  'presign.subresource': async (env) => {
    // A URL may grant more than the bytes: here the parts of an upload, its completion, and a listing of its parts.
    const { client } = env
    const key = 'presign/parts'
    const { uploadId } = await client.initMultipartUpload(key)
    const parts = [bytesOf(100 * 1024, 73), bytesOf(777, 74)]
    const etags = []
    for (const [index, part] of parts.entries()) {
      const query = { partNumber: String(index + 1), uploadId }
      const url = index === 0
        ? client.signatureUrl(key, { method: 'PUT', expires: 300, subResource: query, 'Content-Type': 'application/x-part' })
        : await client.signatureUrlV4('PUT', 300, { queries: query, headers: { 'content-type': 'application/x-part' } }, key)
      const stored = await plain(url, { method: 'PUT', body: part, headers: { 'Content-Type': 'application/x-part' } })
      assert.equal(stored.status, 200, stored.body.toString())
      etags.push(stored.headers.etag)
      const other = await plain(url.replace('partNumber=', 'partNumber=4'), { method: 'PUT', body: part, headers: { 'Content-Type': 'application/x-part' } })
      assert.equal(other.code, 'SignatureDoesNotMatch')
    }
    const listed = await plain(await client.signatureUrlV4('GET', 300, { queries: { uploadId } }, key))
    assert.match(listed.body.toString(), /<PartNumber>2<\/PartNumber>/)
    const xml = `<CompleteMultipartUpload>${etags.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`).join('')}</CompleteMultipartUpload>`
    const complete = client.signatureUrl(key, { method: 'POST', expires: 300, subResource: { uploadId }, 'Content-Type': 'application/xml' })
    const done = await plain(complete, { method: 'POST', body: xml, headers: { 'Content-Type': 'application/xml' } })
    assert.equal(done.status, 200, done.body.toString())
    sameBytes((await client.get(key)).content, Buffer.concat(parts))
  },

  'policy.bucket': async (env) => {
    const name = `compat-policy-${env.signature}-${env.suffix}`
    const owner = env.newClient({ bucket: name })
    await owner.putBucket(name)
    // For a bucket without one this SDK answers null, where others throw NoSuchBucketPolicy.
    const none = await owner.getBucketPolicy(name)
    assert.deepEqual([none.status, none.policy], [404, null])
    assert.match(none.res.data.toString(), /<Code>NoSuchBucketPolicy<\/Code>/)
    await owner.put('open/x', Buffer.from('open'))
    await owner.put('closed/x', Buffer.from('closed'))
    const idle = await env.user('idle', allow({ Action: 'oss:ListBuckets', Resource: '*' }))
    const reader = env.clientOf(idle, { bucket: name })
    await refused(() => reader.get('open/x'), 'AccessDenied', 403)

    const policy = {
      Version: '1',
      Statement: [
        { Effect: 'Allow', Action: ['oss:GetObject', 'oss:PutObject'], Principal: [idle.uid], Resource: [`acs:oss:*:*:${name}/*`] },
        { Effect: 'Deny', Action: ['oss:*'], Principal: ['*'], Resource: [`acs:oss:*:*:${name}/closed/*`], Condition: { StringNotEquals: { 'acs:UserAgent': 'nobody' } } },
        { Effect: 'Allow', Action: ['oss:GetObject'], Principal: ['*'], Resource: [`acs:oss:*:*:${name}/open/*`], Condition: { IpAddress: { 'acs:SourceIp': ['127.0.0.0/8', '::1/128'] } } },
      ],
    }
    assert.equal((await owner.putBucketPolicy(name, policy)).status, 200)
    assert.deepEqual((await owner.getBucketPolicy(name)).policy, policy)
    assert.equal((await reader.get('open/x')).content.toString(), 'open')
    await reader.put('open/y', Buffer.from('y'))
    await refused(() => reader.get('closed/x'), 'AccessDenied', 403)
    await refused(() => reader.delete('open/y'), 'AccessDenied', 403)
    assert.equal((await plain(env.urlOf('open/x', name))).body.toString(), 'open')
    assert.equal((await plain(env.urlOf('closed/x', name))).code, 'AccessDenied')

    await refused(() => owner.putBucketPolicy(name, { Version: '1', Statement: [{ Effect: 'Maybe' }] }), 'InvalidPolicyDocument', 400)
    assert.deepEqual((await owner.getBucketPolicy(name)).policy, policy, 'a refused policy changes nothing')
    assert.equal((await owner.deleteBucketPolicy(name)).status, 204)
    assert.equal((await owner.getBucketPolicy(name)).policy, null)
    await refused(() => reader.get('open/x'), 'AccessDenied', 403)
    assert.equal((await plain(env.urlOf('open/x', name))).code, 'AccessDenied')
    await owner.deleteMulti(['open/x', 'open/y', 'closed/x'])
    await owner.deleteBucket(name)
  },

  'bucket.request-payment': async (env) => {
    const { client, bucket } = env
    assert.equal((await client.getBucketRequestPayment(bucket)).payer, 'BucketOwner')
    for (const payer of ['Requester', 'BucketOwner']) {
      assert.equal((await client.putBucketRequestPayment(bucket, payer)).status, 200)
      assert.equal((await client.getBucketRequestPayment(bucket)).payer, payer)
    }
  },
}
