// A QUIC server, and with -connect a client, on quic-go: the second implementation beside ours in tests and measurements.
// Built by ../quic-go.ts. Each stream of the server is echoed, or bridged to a TCP port (-bridge), or, where it
// begins with "GET /N", answered with N bytes. What happens is told in lines of JSON.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lucas-clemente/quic-go"
)

var (
	listen  = flag.String("listen", "127.0.0.1:0", "")
	cert    = flag.String("cert", "", "PEM chain")
	key     = flag.String("key", "", "PEM key")
	ca      = flag.String("ca", "", "PEM; server: asks for client certificates of it; client: trusts it")
	alpn    = flag.String("alpn", "mqtt,hq-interop", "")
	retry   = flag.Bool("retry", false, "")
	early   = flag.Bool("early", false, "takes 0-RTT")
	streams = flag.Int64("streams", 100, "")
	window  = flag.Uint64("window", 0, "first window of a stream and of the connection")
	bridge  = flag.String("bridge", "", "TCP address that streams are carried to")
	connect = flag.String("connect", "", "be a client of that address")
	send    = flag.String("send", "", "client: what to send in turn, hex, each after an answer; the last before closing")
	runs    = flag.Int("runs", 1, "client: connections one after another")
)

var output sync.Mutex

func tell(event string, values map[string]any) {
	values["event"] = event
	values["us"] = time.Now().UnixMicro()
	line, _ := json.Marshal(values)
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		tell("failed", map[string]any{"reason": err.Error()})
		os.Exit(1)
	}
}

func pool() *x509.CertPool {
	pem, err := os.ReadFile(*ca)
	check(err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return pool
}

func main() {
	flag.Parse()
	if *connect != "" {
		client()
		return
	}
	pair, err := tls.LoadX509KeyPair(*cert, *key)
	check(err)
	security := &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: strings.Split(*alpn, ",")}
	if *ca != "" {
		security.ClientAuth, security.ClientCAs = tls.RequireAndVerifyClientCert, pool()
	}
	// A bad link and a slow machine together take long; the tests have limits of their own.
	config := &quic.Config{
		RequireAddressValidation:       func(net.Addr) bool { return *retry },
		MaxIncomingStreams:             *streams,
		InitialStreamReceiveWindow:     *window,
		InitialConnectionReceiveWindow: *window,
		EnableDatagrams:                true,
		DisablePathMTUDiscovery:        true,
		HandshakeIdleTimeout:           120 * time.Second,
		MaxIdleTimeout:                 120 * time.Second,
		StatelessResetKey:              []byte("0123456789abcdef0123456789abcdef"),
	}
	var accept func() (quic.Connection, error)
	var address net.Addr
	if *early {
		listener, err := quic.ListenAddrEarly(*listen, security, config)
		check(err)
		address = listener.Addr()
		accept = func() (quic.Connection, error) { return listener.Accept(context.Background()) }
	} else {
		listener, err := quic.ListenAddr(*listen, security, config)
		check(err)
		address = listener.Addr()
		accept = func() (quic.Connection, error) { return listener.Accept(context.Background()) }
	}
	tell("listening", map[string]any{"port": address.(*net.UDPAddr).Port})
	// The parent's end is ours.
	go func() { io.Copy(io.Discard, os.Stdin); os.Exit(0) }()
	for id := 1; ; id++ {
		connection, err := accept()
		check(err)
		go serve(connection, id)
	}
}

func serve(connection quic.Connection, id int) {
	var first int32
	go func() {
		for {
			message, err := connection.ReceiveMessage()
			if err != nil {
				return
			}
			connection.SendMessage(message)
		}
	}()
	for {
		stream, err := connection.AcceptStream(context.Background())
		if err != nil {
			state := connection.ConnectionState().TLS
			tell("closed", map[string]any{"connection": id, "reason": err.Error(), "resumed": state.DidResume, "early": state.Used0RTT, "from": connection.RemoteAddr().String()})
			return
		}
		go handle(stream, id, &first)
	}
}

// Tells of the first byte of the connection, once.
type reader struct {
	io.Reader
	id    int
	first *int32
}

func (r reader) Read(into []byte) (int, error) {
	n, err := r.Reader.Read(into)
	if n > 0 && atomic.CompareAndSwapInt32(r.first, 0, 1) {
		tell("first", map[string]any{"connection": r.id})
	}
	return n, err
}

func handle(stream quic.Stream, id int, first *int32) {
	defer stream.Close()
	from := bufio.NewReader(reader{stream, id, first})
	// The protocol is known only when the handshake is over.
	if head, _ := from.Peek(1); len(head) == 1 && head[0] == 'G' {
		line, err := from.ReadString('\n')
		var count int
		if _, e := fmt.Sscanf(line, "GET /%d", &count); err != nil || e != nil {
			stream.CancelWrite(1)
			return
		}
		stream.Write(pattern(count))
		return
	}
	if *bridge == "" {
		io.Copy(stream, from)
		return
	}
	socket, err := net.Dial("tcp", *bridge)
	if err != nil {
		stream.CancelWrite(1)
		return
	}
	defer socket.Close()
	go func() { io.Copy(socket, from); socket.(*net.TCPConn).CloseWrite() }()
	io.Copy(stream, socket)
}

func pattern(count int) []byte {
	bytes := make([]byte, count)
	for i := range bytes {
		bytes[i] = byte(i*31 + i>>8)
	}
	return bytes
}

func client() {
	security := &tls.Config{RootCAs: pool(), NextProtos: strings.Split(*alpn, ","), ServerName: "localhost", ClientSessionCache: tls.NewLRUClientSessionCache(8)}
	config := &quic.Config{TokenStore: quic.NewLRUTokenStore(4, 4), DisablePathMTUDiscovery: true}
	into := make([]byte, 4096)
	for run := 0; run < *runs; run++ {
		tell("start", map[string]any{"run": run})
		connection, err := quic.DialAddrEarly(*connect, security, config)
		check(err)
		stream, err := connection.OpenStream()
		check(err)
		parts := strings.Split(*send, ",")
		for i, part := range parts {
			bytes, err := hex.DecodeString(part)
			check(err)
			_, err = stream.Write(bytes)
			check(err)
			if i < len(parts)-1 {
				_, err = stream.Read(into)
				check(err)
			}
		}
		<-connection.HandshakeComplete().Done()
		// A ticket may be on its way.
		time.Sleep(time.Duration(100) * time.Millisecond)
		stream.Close()
		check(connection.CloseWithError(0, ""))
		tell("end", map[string]any{"run": run, "early": connection.ConnectionState().TLS.Used0RTT})
		time.Sleep(time.Duration(50) * time.Millisecond)
	}
}
