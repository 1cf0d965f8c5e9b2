package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/ioutil"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"sort"
	"strings"
	"time"
)

// request is one plain HTTP request: its path goes out as encoded here, without any normalising.
type request struct {
	method  string
	bucket  string
	key     string
	query   map[string]string // An empty value is sent as the bare name.
	headers map[string]string
	body    []byte
	host    string // When set, the bucket is not in the path: it is in this host.
	expect  bool   // Expect: 100-continue.
}

type answer struct {
	status int
	header http.Header
	body   []byte
	code   string
}

var codePattern = regexp.MustCompile("<Code>([^<]*)</Code>")

var rawClient = &http.Client{
	Timeout: time.Minute,
	Transport: &http.Transport{
		ExpectContinueTimeout: 10 * time.Second,
		// Every name below localhost is this machine, whatever the resolver says.
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err == nil && (host == "localhost" || strings.HasSuffix(host, ".localhost")) {
				address = net.JoinHostPort("127.0.0.1", port)
			}
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	},
}

// encode percent-encodes everything but the unreserved characters.
func encode(text string, keepSlash bool) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0 || keepSlash && c == '/' {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}

func (r *request) path() string {
	if r.host != "" {
		return "/" + encode(r.key, true)
	}
	if r.bucket == "" {
		return "/"
	}
	return "/" + r.bucket + "/" + encode(r.key, true)
}

func (r *request) queryString() string {
	names := make([]string, 0, len(r.query))
	for name := range r.query {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return encode(names[i], false) < encode(names[j], false) })
	pairs := make([]string, 0, len(names))
	for _, name := range names {
		pair := encode(name, false)
		if r.query[name] != "" {
			pair += "=" + encode(r.query[name], false)
		}
		pairs = append(pairs, pair)
	}
	return strings.Join(pairs, "&")
}

func (r *request) set(name, value string) {
	if r.headers == nil {
		r.headers = map[string]string{}
	}
	r.headers[name] = value
}

func (r *request) param(name, value string) {
	if r.query == nil {
		r.query = map[string]string{}
	}
	r.query[name] = value
}

// send sends the request as it stands.
func (env *environment) send(r request) answer {
	base, err := url.Parse(env.endpoint)
	must(err)
	target := &url.URL{Scheme: base.Scheme, Host: base.Host, Opaque: r.path(), RawQuery: r.queryString()}
	method := r.method
	if method == "" {
		method = "GET"
	}
	message := &http.Request{Method: method, URL: target, Host: base.Host, Header: http.Header{}, ProtoMajor: 1, ProtoMinor: 1}
	if r.host != "" {
		message.Host = r.host
	}
	for name, value := range r.headers {
		message.Header[http.CanonicalHeaderKey(name)] = []string{value}
	}
	if r.expect {
		message.Header.Set("Expect", "100-continue")
	}
	if r.body != nil {
		message.Body = ioutil.NopCloser(bytes.NewReader(r.body))
		message.ContentLength = int64(len(r.body))
	}
	response, err := rawClient.Do(message)
	must(err)
	body := readAll(response.Body)
	result := answer{status: response.StatusCode, header: response.Header, body: body}
	if match := codePattern.FindSubmatch(body); match != nil {
		result.code = string(match[1])
	}
	return result
}

func (a answer) is(status int, code string, what string) {
	if a.status != status || a.code != code {
		panic(fmt.Sprintf("%s: got %d %s, expected %d %s (%.300s)", what, a.status, a.code, status, code, a.body))
	}
}

// The query parameters that V1 signs, as far as these scenarios use them.
var signedByV1 = map[string]bool{
	"acl": true, "uploads": true, "uploadId": true, "partNumber": true, "tagging": true, "symlink": true, "append": true, "position": true,
	"delete": true, "sequential": true, "continuation-token": true, "objectMeta": true, "bucketInfo": true, "stat": true, "location": true,
	"response-content-type": true, "response-cache-control": true, "x-oss-traffic-limit": true,
	"security-token": true, "callback": true, "callback-var": true, "versionId": true,
}

func (r *request) resourceV1() string {
	resource := "/"
	if r.bucket != "" {
		resource += r.bucket + "/" + r.key
	}
	var pairs []string
	for _, name := range sortedNames(r.query) {
		if signedByV1[name] {
			pair := name
			if r.query[name] != "" {
				pair += "=" + r.query[name]
			}
			pairs = append(pairs, pair)
		}
	}
	if len(pairs) > 0 {
		resource += "?" + strings.Join(pairs, "&")
	}
	return resource
}

