package cli

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"
)

func pid() int { return os.Getpid() }

func readyFlag(cmd *cobra.Command, dst *string) {
	stringFlag(cmd.Flags(), dst, "ready-file", "FILE", "write the address to this file as JSON once it answers, and remove the file in the end")
}

// tell announces a server that answers: to whoever waits for the file, and on
// standard output.
func (a *app) tell(file, output string, what ready, text string) error {
	if err := a.writeReady(file, what); err != nil {
		return err
	}
	if output == outputJSON {
		return a.printJSONLine(what)
	}
	a.printf("%s\n", text)
	return nil
}

// writeReady writes the file of --ready-file, if there is to be one.
func (a *app) writeReady(file string, what ready) error {
	if file == "" {
		return nil
	}
	data, err := json.Marshal(what)
	if err != nil {
		return err
	}
	if err := writeFile(file, append(data, '\n'), 0o644, true); err != nil {
		return a.bad("ready-file", "%s: %s", file, fileProblem(err))
	}
	return nil
}

// untell removes the file again.
func (a *app) untell(file string) {
	if file != "" {
		os.Remove(file)
	}
}

// hintListen says what an address that stands for all addresses needs.
func (a *app) hintListen(l listenFlags) {
	if l.advertise == "" && listensEverywhere(l.addr) {
		a.logf("rtkmock: listening on every address of this machine; others need its name in place of 127.0.0.1 (--advertise)")
	}
}

// logged has log note each request.
func logged(log serveLog, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		counted := &statusWriter{ResponseWriter: w}
		defer func() {
			host, _, err := net.SplitHostPort(r.RemoteAddr)
			if err != nil {
				host = r.RemoteAddr
			}
			log.request(request{
				at: began, method: r.Method, path: r.URL.EscapedPath(), status: counted.status,
				took: time.Since(began), from: host, agent: r.UserAgent(),
			})
		}()
		next.ServeHTTP(counted, r)
	})
}

// statusWriter notes the status of an answer.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}
