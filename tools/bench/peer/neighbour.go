package main

import (
	"crypto/rand"
	"encoding/base64"
	"flag"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// runNeighbour keeps connections to the proxy of which it makes no proper use, until it is killed. Each neighbour has its own
// address, like a pod: 127.0.0.2, 127.0.0.3, …
func runNeighbour(args []string) error {
	flags := flag.NewFlagSet("neighbour", flag.ExitOnError)
	kind := flags.String("kind", "", "idle: connections without a request; forged: each repeats requests with a token that has an invalid signature; tunnels: each asks for a tunnel and begins a TLS handshake in it")
	target := flags.String("url", "", "URL to which forged tokens are sent")
	token := flags.String("token", "", "a valid token; forged ones differ from it in their signature")
	to := flags.String("to", "", "HOST:PORT of the tunnels")
	login := flags.String("login", "", "value of Proxy-Authorization for the tunnels")
	addresses := flags.Int("addresses", 1, "number of neighbours")
	connections := flags.Int("connections", 1, "number of connections of each")
	period := flags.Duration("period", 4*time.Second, "time between two requests of a connection, or until a closed one is opened again")
	_ = flags.Parse(args)
	request, err := http.NewRequest(http.MethodGet, *target, nil)
	if err != nil {
		return err
	}
	head := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer ", request.URL.RequestURI(), request.URL.Host)
	for address := range *addresses {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+address))}}
		for index := range *connections {
			go func() {
				// Spread over the period, so that the requests do not start at the same time.
				time.Sleep(*period * time.Duration(index) / time.Duration(*connections))
				for {
					hold(dialer, request.URL.Host, func(connection net.Conn) bool {
						switch *kind {
						case "forged":
							return showForged(connection, head, *token)
						case "tunnels":
							return halfOpen(connection, *to, *login)
						default:
							return true
						}
					})
					time.Sleep(*period)
				}
			}()
		}
	}
	select {}
}

// hold opens a connection, runs the work once and reads until the server closes. If the work returns false, it closes immediately.
func hold(dialer net.Dialer, address string, work func(net.Conn) bool) {
	connection, err := dialer.Dial("tcp", address)
	if err != nil {
		return
	}
	defer connection.Close()
	if !work(connection) {
		return
	}
	buffer := make([]byte, 4096)
	for {
		if _, err := connection.Read(buffer); err != nil {
			return
		}
	}
}

// halfOpen asks for a tunnel and sends the beginning of a ClientHello, whose rest never comes. Returns false when the connection broke.
func halfOpen(connection net.Conn, to, login string) bool {
	head := fmt.Sprintf("CONNECT %s HTTP/1.1\r\nHost: %s\r\nProxy-Authorization: %s\r\n\r\n", to, to, login)
	if _, err := connection.Write([]byte(head)); err != nil {
		return false
	}
	answer := make([]byte, 4096)
	length, err := connection.Read(answer)
	if err != nil {
		return false
	}
	if strings.HasPrefix(string(answer[:length]), "HTTP/1.1 200 ") {
		_, err = connection.Write([]byte{0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc})
	}
	return err == nil
}

// showForged sends one request and waits for the response. Like most scanners, it does not use the connection again.
func showForged(connection net.Conn, head, token string) bool {
	signature := make([]byte, 256)
	_, _ = rand.Read(signature)
	parts := strings.Split(token, ".")
	forged := parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(signature)
	if _, err := connection.Write([]byte(head + forged + "\r\n\r\n")); err != nil {
		return false
	}
	_, _ = connection.Read(make([]byte, 4096))
	return false
}
