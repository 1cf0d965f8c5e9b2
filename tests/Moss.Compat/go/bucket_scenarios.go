package main

import (
	"fmt"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

// removeBucket empties and deletes the bucket of the run; itself a scenario of listing and deleting.
func removeBucket(env *environment) {
	for {
		page, err := env.bucket.ListObjects(oss.MaxKeys(1000))
		must(err)
		if len(page.Objects) == 0 {
			break
		}
		var keys []string
		for _, object := range page.Objects {
			keys = append(keys, object.Key)
		}
		_, err = env.bucket.DeleteObjects(keys, oss.DeleteObjectsQuiet(true))
		must(err)
	}
	for {
		page, err := env.bucket.ListMultipartUploads(oss.MaxUploads(1000))
		must(err)
		if len(page.Uploads) == 0 {
			break
		}
		for _, upload := range page.Uploads {
			must(env.bucket.AbortMultipartUpload(oss.InitiateMultipartUploadResult{Bucket: env.name, Key: upload.Key, UploadID: upload.UploadID}))
		}
	}
	must(env.client.DeleteBucket(env.name))
	_, err := env.client.GetBucketInfo(env.name)
	refused(err, "NoSuchBucket", 404)
}

var bucketScenarios = map[string]scenario{
	"bucket.life-cycle": func(env *environment) {
		name := "compat-go-life-" + env.suffix
		exists, err := env.client.IsBucketExist(name)
		must(err)
		check(!exists, "the bucket is not there yet")
		must(env.client.CreateBucket(name))
		list, err := env.client.ListBuckets(oss.Prefix(name))
		must(err)
		equal(len(list.Buckets), 1, "buckets listed")
		equal(list.Buckets[0].Name, name, "name listed")
		check(list.Owner.ID != "", "the owner has an id")
		info, err := env.client.GetBucketInfo(name)
		must(err)
		equal(info.BucketInfo.Name, name, "name")
		equal(info.BucketInfo.ACL, "private", "ACL")
		equal(info.BucketInfo.StorageClass, "Standard", "storage class")
		check(info.BucketInfo.ExtranetEndpoint != "" && info.BucketInfo.IntranetEndpoint != "", "endpoints are told")
		check(!info.BucketInfo.CreationDate.IsZero(), "the creation date is told")
		location, err := env.client.GetBucketLocation(name)
		must(err)
		equal(location, info.BucketInfo.Location, "location")

		bucket := bucketOf(env.client, name)
		put(bucket, "full", []byte("x"))
		refused(env.client.DeleteBucket(name), "BucketNotEmpty", 409)
		must(bucket.DeleteObject("full"))
		upload, err := bucket.InitiateMultipartUpload("pending")
		must(err)
		refused(env.client.DeleteBucket(name), "BucketNotEmpty", 409)
		must(bucket.AbortMultipartUpload(upload))
		must(env.client.DeleteBucket(name))
		_, err = bucket.ListObjects()
		refused(err, "NoSuchBucket", 404)
		refused(env.client.DeleteBucket(name), "NoSuchBucket", 404)
		must(env.client.CreateBucket(name, oss.ACL(oss.ACLPublicRead))) // The name is free at once.
		acl, err := env.client.GetBucketACL(name)
		must(err)
		equal(acl.ACL, "public-read", "ACL given at creation")
		must(env.client.DeleteBucket(name))
	},

	"bucket.list-paging": func(env *environment) {
		prefix := "compat-go-page-" + env.suffix
		var names, seen []string
		for i := 1; i <= 5; i++ {
			names = append(names, fmt.Sprintf("%s-%d", prefix, i))
			must(env.client.CreateBucket(names[i-1]))
		}
		for marker := ""; ; {
			page, err := env.client.ListBuckets(oss.Prefix(prefix), oss.MaxKeys(2), oss.Marker(marker))
			must(err)
			check(len(page.Buckets) <= 2, "a page holds at most max-keys")
			for _, bucket := range page.Buckets {
				seen = append(seen, bucket.Name)
			}
			if !page.IsTruncated {
				break
			}
			marker = page.NextMarker
		}
		equal(seen, names, "buckets over all pages")
		for _, name := range names {
			must(env.client.DeleteBucket(name))
		}
	},

	"bucket.acl": func(env *environment) {
		for _, acl := range []oss.ACLType{oss.ACLPublicRead, oss.ACLPublicReadWrite, oss.ACLPrivate} {
			must(env.client.SetBucketACL(env.name, acl))
			read, err := env.client.GetBucketACL(env.name)
			must(err)
			equal(read.ACL, string(acl), "ACL")
			check(read.Owner.ID != "", "the owner has an id")
		}
		refused(env.client.SetBucketACL(env.name, "no-such-acl"), "InvalidArgument", 400)
		_, err := env.client.GetBucketACL("compat-none-" + env.suffix)
		refused(err, "NoSuchBucket", 404)
	},
}
