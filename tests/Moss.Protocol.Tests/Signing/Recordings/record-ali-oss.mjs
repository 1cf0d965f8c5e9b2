// Records what ali-oss really sends, byte for byte, so that the verifier is held by a foreign signer.
// Use: npm install ali-oss@6.23.0 && node record-ali-oss.mjs > ali-oss-6.23.0.json
import { createServer } from 'node:net';
import { request } from 'node:http';
import OSS from 'ali-oss';

const keys = [
  'a.txt', '目录/a b+c.jpg', 'a%2Fb%', "-!@$^&*()/'quoted'~", 'what?acl&b=c#d', 'sp ace+plus=eq', 'emoji😀', 'a//double/', 'ctl\u0001\u007f',
];

const recorded = [];
let current;

const server = createServer((socket) => {
  let bytes = Buffer.alloc(0);
  let answered = false;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0 || answered) return;
    const [line, ...headers] = bytes.subarray(0, end).toString('latin1').split('\r\n');
    const length = headers.map((h) => /^content-length: *(\d+)/i.exec(h)).find((m) => m)?.[1] ?? 0;
    if (bytes.length < end + 4 + Number(length)) return;
    answered = true;
    const [method, target] = line.split(' ');
    recorded.push({
      ...current, time: Math.floor(Date.now() / 1000), method, target, headers: headers.filter((h) => !/^user-agent:/i.test(h)).map((h) => [h.slice(0, h.indexOf(':')), h.slice(h.indexOf(':') + 1)]),
    });
    const body = '<?xml version="1.0"?><R><UploadId>u</UploadId></R>';
    socket.end(`HTTP/1.1 200 OK\r\nETag: "x"\r\nConnection: close\r\nContent-Type: application/xml\r\nContent-Length: ${method === 'HEAD' ? 0 : body.length}\r\n\r\n${method === 'HEAD' ? '' : body}`);
  });
});

await new Promise((done) => server.listen(0, '127.0.0.1', done));
const endpoint = `http://127.0.0.1:${server.address().port}`;

async function record(name, bucket, key, call) {
  current = { name, bucket, key };
  const before = recorded.length;
  try {
    await call();
  } catch (error) {
    if (process.env.SHOW_ERRORS) process.stderr.write(`${error}\n`); // The answers are empty shells; only what was sent matters.
  }
  if (recorded.length === before) process.stderr.write(`nothing sent: ${name}\n`);
}

function visit(url, method = 'GET', headers = {}) {
  const path = url.slice(url.indexOf('/', 'https://'.length));
  return new Promise((done) => {
    const sent = request({ host: '127.0.0.1', port: server.address().port, method, path, headers }, (answer) => {
      answer.resume();
      answer.on('end', done);
    });
    sent.end();
  });
}

for (const authorizationV4 of [false, true]) {
  for (const stsToken of [undefined, 'to+ken/=']) {
    const version = `${authorizationV4 ? 'V4' : 'V1'}${stsToken ? '+token' : ''}`;
    const client = new OSS({
      accessKeyId: 'ak', accessKeySecret: 'sk', stsToken, region: 'oss-cn-hangzhou', bucket: 'examplebucket', endpoint, sldEnable: true, authorizationV4, retryMax: 0, refreshSTSTokenInterval: 1e9,
    });
    // A signed URL is refused for an address; this name is never resolved.
    const named = new OSS({ ...client.options, endpoint: 'http://oss-cn-hangzhou.example', stsToken });
    const run = (name, key, call) => record(`ali-oss ${version} ${name} ${key ?? ''}`.trim(), 'examplebucket', key, call);
    for (const key of stsToken ? keys.slice(0, 2) : keys) {
      await run('put', key, () => client.put(key, Buffer.from('x'), { meta: { author: 'alice', n: '1 2' }, headers: { 'x-oss-storage-class': 'IA' } }));
      await run('get', key, () => client.get(key, { process: 'image/resize,w_100', subres: { 'response-content-type': 'text/x+y; a=b' } }));
      await run('head', key, () => client.head(key));
      await run('copy', key, () => client.copy(key, '源/s+o.txt'));
      await run('putACL', key, () => client.putACL(key, 'private'));
      await run('getACL', key, () => client.getACL(key));
      await run('initMultipartUpload', key, () => client.initMultipartUpload(key));
      await run('listParts', key, () => client.listParts(key, 'ABC', { 'max-parts': 5 }));
      await run('abortMultipartUpload', key, () => client.abortMultipartUpload(key, 'ABC'));
      await run('signed GET', key, () => visit(named.signatureUrl(key, { expires: 3600, process: 'image/resize,w_9', response: { 'content-type': 'a b+c', 'content-disposition': 'attachment; filename="目.txt"' } })));
      await run('signed PUT', key, () => visit(named.signatureUrl(key, { method: 'PUT', 'Content-Type': 'text/plain', expires: 3600 }), 'PUT', { 'Content-Type': 'text/plain' }));
      await run('signed V4 GET', key, async () => visit(await client.signatureUrlV4('GET', 60, { queries: { 'x-oss-process': 'image/resize,w_9', empty: '', acl: null, Zeta: 'a b+c/目', alpha: 'x' } }, key)));
      await run('signed V4 PUT', key, async () => visit(await client.signatureUrlV4('PUT', 60, { headers: { 'content-type': 'a/b', 'x-oss-meta-m': 'v', host: 'h:1' } }, key, ['host']), 'PUT', { 'content-type': 'a/b', 'x-oss-meta-m': 'v', host: 'h:1' }));
    }
    await run('deleteMulti', undefined, () => client.deleteMulti(keys));
    await run('list', undefined, () => client.list({ prefix: 'a+b/目 ', delimiter: '/', 'max-keys': 3, marker: '' }));
    await run('listV2', undefined, () => client.listV2({ prefix: '', 'continuation-token': 'CgJi+/=', 'fetch-owner': 'true', 'max-keys': 3 }));
    await run('listUploads', undefined, () => client.listUploads({ prefix: '', 'max-uploads': 10, 'key-marker': 'K', 'upload-id-marker': '' }));
    await run('getBucketObjectVersions', undefined, () => client.getBucketVersions({ prefix: '', keyMarker: 'Kk', versionIdMarker: 'x' }));
    await run('getBucketInfo', undefined, () => client.getBucketInfo('examplebucket'));
    await run('putBucketACL', undefined, () => client.putBucketACL('examplebucket', 'private'));
    await record(`ali-oss ${version} listBuckets`, null, null, () => client.listBuckets({ prefix: 'b', 'max-keys': 2 }));
  }
}

server.close();
process.stdout.write(`[\n${recorded.map((r) => JSON.stringify(r)).join(',\n')}\n]\n`);
