package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"flag"
	"net/http"
	"strings"
)

const (
	listSize  = 8 << 20
	linkSize  = 60 << 10
	tokenSize = 32 << 10
)

// runHostile serves a registry that tries to harm its proxy: tokens of 32 KB, tag lists of 8 MiB that never end, and Links that
// are costly to parse. A part of the repository's name selects the behaviour.
func runHostile(args []string) error {
	flags := flag.NewFlagSet("hostile", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address to listen on")
	_ = flags.Parse(args)
	tags := `{"name":"hostile","tags":["` + strings.Repeat(strings.Repeat("t", 100)+`","`, listSize/103) + `"]}`
	pairs := strings.Repeat("%&", linkSize/2)
	manifest := manifestOfSize(manifestSize)
	return http.ListenAndServe(*listen, http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		path := request.URL.Path
		switch {
		case path == "/token":
			serveToken(response)
		case !strings.HasPrefix(request.Header.Get("Authorization"), "Bearer "):
			challenge := `Bearer realm="http://` + request.Host + `/token",service="hostile"`
			if repository, _, found := strings.Cut(strings.TrimPrefix(path, "/v2/"), "/manifests/"); found {
				challenge += `,scope="repository:` + repository + `:pull"`
			}
			response.Header().Set("WWW-Authenticate", challenge)
			response.WriteHeader(http.StatusUnauthorized)
		case strings.Contains(path, "/held/"):
			response.Header().Set("Content-Type", "application/json")
			_, _ = response.Write([]byte(tags[:len(tags)-2]))
			response.(http.Flusher).Flush()
			<-request.Context().Done()
		case strings.HasSuffix(path, "/tags/list"):
			response.Header().Set("Link", "<"+path+"?"+pairs+`>; rel="next"`)
			response.Header().Set("Content-Type", "application/json")
			_, _ = response.Write([]byte(`{"name":"hostile","tags":["v1"]}`))
		default:
			response.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
			_, _ = response.Write(manifest)
		}
	}))
}

// serveToken sends a new token each time, which is valid for an hour.
func serveToken(response http.ResponseWriter) {
	bytes := make([]byte, tokenSize*3/4)
	_, _ = rand.Read(bytes)
	response.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(response).Encode(map[string]any{"token": base64.RawURLEncoding.EncodeToString(bytes), "expires_in": 3600})
}
