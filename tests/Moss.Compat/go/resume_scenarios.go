package main

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/ioutil"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

const resumePartSize = 256 * kib
const resumeParts = 40

// resumeWork is what the killed half of a scenario is told.
type resumeWork struct{ Endpoint, Bucket, Key, File, Checkpoint string }

// slowDoor is a way to the server that lets 4 MiB a second through, so that an upload can be broken in the middle.
func slowDoor(endpoint string) (address string, closeDoor func()) {
	target, err := url.Parse(endpoint)
	must(err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	ticks := time.NewTicker(8 * time.Millisecond)
	pass := func(to, from net.Conn, slow bool) {
		defer to.Close()
		defer from.Close()
		buffer := make([]byte, 32*kib)
		for {
			n, err := from.Read(buffer)
			if slow && n > 0 {
				<-ticks.C
			}
			if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
				return
			}
		}
	}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target.Host)
			if err != nil {
				client.Close()
				continue
			}
			go pass(server, client, true)
			go pass(client, server, false)
		}
	}()
	return "http://" + listener.Addr().String(), func() { listener.Close(); ticks.Stop() }
}

// uploadUntilKilled is the child of resume.killed-client.
func uploadUntilKilled(text string) {
	var work resumeWork
	must(json.Unmarshal([]byte(text), &work))
	client, err := oss.New(work.Endpoint, os.Getenv("OSS_ACCESS_KEY_ID"), os.Getenv("OSS_ACCESS_KEY_SECRET"))
	must(err)
	must(bucketOf(client, work.Bucket).UploadFile(work.Key, work.File, resumePartSize, resumeOptions(work.Checkpoint, listenerFunc(func(*oss.ProgressEvent) {}))...))
}

func resumeOptions(checkpoint string, listener oss.ProgressListener) []oss.Option {
	return []oss.Option{oss.Routines(3), oss.Checkpoint(true, checkpoint), oss.ContentType("video/mp2t"), oss.Progress(listener)}
}

type checkpointFile struct {
	UploadID string
	Parts    []struct{ IsCompleted bool }
}

// readCheckpoint answers how many parts the SDK's checkpoint holds as done; a file being written is none.
func readCheckpoint(file string) (checkpointFile, int) {
	var checkpoint checkpointFile
	text, err := ioutil.ReadFile(file)
	if err != nil || json.Unmarshal(text, &checkpoint) != nil {
		return checkpoint, 0
	}
	done := 0
	for _, part := range checkpoint.Parts {
		if part.IsCompleted {
			done++
		}
	}
	return checkpoint, done
}

// goOn resumes from the checkpoint and verifies that the same upload became the file.
func goOn(env *environment, work resumeWork, data []byte) {
	checkpoint, done := readCheckpoint(work.Checkpoint)
	check(done > 0 && done < resumeParts, "%d parts were acknowledged", done)
	listed, err := env.bucket.ListUploadedParts(oss.InitiateMultipartUploadResult{Bucket: env.name, Key: work.Key, UploadID: checkpoint.UploadID})
	must(err)
	check(len(listed.UploadedParts) >= done, "the server has %d parts, the client was told of %d", len(listed.UploadedParts), done)
	var sent int64
	must(env.bucket.UploadFile(work.Key, work.File, resumePartSize, resumeOptions(work.Checkpoint, listenerFunc(func(event *oss.ProgressEvent) {
		if event.EventType == oss.TransferStartedEvent {
			sent = int64(len(data)) - event.ConsumedBytes
		}
	}))...))
	check(sent <= int64(len(data))-int64(done-1)*resumePartSize, "%d bytes were sent again", sent)
	sameBytes(get(env.bucket, work.Key), data, "content")
	header := headOf(env.bucket, work.Key)
	equal(header.Get("X-Oss-Hash-Crc64ecma"), crcOf(data), "CRC-64")
	equal(header.Get("Content-Type"), "video/mp2t", "content type")
	_, err = env.bucket.ListUploadedParts(oss.InitiateMultipartUploadResult{Bucket: env.name, Key: work.Key, UploadID: checkpoint.UploadID})
	refused(err, "NoSuchUpload", 404) // It was this upload that was completed.
}

