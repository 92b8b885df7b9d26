package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// A manifest of the size that images usually have.
const manifestSize = 1600

// runUpstream serves one blob, from a file so that the kernel copies it, and one manifest, for any repository and digest;
// it reads uploads to their end and forgets them. A part `size-N` of a repository's name chooses another size of the blob;
// with a part `closing`, the connection ends with every answer.
func runUpstream(args []string) error {
	flags := flag.NewFlagSet("upstream", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address to listen on")
	authorization := flags.String("authorization", "", "the Authorization header that every request must carry")
	certificate := flags.String("cert", "", "file with a certificate; absent: plain http")
	key := flags.String("key", "", "file with the key of the certificate")
	directory := flags.String("directory", "/dev/shm", "where the blob file is kept")
	_ = flags.Parse(args)
	file, err := os.CreateTemp(*directory, "bench-blob-")
	if err != nil {
		return err
	}
	// The name is not needed; the file is removed when the process ends.
	defer file.Close()
	if err := os.Remove(file.Name()); err != nil {
		return err
	}
	server := &upstream{blob: file, authorization: *authorization, manifest: manifestOfSize(manifestSize)}
	if *certificate == "" {
		return http.ListenAndServe(*listen, server)
	}
	// Without HTTP/2, which neither proxy speaks to its upstream.
	secure := &http.Server{Addr: *listen, Handler: server, TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	return secure.ListenAndServeTLS(*certificate, *key)
}

type upstream struct {
	blob          *os.File
	authorization string
	manifest      []byte
}

func manifestOfSize(size int) []byte {
	const head, tail = `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","annotations":{"fill":"`, `"}}`
	return []byte(head + strings.Repeat("x", size-len(head)-len(tail)) + tail)
}

func (u *upstream) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	if request.Header.Get("Authorization") != u.authorization {
		response.Header().Set("WWW-Authenticate", `Basic realm="bench"`)
		response.WriteHeader(http.StatusUnauthorized)
		return
	}
	path := request.URL.Path
	if strings.Contains(path, "/closing/") {
		response.Header().Set("Connection", "close")
	}
	switch {
	case path == "/v2/":
		response.WriteHeader(http.StatusOK)
	case strings.Contains(path, "/blobs/uploads/"):
		u.upload(response, request)
	case strings.Contains(path, "/blobs/"):
		u.serveBlob(response, request)
	case strings.Contains(path, "/manifests/"):
		response.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		response.Header().Set("Content-Length", strconv.Itoa(len(u.manifest)))
		_, _ = response.Write(u.manifest)
	default:
		response.WriteHeader(http.StatusNotFound)
	}
}

func (u *upstream) upload(response http.ResponseWriter, request *http.Request) {
	received, err := io.Copy(io.Discard, request.Body)
	if err != nil {
		return
	}
	switch request.Method {
	case http.MethodPost:
		response.Header().Set("Location", request.URL.Path+"session")
		response.WriteHeader(http.StatusAccepted)
	case http.MethodPut:
		response.Header().Set("Location", strings.Split(request.URL.Path, "uploads/")[0]+request.URL.Query().Get("digest"))
		response.Header().Set("X-Received", strconv.FormatInt(received, 10))
		response.WriteHeader(http.StatusCreated)
	default:
		response.Header().Set("Location", request.URL.Path)
		response.Header().Set("Range", fmt.Sprintf("0-%d", received-1))
		response.WriteHeader(http.StatusAccepted)
	}
}

// serveBlob sends a sparse file of the requested size: the page cache stays empty, and the socket receives zeros.
func (u *upstream) serveBlob(response http.ResponseWriter, request *http.Request) {
	size := int64(1 << 30)
	for _, part := range strings.Split(request.URL.Path, "/") {
		if text, found := strings.CutPrefix(part, "size-"); found {
			if parsed, err := strconv.ParseInt(text, 10, 64); err == nil {
				size = parsed
			}
		}
	}
	if info, err := u.blob.Stat(); err == nil && info.Size() < size {
		_ = u.blob.Truncate(size)
	}
	// The connection closes after each blob, so that no measurement begins with a TCP window of an earlier one.
	response.Header().Set("Connection", "close")
	response.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(response, request, "", time.Time{}, io.NewSectionReader(u.blob, 0, size))
}
