import { assert } from '../lib.mjs'

const keys = ['list/a', 'list/a/1', 'list/a/2', 'list/a/b/3', 'list/aa', 'list/b', 'list/c/1', 'list/c/2', 'list/z', 'list/中文/1', 'list/😀']
const byBytes = (left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right))

async function fill(client) {
  await Promise.all(keys.map((key) => client.put(key, Buffer.from(key))))
}

// The SDK answers CommonPrefixes apart from objects; together, sorted, they are the page in its order.
const entriesOf = (page) => [...page.objects.map((object) => object.name), ...(page.prefixes ?? [])].sort(byBytes)

async function pagesOf(list, next) {
  const entries = []
  let token
  for (let pages = 0; pages < 50; pages++) {
    const page = await list(token)
    const found = entriesOf(page)
    if (entries.length && found.length) assert.ok(byBytes(entries.at(-1), found[0]) < 0, 'pages go on in order')
    entries.push(...found)
    token = next(page)
    assert.equal(Boolean(token), page.isTruncated)
    if (!token) return entries
  }
  throw new Error('the listing does not end')
}

const rolled = ['list/a', 'list/a/', 'list/aa', 'list/b', 'list/c/', 'list/z', 'list/中文/', 'list/😀']

export const listing = {
  'list.v1': async ({ client }) => {
    await fill(client)
    const all = await client.list({ prefix: 'list/', 'max-keys': 1000 })
    assert.deepEqual(all.objects.map((object) => object.name), [...keys].sort(byBytes))
    const one = all.objects.find((object) => object.name === 'list/aa')
    assert.equal(one.size, 7)
    assert.equal(one.type, 'Normal')
    assert.equal(one.storageClass, 'Standard')
    assert.match(one.etag, /^"[0-9A-F]{32}"$/)
    assert.match(one.lastModified, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/)
    assert.ok(one.owner.id)

    for (const size of [1, 2, 3, 7]) {
      const flat = await pagesOf((marker) => client.list({ prefix: 'list/', 'max-keys': size, ...(marker ? { marker } : {}) }),
        (page) => page.nextMarker)
      assert.deepEqual(flat, [...keys].sort(byBytes), `pages of ${size}`)
      const grouped = await pagesOf((marker) => client.list({ prefix: 'list/', delimiter: '/', 'max-keys': size, ...(marker ? { marker } : {}) }),
        (page) => page.nextMarker)
      assert.deepEqual(grouped, rolled, `groups in pages of ${size}`)
    }
    const after = await client.list({ prefix: 'list/', marker: 'list/b', 'max-keys': 2 })
    assert.deepEqual(after.objects.map((object) => object.name), ['list/c/1', 'list/c/2'])
    const none = await client.list({ prefix: 'list/none', 'max-keys': 10 })
    assert.equal(none.objects.length, 0)
    assert.equal(none.isTruncated, false)
  },

  'list.v2': async ({ client }) => {
    await fill(client)
    const all = await client.listV2({ prefix: 'list/' })
    assert.deepEqual(all.objects.map((object) => object.name), [...keys].sort(byBytes))
    assert.equal(all.keyCount, keys.length)
    assert.equal(all.objects[0].owner, null)
    const owned = await client.listV2({ prefix: 'list/', 'fetch-owner': true, 'max-keys': 1 })
    assert.ok(owned.objects[0].owner.id)
    for (const size of [1, 3, 7]) {
      const flat = await pagesOf((token) => client.listV2({ prefix: 'list/', 'max-keys': size, ...(token ? { 'continuation-token': token } : {}) }),
        (page) => page.nextContinuationToken)
      assert.deepEqual(flat, [...keys].sort(byBytes), `pages of ${size}`)
      const grouped = await pagesOf((token) => client.listV2({ prefix: 'list/', delimiter: '/', 'max-keys': size, ...(token ? { 'continuation-token': token } : {}) }),
        (page) => page.nextContinuationToken)
      assert.deepEqual(grouped, rolled, `groups in pages of ${size}`)
    }
    const after = await client.listV2({ prefix: 'list/', 'start-after': 'list/b', 'max-keys': 2 })
    assert.deepEqual(after.objects.map((object) => object.name), ['list/c/1', 'list/c/2'])
  },

  'list.encoding': async ({ client }) => {
    const odd = ['encoding/a b', 'encoding/a+b', 'encoding/a%20b', 'encoding/<&>', 'encoding/中文 名']
    for (const key of odd) await client.put(key, Buffer.from('x'))
    const plainNames = (await client.list({ prefix: 'encoding/', 'max-keys': 100 })).objects.map((object) => object.name)
    assert.deepEqual(plainNames, [...odd].sort(byBytes))
    for (const list of [(query) => client.list(query), (query) => client.listV2(query)]) {
      const encoded = (await list({ prefix: 'encoding/', 'encoding-type': 'url', 'max-keys': 100 })).objects.map((object) => object.name)
      assert.deepEqual(encoded.map(decodeURIComponent), [...odd].sort(byBytes))
      assert.ok(encoded.every((name) => !name.includes('+') && !name.includes('/')), 'space is %20 and slash is %2F')
    }
  },
}
