package main

import (
	"flag"
	"net/http"
	"net/http/httputil"
	"net/url"
)

// runProxy is the peer that our proxy is measured against: the standard library's reverse proxy and one header.
func runProxy(args []string) error {
	flags := flag.NewFlagSet("proxy", flag.ExitOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address to listen on")
	upstream := flags.String("upstream", "", "URL of the registry")
	authorization := flags.String("authorization", "", "value of the Authorization header")
	_ = flags.Parse(args)
	target, err := url.Parse(*upstream)
	if err != nil {
		return err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 256
	transport.DisableCompression = true
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(request *httputil.ProxyRequest) {
			request.SetURL(target)
			request.Out.Header.Set("Authorization", *authorization)
		},
	}
	return http.ListenAndServe(*listen, proxy)
}
