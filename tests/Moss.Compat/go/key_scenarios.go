package main

import (
	"bytes"
	"sort"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

var oddKeys = []string{
	"a b+c%2F中文/…", "space at end ", " space first", "plus+plus", "percent%41%zz", "quote\"'`", "amp&eq=;semi,comma", "query?x=y#frag",
	"back\\slash", "tilde~!*()@$", "[brackets]{braces}|^<>", "emoji-😀🎬", "ñ-é-composed", "n\u0303-decomposed", "folder/", "a//b///c",
	"./x", "../x", "x/./y", "x/../y", "x/..", ".", "..", "...", "tab\tkey", "control\x01\x0c\x0b\n\r", "CAPS-and-caps", "caps-AND-CAPS", "uploads", "?acl",
	strings.Repeat("a", 300),
}

var keyScenarios = map[string]scenario{
	"keys.odd": func(env *environment) {
		for i, key := range oddKeys {
			key = "odd/" + key
			data := bytesOf(50+i, uint32(200+i))
			put(env.bucket, key, data)
			sameBytes(get(env.bucket, key), data, key)
			raw := env.v4(request{bucket: env.name, key: key}) // The same key by this program's own encoding.
			raw.is(200, "", key)
			sameBytes(raw.body, data, key)
			_, err := env.bucket.CopyObject(key, "odd-copy")
			must(err)
			sameBytes(get(env.bucket, "odd-copy"), data, "copy of "+key)
		}
		var expected, seen []string
		for _, key := range oddKeys {
			expected = append(expected, "odd/"+key)
		}
		sort.Strings(expected)
		for marker := ""; ; {
			page, err := env.bucket.ListObjects(oss.Prefix("odd/"), oss.MaxKeys(7), oss.Marker(marker))
			must(err)
			for _, object := range page.Objects {
				seen = append(seen, object.Key)
			}
			if !page.IsTruncated {
				break
			}
			marker = page.NextMarker
		}
		equal(seen, expected, "listed keys")
		for _, key := range expected {
			must(env.bucket.DeleteObject(key))
		}
		// Dot segments and slashes at the top, which clients and servers like to resolve.
		for _, key := range []string{".", "..", "./a", "../a", "a/../../b"} {
			env.v1(request{method: "PUT", bucket: env.name, key: key, body: []byte(key)}).is(200, "", key)
			got := env.v1(request{bucket: env.name, key: key})
			equal(string(got.body), key, "content of "+key)
			env.v1(request{method: "DELETE", bucket: env.name, key: key}).is(204, "", key)
		}
	},

	"keys.length": func(env *environment) {
		for _, key := range []string{strings.Repeat("k", 1023), strings.Repeat("中", 341)} {
			put(env.bucket, key, []byte("long"))
			equal(string(get(env.bucket, key)), "long", "content")
			page, err := env.bucket.ListObjects(oss.Prefix(key))
			must(err)
			equal(len(page.Objects), 1, "listed")
			must(env.bucket.DeleteObject(key))
		}
		refused(env.bucket.PutObject(strings.Repeat("k", 1024), strings.NewReader("x")), "InvalidObjectName", 400)
		refused(env.bucket.PutObject(strings.Repeat("中", 341)+"ab", strings.NewReader("x")), "InvalidObjectName", 400)
		for _, key := range []string{"/leading", "\\leading"} {
			env.v1(request{method: "PUT", bucket: env.name, key: key, body: []byte("x")}).is(400, "InvalidObjectName", key)
		}
	},

	"errors.codes": func(env *environment) {
		_, err := env.bucket.GetObject("errors/none")
		missing := refused(err, "NoSuchKey", 404)
		equal(len(missing.RequestID), 24, "length of the request id")
		check(missing.Message != "" && missing.HostID != "", "message and host are told")
		elsewhere := bucketOf(env.client, "compat-none-"+env.suffix)
		_, err = elsewhere.GetObject("x")
		refused(err, "NoSuchBucket", 404)
		refused(elsewhere.PutObject("x", strings.NewReader("x")), "NoSuchBucket", 404)
		_, err = elsewhere.ListObjects()
		refused(err, "NoSuchBucket", 404)
		_, err = elsewhere.InitiateMultipartUpload("x")
		refused(err, "NoSuchBucket", 404)
		_, err = env.bucket.ListUploadedParts(oss.InitiateMultipartUploadResult{Key: "errors/x", UploadID: "ABCDEF0123456789ABCDEF0123456789"})
		refused(err, "NoSuchUpload", 404)
		env.v1(request{method: "PUT", bucket: "Not_A_Bucket"}).is(400, "InvalidBucketName", "a bad bucket name")
		_, err = env.bucket.ListObjects(oss.MaxKeys(1001))
		refused(err, "InvalidArgument", 400)
		refused(env.bucket.PutObject("errors/acl", bytes.NewReader(nil), oss.ObjectACL("none")), "InvalidArgument", 400)
	},
}
