package main

import (
	"encoding/xml"
	"fmt"
	"net/url"
	"sort"
	"strings"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

var listKeys = []string{"list/a", "list/a/1", "list/a/2", "list/a/b/3", "list/aa", "list/b", "list/c/1", "list/c/2", "list/z", "list/中文/1", "list/😀"}
var listRolled = []string{"list/a", "list/a/", "list/aa", "list/b", "list/c/", "list/z", "list/中文/", "list/😀"}

func fillList(env *environment) {
	for _, key := range listKeys {
		put(env.bucket, key, []byte(key))
	}
}

// listV2 is ListObjectsV2, which this version of the SDK does not have.
type listV2 struct {
	Prefix                string
	IsTruncated           bool
	KeyCount              int
	NextContinuationToken string
	Contents              []struct {
		Key          string
		Size         int64
		ETag         string
		LastModified time.Time
		Owner        *struct{ ID string }
	}
	CommonPrefixes []struct{ Prefix string }
}

func (env *environment) listV2(query map[string]string) listV2 {
	query["list-type"] = "2"
	got := env.v1(request{bucket: env.name, query: query})
	got.is(200, "", "ListObjectsV2")
	var page listV2
	must(xml.Unmarshal(got.body, &page))
	return page
}

func (page listV2) entries() []string {
	var entries []string
	for _, object := range page.Contents {
		entries = append(entries, object.Key)
	}
	for _, prefix := range page.CommonPrefixes {
		entries = append(entries, prefix.Prefix)
	}
	sort.Strings(entries)
	return entries
}

var listScenarios = map[string]scenario{
	"list.v1": func(env *environment) {
		fillList(env)
		all, err := env.bucket.ListObjects(oss.Prefix("list/"))
		must(err)
		equal(len(all.Objects), len(listKeys), "objects listed")
		for i, object := range all.Objects {
			equal(object.Key, listKeys[i], "order")
			equal(object.Size, int64(len(object.Key)), "size")
			equal(object.Type, "Normal", "type")
			equal(object.ETag, `"`+md5Hex([]byte(object.Key))+`"`, "ETag")
			check(time.Since(object.LastModified) < time.Hour, "Last-Modified is told")
			check(object.Owner.ID != "", "the owner is told")
		}
		for _, size := range []int{1, 2, 3, 7} {
			for _, delimiter := range []string{"", "/"} {
				var seen []string
				marker := ""
				for pages := 0; pages < 50; pages++ {
					options := []oss.Option{oss.Prefix("list/"), oss.MaxKeys(size), oss.Marker(marker)}
					if delimiter != "" {
						options = append(options, oss.Delimiter(delimiter))
					}
					page, err := env.bucket.ListObjects(options...)
					must(err)
					entries := append([]string{}, page.CommonPrefixes...)
					for _, object := range page.Objects {
						entries = append(entries, object.Key)
					}
					sort.Strings(entries)
					check(len(entries) <= size, "a page holds at most max-keys")
					seen = append(seen, entries...)
					if !page.IsTruncated {
						break
					}
					marker = page.NextMarker
				}
				expected := listKeys
				if delimiter != "" {
					expected = listRolled
				}
				equal(seen, expected, fmt.Sprintf("pages of %d, delimiter %q", size, delimiter))
			}
		}
		after, err := env.bucket.ListObjects(oss.Prefix("list/"), oss.Marker("list/b"), oss.MaxKeys(2))
		must(err)
		equal([]string{after.Objects[0].Key, after.Objects[1].Key}, []string{"list/c/1", "list/c/2"}, "after a marker")
		none, err := env.bucket.ListObjects(oss.Prefix("list/none"))
		must(err)
		check(len(none.Objects) == 0 && !none.IsTruncated, "nothing below an unknown prefix")
	},

	"list.v2": func(env *environment) {
		fillList(env)
		all := env.listV2(map[string]string{"prefix": "list/"})
		equal(all.entries(), listKeys, "all")
		equal(all.KeyCount, len(listKeys), "KeyCount")
		check(all.Contents[0].Owner == nil, "no owner unless asked for")
		owned := env.listV2(map[string]string{"prefix": "list/", "fetch-owner": "true", "max-keys": "1"})
		check(owned.Contents[0].Owner != nil && owned.Contents[0].Owner.ID != "", "the owner when asked for")
		for _, size := range []string{"1", "3", "7"} {
			for _, delimiter := range []string{"", "/"} {
				var seen []string
				token := ""
				for pages := 0; pages < 50; pages++ {
					query := map[string]string{"prefix": "list/", "max-keys": size}
					if token != "" {
						query["continuation-token"] = token
					}
					if delimiter != "" {
						query["delimiter"] = delimiter
					}
					page := env.listV2(query)
					equal(page.KeyCount, len(page.entries()), "KeyCount of a page")
					seen = append(seen, page.entries()...)
					if !page.IsTruncated {
						break
					}
					token = page.NextContinuationToken
				}
				expected := listKeys
				if delimiter != "" {
					expected = listRolled
				}
				equal(seen, expected, "pages of "+size+", delimiter "+delimiter)
			}
		}
		after := env.listV2(map[string]string{"prefix": "list/", "start-after": "list/b", "max-keys": "2"})
		equal(after.entries(), []string{"list/c/1", "list/c/2"}, "start-after")
	},

	"list.encoding": func(env *environment) {
		odd := []string{"encoding/a b", "encoding/a+b", "encoding/a%20b", "encoding/<&>", "encoding/中文 名"}
		for _, key := range odd {
			put(env.bucket, key, []byte("x"))
		}
		sort.Strings(odd)
		page, err := env.bucket.ListObjects(oss.Prefix("encoding/")) // The SDK always asks for encoding-type=url.
		must(err)
		var seen []string
		for _, object := range page.Objects {
			seen = append(seen, object.Key)
		}
		equal(seen, odd, "decoded by the SDK")
		one, err := env.bucket.ListObjects(oss.Prefix("encoding/中文 名"))
		must(err)
		equal(len(one.Objects), 1, "a prefix with a space")
		for _, key := range env.listV2(map[string]string{"prefix": "encoding/", "encoding-type": "url"}).entries() {
			check(!strings.ContainsAny(key, "+/ "), "space is %%20 and slash is %%2F in %s", key)
			_, err := url.PathUnescape(key)
			must(err)
		}
	},
}
