// Command timestamp-server is the Sigstore timestamp authority on one loopback port.
//
// The upstream command also binds port 2112 of every address for its metrics, a number that no
// flag changes, so two of it cannot run on one machine. The service itself is upstream's.
package main

import (
	"flag"
	"log"
	"time"

	"github.com/sigstore/timestamp-authority/v2/pkg/server"
	"github.com/spf13/viper"
)

func main() {
	port := flag.Int("port", 0, "port on 127.0.0.1")
	key := flag.String("key", "", "file of the PEM private key that signs the timestamps")
	chain := flag.String("chain", "", "file of the PEM certificate chain, leaf first")
	flag.Parse()
	const policy = "1.3.6.1.4.1.57264.2"
	viper.Set("timestamp-signer", "file")
	viper.Set("timestamp-signer-hash", "sha256")
	viper.Set("file-signer-key-path", *key)
	viper.Set("certificate-chain-path", *chain)
	viper.Set("enforce-intermediate-eku", true)
	viper.Set("max-request-body-size", 1<<20)
	viper.Set("default-policy-oid", policy)
	viper.Set("accepted-policy-oids", []string{policy})
	api := server.NewRestAPIServer("127.0.0.1", *port, []string{"http"}, false, 30*time.Second, 30*time.Second)
	log.Fatal(api.Serve())
}
