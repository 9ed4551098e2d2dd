package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process/processtest"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/conformance/receivers"
	"github.com/rtkmock/rtkmock/mocksender/rtk"
)

// Variables of a receiver that a test starts.
const (
	effectsVar = "EFFECTS"      // file to which it appends its effects
	pemVar     = "RTKTEST_PEM"  // the key
	keptVar    = "RTKTEST_KEPT" // file in which it keeps the key that it has fetched
	urlVar     = "REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"
)

func TestMain(m *testing.M) {
	// Many tests wait for a program or a retry more than they work.
	_ = flag.Set("test.parallel", "4")
	processtest.Main(m, act)
}

// act is what a started program does.
func act(role string) int {
	// No test asks a name server, whatever goes wrong: the hosts file is all there is.
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("a test asks for a name")
	}}
	if role == "rtkmock" {
		return Main(context.Background(), os.Args[1:], os.Environ(), terminal.OS())
	}
	fmt.Println("\x1b[32mstarted\x1b[0m as " + role)
	switch role {
	case "dies":
		fmt.Fprintln(os.Stderr, "cannot find module 'express'")
		return 7
	case "misses":
		fmt.Fprintln(os.Stderr, "KeyError: 'RTK_KEY_URL'")
		return 1
	case "prints":
		fmt.Print(os.Args[1])
		return 0
	case "tests": // as those of an application, which knows the real addresses alone
		return useAPI()
	case "parent":
		child := exec.Command(os.Args[0])
		child.Env = processtest.As("receives")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			return 98
		}
	}
	conn := processtest.Announce(role)
	if role == "idles" || role == "parent" {
		select {} // a program that does nothing
	}
	fmt.Fprintln(os.Stderr, serveReceiver(role))
	runtime.KeepAlive(conn) // or the test sees an end too early
	return 98
}

// serveReceiver serves the reference receiver, or a flawed one called role.
func serveReceiver(role string) error {
	config := receivers.Config{KeyURL: os.Getenv(urlVar), OnDelivery: recordEffect()}
	if role == "hard-coded" {
		config.KeyURL, config.Client = "https://api.realtime.cloudflare.com/.well-known/webhooks.json", http.DefaultClient
	}
	if text := os.Getenv(pemVar); text != "" {
		key, err := rtk.ParsePublicKey([]byte(text))
		if err != nil {
			return err
		}
		config.KeyURL, config.PublicKey = "", key
	}
	if path := os.Getenv(keptVar); path != "" {
		pem, err := keptKey(path)
		if err != nil {
			return err
		}
		if config.PublicKey, err = rtk.ParsePublicKey(pem); err != nil {
			return err
		}
		config.KeyURL = ""
	}
	rc := receivers.Reference(config)
	if flaw := map[string]string{"lets-forgeries-in": "accepts-missing-header", "follows-redirects": "follows-redirects-anywhere"}[role]; flaw != "" {
		rc, _ = receivers.Flawed(flaw, config)
	}
	var asked, posts atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) < 4 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Printf("%s %s %s\n", r.Method, r.URL, r.Header.Get("X-Token"))
		switch {
		case role == "crashes", role == "crashes-later" && posts.Add(1) > 19:
			os.Exit(5)
		case role == "warms" && asked.Load() < 4:
			fmt.Println("too early")
			w.WriteHeader(http.StatusNotFound)
		case role == "lacks-key":
			fmt.Println("KeyError: 'RTK_KEY_URL'")
			w.WriteHeader(http.StatusInternalServerError)
		case role == "races":
			fmt.Printf("==================\nWARNING: DATA RACE\nRead at 0x01 by goroutine 8:\n  main.hook()\n      /app/hook.go:17 +0x1d\n")
			rc.ServeHTTP(w, r)
		default:
			rc.ServeHTTP(w, r)
		}
	})
	port := os.Getenv("PORT")
	if role == "listens-elsewhere" {
		port = "0"
	}
	ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return err
	}
	fmt.Printf("listening on http://%s\n", ln.Addr())
	return http.Serve(ln, mux)
}

// useAPI asks the real addresses for the key and for webhooks, and prints what
// came. It ends with an exit code of its own.
func useAPI() int {
	for _, address := range []string{
		"https://api.realtime.cloudflare.com/.well-known/webhooks.json",
		"https://api.cloudflare.com/client/v4/accounts/a/realtime/kit/b/webhooks",
		"https://api.dyte.io/v2/meetings",
		os.Getenv("RTKMOCK_CONTROL_URL") + "/health",
	} {
		req, _ := http.NewRequest(http.MethodGet, address, nil)
		req.Header.Set("Authorization", "Bearer hunter5")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		fmt.Println(res.StatusCode, address)
		res.Body.Close()
	}
	return 42
}

// keptKey returns what is in the file, and fetches the key into it at first.
func keptKey(path string) ([]byte, error) {
	if pem, err := os.ReadFile(path); err == nil {
		return pem, nil
	}
	resp, err := http.Get(os.Getenv(urlVar))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var document struct {
		Data struct{ PublicKey string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&document); err != nil {
		return nil, err
	}
	pem := []byte(document.Data.PublicKey)
	return pem, os.WriteFile(path, pem, 0o600)
}

// recordEffect appends the first effect of each delivery to a file.
func recordEffect() func(receivers.Delivery) {
	var mu sync.Mutex
	seen := map[string]bool{}
	return func(d receivers.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		path := os.Getenv(effectsVar)
		if path == "" || !d.Verified || d.Status/100 != 2 || seen[d.UUID] {
			return
		}
		seen[d.UUID] = true
		line, _ := json.Marshal(map[string]string{"uuid": d.UUID})
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, _ = f.Write(append(line, '\n'))
			f.Close()
		}
	}
}
