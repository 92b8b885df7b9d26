package main

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"sync"
)

// runForward is the peer that our forward proxy is measured against: the standard library's TLS on both sides and one header for the
// intercepted address, and io.Copy, which the kernel's splice does, for every other.
func runForward(args []string) error {
	flags := flag.NewFlagSet("forward", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address to listen on")
	intercept := flags.String("intercept", "", "HOST:PORT that is intercepted")
	authorization := flags.String("authorization", "", "value of the Authorization header")
	certificate := flags.String("cert", "", "file with the certificate for the intercepted host")
	key := flags.String("key", "", "file with its key")
	ca := flags.String("ca", "", "file with the authorities of the upstream")
	_ = flags.Parse(args)
	pair, err := tls.LoadX509KeyPair(*certificate, *key)
	if err != nil {
		return err
	}
	roots, err := readRoots(*ca)
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 256
	transport.DisableCompression = true
	transport.ForceAttemptHTTP2 = false
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, NextProtos: []string{"http/1.1"}}
	inside := newConnections()
	server := &http.Server{
		Handler: &httputil.ReverseProxy{
			Transport: transport,
			Rewrite: func(request *httputil.ProxyRequest) {
				request.Out.URL.Scheme = "https"
				request.Out.URL.Host = *intercept
				request.Out.Header.Set("Authorization", *authorization)
			},
		},
	}
	go func() { _ = server.Serve(inside) }()
	config := &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}}
	return http.ListenAndServe(*listen, http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if request.Method != http.MethodConnect {
			response.WriteHeader(http.StatusOK)
			return
		}
		client, buffered, err := response.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		if request.Host == *intercept {
			establish(client)
			inside.add(tls.Server(client, config))
			return
		}
		tunnel(client, buffered, request.Host)
	}))
}

func establish(client net.Conn) {
	_, _ = fmt.Fprint(client, "HTTP/1.1 200 Connection established\r\n\r\n")
}

func tunnel(client net.Conn, buffered *bufio.ReadWriter, address string) {
	defer client.Close()
	upstream, err := net.Dial("tcp", address)
	if err != nil || buffered.Reader.Buffered() > 0 {
		return
	}
	defer upstream.Close()
	establish(client)
	var group sync.WaitGroup
	group.Go(func() { pass(upstream, client) })
	group.Go(func() { pass(client, upstream) })
	group.Wait()
}

func pass(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	_ = to.(*net.TCPConn).CloseWrite()
}

func readRoots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s contains no certificate", file)
	}
	return roots, nil
}

// connections is a listener whose connections come from tunnels.
type connections struct{ waiting chan net.Conn }

func newConnections() *connections { return &connections{waiting: make(chan net.Conn)} }

func (c *connections) add(connection net.Conn)   { c.waiting <- connection }
func (c *connections) Accept() (net.Conn, error) { return <-c.waiting, nil }
func (c *connections) Close() error              { return nil }
func (c *connections) Addr() net.Addr            { return &net.TCPAddr{} }
