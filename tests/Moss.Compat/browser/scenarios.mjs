import { assert, bytesOf, crc64, md5Hex, sameBytes, plain } from '../node/lib.mjs'
import { grant } from '../node/scenarios/grants.mjs'
import { formPolicy, signedV4 } from '../node/scenarios/forms.mjs'
import { Receiver } from '../node/receiver.mjs'

const KiB = 1024

/** The options of the SDK in the page, with a temporary credential. */
async function pageOptions(env, { authorizationV4 = true } = {}) {
  const { accessKeyId, accessKeySecret, stsToken } = await grant(env)
  return { endpoint: env.endpoint, bucket: env.bucket, authorizationV4, accessKeyId, accessKeySecret, stsToken }
}

async function tokenForm(env, key, conditions = []) {
  const temporary = await grant(env)
  const client = env.clientOf(temporary, { stsToken: temporary.stsToken })
  return { key, ...signedV4(client, formPolicy(env, [['starts-with', '$key', 'granted/'], ['content-length-range', 1, 10_000_000], ...conditions])) }
}

const rule = (origin, more = {}) => ({
  allowedOrigin: origin, allowedMethod: ['GET', 'PUT', 'POST', 'DELETE', 'HEAD'], allowedHeader: '*',
  exposeHeader: ['ETag', 'x-oss-request-id', 'x-oss-hash-crc64ecma'], maxAgeSeconds: '0', ...more,
})

/** The page's call must fail because the browser keeps the answer from it. */
async function refusedByBrowser(call, what) {
  const error = await call.then((value) => { throw new Error(`${what}: the page got ${JSON.stringify(value)}`) }, (refusal) => refusal)
  assert.match(error.message, /Failed to fetch|XHR error|connected: false/, what)
}

const statusOf = (env, key) => env.client.head(key).then(() => 200, (error) => error.status)
const contentOf = async (env, key) => (await env.client.get(key)).content

