package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

type version struct {
	Key       string
	VersionID string `xml:"VersionId"`
	IsLatest  bool
	Size      int
}

type versionPage struct {
	Versions            []version `xml:"Version"`
	DeleteMarkers       []version `xml:"DeleteMarker"`
	IsTruncated         bool
	NextKeyMarker       string
	NextVersionIDMarker string   `xml:"NextVersionIdMarker"`
	Prefixes            []string `xml:"CommonPrefixes>Prefix"`
}

func (env *environment) versions(bucket string, query map[string]string) versionPage {
	all := map[string]string{"versions": ""}
	for name, value := range query {
		all[name] = value
	}
	got := env.v4(request{bucket: bucket, query: all})
	got.is(200, "", "ListObjectVersions")
	var page versionPage
	must(xml.Unmarshal(got.body, &page))
	return page
}

// withBucket runs with a bucket of its own, which is removed with all its versions.
func (env *environment) withBucket(label string, body func(name string, bucket *oss.Bucket)) {
	name := "compat-" + label + "-go-" + env.suffix
	must(env.client.CreateBucket(name))
	body(name, bucketOf(env.client, name))
	page := env.versions(name, map[string]string{"max-keys": "1000"})
	for _, one := range append(page.Versions, page.DeleteMarkers...) {
		query := map[string]string{}
		if one.VersionID != "" {
			query["versionId"] = one.VersionID
		}
		env.v4(request{method: "DELETE", bucket: name, key: one.Key, query: query}).is(204, "", "delete "+one.Key)
	}
	must(env.client.DeleteBucket(name))
}

func (env *environment) setVersioning(bucket, status string) {
	env.v4(request{method: "PUT", bucket: bucket, query: map[string]string{"versioning": ""},
		body: []byte("<VersioningConfiguration><Status>" + status + "</Status></VersioningConfiguration>")}).is(200, "", "PutBucketVersioning")
}

func (env *environment) putVersion(bucket, key, text string) string {
	put := env.v4(request{method: "PUT", bucket: bucket, key: key, body: []byte(text)})
	put.is(200, "", "PUT "+key)
	return put.header.Get("X-Oss-Version-Id")
}

func (env *environment) getVersion(bucket, key, id string) answer {
	query := map[string]string{}
	if id != "" {
		query["versionId"] = id
	}
	return env.v1(request{bucket: bucket, key: key, query: query})
}

func (env *environment) deleteVersion(bucket, key, id string) answer {
	query := map[string]string{}
	if id != "" {
		query["versionId"] = id
	}
	got := env.v4(request{method: "DELETE", bucket: bucket, key: key, query: query})
	got.is(204, "", "DELETE")
	return got
}

func idsOf(versions []version) string {
	var ids []string
	for _, one := range versions {
		ids = append(ids, one.Key+"="+one.VersionID)
	}
	return strings.Join(ids, " ")
}

func (env *environment) isText(got answer, text string) {
	got.is(200, "", "GET")
	equal(string(got.body), text, "content")
}

