package main

import (
	"crypto"
	"crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io/ioutil"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
)

type heardCall struct {
	target  string
	body    []byte
	problem string
}

// receiver is an application's server: it verifies callbacks as the public documentation says and remembers them.
type receiver struct {
	origin  string
	status  int
	keyLead string // How the URL of the public key must begin: anybody may sign with a key of his own.
	server  *http.Server
	lock    sync.Mutex
	calls   []*heardCall
}

func startReceiver(env *environment) *receiver {
	if env.mossBinary == "" {
		panic(skip{"the application is on this machine, where only a server of this machine reaches it"})
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	r := &receiver{origin: "http://" + listener.Addr().String(), status: http.StatusOK, keyLead: env.endpoint + "/"}
	r.server = &http.Server{Handler: r}
	go r.server.Serve(listener)
	return r
}

func (r *receiver) stop() { r.server.Close() }

// only is the only call since the last time; its signature was right.
func (r *receiver) only() *heardCall {
	r.lock.Lock()
	defer r.lock.Unlock()
	equal(len(r.calls), 1, "calls")
	call := r.calls[0]
	r.calls = nil
	equal(call.problem, "", "the verification")
	return call
}

func (r *receiver) ServeHTTP(response http.ResponseWriter, message *http.Request) {
	body, err := ioutil.ReadAll(message.Body)
	call := &heardCall{target: message.RequestURI, body: body}
	if err == nil {
		err = r.verify(message, body)
	}
	if err != nil {
		call.problem = err.Error()
	}
	r.lock.Lock()
	r.calls = append(r.calls, call)
	r.lock.Unlock()
	response.Header().Set("Content-Type", "application/json")
	response.WriteHeader(r.status)
	fmt.Fprint(response, `{"Status":"OK"}`)
}

func (r *receiver) verify(message *http.Request, body []byte) error {
	location, err := base64.StdEncoding.DecodeString(message.Header.Get("x-oss-pub-key-url"))
	if err != nil || !strings.HasPrefix(string(location), r.keyLead) {
		return fmt.Errorf("the key's URL is %q: %v", location, err)
	}
	response, err := rawClient.Get(string(location))
	if err != nil {
		return err
	}
	block, _ := pem.Decode(readAll(response.Body))
	if block == nil {
		return fmt.Errorf("%s is no PEM", location)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(message.Header.Get("authorization"))
	if err != nil {
		return err
	}
	path, query := message.RequestURI, ""
	if at := strings.IndexByte(path, '?'); at >= 0 {
		path, query = path[:at], path[at:]
	}
	if path, err = url.PathUnescape(path); err != nil {
		return err
	}
	sum := md5.Sum(append([]byte(path+query+"\n"), body...))
	return rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), crypto.MD5, sum[:], signature)
}
