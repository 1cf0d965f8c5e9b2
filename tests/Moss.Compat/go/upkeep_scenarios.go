package main

import (
	"bytes"
	"strings"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

// upkeepScenarios are about what the server does with a bucket by itself: rules that expire, logs, inventories, retention.
var upkeepScenarios = map[string]scenario{
	"bucket.lifecycle": func(env *environment) {
		env.withBucket("lifecycle", func(name string, bucket *oss.Bucket) {
			_, err := env.client.GetBucketLifecycle(name)
			refused(err, "NoSuchLifecycle", 404)
			must(env.client.SetBucketLifecycle(name, []oss.LifecycleRule{
				oss.BuildLifecycleRuleByDays("days", "a/", true, 3), oss.BuildLifecycleRuleByDate("date", "b/", false, 2030, 11, 11),
			}))
			kept, err := env.client.GetBucketLifecycle(name)
			must(err)
			equal(len(kept.Rules), 2, "rules")
			equal([]interface{}{kept.Rules[0].ID, kept.Rules[0].Prefix, kept.Rules[0].Status, kept.Rules[0].Expiration.Days}, []interface{}{"days", "a/", "Enabled", 3}, "a rule by days")
			equal([]interface{}{kept.Rules[1].ID, kept.Rules[1].Status, kept.Rules[1].Expiration.Date.UTC().Format("2006-01-02")}, []interface{}{"date", "Disabled", "2030-11-11"}, "a rule by date")
			must(env.client.SetBucketLifecycle(name, []oss.LifecycleRule{oss.BuildLifecycleRuleByDays("other", "", true, 9)}))
			kept, err = env.client.GetBucketLifecycle(name)
			must(err)
			equal([]interface{}{len(kept.Rules), kept.Rules[0].ID}, []interface{}{1, "other"}, "rules are replaced whole")
			must(env.client.DeleteBucketLifecycle(name))
			_, err = env.client.GetBucketLifecycle(name)
			refused(err, "NoSuchLifecycle", 404)
		})
	},

	"lifecycle.run": func(env *environment) {
		env.withBucket("expiring", func(name string, bucket *oss.Bucket) {
			put(bucket, "days/x", []byte("x"))
			put(bucket, "date/x", []byte("x"))
			put(bucket, "kept/x", []byte("x"))
			must(env.client.SetBucketLifecycle(name, []oss.LifecycleRule{
				oss.BuildLifecycleRuleByDays("days", "days/", true, 3), oss.BuildLifecycleRuleByDate("date", "date/", true, 2020, 1, 1),
				oss.BuildLifecycleRuleByDays("off", "kept/", false, 1),
			}))
			exists := func(key string) bool {
				found, err := bucket.IsObjectExist(key)
				must(err)
				return found
			}
			env.moss(nil, "admin", "lifecycle", "run")
			equal([]bool{exists("days/x"), exists("date/x"), exists("kept/x")}, []bool{true, false, true}, "objects after today's run")
			env.moss(nil, "admin", "lifecycle", "run", "--at", time.Now().Add(10*24*time.Hour).UTC().Format(time.RFC3339))
			equal([]bool{exists("days/x"), exists("kept/x")}, []bool{false, true}, "objects after a run in ten days")
		})
	},

	"bucket.logging": func(env *environment) {
		env.withBucket("logging", func(name string, bucket *oss.Bucket) {
			state := func() []string {
				kept, err := env.client.GetBucketLogging(name)
				must(err)
				return []string{kept.LoggingEnabled.TargetBucket, kept.LoggingEnabled.TargetPrefix}
			}
			equal(state(), []string{"", ""}, "before")
			// What was on record is delivered in a moment, not within the request.
			delivered := func(prefix string) {
				for {
					page, err := bucket.ListObjects(oss.Prefix(prefix))
					must(err)
					if len(page.Objects) > 0 {
						return
					}
					time.Sleep(100 * time.Millisecond)
				}
			}
			must(env.client.SetBucketLogging(name, name, "logs/of-", true))
			equal(state(), []string{name, "logs/of-"}, "set")
			must(env.client.SetBucketLogging(name, "", "", false))
			equal(state(), []string{"", ""}, "switched off")
			delivered("logs/of-")
			must(env.client.SetBucketLogging(name, name, "", true))
			must(env.client.DeleteBucketLogging(name))
			equal(state(), []string{"", ""}, "deleted")
			delivered(name)
			check(env.client.SetBucketLogging(name, name+"-none", "x", true) != nil, "a target that is not there")
		})
	},

	"bucket.inventory": func(env *environment) {
		env.withBucket("inventory", func(name string, bucket *oss.Bucket) {
			account := env.idleUser().AccountUID
			call := func(method, id, body string) answer {
				r := request{method: method, bucket: name, query: map[string]string{"inventory": ""}}
				if id != "" {
					r.query["inventoryId"] = id
				}
				if body != "" {
					r.body = []byte(body)
				}
				return env.v4(r)
			}
			inventory := "<InventoryConfiguration><Id>one</Id><IsEnabled>true</IsEnabled><Filter><Prefix>in/</Prefix></Filter><Destination><OSSBucketDestination>" +
				"<Format>CSV</Format><AccountId>" + account + "</AccountId><RoleArn>acs:ram::" + account + ":role/AliyunOSSRole</RoleArn><Bucket>acs:oss:::" + name +
				"</Bucket><Prefix>lists</Prefix></OSSBucketDestination></Destination><Schedule><Frequency>Daily</Frequency></Schedule>" +
				"<IncludedObjectVersions>Current</IncludedObjectVersions><OptionalFields><Field>Size</Field></OptionalFields></InventoryConfiguration>"
			call("GET", "one", "").is(404, "NoSuchInventory", "before")
			call("PUT", "one", inventory).is(200, "", "PUT")
			got := call("GET", "one", "")
			got.is(200, "", "GET")
			check(bytes.Contains(got.body, []byte("<Bucket>acs:oss:::"+name+"</Bucket>")), "inventory: %s", got.body)
			check(bytes.Contains(call("GET", "", "").body, []byte("<Id>one</Id>")), "list")
			put(bucket, "in/x", []byte("x"))
			env.moss(nil, "admin", "inventory", "run", "--bucket", name)
			page, err := bucket.ListObjects(oss.Prefix("lists/"))
			must(err)
			manifests := 0
			for _, object := range page.Objects {
				if strings.HasSuffix(object.Key, "/manifest.json") {
					manifests++
				}
			}
			equal(manifests, 1, "manifests")
			call("DELETE", "one", "").is(204, "", "DELETE")
			call("GET", "one", "").is(404, "NoSuchInventory", "after")
		})
	},

	"bucket.worm": func(env *environment) {
		env.withBucket("worm", func(name string, bucket *oss.Bucket) {
			call := func(method, query, id, body string) answer {
				r := request{method: method, bucket: name, query: map[string]string{}}
				if query != "" {
					r.query[query] = ""
				}
				if id != "" {
					r.query["wormId"] = id
				}
				if body != "" {
					r.body = []byte(body)
				}
				return env.v4(r)
			}
			call("GET", "worm", "", "").is(404, "NoSuchWORMConfiguration", "before")
			put(bucket, "k", []byte("kept"))
			started := call("POST", "worm", "", "<InitiateWormConfiguration><RetentionPeriodInDays>1</RetentionPeriodInDays></InitiateWormConfiguration>")
			started.is(200, "", "InitiateBucketWorm")
			check(started.header.Get("X-Oss-Worm-Id") != "", "no id")
			refused(bucket.DeleteObject("k"), "FileImmutable", 409)
			refused(bucket.PutObject("k", strings.NewReader("other")), "FileImmutable", 409)
			call("DELETE", "worm", "", "").is(204, "", "AbortBucketWorm")
			put(bucket, "k", []byte("other"))
		})
	},
}
