package main

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash/crc64"
	"io"
	"io/ioutil"
	"reflect"
	"strconv"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

const kib = 1024
const mib = 1024 * 1024

// bytesOf makes bytes that depend on every index, so that swapped or repeated parts show.
func bytesOf(length int, seed uint32) []byte {
	data := make([]byte, length)
	x := seed*2654435761 | 1
	for i := range data {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		data[i] = byte(x >> 8)
	}
	return data
}

func md5Hex(data []byte) string {
	sum := md5.Sum(data)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

func md5Base64(data []byte) string {
	sum := md5.Sum(data)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// crcOf is the value of x-oss-hash-crc64ecma for these bytes.
func crcOf(data []byte) string {
	return strconv.FormatUint(crc64.Checksum(data, crc64.MakeTable(crc64.ECMA)), 10)
}

// etagOf is the object ETag of a multipart upload of these parts.
func etagOf(parts ...[]byte) string {
	all := ""
	for _, part := range parts {
		all += md5Hex(part)
	}
	return fmt.Sprintf("\"%s-%d\"", md5Hex([]byte(all)), len(parts))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func check(condition bool, format string, arguments ...interface{}) {
	if !condition {
		panic(fmt.Sprintf(format, arguments...))
	}
}

func equal(actual, expected interface{}, what string) {
	if !reflect.DeepEqual(actual, expected) {
		panic(fmt.Sprintf("%s: got %q, expected %q", what, fmt.Sprint(actual), fmt.Sprint(expected)))
	}
}

// refused asserts that the call failed with this code and status.
func refused(err error, code string, status int) oss.ServiceError {
	if err == nil {
		panic("expected " + code + ", but the call succeeded")
	}
	service, ok := err.(oss.ServiceError)
	if !ok {
		panic(fmt.Sprintf("expected %s, got %v", code, err))
	}
	equal(service.Code, code, "code")
	equal(service.StatusCode, status, "status of "+code)
	return service
}

func sameBytes(actual, expected []byte, what string) {
	equal(len(actual), len(expected), what+": length")
	if !bytes.Equal(actual, expected) {
		for i := range actual {
			if actual[i] != expected[i] {
				panic(fmt.Sprintf("%s: byte %d differs", what, i))
			}
		}
	}
}

func readAll(body io.ReadCloser) []byte {
	defer body.Close()
	data, err := ioutil.ReadAll(body)
	must(err)
	return data
}

func get(bucket *oss.Bucket, key string, options ...oss.Option) []byte {
	body, err := bucket.GetObject(key, options...)
	must(err)
	return readAll(body)
}

func put(bucket *oss.Bucket, key string, data []byte, options ...oss.Option) {
	must(bucket.PutObject(key, bytes.NewReader(data), options...))
}

func bucketOf(client *oss.Client, name string) *oss.Bucket {
	bucket, err := client.Bucket(name)
	must(err)
	return bucket
}
