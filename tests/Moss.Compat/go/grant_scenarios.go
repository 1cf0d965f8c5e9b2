package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/ioutil"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

type object map[string]interface{}
type list []interface{}

// principal is a user of the server.
type principal struct {
	Name, UID, AccountUID, AccessKeyID, AccessKeySecret string
}

type temporary struct {
	AccessKeyID     string `json:"AccessKeyId"`
	AccessKeySecret string
	SecurityToken   string
	Expiration      string
}

func allow(statements ...object) object {
	var all list
	for _, statement := range statements {
		statement["Effect"] = "Allow"
		all = append(all, statement)
	}
	return object{"Version": "1", "Statement": all}
}

func toJSON(value interface{}) []byte {
	text, err := json.Marshal(value)
	must(err)
	return text
}

// moss runs the command line against the server; files are options whose values it reads from files.
func (env *environment) moss(files object, words ...string) []byte {
	if env.mossBinary == "" {
		panic(skip{"needs the command line of the server (--moss)"})
	}
	for name, value := range files {
		file := filepath.Join(env.work, name+"-"+randomHex(4)+".json")
		must(ioutil.WriteFile(file, toJSON(value), 0600))
		words = append(words, "--"+name, file)
	}
	command := exec.Command(env.mossBinary, append(words, "--output-format", "json")...)
	command.Env = append(os.Environ(), "OSS_ENDPOINT="+env.endpoint, "OSS_ACCESS_KEY_ID="+env.keyID, "OSS_ACCESS_KEY_SECRET="+env.keySecret)
	command.Stderr = os.Stderr
	out, err := command.Output()
	must(err)
	return out
}

var madeUsers = map[string]principal{}

// user is a user with a key, made once in a run.
func (env *environment) user(name string, policy object) principal {
	if made, ok := madeUsers[name]; ok {
		return made
	}
	var user principal
	must(json.Unmarshal(env.moss(nil, "admin", "user", "add", name+"-go-"+env.suffix), &user))
	if policy != nil {
		env.moss(object{"document": policy}, "admin", "policy", "attach", user.Name)
	}
	madeUsers[name] = user
	return user
}

func (env *environment) idleUser() principal {
	return env.user("idle", allow(object{"Action": "oss:ListBuckets", "Resource": "*"}))
}

var uploader struct {
	once sync.Once
	arn  string
	user principal
}

// uploaderRole is a role of the run's bucket, and a user that may assume it.
func (env *environment) uploaderRole() (string, principal) {
	uploader.once.Do(func() {
		uploader.user = env.user("app", allow(object{"Action": "sts:AssumeRole", "Resource": "*"}))
		var role struct{ Arn string }
		must(json.Unmarshal(env.moss(object{
			"trust":  allow(object{"Action": "sts:AssumeRole", "Principal": object{"RAM": list{"acs:ram::" + uploader.user.AccountUID + ":root"}}}),
			"policy": allow(object{"Action": list{"oss:PutObject", "oss:GetObject"}, "Resource": "acs:oss:*:*:" + env.name + "/granted/*"}),
		}, "admin", "role", "add", "uploader-go-"+env.suffix), &role))
		uploader.arn = role.Arn
	})
	return uploader.arn, uploader.user
}

// assumeRole calls the token service as its RPC form is documented: by GET, everything in the query.
func (env *environment) assumeRole(user principal, arn, policy string) (answer, temporary) {
	parameters := map[string]string{
		"Action": "AssumeRole", "RoleArn": arn, "RoleSessionName": "go", "DurationSeconds": "900", "Format": "JSON", "Version": "2015-04-01",
		"AccessKeyId": user.AccessKeyID, "SignatureMethod": "HMAC-SHA1", "SignatureVersion": "1.0", "SignatureNonce": randomHex(16),
		"Timestamp": time.Now().UTC().Format("2006-01-02T15:04:05Z"),
	}
	if policy != "" {
		parameters["Policy"] = policy
	}
	var pairs []string
	for name, value := range parameters {
		pairs = append(pairs, encode(name, false)+"="+encode(value, false))
	}
	sort.Strings(pairs)
	mac := hmac.New(sha1.New, []byte(user.AccessKeySecret+"&"))
	mac.Write([]byte("GET&%2F&" + encode(strings.Join(pairs, "&"), false)))
	parameters["Signature"] = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	got := env.send(request{query: parameters})
	var body struct {
		Code        string
		Credentials temporary
	}
	must(json.Unmarshal(got.body, &body))
	got.code = body.Code
	return got, body.Credentials
}

