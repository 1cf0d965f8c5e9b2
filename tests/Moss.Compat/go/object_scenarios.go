package main

import (
	"bytes"
	"fmt"
	"io"
	"io/ioutil"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

func headOf(bucket *oss.Bucket, key string) http.Header {
	header, err := bucket.GetObjectDetailedMeta(key)
	must(err)
	return header
}

// onlyReader hides the length of what it reads, so that the client sends chunks.
type onlyReader struct{ io.Reader }

var objectScenarios = map[string]scenario{
	"object.put-get": func(env *environment) {
		data := bytesOf(300*kib+17, 1)
		put(env.bucket, "put-get.bin", data, oss.ContentType("application/x-moss"))
		result, err := env.bucket.DoGetObject(&oss.GetObjectRequest{ObjectKey: "put-get.bin"}, nil)
		must(err)
		sameBytes(readAll(result.Response.Body), data, "content")
		header := result.Response.Headers
		equal(header.Get("Etag"), `"`+md5Hex(data)+`"`, "ETag")
		equal(header.Get("X-Oss-Hash-Crc64ecma"), crcOf(data), "CRC-64")
		equal(header.Get("Content-Type"), "application/x-moss", "content type")
		equal(header.Get("Content-Length"), strconv.Itoa(len(data)), "content length")
		equal(header.Get("X-Oss-Object-Type"), "Normal", "object type")
		equal(header.Get("Content-Md5"), md5Base64(data), "Content-MD5")
		equal(len(header.Get("X-Oss-Request-Id")), 24, "length of the request id")
	},

	"object.put-empty": func(env *environment) {
		put(env.bucket, "empty", nil)
		header := headOf(env.bucket, "empty")
		equal(header.Get("Content-Length"), "0", "content length")
		equal(header.Get("Etag"), `"D41D8CD98F00B204E9800998ECF8427E"`, "ETag")
		equal(header.Get("X-Oss-Hash-Crc64ecma"), "0", "CRC-64")
		equal(len(get(env.bucket, "empty")), 0, "length")
	},

	"object.put-file": func(env *environment) {
		data := bytesOf(3*mib+1, 2)
		file := filepath.Join(env.work, "put-file.txt")
		must(ioutil.WriteFile(file, data, 0o600))
		must(env.bucket.PutObjectFromFile("dir/put-file.txt", file))
		target := filepath.Join(env.work, "got-file")
		must(env.bucket.GetObjectToFile("dir/put-file.txt", target))
		got, err := ioutil.ReadFile(target)
		must(err)
		sameBytes(got, data, "file")
		must(env.bucket.DownloadFile("dir/put-file.txt", target, 200*kib, oss.Routines(4)))
		got, err = ioutil.ReadFile(target)
		must(err)
		sameBytes(got, data, "file downloaded in ranges")
	},

	"object.put-stream": func(env *environment) {
		data := bytesOf(5*mib+3, 3)
		must(env.bucket.PutObject("stream", onlyReader{bytes.NewReader(data)}))
		header := headOf(env.bucket, "stream")
		equal(header.Get("X-Oss-Hash-Crc64ecma"), crcOf(data), "CRC-64")
		sameBytes(get(env.bucket, "stream"), data, "content")
	},

	"object.get-stream": func(env *environment) {
		data := bytesOf(8*mib, 4)
		put(env.bucket, "large", data)
		body, err := env.bucket.GetObject("large")
		must(err)
		defer body.Close()
		var got bytes.Buffer
		_, err = io.CopyBuffer(&got, body, make([]byte, 12345))
		must(err)
		sameBytes(got.Bytes(), data, "content")
	},

	"object.metadata": func(env *environment) {
		expires := time.Date(2031, 2, 28, 5, 38, 42, 0, time.UTC)
		put(env.bucket, "metadata.txt", []byte("hello"), oss.CacheControl("no-cache"), oss.ContentDisposition(`attachment; filename="x.txt"`),
			oss.ContentEncoding("identity"), oss.Expires(expires), oss.Meta("color", "green"), oss.Meta("Size", "12"))
		for _, header := range []http.Header{headOf(env.bucket, "metadata.txt"), func() http.Header {
			result, err := env.bucket.DoGetObject(&oss.GetObjectRequest{ObjectKey: "metadata.txt"}, nil)
			must(err)
			readAll(result.Response.Body)
			return result.Response.Headers
		}()} {
			equal(header.Get("Cache-Control"), "no-cache", "Cache-Control")
			equal(header.Get("Content-Disposition"), `attachment; filename="x.txt"`, "Content-Disposition")
			equal(header.Get("Content-Encoding"), "identity", "Content-Encoding")
			equal(header.Get("Expires"), "Fri, 28 Feb 2031 05:38:42 GMT", "Expires")
			equal(header.Get("X-Oss-Meta-Color"), "green", "x-oss-meta-color")
			equal(header.Get("X-Oss-Meta-Size"), "12", "x-oss-meta-size")
			equal(header.Get("Content-Type"), "text/plain; charset=utf-8", "content type guessed by the SDK")
		}
		simple, err := env.bucket.GetObjectMeta("metadata.txt")
		must(err)
		equal(simple.Get("Content-Length"), "5", "content length")
		check(simple.Get("Etag") != "" && simple.Get("Last-Modified") != "", "ETag and Last-Modified are told")
		exists, err := env.bucket.IsObjectExist("metadata.txt")
		must(err)
		check(exists, "the object exists")
		exists, err = env.bucket.IsObjectExist("metadata.none")
		must(err)
		check(!exists, "the object does not exist")
	},

	"object.set-metadata": func(env *environment) {
		data := bytesOf(100*kib, 5)
		put(env.bucket, "set-metadata", data, oss.Meta("old", "1"))
		must(env.bucket.SetObjectMeta("set-metadata", oss.Meta("fresh", "2"), oss.ContentType("a/b")))
		header := headOf(env.bucket, "set-metadata")
		equal(header.Get("X-Oss-Meta-Fresh"), "2", "new metadata")
		equal(header.Get("X-Oss-Meta-Old"), "", "old metadata")
		equal(header.Get("Content-Type"), "a/b", "content type")
		equal(header.Get("X-Oss-Hash-Crc64ecma"), crcOf(data), "CRC-64")
		sameBytes(get(env.bucket, "set-metadata"), data, "content")
	},

	"object.ranges": func(env *environment) {
		data := bytesOf(1000, 6)
		put(env.bucket, "ranges", data)
		for _, r := range []struct {
			text     string
			from, to int
		}{{"0-99", 0, 100}, {"500-599", 500, 600}, {"900-", 900, 1000}, {"-100", 900, 1000}, {"0-0", 0, 1}, {"999-999", 999, 1000}} {
			result, err := env.bucket.DoGetObject(&oss.GetObjectRequest{ObjectKey: "ranges"}, []oss.Option{oss.NormalizedRange(r.text)})
			must(err)
			equal(result.Response.StatusCode, 206, r.text)
			equal(result.Response.Headers.Get("Content-Range"), fmt.Sprintf("bytes %d-%d/1000", r.from, r.to-1), r.text)
			sameBytes(readAll(result.Response.Body), data[r.from:r.to], r.text)
		}
		for _, text := range []string{"500-2000", "1000-", "1500-2000", "9-1", "0-9,20-29"} {
			result, err := env.bucket.DoGetObject(&oss.GetObjectRequest{ObjectKey: "ranges"}, []oss.Option{oss.NormalizedRange(text)})
			must(err)
			equal(result.Response.StatusCode, 200, text)
			sameBytes(readAll(result.Response.Body), data, text)
		}
		standard := func(text string) answer {
			return env.v1(request{bucket: env.name, key: "ranges", headers: map[string]string{"Range": text, "x-oss-range-behavior": "standard"}})
		}
		clamped := standard("bytes=500-2000")
		clamped.is(206, "", "bytes=500-2000, standard")
		sameBytes(clamped.body, data[500:], "clamped")
		standard("bytes=1000-").is(416, "InvalidRange", "bytes=1000-, standard")
	},

	"object.conditions": func(env *environment) {
		put(env.bucket, "conditions", []byte("conditions"))
		header := headOf(env.bucket, "conditions")
		etag := header.Get("Etag")
		modified, err := time.Parse(http.TimeFormat, header.Get("Last-Modified"))
		must(err)
		past := modified.Add(-time.Minute)
		for i, option := range []oss.Option{oss.IfMatch(etag), oss.IfNoneMatch(`"0"`), oss.IfModifiedSince(past), oss.IfUnmodifiedSince(modified)} {
			equal(string(get(env.bucket, "conditions", option)), "conditions", fmt.Sprintf("condition %d", i))
		}
		_, err = env.bucket.GetObject("conditions", oss.IfMatch(`"0"`))
		refused(err, "PreconditionFailed", 412)
		_, err = env.bucket.GetObject("conditions", oss.IfUnmodifiedSince(past))
		refused(err, "PreconditionFailed", 412)
		for _, option := range []oss.Option{oss.IfNoneMatch(etag), oss.IfModifiedSince(modified)} {
			result, err := env.bucket.DoGetObject(&oss.GetObjectRequest{ObjectKey: "conditions"}, []oss.Option{option})
			check(err != nil && result == nil, "not modified is no success")
			check(bytes.Contains([]byte(err.Error()), []byte("304")), "got %v, expected 304", err)
		}
		forbid := request{method: "PUT", bucket: env.name, key: "conditions", headers: map[string]string{"x-oss-forbid-overwrite": "true"}, body: []byte("other")}
		env.v1(forbid).is(409, "FileAlreadyExists", "forbid-overwrite")
		equal(string(get(env.bucket, "conditions")), "conditions", "content")
	},

	"object.response-headers": func(env *environment) {
		put(env.bucket, "response", []byte("x"))
		got := env.v1(request{bucket: env.name, key: "response", query: map[string]string{
			"response-content-type": "application/json", "response-cache-control": "max-age=9"}})
		got.is(200, "", "GET")
		equal(got.header.Get("Content-Type"), "application/json", "content type")
		equal(got.header.Get("Cache-Control"), "max-age=9", "Cache-Control")
	},

	"object.checksums": func(env *environment) {
		data := bytesOf(10*kib, 7)
		err := env.bucket.PutObject("checksums", bytes.NewReader(data), oss.ContentMD5(md5Base64([]byte("other"))))
		refused(err, "InvalidDigest", 400)
		wrong := request{method: "PUT", bucket: env.name, key: "checksums", body: data, headers: map[string]string{"x-oss-hash-crc64ecma": "1"}}
		env.v1(wrong).is(400, "InvalidCRC64", "a wrong CRC-64")
		_, err = env.bucket.GetObject("checksums")
		refused(err, "NoSuchKey", 404)
		client := env.newClient(oss.EnableMD5(true))
		put(bucketOf(client, env.name), "checksums", data)
		sameBytes(get(env.bucket, "checksums"), data, "content")
	},

	"object.copy": func(env *environment) {
		data := bytesOf(200*kib, 8)
		source := "copy/来 源+a b%2F&.bin"
		put(env.bucket, source, data, oss.ContentType("text/css"), oss.Meta("origin", "here"))
		copied, err := env.bucket.CopyObject(source, "copy/target")
		must(err)
		equal(copied.ETag, `"`+md5Hex(data)+`"`, "ETag")
		header := headOf(env.bucket, "copy/target")
		equal(header.Get("Content-Type"), "text/css", "content type")
		equal(header.Get("X-Oss-Meta-Origin"), "here", "metadata")

		name := "compat-go-copy-" + env.suffix
		must(env.client.CreateBucket(name))
		other := bucketOf(env.client, name)
		_, err = env.bucket.CopyObjectTo(name, "across", source, oss.Meta("origin", "there"), oss.MetadataDirective(oss.MetaReplace))
		must(err)
		must(env.bucket.DeleteObject(source))
		put(env.bucket, source, []byte("something else"))
		sameBytes(get(env.bucket, "copy/target"), data, "the copy")
		sameBytes(get(other, "across"), data, "the copy in another bucket")
		header = headOf(other, "across")
		equal(header.Get("X-Oss-Meta-Origin"), "there", "replaced metadata")
		equal(header.Get("X-Oss-Hash-Crc64ecma"), crcOf(data), "CRC-64")
		_, err = env.bucket.CopyObject("copy/none", "copy/x")
		refused(err, "NoSuchKey", 404)
		_, err = env.bucket.CopyObject("copy/target", "copy/x", oss.CopySourceIfMatch(`"0"`))
		refused(err, "PreconditionFailed", 412)
		must(other.DeleteObject("across"))
		must(env.client.DeleteBucket(name))
	},

	"object.delete": func(env *environment) {
		put(env.bucket, "delete", []byte("x"))
		must(env.bucket.DeleteObject("delete"))
		_, err := env.bucket.GetObject("delete")
		refused(err, "NoSuchKey", 404)
		must(env.bucket.DeleteObject("delete"))
	},

	"object.delete-many": func(env *environment) {
		names := []string{"many/a", "many/b c", "many/<&>\"'", "many/中文", "many/x+y%20"}
		for _, name := range names {
			put(env.bucket, name, []byte(name))
		}
		deleted, err := env.bucket.DeleteObjects(append(append([]string{}, names...), "many/absent"))
		must(err)
		equal(deleted.DeletedObjects, append(append([]string{}, names...), "many/absent"), "deleted keys in the order asked")
		page, err := env.bucket.ListObjects(oss.Prefix("many/"))
		must(err)
		equal(len(page.Objects), 0, "objects left")
		for _, name := range names {
			put(env.bucket, name, []byte(name))
		}
		deleted, err = env.bucket.DeleteObjects(names, oss.DeleteObjectsQuiet(true))
		must(err)
		equal(len(deleted.DeletedObjects), 0, "keys told when quiet")
		page, err = env.bucket.ListObjects(oss.Prefix("many/"))
		must(err)
		equal(len(page.Objects), 0, "objects left after quiet")
	},

	"object.acl": func(env *environment) {
		anonymous := func(method string, body []byte) answer {
			return env.send(request{method: method, bucket: env.name, key: "acl", body: body})
		}
		put(env.bucket, "acl", []byte("secret"))
		acl, err := env.bucket.GetObjectACL("acl")
		must(err)
		equal(acl.ACL, "default", "ACL")
		anonymous("GET", nil).is(403, "AccessDenied", "anonymous GET of a private object")
		must(env.bucket.SetObjectACL("acl", oss.ACLPublicRead))
		read := anonymous("GET", nil)
		read.is(200, "", "anonymous GET of a public object")
		equal(string(read.body), "secret", "content")
		anonymous("PUT", []byte("changed")).is(403, "AccessDenied", "anonymous PUT over a public-read object")
		must(env.bucket.SetObjectACL("acl", oss.ACLPublicReadWrite))
		anonymous("PUT", []byte("changed")).is(200, "", "anonymous PUT over a public-read-write object")
		equal(string(get(env.bucket, "acl")), "changed", "content")
		put(env.bucket, "acl", []byte("x"), oss.ObjectACL(oss.ACLPrivate))
		must(env.client.SetBucketACL(env.name, oss.ACLPublicRead))
		anonymous("GET", nil).is(403, "AccessDenied", "anonymous GET of a private object in a public bucket")
		must(env.bucket.SetObjectACL("acl", "default"))
		anonymous("GET", nil).is(200, "", "anonymous GET of an object that inherits")
		must(env.client.SetBucketACL(env.name, oss.ACLPrivate))
		anonymous("GET", nil).is(403, "AccessDenied", "anonymous GET of an object that inherits private")
		refused(env.bucket.SetObjectACL("acl-none", oss.ACLPrivate), "NoSuchKey", 404)
	},

	"object.symlink": func(env *environment) {
		target := "symlink/目标 target+1"
		put(env.bucket, target, []byte("through the link"))
		must(env.bucket.PutSymlink("symlink/link", target, oss.Meta("kind", "link")))
		header, err := env.bucket.GetSymlink("symlink/link")
		must(err)
		equal(header.Get("X-Oss-Symlink-Target"), target, "target")
		equal(string(get(env.bucket, "symlink/link")), "through the link", "content")
		_, err = env.bucket.GetSymlink("symlink/none")
		refused(err, "NoSuchKey", 404)
		must(env.bucket.DeleteObject(target))
		_, err = env.bucket.GetObject("symlink/link")
		refused(err, "SymlinkTargetNotExist", 404)
		must(env.bucket.DeleteObject("symlink/link"))
	},

	"object.tagging": func(env *environment) {
		tagging := func(method string, body []byte) answer {
			return env.v1(request{method: method, bucket: env.name, key: "tagging", query: map[string]string{"tagging": ""}, body: body})
		}
		env.v1(request{method: "PUT", bucket: env.name, key: "tagging", body: []byte("x"),
			headers: map[string]string{"x-oss-tagging": "a=1&b%20c=%2B2"}}).is(200, "", "PUT with tags")
		got := tagging("GET", nil)
		got.is(200, "", "GET of tags")
		check(bytes.Contains(got.body, []byte("<Key>b c</Key>")) && bytes.Contains(got.body, []byte("<Value>+2</Value>")), "tags: %s", got.body)
		equal(headOf(env.bucket, "tagging").Get("X-Oss-Tagging-Count"), "2", "count")
		tagging("PUT", []byte("<Tagging><TagSet><Tag><Key>only</Key><Value>this</Value></Tag></TagSet></Tagging>")).is(200, "", "PUT of tags")
		got = tagging("GET", nil)
		check(bytes.Contains(got.body, []byte("<Key>only</Key>")) && !bytes.Contains(got.body, []byte("b c")), "tags: %s", got.body)
		tagging("DELETE", nil).is(204, "", "DELETE of tags")
		check(!bytes.Contains(tagging("GET", nil).body, []byte("<Tag>")), "no tags are left")
		equal(headOf(env.bucket, "tagging").Get("X-Oss-Tagging-Count"), "", "count without tags")
	},

	"object.append": func(env *environment) {
		first, second := bytesOf(150*kib, 9), bytesOf(70*kib+5, 10)
		next, err := env.bucket.AppendObject("append", bytes.NewReader(first), 0, oss.Meta("log", "yes"))
		must(err)
		equal(next, int64(len(first)), "next position")
		whole := append(append([]byte{}, first...), second...)
		result, err := env.bucket.DoAppendObject(&oss.AppendObjectRequest{ObjectKey: "append", Reader: bytes.NewReader(second), Position: next},
			[]oss.Option{oss.InitCRC(mustParse(crcOf(first)))}) // The SDK checks the CRC-64 of the whole object.
		must(err)
		equal(result.NextPosition, int64(len(whole)), "next position")
		appendAt := func(key string, position int) error { // The SDK's AppendObject panics when it is refused.
			_, err := env.bucket.DoAppendObject(&oss.AppendObjectRequest{ObjectKey: key, Reader: bytes.NewReader(second), Position: int64(position)}, nil)
			return err
		}
		refused(appendAt("append", 1), "PositionNotEqualToLength", 409)
		sameBytes(get(env.bucket, "append"), whole, "content")
		header := headOf(env.bucket, "append")
		equal(header.Get("X-Oss-Object-Type"), "Appendable", "object type")
		equal(header.Get("X-Oss-Next-Append-Position"), strconv.Itoa(len(whole)), "next position on HEAD")
		equal(header.Get("X-Oss-Meta-Log"), "yes", "metadata")
		put(env.bucket, "append-normal", first)
		refused(appendAt("append-normal", len(first)), "ObjectNotAppendable", 409)
		refused(appendAt("append-new", 5), "PositionNotEqualToLength", 409)
	},

	"object.concurrent": func(env *environment) {
		var wait sync.WaitGroup
		failures := make(chan interface{}, 64)
		for n := 0; n < 64; n++ {
			wait.Add(1)
			go func(n int) {
				defer wait.Done()
				defer func() {
					if failure := recover(); failure != nil {
						failures <- failure
					}
				}()
				data := bytesOf(120*kib+n, uint32(100+n))
				key := fmt.Sprintf("concurrent/%d", n)
				put(env.bucket, key, data)
				sameBytes(get(env.bucket, key), data, key)
			}(n)
		}
		wait.Wait()
		close(failures)
		for failure := range failures {
			panic(failure)
		}
	},
}

func mustParse(text string) uint64 {
	value, err := strconv.ParseUint(text, 10, 64)
	must(err)
	return value
}