export const scenarios = {
  'browser.form': async (env, browser) => {
    const file = { length: 300_000, seed: 30, name: '中 photo.png', type: 'image/png' }
    const fields = { ...await tokenForm(env, 'granted/form ${filename}'), success_action_redirect: `${browser.origin}/done` }
    const { href } = await browser.run('form', { action: `${env.endpoint}/${env.bucket}`, fields, file })
    assert.ok(href.startsWith(`${browser.origin}/done`), href)
    const got = await env.client.get('granted/form 中 photo.png')
    sameBytes(got.content, bytesOf(300_000, 30))
    assert.equal(got.res.headers['content-type'], 'image/png')
    const hostForm = { ...await tokenForm(env, 'granted/form by host'), success_action_redirect: `${browser.origin}/done` }
    await browser.run('form', { action: env.endpoint.replace('//', `//${env.bucket}.`), fields: hostForm, file })
    sameBytes(await contentOf(env, 'granted/form by host'), bytesOf(300_000, 30))
  },

  'browser.no-cors': async (env, browser) => {
    await env.client.deleteBucketCORS(env.bucket)
    const options = await pageOptions(env)
    const file = { length: 300_000, seed: 31 }
    await refusedByBrowser(browser.run('put', { options, name: 'granted/no-cors', file }), 'put')
    await refusedByBrowser(browser.run('multipart', { options, name: 'granted/no-cors', file, upload: { partSize: 100 * KiB } }), 'multipart')
    await refusedByBrowser(browser.run('get', { options, name: 'granted/no-cors' }), 'get')
    await env.client.putBucketCORS(env.bucket, [rule('http://another.example')])
    await refusedByBrowser(browser.run('put', { options, name: 'granted/no-cors', file }), 'put with a rule for another origin')
    await env.client.putBucketCORS(env.bucket, [rule(browser.origin, { allowedMethod: 'GET' })])
    await refusedByBrowser(browser.run('put', { options, name: 'granted/no-cors', file }), 'put with a rule for another method')
    await env.client.putBucketCORS(env.bucket, [rule(browser.origin, { allowedHeader: 'x-oss-date' })])
    await refusedByBrowser(browser.run('put', { options, name: 'granted/no-cors', file }), 'put with a rule for another header')
    assert.equal(await statusOf(env, 'granted/no-cors'), 404, 'nothing is stored')
    assert.equal((await env.client.listUploads({ 'max-uploads': 10 })).uploads.length, 0, 'no upload was begun')

    // A form is sent without asking first; what the rules decide is whether the script may read the answer.
    await env.client.deleteBucketCORS(env.bucket)
    const form = { action: `${env.endpoint}/${env.bucket}`, fields: await tokenForm(env, 'granted/unread'), file }
    await refusedByBrowser(browser.run('formByScript', form), 'the answer to a form')
    assert.equal(await statusOf(env, 'granted/unread'), 200)
  },

  'browser.form-by-script': async (env, browser) => {
    await env.client.putBucketCORS(env.bucket, [rule(browser.origin)])
    const file = { length: 200_000, seed: 32 }
    const answer = await browser.run('formByScript', {
      action: `${env.endpoint}/${env.bucket}`, fields: { ...await tokenForm(env, 'granted/by script'), success_action_status: '200' }, file,
    })
    assert.deepEqual([answer.status, answer.etag], [200, `"${md5Hex(bytesOf(200_000, 32))}"`])
    assert.ok(answer.requestId)
    sameBytes(await contentOf(env, 'granted/by script'), bytesOf(200_000, 32))
    // Refusals can be read too, or a page could not say what is wrong.
    const refused = await browser.run('formByScript', { action: `${env.endpoint}/${env.bucket}`, fields: await tokenForm(env, 'elsewhere'), file })
    assert.equal(refused.status, 403)
  },

  'browser.multipart': async (env, browser) => {
    await env.client.putBucketCORS(env.bucket, [rule(browser.origin)])
    for (const authorizationV4 of [true, false]) {
      const name = `granted/parts 中 ${authorizationV4 ? 'v4' : 'v1'}`
      const file = { length: 1_250_000, seed: authorizationV4 ? 33 : 34, name: 'film.mp4' }
      const body = bytesOf(file.length, file.seed)
      const done = await browser.run('multipart', {
        options: await pageOptions(env, { authorizationV4 }), name, file, upload: { partSize: 200 * KiB, parallel: 3, meta: { by: 'page' } },
      })
      const got = await env.client.get(name)
      sameBytes(got.content, body)
      assert.equal(got.res.headers['content-type'], 'video/mp4')
      assert.equal(got.res.headers['x-oss-meta-by'], 'page')
      assert.deepEqual([done.etag, done.crc], [got.res.headers.etag, crc64(body)], 'the page reads the headers that the rule exposes')
      assert.equal(done.shares.at(-1), 1)
    }
  },

  'browser.resume': async (env, browser) => {
    await env.client.putBucketCORS(env.bucket, [rule(['http://another.example', 'http://app.*'])])
    const file = { length: 2_000_000, seed: 35 }
    const name = 'granted/paused'
    const done = await browser.run('pausedMultipart', { options: await pageOptions(env), name, file, upload: { partSize: 100 * KiB, parallel: 2 }, pauseAt: 5 })
    assert.ok(done.doneBefore >= 5 && done.doneBefore < 20, `${done.doneBefore} parts before the pause`)
    assert.equal(done.sent, 20 - done.doneBefore + 1, 'only what was not done is sent, and the end')
    sameBytes(await contentOf(env, name), bytesOf(file.length, file.seed))
    assert.equal((await env.client.listUploads({ 'max-uploads': 10 })).uploads.length, 0)
  },

  'browser.download': async (env, browser) => {
    await env.client.putBucketCORS(env.bucket, [rule(browser.origin)])
    const body = bytesOf(100_000, 36)
    await env.client.put('granted/download', body)
    const got = await browser.run('get', { options: await pageOptions(env), name: 'granted/download' })
    assert.deepEqual([got.length, got.etag], [body.length, `"${md5Hex(body)}"`])
    assert.deepEqual(got.bytes, [...body.subarray(0, 64)])
    const text = 'plain text of another origin'
    await env.client.put('granted/text', Buffer.from(text))
    const url = await env.client.signatureUrlV4('GET', 60, { queries: { 'response-cache-control': 'no-store' } }, 'granted/text')
    const fetched = await browser.run('fetch', { url })
    assert.deepEqual([fetched.status, fetched.text], [200, text])
    assert.equal(fetched.headers['x-oss-hash-crc64ecma'], crc64(Buffer.from(text)))
    assert.equal(fetched.headers['x-oss-object-type'], undefined, 'what no rule exposes the page does not see')
    const ranged = await browser.run('fetch', { url, headers: { Range: 'bytes=6-9' } })
    assert.deepEqual([ranged.status, ranged.text], [206, 'text'])
    await env.client.deleteBucketCORS(env.bucket)
    await refusedByBrowser(browser.run('fetch', { url }), 'without a rule')
    assert.equal((await plain(url)).body.toString(), text, 'outside of a browser no rule is needed')
  },

  'browser.callback': async (env, browser) => {
    await env.client.putBucketCORS(env.bucket, [rule(browser.origin)])
    const receiver = await Receiver.start(`${env.endpoint}/`)
    try {
      const file = { length: 50_000, seed: 37 }
      const put = await browser.run('put', {
        options: await pageOptions(env), name: 'granted/told', file,
        put: { callback: { url: `${receiver.origin}/told`, body: 'object=${object}&size=${size}&who=${x:who}', customValue: { who: 'a page' } } },
      })
      const [call, ...others] = receiver.take()
      assert.deepEqual([call.problem, others.length], [undefined, 0])
      assert.equal(call.body.toString(), 'object=granted%2Ftold&size=50000&who=a%20page')
      assert.deepEqual([put.status, put.data.Status], [200, 'OK'])
      sameBytes(await contentOf(env, 'granted/told'), bytesOf(50_000, 37))
    } finally {
      await receiver.stop()
    }
  },
}