func (env *environment) grant(policy string) temporary {
	arn, user := env.uploaderRole()
	got, credentials := env.assumeRole(user, arn, policy)
	got.is(200, "", "AssumeRole")
	return credentials
}

// as is the same run with another credential for plain requests.
func (env *environment) as(keyID, keySecret string) *environment {
	other := *env
	other.keyID, other.keySecret = keyID, keySecret
	return &other
}

// bucketAs is the run's bucket as the SDK sees it with a temporary credential.
func (env *environment) bucketAs(grant temporary, name string) *oss.Bucket {
	client, err := oss.New(env.endpoint, grant.AccessKeyID, grant.AccessKeySecret, oss.SecurityToken(grant.SecurityToken))
	must(err)
	return bucketOf(client, name)
}

var grantScenarios = map[string]scenario{
	"sts.assume-role": func(env *environment) {
		grant := env.grant("")
		check(strings.HasPrefix(grant.AccessKeyID, "STS."), "the key is %s", grant.AccessKeyID)
		bucket := env.bucketAs(grant, env.name)
		data := bytesOf(3000, 70)
		put(bucket, "granted/go a+b", data)
		sameBytes(get(bucket, "granted/go a+b"), data, "content")
		file := filepath.Join(env.work, "granted")
		must(ioutil.WriteFile(file, bytesOf(300*kib, 71), 0600))
		must(bucket.UploadFile("granted/go parts", file, 100*kib, oss.Routines(2)))
		sameBytes(get(env.bucket, "granted/go parts"), bytesOf(300*kib, 71), "parts")
		refused(bucket.PutObject("elsewhere", strings.NewReader("x")), "AccessDenied", 403)
		refused(bucket.DeleteObject("granted/go parts"), "AccessDenied", 403)
		without := grant
		without.SecurityToken = ""
		_, err := env.bucketAs(without, env.name).GetObject("granted/go parts")
		refused(err, "InvalidAccessKeyId", 403)
		mixed := grant
		mixed.SecurityToken = env.grant("").SecurityToken
		_, err = env.bucketAs(mixed, env.name).GetObject("granted/go parts")
		refused(err, "AccessKeyIdAndSecurityTokenNotMatch", 403)
	},

	"sts.session-policy": func(env *environment) {
		put(env.bucket, "granted/one/x", []byte("one"))
		put(env.bucket, "granted/two/x", []byte("two"))
		policy := allow(object{"Action": "*", "Resource": "acs:oss:*:*:" + env.name + "/granted/one/*"})
		bucket := env.bucketAs(env.grant(string(toJSON(policy))), env.name)
		sameBytes(get(bucket, "granted/one/x"), []byte("one"), "content")
		_, err := bucket.GetObject("granted/two/x")
		refused(err, "AccessDenied", 403)
		refused(bucket.DeleteObject("granted/one/x"), "AccessDenied", 403)
	},

	"sts.refusals": func(env *environment) {
		arn, user := env.uploaderRole()
		call := func(by principal, arn, policy string, status int, code string) {
			got, _ := env.assumeRole(by, arn, policy)
			got.is(status, code, code)
		}
		wrong, unknown := user, user
		wrong.AccessKeySecret = "not-the-secret"
		unknown.AccessKeyID = "LTAInobody"
		call(env.idleUser(), arn, "", 403, "NoPermission")
		call(wrong, arn, "", 400, "SignatureDoesNotMatch")
		call(unknown, arn, "", 404, "InvalidAccessKeyId.NotFound")
		call(user, arn+"-none", "", 404, "EntityNotExist.Role")
		call(principal{AccessKeyID: env.keyID, AccessKeySecret: env.keySecret}, arn, "", 403, "NoPermission")
		call(user, arn, `{"Version":"1"}`, 400, "InvalidParameter.PolicyGrammar")
	},

	"sts.sdk": func(env *environment) { panic(skip{"Debian has no Go SDK of the token service"}) },

	"presign.token": func(env *environment) {
		grant := env.grant("")
		by := env.as(grant.AccessKeyID, grant.AccessKeySecret)
		key := "granted/url 中+文"
		data := bytesOf(1500, 72)
		v1 := func(r request) request {
			r.param("security-token", grant.SecurityToken)
			return by.presignV1(r, time.Minute)
		}
		v4 := func(r request) request {
			r.param("x-oss-security-token", grant.SecurityToken)
			return by.presignV4(r, time.Minute)
		}
		for name, sign := range map[string]func(request) request{"V1": v1, "V4": v4} {
			put := sign(request{method: "PUT", bucket: env.name, key: key, headers: map[string]string{"Content-Type": "text/plain"}})
			put.body = data
			env.send(put).is(200, "", name+" PUT")
			got := env.send(sign(request{method: "GET", bucket: env.name, key: key, query: map[string]string{"response-cache-control": "no-store"}}))
			got.is(200, "", name+" GET")
			sameBytes(got.body, data, "content")
			equal(got.header.Get("Cache-Control"), "no-store", "response header")
			without := sign(request{method: "GET", bucket: env.name, key: key})
			delete(without.query, "security-token")
			delete(without.query, "x-oss-security-token")
			equal(env.send(without).status, 403, name+" without its token")
			env.send(sign(request{method: "GET", bucket: env.name, key: "elsewhere"})).is(403, "AccessDenied", name+" beyond the role")
		}
	},

	"presign.subresource": func(env *environment) {
		key := "presign/go parts"
		upload, err := env.bucket.InitiateMultipartUpload(key)
		must(err)
		parts := [][]byte{bytesOf(100*kib, 73), bytesOf(777, 74)}
		xml := "<CompleteMultipartUpload>"
		for index, part := range parts {
			number := fmt.Sprint(index + 1)
			r := request{method: "PUT", bucket: env.name, key: key, query: map[string]string{"partNumber": number, "uploadId": upload.UploadID}}
			if index == 0 {
				r = env.presignV1(r, time.Minute)
			} else {
				r = env.presignV4(r, time.Minute)
			}
			r.body = part
			stored := env.send(r)
			stored.is(200, "", "part")
			xml += "<Part><PartNumber>" + number + "</PartNumber><ETag>" + stored.header.Get("ETag") + "</ETag></Part>"
			r.query["partNumber"] = "3"
			env.send(r).is(403, "SignatureDoesNotMatch", "another part by the same URL")
		}
		complete := env.presignV4(request{method: "POST", bucket: env.name, key: key, query: map[string]string{"uploadId": upload.UploadID}}, time.Minute)
		complete.body = []byte(xml + "</CompleteMultipartUpload>")
		env.send(complete).is(200, "", "complete")
		sameBytes(get(env.bucket, key), bytes.Join(parts, nil), "content")
	},

	"policy.bucket": func(env *environment) {
		name := "compat-policy-go-" + env.suffix
		must(env.client.CreateBucket(name))
		bucket := bucketOf(env.client, name)
		policyOf := func(method string, body []byte) answer {
			return env.v4(request{method: method, bucket: name, query: map[string]string{"policy": ""}, body: body})
		}
		policyOf("GET", nil).is(404, "NoSuchBucketPolicy", "before")
		put(bucket, "open/x", []byte("open"))
		put(bucket, "closed/x", []byte("closed"))
		idle := env.idleUser()
		client, err := oss.New(env.endpoint, idle.AccessKeyID, idle.AccessKeySecret)
		must(err)
		reader := bucketOf(client, name)
		_, err = reader.GetObject("open/x")
		refused(err, "AccessDenied", 403)
		policy := toJSON(object{"Version": "1", "Statement": list{
			object{"Effect": "Allow", "Action": list{"oss:GetObject"}, "Principal": list{idle.UID}, "Resource": list{"acs:oss:*:*:" + name + "/*"}},
			object{"Effect": "Deny", "Action": list{"oss:*"}, "Principal": list{idle.UID}, "Resource": list{"acs:oss:*:*:" + name + "/closed/*"}},
		}})
		policyOf("PUT", policy).is(200, "", "PUT")
		var sent, kept interface{}
		must(json.Unmarshal(policy, &sent))
		must(json.Unmarshal(policyOf("GET", nil).body, &kept))
		equal(kept, sent, "policy")
		sameBytes(get(reader, "open/x"), []byte("open"), "content")
		_, err = reader.GetObject("closed/x")
		refused(err, "AccessDenied", 403)
		policyOf("PUT", []byte(`{"Version":"1","Statement":[{"Effect":"Maybe"}]}`)).is(400, "InvalidPolicyDocument", "a bad policy")
		sameBytes(get(reader, "open/x"), []byte("open"), "content after a refused policy")
		policyOf("DELETE", nil).is(204, "", "DELETE")
		_, err = reader.GetObject("open/x")
		refused(err, "AccessDenied", 403)
		_, err = bucket.DeleteObjects([]string{"open/x", "closed/x"})
		must(err)
		must(env.client.DeleteBucket(name))
	},

	"bucket.request-payment": func(env *environment) {
		call := func(method, payer string) answer {
			r := request{method: method, bucket: env.name, query: map[string]string{"requestPayment": ""}}
			if payer != "" {
				r.body = []byte("<RequestPaymentConfiguration><Payer>" + payer + "</Payer></RequestPaymentConfiguration>")
			}
			return env.v4(r)
		}
		for _, payer := range []string{"Requester", "BucketOwner"} {
			call("PUT", payer).is(200, "", "PUT")
			check(strings.Contains(string(call("GET", "").body), "<Payer>"+payer+"</Payer>"), "payer")
		}
		call("PUT", "Nobody").is(400, "MalformedXML", "an unknown payer")
	},
}

