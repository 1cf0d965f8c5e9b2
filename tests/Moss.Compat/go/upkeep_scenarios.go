package main

import (
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

// upkeepScenarios are about what the server does with a bucket by itself.
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
}