// killAmidst runs a command and kills it when a quarter of the parts is there.
func killAmidst(command *exec.Cmd, done func() int) {
	command.Stderr = os.Stderr
	must(command.Start())
	for deadline := time.Now().Add(time.Minute); done() < resumeParts/4; {
		check(time.Now().Before(deadline), "the child made no progress")
		time.Sleep(5 * time.Millisecond)
	}
	must(command.Process.Kill())
	_ = command.Wait() // It was killed.
}

// mossCopy is `moss cp` of the file, in small parts, with its state where the run is.
func (env *environment) mossCopy(work resumeWork, words ...string) *exec.Cmd {
	if env.mossBinary == "" {
		panic(skip{"needs the command line (--moss)"})
	}
	words = append([]string{"cp", work.File, "oss://" + work.Bucket + "/" + work.Key, "--bigfile-threshold", "1Mi", "--content-type", "video/mp2t", "--output-format", "json"}, words...)
	command := exec.Command(env.mossBinary, words...)
	command.Env = append(os.Environ(), "XDG_STATE_HOME="+filepath.Join(env.work, "state"), "OSS_ENDPOINT="+env.endpoint, "OSS_ACCESS_KEY_ID="+env.keyID, "OSS_ACCESS_KEY_SECRET="+env.keySecret)
	return command
}

// openUpload is the id of the one open upload of a key, or nothing.
func openUpload(env *environment, key string) string {
	listed, err := env.bucket.ListMultipartUploads(oss.Prefix(key))
	must(err)
	found := ""
	for _, upload := range listed.Uploads {
		if upload.Key == key {
			check(found == "", "more than one upload of %s is open", key)
			found = upload.UploadID
		}
	}
	return found
}

func partsOf(env *environment, key, upload string) []oss.UploadedPart {
	listed, err := env.bucket.ListUploadedParts(oss.InitiateMultipartUploadResult{Bucket: env.name, Key: key, UploadID: upload})
	must(err)
	return listed.UploadedParts
}

// writeCheckpoint writes the SDK's own checkpoint, of an upload that another client began.
func writeCheckpoint(work resumeWork, upload string, held []oss.UploadedPart) {
	type stat struct {
		Size         int64
		LastModified time.Time
		MD5          string
	}
	type part struct {
		Chunk       oss.FileChunk
		Part        oss.UploadPart
		IsCompleted bool
	}
	type checkpoint struct {
		Magic     string
		MD5       string
		FilePath  string
		FileStat  stat
		ObjectKey string
		UploadID  string
		Parts     []part
	}
	chunks, err := oss.SplitFileByPartSize(work.File, resumePartSize)
	must(err)
	info, err := os.Stat(work.File)
	must(err)
	// The SDK leaves the MD5 of the file empty, and seals the rest with one.
	made := checkpoint{
		Magic: "FE8BB4EA-B593-4FAC-AD7A-2459A36E2E62", FilePath: work.File, FileStat: stat{Size: info.Size(), LastModified: info.ModTime()},
		ObjectKey: work.Key, UploadID: upload, Parts: make([]part, len(chunks)),
	}
	for i, chunk := range chunks {
		made.Parts[i].Chunk = chunk
	}
	for _, there := range held {
		made.Parts[there.PartNumber-1].Part = oss.UploadPart{PartNumber: there.PartNumber, ETag: there.ETag}
		made.Parts[there.PartNumber-1].IsCompleted = true
	}
	text, err := json.Marshal(made)
	must(err)
	sum := md5.Sum(text)
	made.MD5 = base64.StdEncoding.EncodeToString(sum[:])
	text, err = json.Marshal(made)
	must(err)
	must(ioutil.WriteFile(work.Checkpoint, text, 0o600))
}

type listenerFunc func(event *oss.ProgressEvent)

func (f listenerFunc) ProgressChanged(event *oss.ProgressEvent) { f(event) }

