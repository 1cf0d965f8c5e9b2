package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

// change makes another signature of the request's.
func change(r request, name string) request {
	query := map[string]string{}
	for key, value := range r.query {
		query[key] = value
	}
	replacement := "AAA"
	if strings.HasPrefix(query[name], replacement) {
		replacement = "BBB"
	}
	query[name] = replacement + query[name][3:]
	r.query = query
	return r
}

func signedRequests(env *environment, send func(r request) answer) {
	key := "sign/a b+c"
	data := bytesOf(2000, 92)
	send(request{method: "PUT", bucket: env.name, key: key, body: data, headers: map[string]string{
		"Content-Type": "text/plain", "x-oss-meta-b-second": "2", "x-oss-meta-a-first": "one"}}).is(200, "", "PUT")
	head := send(request{method: "HEAD", bucket: env.name, key: key})
	equal(head.header.Get("X-Oss-Meta-B-Second"), "2", "metadata")
	send(request{method: "PUT", bucket: env.name, key: key, query: map[string]string{"acl": ""}, headers: map[string]string{"x-oss-object-acl": "public-read"}}).
		is(200, "", "PUT acl")
	got := send(request{bucket: env.name, key: key, query: map[string]string{"response-content-type": `a/b; c="d e"`}})
	got.is(200, "", "GET")
	equal(got.header.Get("Content-Type"), `a/b; c="d e"`, "content type")
	sameBytes(got.body, data, "content")
	list := send(request{bucket: env.name, query: map[string]string{"prefix": "sign/a b+", "max-keys": "10"}})
	check(bytes.Contains(list.body, []byte("<Key>sign/a b+c</Key>")), "list: %s", list.body)
	send(request{bucket: env.name, query: map[string]string{"bucketInfo": ""}}).is(200, "", "GET bucketInfo")
	send(request{method: "PUT", bucket: env.name, key: key, body: data, expect: true}).is(200, "", "PUT that expects 100-continue")
	wrong := request{method: "PUT", bucket: env.name, key: key, body: data, expect: true, headers: map[string]string{"Authorization": "OSS nobody:x"}}
	check(env.send(wrong).status == 403, "a refused PUT that expects 100-continue")
}