// sortedNames are the names in their order: names are sorted, not lines, for x-oss-callback comes before x-oss-callback-var.
func sortedNames(values map[string]string) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func (r *request) stringToSignV1(date string) string {
	signed := map[string]string{}
	for name, value := range r.headers {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-oss-") {
			signed[lower] = value
		}
	}
	var lines []string
	for _, name := range sortedNames(signed) {
		lines = append(lines, name+":"+strings.TrimSpace(signed[name])+"\n")
	}
	return strings.Join([]string{r.method, r.headers["Content-MD5"], r.headers["Content-Type"], date}, "\n") + "\n" + strings.Join(lines, "") + r.resourceV1()
}

func hmacOf(newHash string, key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	if newHash == "sha1" {
		mac = hmac.New(sha1.New, key)
	}
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func (env *environment) signatureV1(r request, date string) string {
	return base64.StdEncoding.EncodeToString(hmacOf("sha1", []byte(env.keySecret), r.stringToSignV1(date)))
}

// v1 signs with a V1 header and sends.
func (env *environment) v1(r request) answer {
	if r.method == "" {
		r.method = "GET"
	}
	date := time.Now().UTC().Format(http.TimeFormat)
	r.set("Date", date)
	r.set("Authorization", "OSS "+env.keyID+":"+env.signatureV1(r, date))
	return env.send(r)
}

// presignV1 makes the request a V1 signed URL.
func (env *environment) presignV1(r request, lifetime time.Duration) request {
	expires := fmt.Sprint(time.Now().Add(lifetime).Unix())
	signature := env.signatureV1(r, expires)
	r.param("OSSAccessKeyId", env.keyID)
	r.param("Expires", expires)
	r.param("Signature", signature)
	return r
}

const v4Region = "cn-moss-1"

// canonicalV4 is the canonical request; additional names headers signed beyond the ones that always are.
func (r *request) canonicalV4(additional []string) string {
	uri := "/"
	if r.bucket != "" {
		uri += r.bucket + "/" + encode(r.key, true)
	}
	signed := map[string]string{}
	for name, value := range r.headers {
		lower := strings.ToLower(name)
		named := false
		for _, other := range additional {
			named = named || other == lower
		}
		if named || lower == "content-type" || lower == "content-md5" || strings.HasPrefix(lower, "x-oss-") {
			signed[lower] = strings.TrimSpace(value)
		}
	}
	var lines []string
	for _, name := range sortedNames(signed) {
		lines = append(lines, name+":"+signed[name]+"\n")
	}
	return strings.Join([]string{r.method, uri, r.queryString(), strings.Join(lines, ""), strings.Join(additional, ";"), "UNSIGNED-PAYLOAD"}, "\n")
}

func (env *environment) signatureV4(canonical, stamp string) (scope, signature string) {
	day := stamp[:8]
	scope = day + "/" + v4Region + "/oss/aliyun_v4_request"
	digest := sha256.Sum256([]byte(canonical))
	text := "OSS4-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hex.EncodeToString(digest[:])
	return scope, hex.EncodeToString(hmacOf("sha256", env.signingKeyV4(day), text))
}

func (env *environment) signingKeyV4(day string) []byte {
	key := hmacOf("sha256", []byte("aliyun_v4"+env.keySecret), day)
	key = hmacOf("sha256", key, v4Region)
	key = hmacOf("sha256", key, "oss")
	return hmacOf("sha256", key, "aliyun_v4_request")
}

// v4 signs with a V4 header and sends.
func (env *environment) v4(r request, additional ...string) answer {
	if r.method == "" {
		r.method = "GET"
	}
	sort.Strings(additional)
	stamp := time.Now().UTC().Format("20060102T150405Z")
	r.set("x-oss-date", stamp)
	r.set("x-oss-content-sha256", "UNSIGNED-PAYLOAD")
	scope, signature := env.signatureV4(r.canonicalV4(additional), stamp)
	named := ""
	if len(additional) > 0 {
		named = "AdditionalHeaders=" + strings.Join(additional, ";") + ","
	}
	r.set("Authorization", "OSS4-HMAC-SHA256 Credential="+env.keyID+"/"+scope+","+named+"Signature="+signature)
	return env.send(r)
}

// presignV4 makes the request a V4 signed URL.
func (env *environment) presignV4(r request, lifetime time.Duration) request {
	stamp := time.Now().UTC().Format("20060102T150405Z")
	r.param("x-oss-signature-version", "OSS4-HMAC-SHA256")
	r.param("x-oss-credential", env.keyID+"/"+stamp[:8]+"/"+v4Region+"/oss/aliyun_v4_request")
	r.param("x-oss-date", stamp)
	r.param("x-oss-expires", fmt.Sprint(int(lifetime.Seconds())))
	_, signature := env.signatureV4(r.canonicalV4(nil), stamp)
	r.param("x-oss-signature", signature)
	return r
}
