// Records what the first Go SDK (Debian's golang-github-aliyun-aliyun-oss-go-sdk-dev) really sends.
// Use: GO111MODULE=off GOPATH=/usr/share/gocode go run record-go.go > go-1.5.0.json
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

type sent struct {
	Name    string      `json:"name"`
	Bucket  *string     `json:"bucket"`
	Key     *string     `json:"key"`
	Time    int64       `json:"time"`
	Method  string      `json:"method"`
	Target  string      `json:"target"`
	Headers [][2]string `json:"headers"`
}

var (
	all     []sent
	current sent
)

func serve(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		reader := bufio.NewReader(conn)
		line, _ := reader.ReadString('\n')
		words := strings.Split(strings.TrimSpace(line), " ")
		request := current
		request.Time, request.Method, request.Target = time.Now().Unix(), words[0], words[1]
		length := 0
		for {
			header, _ := reader.ReadString('\n')
			header = strings.TrimRight(header, "\r\n")
			if header == "" {
				break
			}
			at := strings.Index(header, ":")
			if !strings.EqualFold(header[:at], "user-agent") {
				request.Headers = append(request.Headers, [2]string{header[:at], header[at+1:]})
			}
			if strings.EqualFold(header[:at], "content-length") {
				fmt.Sscan(header[at+1:], &length)
			}
		}
		io.CopyN(io.Discard, reader, int64(length))
		all = append(all, request)
		body := "<?xml version=\"1.0\"?><R><UploadId>u</UploadId></R>"
		if words[0] == "HEAD" {
			body = ""
		}
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nETag: \"x\"\r\nConnection: close\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		conn.Close()
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go serve(listener)
	name := "examplebucket"
	keys := []string{"a.txt", "目录/a b+c.jpg", "a%2Fb%", "-!@$^&*()/'quoted'~", "what?acl&b=c#d", "emoji😀", "a//double/", "ctl\x01\x7f"}
	for _, token := range []string{"", "to+ken/="} {
		options := []oss.ClientOption{oss.EnableCRC(false)}
		label := "go V1 "
		if token != "" {
			options = append(options, oss.SecurityToken(token))
			label = "go V1+token "
		}
		client, _ := oss.New("http://"+listener.Addr().String(), "ak", "sk", options...)
		bucket, _ := client.Bucket(name)
		for i := range keys {
			key := keys[i]
			run := func(operation string, call func()) {
				current = sent{Name: label + operation + " " + key, Bucket: &name, Key: &keys[i]}
				call()
			}
			run("put", func() {
				bucket.PutObject(key, strings.NewReader("x"), oss.Meta("author", "alice 目"), oss.ContentType("text/x; a=b"), oss.ObjectACL(oss.ACLPrivate))
			})
			run("get", func() {
				if body, err := bucket.GetObject(key, oss.Range(1, 2)); err == nil {
					body.Close()
				}
			})
			run("getMeta", func() { bucket.GetObjectMeta(key) })
			run("acl", func() { bucket.GetObjectACL(key) })
			run("append", func() { bucket.AppendObject(key, strings.NewReader("x"), 0) })
			copied := "源 s+o"
			current = sent{Name: label + "copy " + key, Bucket: &name, Key: &copied}
			bucket.CopyObject(key, copied)
			run("symlink", func() { bucket.PutSymlink(key, "目") })
			run("initiate", func() { bucket.InitiateMultipartUpload(key) })
			upload := oss.InitiateMultipartUploadResult{Bucket: name, Key: key, UploadID: "U+/="}
			run("part", func() { bucket.UploadPart(upload, strings.NewReader("x"), 1, 3) })
			run("parts", func() { bucket.ListUploadedParts(upload) })
			run("abort", func() { bucket.AbortMultipartUpload(upload) })
		}
		run := func(operation string, call func()) {
			current = sent{Name: label + operation, Bucket: &name}
			call()
		}
		run("list", func() { bucket.ListObjects(oss.Prefix("a+b/目 "), oss.Delimiter("/"), oss.MaxKeys(3)) })
		run("uploads", func() { bucket.ListMultipartUploads(oss.Prefix(""), oss.KeyMarker("K")) })
		run("delete", func() { bucket.DeleteObjects(keys) })
		run("info", func() { client.GetBucketInfo(name) })
		current = sent{Name: label + "service"}
		client.ListBuckets(oss.Prefix("b"))
	}
	fmt.Println("[")
	for i, request := range all {
		line, _ := json.Marshal(request)
		fmt.Print(string(line))
		if i < len(all)-1 {
			fmt.Print(",")
		}
		fmt.Println()
	}
	fmt.Println("]")
}
