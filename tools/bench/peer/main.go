// Command peer contains the counterparts of the benchmark: an upstream registry that needs very little CPU, a reverse proxy
// with httputil.ReverseProxy that sets a fixed Authorization header, the same as a forward proxy that intercepts TLS, a load
// generator, and bad neighbours.
//
//	peer upstream -listen ADDR -authorization VALUE -directory PATH
//	peer proxy    -listen ADDR -upstream URL -authorization VALUE
//	peer forward  -listen ADDR -intercept HOST:PORT -authorization VALUE -cert FILE -key FILE -ca FILE
//	peer load     -mode pull|push|push-chunked|manifest -url URL …
//	peer hostile  -listen ADDR
//	peer neighbour -kind idle|forged|tunnels -url URL …
package main

import (
	"fmt"
	"os"
)

func main() {
	commands := map[string]func([]string) error{
		"upstream": runUpstream, "proxy": runProxy, "forward": runForward, "load": runLoad, "hostile": runHostile, "neighbour": runNeighbour,
	}
	if len(os.Args) > 1 {
		if run, known := commands[os.Args[1]]; known {
			if err := run(os.Args[2:]); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: peer upstream|proxy|forward|load|hostile|neighbour FLAGS")
	os.Exit(2)
}