// formOf is a form as a browser sends it.
func formOf(fields [][2]string, file []byte) (contentType string, body []byte) {
	boundary := "compat" + randomHex(8)
	var out bytes.Buffer
	for _, field := range fields {
		fmt.Fprintf(&out, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", boundary, field[0], field[1])
	}
	fmt.Fprintf(&out, "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.bin\"\r\nContent-Type: a/b\r\n\r\n", boundary)
	out.Write(file)
	fmt.Fprintf(&out, "\r\n--%s--\r\n", boundary)
	return "multipart/form-data; boundary=" + boundary, out.Bytes()
}

func (env *environment) post(fields [][2]string, file []byte) answer {
	contentType, body := formOf(fields, file)
	return env.send(request{method: "POST", bucket: env.name, headers: map[string]string{"Content-Type": contentType}, body: body})
}

func (env *environment) formPolicy(lifetime time.Duration, conditions ...interface{}) object {
	return object{
		"expiration": time.Now().Add(lifetime).UTC().Format("2006-01-02T15:04:05Z"),
		"conditions": append(list{object{"bucket": env.name}}, conditions...),
	}
}

// signedFormV1 and signedFormV4 are the fields that sign a policy.
func (env *environment) signedFormV1(policy object) [][2]string {
	text := base64.StdEncoding.EncodeToString(toJSON(policy))
	signature := base64.StdEncoding.EncodeToString(hmacOf("sha1", []byte(env.keySecret), text))
	return [][2]string{{"OSSAccessKeyId", env.keyID}, {"policy", text}, {"Signature", signature}}
}

func (env *environment) signedFormV4(policy object) [][2]string {
	stamp := time.Now().UTC().Format("20060102T150405Z")
	text := base64.StdEncoding.EncodeToString(toJSON(policy))
	return [][2]string{
		{"x-oss-signature-version", "OSS4-HMAC-SHA256"}, {"x-oss-credential", env.keyID + "/" + stamp[:8] + "/" + v4Region + "/oss/aliyun_v4_request"},
		{"x-oss-date", stamp}, {"policy", text}, {"x-oss-signature", fmt.Sprintf("%x", hmacOf("sha256", env.signingKeyV4(stamp[:8]), text))},
	}
}

func fields(more [][2]string, first ...string) [][2]string {
	var all [][2]string
	for i := 0; i < len(first); i += 2 {
		all = append(all, [2]string{first[i], first[i+1]})
	}
	return append(all, more...)
}

var formScenarios = map[string]scenario{
	"post.v1": func(env *environment) {
		data := bytesOf(4000, 50)
		signed := env.signedFormV1(env.formPolicy(time.Minute, list{"starts-with", "$key", "post/"}))
		env.post(fields(signed, "key", "post/go ${filename}", "x-oss-meta-by", "form"), data).is(204, "", "form")
		sameBytes(get(env.bucket, "post/go a b.bin"), data, "content")
		head, err := env.bucket.GetObjectDetailedMeta("post/go a b.bin")
		must(err)
		equal(head.Get("Content-Type"), "a/b", "content type")
		equal(head.Get("X-Oss-Meta-By"), "form", "metadata")
		created := env.post(fields(signed, "key", "post/go 201", "success_action_status", "201"), data)
		created.is(201, "", "201")
		check(bytes.Contains(created.body, []byte("<Key>post/go 201</Key>")), "201: %s", created.body)
	},

	"post.v4": func(env *environment) {
		data := bytesOf(4000, 51)
		signed := env.signedFormV4(env.formPolicy(time.Minute, list{"eq", "$key", "post/go v4"}))
		env.post(fields(signed, "key", "post/go v4"), data).is(204, "", "form")
		sameBytes(get(env.bucket, "post/go v4"), data, "content")
		env.post(fields(signed, "key", "post/other"), data).is(403, "AccessDenied", "another key")
		env.as(env.keyID, "not-the-secret").post(fields(env.as(env.keyID, "not-the-secret").signedFormV4(env.formPolicy(time.Minute)), "key", "post/go v4"), data).
			is(403, "SignatureDoesNotMatch", "a wrong secret")
	},

	"post.token": func(env *environment) {
		grant := env.grant("")
		by := env.as(grant.AccessKeyID, grant.AccessKeySecret)
		data := bytesOf(2000, 52)
		policy := env.formPolicy(time.Minute, list{"starts-with", "$key", ""})
		for name, signed := range map[string][][2]string{"v1": by.signedFormV1(policy), "v4": by.signedFormV4(policy)} {
			env.post(fields(signed, "key", "granted/go "+name, "x-oss-security-token", grant.SecurityToken), data).is(204, "", name)
			sameBytes(get(env.bucket, "granted/go "+name), data, name)
			equal(env.post(fields(signed, "key", "granted/go "+name), data).status, 403, name+" without its token")
			env.post(fields(signed, "key", "elsewhere", "x-oss-security-token", grant.SecurityToken), data).is(403, "AccessDenied", "beyond the role")
		}
	},

	"post.refused": func(env *environment) {
		data := bytesOf(2000, 53)
		sign := func(conditions ...interface{}) [][2]string {
			return env.signedFormV1(env.formPolicy(time.Minute, conditions...))
		}
		env.post(fields(sign(list{"content-length-range", 2001, 3000}), "key", "post/refused"), data).is(400, "EntityTooSmall", "too small")
		env.post(fields(sign(list{"content-length-range", 0, 1999}), "key", "post/refused"), data).is(400, "EntityTooLarge", "too large")
		env.post(fields(sign(list{"starts-with", "$key", "else/"}), "key", "post/refused"), data).is(403, "AccessDenied", "another key")
		env.post(fields(env.signedFormV1(env.formPolicy(-time.Second)), "key", "post/refused"), data).is(403, "AccessDenied", "expired")
		env.post(fields(nil, "key", "post/refused"), data).is(403, "AccessDenied", "unsigned")
		env.post(sign(), data).is(400, "InvalidArgument", "no key")
		exists, err := env.bucket.IsObjectExist("post/refused")
		must(err)
		check(!exists, "a refused form stored something")
	},
}

// The callback's answer is not an answer the SDK expects, so these uploads are plain ones; the application's side is a server that
// verifies as the public documentation says.
func (env *environment) callbackHeaders(url, body string, variables object) map[string]string {
	headers := map[string]string{"x-oss-callback": base64.StdEncoding.EncodeToString(toJSON(object{"callbackUrl": url, "callbackBody": body}))}
	if variables != nil {
		headers["x-oss-callback-var"] = base64.StdEncoding.EncodeToString(toJSON(variables))
	}
	return headers
}

const callbackBody = "bucket=${bucket}&object=${object}&etag=${etag}&size=${size}&crc=${crc64}&what=${operation}&who=${x:user}"

func (env *environment) told(heard *heardCall, key string, data []byte, what string) {
	values, err := url.ParseQuery(string(heard.body))
	must(err)
	for name, expected := range map[string]string{
		"bucket": env.name, "object": key, "size": fmt.Sprint(len(data)), "crc": crcOf(data), "what": what, "who": "A & b=中",
	} {
		equal(values.Get(name), expected, "the callback's "+name)
	}
}

var callbackScenarios = map[string]scenario{
	"callback.put": func(env *environment) {
		receiver := startReceiver(env)
		defer receiver.stop()
		key, data := "callback/go put 中+文", bytesOf(5000, 60)
		headers := env.callbackHeaders(receiver.origin+"/hear/a%20b?id=1&name=a%20b", callbackBody, object{"x:user": "A & b=中"})
		headers["Content-Type"] = "a/b"
		put := env.v4(request{method: "PUT", bucket: env.name, key: key, body: data, headers: headers})
		put.is(200, "", "PUT")
		equal(string(put.body), `{"Status":"OK"}`, "the answer of the application")
		equal(put.header.Get("ETag"), `"`+md5Hex(data)+`"`, "ETag")
		call := receiver.only()
		equal(call.target, "/hear/a%20b?id=1&name=a%20b", "target")
		env.told(call, key, data, "PutObject")
		sameBytes(get(env.bucket, key), data, "content")
	},

	"callback.multipart": func(env *environment) {
		receiver := startReceiver(env)
		defer receiver.stop()
		key, data := "callback/go parts", bytesOf(2000, 61)
		upload, err := env.bucket.InitiateMultipartUpload(key)
		must(err)
		part, err := env.bucket.UploadPart(upload, bytes.NewReader(data), int64(len(data)), 1)
		must(err)
		done := env.v1(request{
			method: "POST", bucket: env.name, key: key, query: map[string]string{"uploadId": upload.UploadID},
			headers: env.callbackHeaders(receiver.origin+"/parts", callbackBody, object{"x:user": "A & b=中"}),
			body:    []byte("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + part.ETag + "</ETag></Part></CompleteMultipartUpload>"),
		})
		done.is(200, "", "complete")
		equal(string(done.body), `{"Status":"OK"}`, "the answer of the application")
		env.told(receiver.only(), key, data, "CompleteMultipartUpload")
		sameBytes(get(env.bucket, key), data, "content")
	},

	"callback.url": func(env *environment) {
		receiver := startReceiver(env)
		defer receiver.stop()
		headers := env.callbackHeaders(receiver.origin+"/url", callbackBody, object{"x:user": "A & b=中"})
		data := bytesOf(2000, 62)
		for name, sign := range map[string]func(request, time.Duration) request{"v1": env.presignV1, "v4": env.presignV4} {
			r := sign(request{method: "PUT", bucket: env.name, key: "callback/go " + name, query: map[string]string{
				"callback": headers["x-oss-callback"], "callback-var": headers["x-oss-callback-var"]}}, time.Minute)
			r.body = data
			env.send(r).is(200, "", name)
			env.told(receiver.only(), "callback/go "+name, data, "PutObject")
			r.query["callback"] = env.callbackHeaders(receiver.origin+"/other", "x", nil)["x-oss-callback"]
			env.send(r).is(403, "SignatureDoesNotMatch", name+" with another callback")
		}
	},

	"callback.form": func(env *environment) {
		receiver := startReceiver(env)
		defer receiver.stop()
		data := bytesOf(3000, 63)
		callback := env.callbackHeaders(receiver.origin+"/form", callbackBody, nil)["x-oss-callback"]
		signed := env.signedFormV4(env.formPolicy(time.Minute, object{"callback": callback}))
		env.post(fields(signed, "key", "callback/go form", "callback", callback, "x:user", "A & b=中"), data).is(200, "", "form")
		env.told(receiver.only(), "callback/go form", data, "PostObject")
	},

	"callback.failed": func(env *environment) {
		receiver := startReceiver(env)
		defer receiver.stop()
		receiver.status = http.StatusTeapot
		headers := env.callbackHeaders(receiver.origin+"/fails", "x", nil)
		env.v4(request{method: "PUT", bucket: env.name, key: "callback/go fails", body: []byte("kept"), headers: headers}).is(203, "CallbackFailed", "PUT")
		receiver.only()
		sameBytes(get(env.bucket, "callback/go fails"), []byte("kept"), "content")
	},

	"callback.refused": func(env *environment) {
		for _, value := range []string{"%%%", base64.StdEncoding.EncodeToString([]byte("{")), base64.StdEncoding.EncodeToString([]byte(`{"callbackUrl":"http://10.0.0.1/","callbackBody":"x"}`))} {
			env.v4(request{method: "PUT", bucket: env.name, key: "callback/go refused", body: []byte("x"), headers: map[string]string{"x-oss-callback": value}}).
				is(400, "InvalidArgument", value)
		}
		exists, err := env.bucket.IsObjectExist("callback/go refused")
		must(err)
		check(!exists, "a refused upload stored something")
	},
}
