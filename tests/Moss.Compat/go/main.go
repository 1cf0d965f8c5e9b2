// Runs ../scenarios.txt over the Go SDK of OSS (Debian: golang-github-aliyun-aliyun-oss-go-sdk-dev, version 1.5.0).
//
//	compat-go --endpoint URL [--scenarios FILE] [--only PREFIX] [--restart-command COMMAND] [--moss BINARY]
//
// The credential comes from OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET. COMMAND kills the server and starts it again; it
// must return when the server answers. BINARY is the command line that administers it. What the SDK cannot do (V4, signed URLs, ListObjectsV2) is done over plain HTTP with
// a signer of this program's own, so that server and SDK are not the only two readings of the signature rules.
package main

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"flag"
	"fmt"
	"io/ioutil"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

type environment struct {
	endpoint       string
	keyID          string
	keySecret      string
	restartCommand string
	mossBinary     string
	suffix         string
	name           string
	work           string
	client         *oss.Client
	bucket         *oss.Bucket
}

type scenario func(env *environment)

type skip struct{ reason string }

var counts struct{ passed, failed, skipped int }

func main() {
	// This version of the SDK compares a file time read from JSON with one read from disk, which are only equal in a
	// zone other than UTC; in UTC no checkpoint is ever valid and every resume starts over.
	time.Local = time.FixedZone("CST", 8*60*60)

	endpoint := flag.String("endpoint", "", "the server's URL")
	list := flag.String("scenarios", "tests/Moss.Compat/scenarios.txt", "the list of scenarios")
	only := flag.String("only", "", "run only the scenarios whose name begins so")
	restart := flag.String("restart-command", "", "kills the server and starts it again")
	moss := flag.String("moss", "", "the command line that administers the server")
	child := flag.String("child", "", "")
	flag.Parse()
	if *child != "" {
		uploadUntilKilled(*child)
		return
	}
	env := &environment{
		endpoint: strings.TrimSuffix(*endpoint, "/"), keyID: os.Getenv("OSS_ACCESS_KEY_ID"),
		keySecret: os.Getenv("OSS_ACCESS_KEY_SECRET"), restartCommand: *restart, mossBinary: *moss, suffix: randomHex(4),
	}
	if env.endpoint == "" || env.keyID == "" || env.keySecret == "" {
		fmt.Fprintln(os.Stderr, "usage: OSS_ACCESS_KEY_ID=.. OSS_ACCESS_KEY_SECRET=.. compat-go --endpoint URL")
		os.Exit(2)
	}
	runAll(env, *list, *only)
	summary := fmt.Sprintf("%d passed, %d failed", counts.passed, counts.failed)
	if counts.skipped > 0 {
		summary += fmt.Sprintf(", %d skipped", counts.skipped)
	}
	fmt.Println(summary)
	if counts.failed > 0 || counts.passed == 0 {
		os.Exit(1)
	}
}

func runAll(env *environment, list, only string) {
	var err error
	env.work, err = ioutil.TempDir("", "moss-compat-go-")
	must(err)
	defer os.RemoveAll(env.work)
	env.name = "compat-go-" + env.suffix
	env.client = env.newClient()
	run("go/set-up", env, func(env *environment) {
		must(env.client.CreateBucket(env.name))
		env.bucket, err = env.client.Bucket(env.name)
		must(err)
	})
	if counts.failed > 0 {
		return
	}
	scenarios := map[string]scenario{}
	for _, group := range []map[string]scenario{
		bucketScenarios, objectScenarios, listScenarios, multipartScenarios, resumeScenarios, accessScenarios, keyScenarios,
		grantScenarios, formScenarios, callbackScenarios, settingScenarios, upkeepScenarios,
	} {
		for name, body := range group {
			scenarios[name] = body
		}
	}
	names := readNames(list)
	for _, name := range names {
		if strings.HasPrefix(name, only) {
			run("go/"+name, env, scenarios[name])
		}
		delete(scenarios, name)
	}
	for name := range scenarios {
		report("FAIL", "go/"+name, "is not in the list of scenarios")
	}
	run("go/clean-up", env, removeBucket)
}

func readNames(list string) []string {
	file, err := os.Open(list)
	must(err)
	defer file.Close()
	var names []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line != "" && line[0] != '#' && !strings.HasPrefix(line, "browser.") {
			names = append(names, strings.TrimSpace(strings.Split(line, "|")[0]))
		}
	}
	return names
}

func run(name string, env *environment, body scenario) {
	if body == nil {
		report("FAIL", name, "not implemented in this program")
		return
	}
	done := make(chan [2]string, 1)
	go func() {
		defer func() {
			switch failure := recover().(type) {
			case nil:
				done <- [2]string{"ok", ""}
			case skip:
				done <- [2]string{"skip", failure.reason}
			default:
				done <- [2]string{"FAIL", strings.Join(strings.Fields(fmt.Sprint(failure)), " ") + where()}
			}
		}()
		body(env)
	}()
	select {
	case result := <-done:
		report(result[0], name, result[1])
	case <-time.After(2 * time.Minute):
		report("FAIL", name, "no end after 120 s")
	}
}

// where is the line of the scenario that failed, from the stack of the panic.
func where() string {
	for _, line := range strings.Split(string(debug.Stack()), "\n") {
		line = strings.TrimSpace(line)
		if strings.Contains(line, "_scenarios.go:") {
			line = strings.Split(line, " ")[0]
			return " (" + line[strings.LastIndex(line, "/")+1:] + ")"
		}
	}
	return ""
}

func report(outcome, name, reason string) {
	switch outcome {
	case "ok":
		counts.passed++
	case "FAIL":
		counts.failed++
	case "skip":
		counts.skipped++
	}
	if reason != "" {
		fmt.Printf("%s %s: %s\n", outcome, name, reason)
	} else {
		fmt.Printf("%s %s\n", outcome, name)
	}
}

func (env *environment) newClient(options ...oss.ClientOption) *oss.Client {
	client, err := oss.New(env.endpoint, env.keyID, env.keySecret, options...)
	must(err)
	return client
}

func randomHex(bytes int) string {
	data := make([]byte, bytes)
	_, err := rand.Read(data)
	must(err)
	return hex.EncodeToString(data)
}
