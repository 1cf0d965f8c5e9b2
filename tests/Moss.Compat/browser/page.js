// What the page can do. It asks its server for a task, runs the function of that name and reports what came of it.

const fileOf = async ({ length, seed, name = 'file.bin', type = 'application/octet-stream' }) =>
  new File([await (await fetch(`/bytes?length=${length}&seed=${seed}`)).arrayBuffer()], name, { type })

const clientOf = (options) => new OSS({ secure: false, sldEnable: true, region: 'oss-cn-hangzhou', timeout: 30_000, ...options })

const tasks = {
  /** A form as a person sends it: no script reads the answer, the browser goes where the server sends it. */
  async form({ action, fields, file }) {
    const form = Object.assign(document.createElement('form'), { action, method: 'post', enctype: 'multipart/form-data', target: 'answer' })
    for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement('input'), { type: 'hidden', name, value }))
    const input = Object.assign(document.createElement('input'), { type: 'file', name: 'file' })
    const chosen = new DataTransfer()
    chosen.items.add(await fileOf(file))
    input.files = chosen.files
    form.append(input)
    document.body.append(form)
    const frame = document.querySelector('iframe')
    const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }))
    form.submit()
    await loaded
    form.remove()
    return { href: frame.contentWindow.location.href } // Throws when it is of another origin.
  },

  /** The same form by script: whether its answer may be read is a matter of CORS. */
  async formByScript({ action, fields, file }) {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    form.append('file', await fileOf(file))
    const response = await fetch(action, { method: 'POST', body: form })
    return { status: response.status, etag: response.headers.get('etag'), requestId: response.headers.get('x-oss-request-id') }
  },

  async put({ options, name, file, put }) {
    const result = await clientOf(options).put(name, await fileOf(file), put)
    return { status: result.res.status, etag: result.res.headers.etag, data: result.data }
  },

  async multipart({ options, name, file, upload }) {
    const shares = []
    const result = await clientOf(options).multipartUpload(name, await fileOf(file), {
      ...upload, progress: async (share) => { shares.push(share) },
    })
    return { etag: result.etag, crc: result.res.headers['x-oss-hash-crc64ecma'], shares }
  },

  /** Breaks off in the middle and goes on with another client, as a page does after a pause. */
  async pausedMultipart({ options, name, file, upload, pauseAt }) {
    const source = await fileOf(file)
    const first = clientOf(options)
    let checkpoint
    try {
      await first.multipartUpload(name, source, {
        ...upload,
        progress: async (share, now) => {
          if (!now) return
          checkpoint = { ...now, doneParts: [...now.doneParts] }
          if (now.doneParts.length >= pauseAt) first.cancel()
        },
      })
      return { doneBefore: Infinity }
    } catch (error) {
      if (error.name !== 'cancel') throw error
    }
    const doneBefore = checkpoint.doneParts.length
    const sent = []
    await clientOf(options).multipartUpload(name, source, { ...upload, checkpoint, progress: async (share) => { sent.push(share) } })
    return { doneBefore, sent: sent.length }
  },

  async get({ options, name }) {
    const result = await clientOf(options).get(name)
    const digest = await crypto.subtle.digest('SHA-256', result.content).catch(() => null)
    return { length: result.content.length, etag: result.res.headers.etag, bytes: [...result.content.slice(0, 64)], digest: digest && [...new Uint8Array(digest)] }
  },

  /** A plain request, as far as the browser lets a script see it. */
  async fetch({ url, method, headers, body }) {
    const response = await fetch(url, { method, headers, body })
    return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() }
  },
}

for (;;) {
  const { name, parameters } = await (await fetch('/next')).json()
  const result = await tasks[name](parameters).then(
    (value) => ({ value }),
    (error) => ({ error: { message: error.message || String(error), name: error.name, status: error.status, code: error.code } }))
  await fetch('/result', { method: 'POST', body: JSON.stringify(result) })
}
