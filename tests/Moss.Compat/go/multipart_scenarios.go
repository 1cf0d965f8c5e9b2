package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io/ioutil"
	"path/filepath"
	"sort"
	"strconv"
	"sync"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

const partSize = 100 * kib

func initiate(env *environment, key string, options ...oss.Option) oss.InitiateMultipartUploadResult {
	upload, err := env.bucket.InitiateMultipartUpload(key, options...)
	must(err)
	equal(upload.Key, key, "key of the upload")
	return upload
}

func uploadPart(env *environment, upload oss.InitiateMultipartUploadResult, number int, data []byte) oss.UploadPart {
	part, err := env.bucket.UploadPart(upload, bytes.NewReader(data), int64(len(data)), number)
	must(err)
	equal(part.ETag, `"`+md5Hex(data)+`"`, "ETag of a part")
	return part
}

func completed(env *environment, upload oss.InitiateMultipartUploadResult, parts ...oss.UploadPart) oss.CompleteMultipartUploadResult {
	result, err := env.bucket.CompleteMultipartUpload(upload, parts)
	must(err)
	return result
}

type partList struct {
	IsTruncated          bool
	NextPartNumberMarker string
	MaxParts             int
	Part                 []oss.UploadedPart
}

var multipartScenarios = map[string]scenario{
	"multipart.upload": func(env *environment) {
		data := bytesOf(11*partSize+4321, 20)
		file := filepath.Join(env.work, "multipart.bin")
		must(ioutil.WriteFile(file, data, 0o600))
		must(env.bucket.UploadFile("multipart/upload", file, partSize, oss.Routines(5), oss.ContentType("video/mp4"), oss.Meta("camera", "7")))
		sameBytes(get(env.bucket, "multipart/upload"), data, "content")
		var parts [][]byte
		for at := 0; at < len(data); at += partSize {
			end := at + partSize
			if end > len(data) {
				end = len(data)
			}
			parts = append(parts, data[at:end])
		}
		header := headOf(env.bucket, "multipart/upload")
		equal(header.Get("Etag"), etagOf(parts...), "ETag")
		equal(header.Get("X-Oss-Hash-Crc64ecma"), crcOf(data), "CRC-64")
		equal(header.Get("X-Oss-Object-Type"), "Multipart", "object type")
		equal(header.Get("Content-Md5"), "", "Content-MD5")
		equal(header.Get("Content-Type"), "video/mp4", "content type")
		equal(header.Get("X-Oss-Meta-Camera"), "7", "metadata")
		sameBytes(get(env.bucket, "multipart/upload", oss.Range(partSize-10, 3*partSize+9)), data[partSize-10:3*partSize+10], "a range over parts")
		target := filepath.Join(env.work, "multipart.got")
		must(env.bucket.DownloadFile("multipart/upload", target, 150*kib, oss.Routines(3), oss.Checkpoint(true, target+".cp")))
		got, err := ioutil.ReadFile(target)
		must(err)
		sameBytes(got, data, "downloaded in ranges")
	},

	"multipart.by-hand": func(env *environment) {
		key := "multipart/by hand+1"
		data := [][]byte{bytesOf(partSize, 30), bytesOf(partSize+1, 31), bytesOf(partSize+2, 32), bytesOf(partSize+3, 33)}
		upload := initiate(env, key, oss.ContentType("text/x-hand"), oss.Meta("hand", "yes"))
		last := uploadPart(env, upload, 900, data[3][:10])
		uploadPart(env, upload, 2, data[1])
		first := uploadPart(env, upload, 1, data[0])
		second := uploadPart(env, upload, 2, data[2]) // Replaces the one before.
		uploadPart(env, upload, 10000, data[3])       // Is left out.
		exists, err := env.bucket.IsObjectExist(key)
		must(err)
		check(!exists, "nothing is visible before Complete")
		result := completed(env, upload, first, second, last)
		equal(result.ETag, etagOf(data[0], data[2], data[3][:10]), "ETag")
		equal(result.Key, key, "key")
		check(result.Location != "", "the location is told")
		sameBytes(get(env.bucket, key), bytes.Join([][]byte{data[0], data[2], data[3][:10]}, nil), "content")
		header := headOf(env.bucket, key)
		equal(header.Get("Content-Type"), "text/x-hand", "content type")
		equal(header.Get("X-Oss-Meta-Hand"), "yes", "metadata")
		_, err = env.bucket.ListUploadedParts(upload)
		refused(err, "NoSuchUpload", 404)
	},

	"multipart.list-parts": func(env *environment) {
		upload := initiate(env, "multipart/list-parts")
		none, err := env.bucket.ListUploadedParts(upload)
		must(err)
		check(len(none.UploadedParts) == 0 && !none.IsTruncated, "no parts yet")
		var wait sync.WaitGroup
		var expected []int
		for n := 0; n < 25; n++ {
			number := n*3 + 1
			expected = append(expected, number)
			wait.Add(1)
			go func() {
				defer wait.Done()
				data := bytesOf(1000+number, uint32(number))
				_, _ = env.bucket.UploadPart(upload, bytes.NewReader(data), int64(len(data)), number) // What failed is missing below.
			}()
		}
		wait.Wait()
		var seen []int
		marker := ""
		for pages := 0; pages < 10; pages++ {
			got := env.v1(request{bucket: env.name, key: upload.Key, query: map[string]string{
				"uploadId": upload.UploadID, "max-parts": "10", "part-number-marker": marker}})
			got.is(200, "", "ListParts")
			var page partList
			must(xml.Unmarshal(got.body, &page))
			equal(page.MaxParts, 10, "MaxParts")
			for _, part := range page.Part {
				data := bytesOf(1000+part.PartNumber, uint32(part.PartNumber))
				equal(part.ETag, `"`+md5Hex(data)+`"`, "ETag")
				equal(part.Size, len(data), "size")
				seen = append(seen, part.PartNumber)
			}
			if !page.IsTruncated {
				break
			}
			marker = page.NextPartNumberMarker
		}
		equal(seen, expected, "part numbers")
		must(env.bucket.AbortMultipartUpload(upload))
	},

	"multipart.list-uploads": func(env *environment) {
		type entry struct{ key, id string }
		var expected []entry
		for _, key := range []string{"uploads/a", "uploads/a", "uploads/b", "uploads/c/1", "uploads/c/2", "uploads/中文", "uploads/d"} {
			expected = append(expected, entry{key, initiate(env, key).UploadID})
		}
		sort.Slice(expected, func(i, j int) bool {
			return expected[i].key < expected[j].key || expected[i].key == expected[j].key && expected[i].id < expected[j].id
		})
		for _, size := range []int{1, 2, 3, 100} {
			var seen []entry
			keyMarker, idMarker := "", ""
			for pages := 0; pages < 20; pages++ {
				page, err := env.bucket.ListMultipartUploads(oss.Prefix("uploads/"), oss.MaxUploads(size), oss.KeyMarker(keyMarker), oss.UploadIDMarker(idMarker))
				must(err)
				for _, upload := range page.Uploads {
					seen = append(seen, entry{upload.Key, upload.UploadID})
				}
				if !page.IsTruncated {
					break
				}
				keyMarker, idMarker = page.NextKeyMarker, page.NextUploadIDMarker
			}
			equal(seen, expected, fmt.Sprintf("uploads in pages of %d", size))
		}
		grouped, err := env.bucket.ListMultipartUploads(oss.Prefix("uploads/"), oss.Delimiter("/"))
		must(err)
		equal(grouped.CommonPrefixes, []string{"uploads/c/"}, "common prefixes")
		equal(len(grouped.Uploads), 5, "uploads beside the prefix")
		for _, upload := range expected {
			must(env.bucket.AbortMultipartUpload(oss.InitiateMultipartUploadResult{Bucket: env.name, Key: upload.key, UploadID: upload.id}))
		}
	},

	"multipart.abort": func(env *environment) {
		put(env.bucket, "multipart/abort", []byte("stays"))
		upload := initiate(env, "multipart/abort")
		part := uploadPart(env, upload, 1, bytesOf(partSize, 40))
		must(env.bucket.AbortMultipartUpload(upload))
		refused(env.bucket.AbortMultipartUpload(upload), "NoSuchUpload", 404)
		_, err := env.bucket.ListUploadedParts(upload)
		refused(err, "NoSuchUpload", 404)
		_, err = env.bucket.UploadPart(upload, bytes.NewReader([]byte("x")), 1, 2)
		refused(err, "NoSuchUpload", 404)
		_, err = env.bucket.CompleteMultipartUpload(upload, []oss.UploadPart{part})
		refused(err, "NoSuchUpload", 404)
		equal(string(get(env.bucket, "multipart/abort")), "stays", "the object under the key")
	},

	"multipart.copy-parts": func(env *environment) {
		source := "multipart/source 源"
		data := bytesOf(7*partSize+77, 41)
		put(env.bucket, source, data)
		must(env.bucket.CopyFile(env.name, source, "multipart/copy", 2*partSize, oss.Routines(3)))
		must(env.bucket.DeleteObject(source))
		sameBytes(get(env.bucket, "multipart/copy"), data, "content")
		equal(headOf(env.bucket, "multipart/copy").Get("X-Oss-Hash-Crc64ecma"), crcOf(data), "CRC-64")
	},

	"multipart.copy-range": func(env *environment) {
		data, own := bytesOf(3*mib, 42), bytesOf(partSize, 43)
		put(env.bucket, "multipart/range-source", data)
		upload := initiate(env, "multipart/copy-range")
		from, length := int64(123457), int64(1500000)
		copied, err := env.bucket.UploadPartCopy(upload, env.name, "multipart/range-source", from, length, 1)
		must(err)
		uploaded := uploadPart(env, upload, 2, own)
		past, err := env.bucket.UploadPartCopy(upload, env.name, "multipart/range-source", 100, int64(len(data)), 3) // Past the end: all of it.
		must(err)
		_, err = env.bucket.UploadPartCopy(upload, env.name, "none", 0, 10, 4)
		refused(err, "NoSuchKey", 404)
		completed(env, upload, copied, uploaded, past)
		expected := bytes.Join([][]byte{data[from : from+length], own, data}, nil)
		must(env.bucket.DeleteObject("multipart/range-source"))
		equal(headOf(env.bucket, "multipart/copy-range").Get("X-Oss-Hash-Crc64ecma"), crcOf(expected), "CRC-64")
		sameBytes(get(env.bucket, "multipart/copy-range"), expected, "content")
	},

	"multipart.refusals": func(env *environment) {
		upload := initiate(env, "multipart/refusals")
		small := uploadPart(env, upload, 1, bytesOf(1000, 50))
		last := uploadPart(env, upload, 2, bytesOf(1000, 51))
		_, err := env.bucket.CompleteMultipartUpload(upload, []oss.UploadPart{small, last})
		refused(err, "EntityTooSmall", 400)
		_, err = env.bucket.CompleteMultipartUpload(upload, []oss.UploadPart{{PartNumber: 2, ETag: `"00000000000000000000000000000000"`}})
		refused(err, "InvalidPart", 400)
		_, err = env.bucket.CompleteMultipartUpload(upload, []oss.UploadPart{{PartNumber: 3, ETag: last.ETag}})
		refused(err, "InvalidPart", 400)
		complete := func(body string) answer {
			return env.v1(request{method: "POST", bucket: env.name, key: upload.Key, query: map[string]string{"uploadId": upload.UploadID}, body: []byte(body)})
		}
		complete("<CompleteMultipartUpload><Part><PartNumber>2</PartNumber><ETag>"+last.ETag+"</ETag></Part><Part><PartNumber>1</PartNumber><ETag>"+
			small.ETag+"</ETag></Part></CompleteMultipartUpload>").is(400, "InvalidPartOrder", "parts in the wrong order")
		complete("<CompleteMultipartUpload><Part>").is(400, "MalformedXML", "broken XML")
		for _, number := range []int{0, 10001, -1} {
			_, err = env.bucket.UploadPart(upload, bytes.NewReader([]byte("x")), 1, number)
			refused(err, "InvalidArgument", 400)
		}
		result := completed(env, upload, last)
		equal(result.ETag, etagOf(bytesOf(1000, 51)), "ETag")
	},

	"multipart.sequential": func(env *environment) {
		got := env.v1(request{method: "POST", bucket: env.name, key: "multipart/sequential", query: map[string]string{"uploads": "", "sequential": ""}})
		got.is(200, "", "Initiate")
		var upload oss.InitiateMultipartUploadResult
		must(xml.Unmarshal(got.body, &upload))
		data := bytesOf(partSize, 60)
		_, err := env.bucket.UploadPart(upload, bytes.NewReader(data), int64(len(data)), 2)
		refused(err, "PartNotSequential", 400)
		first := uploadPart(env, upload, 1, data)
		_, err = env.bucket.UploadPart(upload, bytes.NewReader(data), int64(len(data)), 3)
		refused(err, "PartNotSequential", 400)
		tail := uploadPart(env, upload, 2, bytesOf(10, 61))
		completed(env, upload, first, tail)
		equal(headOf(env.bucket, "multipart/sequential").Get("Content-Md5"), md5Base64(append(data, bytesOf(10, 61)...)), "Content-MD5")
	},

	"multipart.repeat-complete": func(env *environment) {
		upload := initiate(env, "multipart/repeat")
		part := uploadPart(env, upload, 1, bytesOf(partSize, 70))
		other := uploadPart(env, upload, 2, bytesOf(10, 71))
		first := completed(env, upload, part, other)
		again := completed(env, upload, part, other)
		equal(again.ETag, first.ETag, "ETag of the repeated Complete")
		_, err := env.bucket.CompleteMultipartUpload(upload, []oss.UploadPart{part})
		refused(err, "NoSuchUpload", 404)
		refused(env.bucket.AbortMultipartUpload(upload), "NoSuchUpload", 404)
		equal(headOf(env.bucket, "multipart/repeat").Get("Content-Length"), strconv.Itoa(partSize+10), "length")
	},
}
