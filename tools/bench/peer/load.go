package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type loadOptions struct {
	mode          string
	url           string
	authorization []string
	fresh         bool
	deadline      time.Duration
	count         int
	concurrency   int
	size          int64
	rate          float64
	proxy         string
	ca            string
	hold          time.Duration
}

type loadResult struct {
	Requests int     `json:"requests"`
	Failed   int     `json:"failed"`
	Error    string  `json:"error,omitempty"`
	Bytes    int64   `json:"bytes"`
	Seconds  float64 `json:"seconds"`
	P50Ms    float64 `json:"p50Ms"`
	P99Ms    float64 `json:"p99Ms"`
}

// runLoad makes `count` requests with `concurrency` connections and prints one JSON object. With a rate, requests start
// at fixed times, even if earlier ones have not ended, and latency counts from the time at which a request was due.
func runLoad(args []string) error {
	var options loadOptions
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	flags.StringVar(&options.mode, "mode", "pull", "pull, push, push-chunked or manifest")
	flags.StringVar(&options.url, "url", "", "URL of a blob, of an upload session or of a manifest; {n} becomes the request's number, {m} its last digit")
	flags.Func("authorization", "value of the Authorization header; may be repeated; requests use the values in turn", func(value string) error {
		options.authorization = append(options.authorization, value)
		return nil
	})
	flags.DurationVar(&options.deadline, "deadline", time.Hour, "time after which requests that have not ended have failed")
	flags.BoolVar(&options.fresh, "fresh", false, "open a new connection for each request")
	flags.IntVar(&options.count, "count", 1, "number of requests")
	flags.IntVar(&options.concurrency, "concurrency", 1, "requests at a time")
	flags.Int64Var(&options.size, "size", 0, "bytes of each body")
	flags.Float64Var(&options.rate, "rate", 0, "requests per second; 0 means as fast as possible")
	flags.StringVar(&options.proxy, "proxy", "", "URL of a forward proxy, with its login")
	flags.StringVar(&options.ca, "ca", "", "file with the authorities that are trusted for https")
	flags.DurationVar(&options.hold, "hold", 0, "time for which the connections stay open, without requests, after the result was printed")
	_ = flags.Parse(args)
	transport, err := transportOf(options)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(load(options, transport)); err != nil {
		return err
	}
	time.Sleep(options.hold)
	return nil
}

func transportOf(options loadOptions) (*http.Transport, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: options.concurrency, DisableCompression: true, DisableKeepAlives: options.fresh, WriteBufferSize: 256 << 10, ReadBufferSize: 256 << 10}
	if options.proxy != "" {
		proxy, err := url.Parse(options.proxy)
		if err != nil {
			return nil, err
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	if options.ca != "" {
		roots, err := readRoots(options.ca)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return transport, nil
}

func load(options loadOptions, transport *http.Transport) loadResult {
	client := &http.Client{Transport: transport}
	ctx, cancel := context.WithTimeout(context.Background(), options.deadline)
	defer cancel()
	var (
		next, bytes, failed atomic.Int64
		firstError          atomic.Value
		group               sync.WaitGroup
	)
	latencies := make([]time.Duration, options.count)
	started := time.Now()
	for range options.concurrency {
		group.Go(func() {
			buffer := make([]byte, 256<<10)
			for {
				index := next.Add(1) - 1
				if index >= int64(options.count) {
					return
				}
				due := time.Now()
				if options.rate > 0 {
					due = started.Add(time.Duration(float64(index) / options.rate * float64(time.Second)))
					time.Sleep(time.Until(due))
				}
				moved, err := one(ctx, client, options, index, buffer)
				latencies[index] = time.Since(due)
				bytes.Add(moved)
				if err != nil {
					failed.Add(1)
					firstError.CompareAndSwap(nil, err.Error())
				}
			}
		})
	}
	group.Wait()
	slices.Sort(latencies)
	result := loadResult{
		Requests: options.count, Failed: int(failed.Load()), Bytes: bytes.Load(), Seconds: time.Since(started).Seconds(),
		P50Ms: milliseconds(latencies[len(latencies)/2]), P99Ms: milliseconds(latencies[len(latencies)*99/100]),
	}
	if text, ok := firstError.Load().(string); ok {
		result.Error = text
	}
	return result
}

func milliseconds(duration time.Duration) float64 { return float64(duration.Microseconds()) / 1000 }

// one makes one request and returns the number of body bytes in either direction. Fewer bytes than expected are an error.
func one(ctx context.Context, client *http.Client, options loadOptions, index int64, buffer []byte) (int64, error) {
	options.url = strings.NewReplacer("{n}", strconv.FormatInt(index, 10), "{m}", strconv.FormatInt(index%10, 10)).Replace(options.url)
	request, err := newRequest(ctx, options)
	if err != nil {
		return 0, err
	}
	if count := int64(len(options.authorization)); count > 0 {
		request.Header.Set("Authorization", options.authorization[index%count])
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	received, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, response.Body, buffer)
	switch {
	case err != nil:
		return received, err
	case response.StatusCode >= 300:
		return received, fmt.Errorf("status %d", response.StatusCode)
	case options.mode == "pull" && received != options.size:
		return received, fmt.Errorf("got %d of %d bytes", received, options.size)
	case options.mode == "push" || options.mode == "push-chunked":
		if got := response.Header.Get("X-Received"); got != "" && got != fmt.Sprint(options.size) {
			return options.size, fmt.Errorf("the upstream got %s of %d bytes", got, options.size)
		}
		return options.size, nil
	}
	return received, nil
}

func newRequest(ctx context.Context, options loadOptions) (*http.Request, error) {
	switch options.mode {
	case "push", "push-chunked":
		request, err := http.NewRequestWithContext(ctx, http.MethodPut, options.url, &zeros{left: options.size})
		if err != nil {
			return nil, err
		}
		if options.mode == "push" {
			request.ContentLength = options.size
		}
		request.Header.Set("Content-Type", "application/octet-stream")
		return request, nil
	default:
		return http.NewRequestWithContext(ctx, http.MethodGet, options.url, nil)
	}
}

// zeros is a body of zero bytes, which costs nothing to produce.
type zeros struct{ left int64 }

func (z *zeros) Read(buffer []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	count := min(int64(len(buffer)), z.left)
	z.left -= count
	return int(count), nil
}