var settingScenarios = map[string]scenario{
	"bucket.cors": func(env *environment) {
		env.withBucket("cors", func(name string, bucket *oss.Bucket) {
			_, err := env.client.GetBucketCORS(name)
			refused(err, "NoSuchCORSConfiguration", 404)
			rules := []oss.CORSRule{
				{AllowedOrigin: []string{"https://*.a.example"}, AllowedMethod: []string{"PUT", "GET"}, AllowedHeader: []string{"*"}, ExposeHeader: []string{"ETag"}, MaxAgeSeconds: 100},
				{AllowedOrigin: []string{"*"}, AllowedMethod: []string{"GET"}},
			}
			must(env.client.SetBucketCORS(name, rules))
			kept, err := env.client.GetBucketCORS(name)
			must(err)
			equal(len(kept.CORSRules), 2, "rules")
			equal(kept.CORSRules[0].AllowedOrigin, rules[0].AllowedOrigin, "origins")
			equal(kept.CORSRules[0].AllowedMethod, rules[0].AllowedMethod, "methods")
			equal(kept.CORSRules[0].MaxAgeSeconds, 100, "seconds")
			ask := func(origin, method string) answer {
				return env.send(request{method: "OPTIONS", bucket: name, key: "k", headers: map[string]string{"Origin": origin, "Access-Control-Request-Method": method}})
			}
			allowed := ask("https://x.a.example", "PUT")
			allowed.is(200, "", "preflight")
			equal(allowed.header.Get("Access-Control-Allow-Origin"), "https://x.a.example", "origin")
			ask("https://x.b.example", "PUT").is(403, "AccessForbidden", "a stranger's preflight")
			must(env.client.DeleteBucketCORS(name))
			ask("https://x.a.example", "PUT").is(403, "AccessForbidden", "preflight without rules")
		})
	},

	"bucket.referer": func(env *environment) {
		env.withBucket("referer", func(name string, bucket *oss.Bucket) {
			put(bucket, "r", []byte("x"))
			referers := []string{"https://*.a.example", "http://b.example"}
			must(env.client.SetBucketReferer(name, referers, false))
			kept, err := env.client.GetBucketReferer(name)
			must(err)
			equal(kept.AllowEmptyReferer, false, "empty")
			equal(kept.RefererList, referers, "referers")
			read := func(referer string) int {
				r := env.presignV1(request{method: "GET", bucket: name, key: "r"}, time.Minute)
				if referer != "" {
					r.headers = map[string]string{"Referer": referer}
				}
				return env.send(r).status
			}
			equal([]int{read("https://x.a.example/"), read("http://c.example/"), read("")}, []int{200, 403, 403}, "answers")
			sameBytes(get(bucket, "r"), []byte("x"), "content")
			must(env.client.SetBucketReferer(name, nil, true))
			equal([]int{read("http://c.example/"), read("")}, []int{200, 200}, "answers without a list")
		})
	},

	"bucket.website": func(env *environment) {
		env.withBucket("website", func(name string, bucket *oss.Bucket) {
			_, err := env.client.GetBucketWebsite(name)
			refused(err, "NoSuchWebsiteConfiguration", 404)
			must(env.client.SetBucketACL(name, oss.ACLPublicRead))
			put(bucket, "home.html", []byte("home"))
			put(bucket, "lost.html", []byte("lost"))
			must(env.client.SetBucketWebsite(name, "home.html", "lost.html"))
			site, err := env.client.GetBucketWebsite(name)
			must(err)
			equal([]string{site.IndexDocument.Suffix, site.ErrorDocument.Key}, []string{"home.html", "lost.html"}, "documents")
			base, err := url.Parse(env.endpoint)
			must(err)
			page := func(key string) answer { return env.send(request{key: key, host: name + ".localhost:" + base.Port()}) }
			env.isText(page(""), "home")
			lost := page("nowhere")
			equal([]interface{}{lost.status, string(lost.body)}, []interface{}{404, "lost"}, "an absent page")
			must(env.client.DeleteBucketWebsite(name))
			page("nowhere").is(404, "NoSuchKey", "an absent page of no website")
		})
	},

	"bucket.tags": func(env *environment) {
		env.withBucket("tags", func(name string, bucket *oss.Bucket) {
			call := func(method, tags string) answer {
				r := request{method: method, bucket: name, query: map[string]string{"tagging": ""}}
				if tags != "" {
					r.body = []byte("<Tagging><TagSet>" + tags + "</TagSet></Tagging>")
				}
				return env.v4(r)
			}
			call("PUT", "<Tag><Key>a</Key><Value>1 2</Value></Tag><Tag><Key>b</Key><Value></Value></Tag>").is(200, "", "PUT")
			text := string(call("GET", "").body)
			check(strings.Contains(text, "<Value>1 2</Value>") && strings.Contains(text, "<Key>b</Key>"), "tags: %s", text)
			call("PUT", "<Tag><Key>a</Key></Tag><Tag><Key>a</Key></Tag>").is(400, "RepeatedTags", "a key twice")
			call("DELETE", "").is(204, "", "DELETE")
			check(!strings.Contains(string(call("GET", "").body), "<Tag>"), "tags after DELETE")
		})
	},

	"bucket.encryption": func(env *environment) {
		env.withBucket("encryption", func(name string, bucket *oss.Bucket) {
			call := func(method, algorithm string) answer {
				r := request{method: method, bucket: name, query: map[string]string{"encryption": ""}}
				if algorithm != "" {
					r.body = []byte("<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>" + algorithm +
						"</SSEAlgorithm></ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>")
				}
				return env.v4(r)
			}
			algorithmOf := func(key string) string {
				head, err := bucket.GetObjectDetailedMeta(key)
				must(err)
				return head.Get("X-Oss-Server-Side-Encryption")
			}
			call("GET", "").is(404, "NoSuchServerSideEncryptionRule", "before")
			data := bytesOf(200*kib, 20)
			put(bucket, "by-header", data, oss.ServerSideEncryption("AES256"))
			put(bucket, "plain", data)
			call("PUT", "AES256").is(200, "", "PUT")
			put(bucket, "by-bucket", data)
			equal([]string{algorithmOf("by-header"), algorithmOf("plain"), algorithmOf("by-bucket")}, []string{"AES256", "", "AES256"}, "algorithms")
			sameBytes(get(bucket, "by-header"), data, "content")
			sameBytes(get(bucket, "by-bucket", oss.Range(70000, 140000)), data[70000:140001], "range")
			call("PUT", "ROT13").is(400, "InvalidEncryptionAlgorithmError", "an unknown algorithm")
			call("DELETE", "").is(204, "", "DELETE")
			call("GET", "").is(404, "NoSuchServerSideEncryptionRule", "after")
		})
	},

	"version.state": func(env *environment) {
		env.withBucket("state", func(name string, bucket *oss.Bucket) {
			state := func() string {
				return string(env.v4(request{bucket: name, query: map[string]string{"versioning": ""}}).body)
			}
			check(!strings.Contains(state(), "<Status>"), "a state before any: %s", state())
			equal(env.putVersion(name, "k", "before"), "", "version of an unversioned bucket")
			for _, status := range []string{"Enabled", "Suspended", "Enabled"} {
				env.setVersioning(name, status)
				check(strings.Contains(state(), "<Status>"+status+"</Status>"), "state %s", state())
			}
			check(env.putVersion(name, "k", "after") != "", "no version")
			env.isText(env.getVersion(name, "k", "null"), "before")
			env.isText(env.getVersion(name, "k", ""), "after")
		})
	},

	"version.objects": func(env *environment) {
		env.withBucket("versions", func(name string, bucket *oss.Bucket) {
			env.setVersioning(name, "Enabled")
			key := "a b+中"
			one, two := env.putVersion(name, key, "one"), env.putVersion(name, key, "two")
			check(one != two && one != "" && two != "", "versions %s and %s", one, two)
			sameBytes(get(bucket, key), []byte("two"), "the newest")
			env.isText(env.getVersion(name, key, one), "one")
			gone := env.deleteVersion(name, key, "")
			equal(gone.header.Get("X-Oss-Delete-Marker"), "true", "delete marker")
			_, err := bucket.GetObject(key)
			refused(err, "NoSuchKey", 404)
			marker := gone.header.Get("X-Oss-Version-Id")
			env.getVersion(name, key, marker).is(405, "MethodNotAllowed", "a marker by its id")
			equal(env.deleteVersion(name, key, marker).header.Get("X-Oss-Delete-Marker"), "true", "the marker's removal")
			sameBytes(get(bucket, key), []byte("two"), "the newest again")
			env.deleteVersion(name, key, two)
			sameBytes(get(bucket, key), []byte("one"), "the next newest")
			env.getVersion(name, key, two).is(404, "NoSuchVersion", "a removed version")
			refused(env.client.DeleteBucket(name), "BucketNotEmpty", 409)
		})
	},

	"version.parts-of-objects": func(env *environment) {
		env.withBucket("ofobjects", func(name string, bucket *oss.Bucket) {
			env.setVersioning(name, "Enabled")
			old, now := env.putVersion(name, "k", "old"), env.putVersion(name, "k", "now")
			tags := request{method: "PUT", bucket: name, key: "k", query: map[string]string{"tagging": "", "versionId": old},
				body: []byte("<Tagging><TagSet><Tag><Key>of</Key><Value>old</Value></Tag></TagSet></Tagging>")}
			env.v4(tags).is(200, "", "PutObjectTagging")
			equal(env.getVersion(name, "k", old).header.Get("X-Oss-Tagging-Count"), "1", "tags of the old version")
			equal(env.getVersion(name, "k", now).header.Get("X-Oss-Tagging-Count"), "", "tags of the new version")
			acl := request{method: "PUT", bucket: name, key: "k", query: map[string]string{"acl": "", "versionId": old}, headers: map[string]string{"x-oss-object-acl": "public-read"}}
			env.v1(acl).is(200, "", "PutObjectACL")
			current, err := bucket.GetObjectACL("k")
			must(err)
			equal(current.ACL, "default", "ACL of the new version")
			env.send(request{bucket: name, key: "k", query: map[string]string{"versionId": old}}).is(200, "", "an anonymous reader of the old version")
			copied := env.v4(request{method: "PUT", bucket: name, key: "copy", headers: map[string]string{"x-oss-copy-source": "/" + name + "/k?versionId=" + old}})
			copied.is(200, "", "CopyObject")
			equal(copied.header.Get("X-Oss-Copy-Source-Version-Id"), old, "copied version")
			sameBytes(get(bucket, "copy"), []byte("old"), "copy")
			upload, err := bucket.InitiateMultipartUpload("parts")
			must(err)
			part, err := bucket.UploadPart(upload, bytes.NewReader([]byte("part")), 4, 1)
			must(err)
			_, err = bucket.CompleteMultipartUpload(upload, []oss.UploadPart{part})
			must(err)
			uploaded := env.getVersion(name, "parts", "")
			env.isText(env.getVersion(name, "parts", uploaded.header.Get("X-Oss-Version-Id")), "part")
			must(bucket.PutSymlink("link", "k"))
			sameBytes(get(bucket, "link"), []byte("now"), "link")
		})
	},

	"version.list": func(env *environment) {
		env.withBucket("listing", func(name string, bucket *oss.Bucket) {
			env.setVersioning(name, "Enabled")
			var expected []version
			for _, key := range []string{"a", "b/1", "b/2", "中"} {
				first := env.putVersion(name, key, "1")
				expected = append(expected, version{Key: key, VersionID: env.putVersion(name, key, "2")}, version{Key: key, VersionID: first})
			}
			marker := env.deleteVersion(name, "b/1", "").header.Get("X-Oss-Version-Id")
			whole := env.versions(name, map[string]string{"max-keys": "100"})
			equal(idsOf(whole.Versions), idsOf(expected), "versions")
			equal(idsOf(whole.DeleteMarkers), "b/1="+marker, "markers")
			var seen []version
			query := map[string]string{"max-keys": "2"}
			for {
				page := env.versions(name, query)
				check(len(page.Versions)+len(page.DeleteMarkers) <= 2, "a page of %d", len(page.Versions)+len(page.DeleteMarkers))
				seen = append(seen, page.Versions...)
				if !page.IsTruncated {
					break
				}
				query["key-marker"], query["version-id-marker"] = page.NextKeyMarker, page.NextVersionIDMarker
			}
			equal(idsOf(seen), idsOf(expected), "versions in pages")
			folders := env.versions(name, map[string]string{"delimiter": "/"})
			equal(folders.Prefixes, []string{"b/"}, "prefixes")
			equal(len(env.versions(name, map[string]string{"prefix": "b/"}).Versions), 4, "versions below a prefix")
			env.v4(request{bucket: name, query: map[string]string{"versions": "", "version-id-marker": marker}}).is(400, "InvalidArgument", "a version without its key")
		})
	},

	"version.delete-many": func(env *environment) {
		env.withBucket("delete", func(name string, bucket *oss.Bucket) {
			env.setVersioning(name, "Enabled")
			env.putVersion(name, "k", "kept")
			gone := env.putVersion(name, "k", "gone")
			env.putVersion(name, "other", "other")
			body := fmt.Sprintf("<Delete><Quiet>false</Quiet><Object><Key>k</Key><VersionId>%s</VersionId></Object><Object><Key>other</Key></Object></Delete>", gone)
			done := env.v4(request{method: "POST", bucket: name, query: map[string]string{"delete": ""}, body: []byte(body), headers: map[string]string{"Content-MD5": md5Base64([]byte(body))}})
			done.is(200, "", "DeleteMultipleObjects")
			check(bytes.Contains(done.body, []byte("<DeleteMarkerVersionId>")) && bytes.Contains(done.body, []byte(gone)), "answer: %s", done.body)
			sameBytes(get(bucket, "k"), []byte("kept"), "content")
			_, err := bucket.GetObject("other")
			refused(err, "NoSuchKey", 404)
		})
	},

	"version.suspended": func(env *environment) {
		env.withBucket("suspended", func(name string, bucket *oss.Bucket) {
			env.setVersioning(name, "Enabled")
			kept := env.putVersion(name, "k", "kept")
			env.setVersioning(name, "Suspended")
			equal([]string{env.putVersion(name, "k", "first"), env.putVersion(name, "k", "second")}, []string{"null", "null"}, "versions")
			equal(idsOf(env.versions(name, nil).Versions), "k=null k="+kept, "versions listed")
			must(bucket.DeleteObject("k"))
			equal(idsOf(env.versions(name, nil).Versions), "k="+kept, "versions listed after DELETE")
			_, err := bucket.GetObject("k")
			refused(err, "NoSuchKey", 404)
			env.deleteVersion(name, "k", "null")
			sameBytes(get(bucket, "k"), []byte("kept"), "content")
		})
	},
}