func prepare(env *environment, name string, seed uint32) (resumeWork, []byte) {
	data := bytesOf(resumeParts*resumePartSize+99, seed)
	file := filepath.Join(env.work, name+".bin")
	must(ioutil.WriteFile(file, data, 0o600))
	return resumeWork{Endpoint: env.endpoint, Bucket: env.name, Key: "resume/" + name, File: file, Checkpoint: file + ".cp"}, data
}

var resumeScenarios = map[string]scenario{
	"resume.killed-client": func(env *environment) {
		work, data := prepare(env, "killed-client", 80)
		door, closeDoor := slowDoor(env.endpoint)
		defer closeDoor()
		work.Endpoint = door
		text, err := json.Marshal(work)
		must(err)
		killAmidst(exec.Command(os.Args[0], "--child", string(text)), func() int {
			_, done := readCheckpoint(work.Checkpoint)
			return done
		})
		goOn(env, work, data)
	},

	"resume.moss-begins": func(env *environment) {
		work, data := prepare(env, "moss-begins", 82)
		upload, parts := "", []oss.UploadedPart{}
		look := func() int {
			if upload = openUpload(env, work.Key); upload != "" {
				parts = partsOf(env, work.Key, upload)
			}
			return len(parts)
		}
		killAmidst(env.mossCopy(work, "--part-size", fmt.Sprint(resumePartSize), "--parallel", "3", "--bandwidth-limit", "1Mi"), look)
		look()
		writeCheckpoint(work, upload, parts)
		goOn(env, work, data)
	},

	"resume.moss-finishes": func(env *environment) {
		work, data := prepare(env, "moss-finishes", 83)
		finish := env.mossCopy(work)
		door, closeDoor := slowDoor(env.endpoint)
		defer closeDoor()
		work.Endpoint = door
		text, err := json.Marshal(work)
		must(err)
		killAmidst(exec.Command(os.Args[0], "--child", string(text)), func() int {
			_, done := readCheckpoint(work.Checkpoint)
			return done
		})
		upload, held := openUpload(env, work.Key), int64(0)
		for _, part := range partsOf(env, work.Key, upload) {
			held += int64(part.Size)
		}
		out, err := finish.Output()
		must(err)
		var result struct {
			UploadID                   string `json:"uploadId"`
			ResumedBytes, NetworkBytes int64
		}
		must(json.Unmarshal(out, &result))
		equal(result.UploadID, upload, "the upload")
		// A part that was in flight may have arrived after the look.
		check(result.ResumedBytes >= held && result.NetworkBytes == int64(len(data))-result.ResumedBytes, "%d bytes were there, %d were not sent again", held, result.ResumedBytes)
		sameBytes(get(env.bucket, work.Key), data, "content")
		equal(headOf(env.bucket, work.Key).Get("X-Oss-Hash-Crc64ecma"), crcOf(data), "CRC-64")
		equal(openUpload(env, work.Key), "", "the open upload")
	},

	"resume.killed-server": func(env *environment) {
		if env.restartCommand == "" {
			panic(skip{"needs --restart-command"})
		}
		work, data := prepare(env, "killed-server", 81)
		put(env.bucket, "resume/before", data[:500000])
		door, closeDoor := slowDoor(env.endpoint)
		defer closeDoor()
		client, err := oss.New(door, env.keyID, env.keySecret)
		must(err)
		restarted := make(chan error, 1)
		var once sync.Once
		listener := listenerFunc(func(event *oss.ProgressEvent) {
			if event.EventType == oss.TransferDataEvent && event.ConsumedBytes >= int64(len(data))/4 {
				once.Do(func() { go func() { restarted <- exec.Command("bash", "-c", env.restartCommand).Run() }() })
			}
		})
		err = bucketOf(client, env.name).UploadFile(work.Key, work.File, resumePartSize, resumeOptions(work.Checkpoint, listener)...)
		check(err != nil, "the upload noticed the killed server")
		select {
		case err = <-restarted:
			must(err)
		case <-time.After(time.Minute):
			panic("the server was not restarted")
		}
		sameBytes(get(env.bucket, "resume/before"), data[:500000], "the object from before")
		goOn(env, work, data)
	},
}