var accessScenarios = map[string]scenario{
	"presign.v1": func(env *environment) {
		key := "presign/v1 中+文.txt"
		data := bytesOf(1000, 90)
		put := env.presignV1(request{method: "PUT", bucket: env.name, key: key, headers: map[string]string{"Content-Type": "text/plain"}}, time.Minute)
		put.body = data
		env.send(put).is(200, "", "PUT by URL")
		put.headers = map[string]string{"Content-Type": "text/html"}
		env.send(put).is(403, "SignatureDoesNotMatch", "PUT with another content type")
		get := env.presignV1(request{method: "GET", bucket: env.name, key: key, query: map[string]string{"response-content-type": "application/x-other"}}, time.Minute)
		got := env.send(get)
		got.is(200, "", "GET by URL")
		sameBytes(got.body, data, "content")
		equal(got.header.Get("Content-Type"), "application/x-other", "content type")
		env.send(change(get, "Signature")).is(403, "SignatureDoesNotMatch", "a changed signature")
		get.method = "DELETE"
		env.send(get).is(403, "SignatureDoesNotMatch", "another method")
	},

	"presign.v4": func(env *environment) {
		key := "presign/v4 中+文.txt"
		data := bytesOf(1000, 91)
		put := env.presignV4(request{method: "PUT", bucket: env.name, key: key, headers: map[string]string{"content-type": "text/plain"}}, time.Minute)
		put.body = data
		env.send(put).is(200, "", "PUT by URL")
		get := env.presignV4(request{method: "GET", bucket: env.name, key: key, query: map[string]string{"response-content-type": "application/x-other"}}, time.Minute)
		got := env.send(get)
		got.is(200, "", "GET by URL")
		sameBytes(got.body, data, "content")
		equal(got.header.Get("Content-Type"), "application/x-other", "content type")
		env.send(change(get, "x-oss-signature")).is(403, "SignatureDoesNotMatch", "a changed signature")
		get.query["response-content-type"] = "text/html"
		env.send(get).is(403, "SignatureDoesNotMatch", "a changed parameter")
	},

	"presign.expired": func(env *environment) {
		put(env.bucket, "presign/expired", []byte("x"))
		env.send(env.presignV1(request{method: "GET", bucket: env.name, key: "presign/expired"}, -time.Minute)).is(403, "AccessDenied", "V1")
		short := env.presignV4(request{method: "GET", bucket: env.name, key: "presign/expired"}, time.Second)
		time.Sleep(2500 * time.Millisecond)
		env.send(short).is(403, "AccessDenied", "V4")
	},

	"sign.v1": func(env *environment) { signedRequests(env, func(r request) answer { return env.v1(r) }) },
	"sign.v4": func(env *environment) {
		signedRequests(env, func(r request) answer { return env.v4(r) })
		env.v4(request{method: "PUT", bucket: env.name, key: "sign/additional", body: []byte("x"), headers: map[string]string{"x-other": "1", "if-custom": "2"}},
			"x-other", "if-custom").is(200, "", "additional headers")
	},

	"sign.wrong-secret": func(env *environment) {
		client, err := oss.New(env.endpoint, env.keyID, "not-the-secret")
		must(err)
		bucket := bucketOf(client, env.name)
		_, err = bucket.GetObject("x")
		check(!strings.Contains(refused(err, "SignatureDoesNotMatch", 403).RawMessage, env.keySecret), "the answer tells the secret")
		refused(bucket.PutObject("x", strings.NewReader("x")), "SignatureDoesNotMatch", 403)
		refused(client.DeleteBucket(env.name), "SignatureDoesNotMatch", 403)
		wrong := *env
		wrong.keySecret = "not-the-secret"
		wrong.v4(request{bucket: env.name, key: "x"}).is(403, "SignatureDoesNotMatch", "V4")
	},

	"sign.unknown-key": func(env *environment) {
		client, err := oss.New(env.endpoint, "LTAInobody", env.keySecret)
		must(err)
		_, err = client.ListBuckets()
		refused(err, "InvalidAccessKeyId", 403)
		wrong := *env
		wrong.keyID = "LTAInobody"
		wrong.v4(request{bucket: env.name, key: "x"}).is(403, "InvalidAccessKeyId", "V4")
	},

	"sign.skew": func(env *environment) {
		for _, minutes := range []int{-20, 20, -13, 13} {
			date := time.Now().Add(time.Duration(minutes) * time.Minute).UTC().Format(http.TimeFormat)
			r := request{method: "GET", bucket: env.name, query: map[string]string{"max-keys": "1"}, headers: map[string]string{"x-oss-date": date, "Date": date}}
			r.set("Authorization", "OSS "+env.keyID+":"+env.signatureV1(r, date))
			if minutes == 13 || minutes == -13 {
				env.send(r).is(200, "", fmt.Sprintf("%d minutes", minutes))
			} else {
				got := env.send(r)
				got.is(403, "RequestTimeTooSkewed", fmt.Sprintf("%d minutes", minutes))
				check(bytes.Contains(got.body, []byte("<ServerTime>")), "the answer tells the server's time: %s", got.body)
			}
		}
	},

	"sign.anonymous": func(env *environment) {
		put(env.bucket, "anonymous", []byte("x"))
		for _, r := range []request{
			{method: "GET", bucket: env.name, key: "anonymous"}, {method: "PUT", bucket: env.name, key: "anonymous", body: []byte("x")},
			{method: "DELETE", bucket: env.name, key: "anonymous"}, {method: "GET", bucket: env.name}, {method: "PUT", bucket: env.name + "-new"}, {method: "GET"},
		} {
			env.send(r).is(403, "AccessDenied", r.method+" /"+r.bucket+"/"+r.key)
		}
	},

	"address.host": func(env *environment) {
		base, err := url.Parse(env.endpoint)
		must(err)
		host := env.name + ".localhost:" + base.Port()
		env.v1(request{method: "PUT", bucket: env.name, key: "address/host", body: []byte("by host"), host: host}).is(200, "", "PUT")
		equal(string(get(env.bucket, "address/host")), "by host", "content")
		got := env.v4(request{bucket: env.name, key: "address/host", host: host})
		got.is(200, "", "GET, V4")
		equal(string(got.body), "by host", "content")
		list := env.v1(request{method: "GET", bucket: env.name, query: map[string]string{"prefix": "address/"}, host: host})
		check(bytes.Contains(list.body, []byte("<Key>address/host</Key>")), "list: %s", list.body)
	},

	"address.ip": func(env *environment) {
		base, err := url.Parse(env.endpoint)
		must(err)
		client, err := oss.New("http://127.0.0.1:"+base.Port(), env.keyID, env.keySecret)
		must(err)
		bucket := bucketOf(client, env.name)
		put(bucket, "address/ip", []byte("by address"))
		equal(string(get(env.bucket, "address/ip")), "by address", "content")
	},
}
