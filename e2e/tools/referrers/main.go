// Command referrers is an OCI registry in memory, with the referrers API, for the tests.
//
// It prints the address that it listens on as its first line. -cert and -key switch TLS on.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"cuelabs.dev/go/oci/ociregistry/ocimem"
	"cuelabs.dev/go/oci/ociregistry/ociserver"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	cert := flag.String("cert", "", "file of the TLS certificate chain; without it plain HTTP is served")
	key := flag.String("key", "", "file of the TLS private key")
	flag.Parse()
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	registry := ociserver.New(ocimem.New(), nil)
	logged := func(w http.ResponseWriter, r *http.Request) {
		log.Printf("%s %s", r.Method, r.URL.RequestURI())
		registry.ServeHTTP(w, r)
	}
	server := &http.Server{Handler: http.HandlerFunc(logged), ReadHeaderTimeout: 5 * time.Second}
	if *cert != "" {
		log.Fatal(server.ServeTLS(listener, *cert, *key))
	}
	log.Fatal(server.Serve(listener))
}
