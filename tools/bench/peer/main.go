// Command peer holds the counterparts of the benchmark: an upstream registry that costs next to nothing, a reverse proxy
// on httputil.ReverseProxy that sets a fixed Authorization header, and a load generator.
//
//	peer upstream -listen ADDR -authorization VALUE -directory PATH
//	peer proxy    -listen ADDR -upstream URL -authorization VALUE
//	peer load     -mode pull|push|push-chunked|manifest -url URL …
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func([]string) error{"upstream": runUpstream, "proxy": runProxy, "load": runLoad}
	if len(os.Args) > 1 {
		if run, known := commands[os.Args[1]]; known {
			if err := run(os.Args[2:]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: peer upstream|proxy|load FLAGS")
	os.Exit(2)
}
