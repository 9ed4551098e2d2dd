package serve

import (
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/page"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// Forms of the log on standard error.
const (
	logText = "text"
	logJSON = "json"
)

// eventLog logs what happens while a service is served: in lines for people or, if
// json is set, as one JSON object a line.
type eventLog struct {
	*app.App
	json bool
	log  *slog.Logger // also for what goes wrong in the service itself
}

func newLog(a *app.App, format string) eventLog {
	if format == logJSON {
		return eventLog{a, true, slog.New(slog.NewJSONHandler(a.Err, nil))}
	}
	return eventLog{a, false, slog.New(slog.NewTextHandler(a.Err, nil))}
}

// handler logs each request to next, but of the live page one a load: its parts and
// what it reads all the time say nothing, as long as they succeed.
func (l eventLog) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		counted := &statusWriter{ResponseWriter: w}
		defer func() {
			reads := r.Method == http.MethodGet && (strings.HasPrefix(r.URL.Path, "/page/") || r.Header.Get(page.ReadHeader) != "")
			if !reads || counted.status >= http.StatusBadRequest {
				l.request(r, began, counted.status)
			}
		}()
		next.ServeHTTP(counted, r)
	})
}

// request logs a request; a status of 0 is no answer. It logs no header but the
// User-Agent, and no query: those may be secret.
func (l eventLog) request(r *http.Request, began time.Time, status int) {
	took, method, path, agent := time.Since(began), terminal.Clip(r.Method, maxLogged), terminal.Clip(r.URL.EscapedPath(), maxLogged), terminal.Clip(r.UserAgent(), maxLogged)
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		from = r.RemoteAddr
	}
	if l.json {
		l.log.Info("request", "method", method, "path", path, "status", status,
			"took_ms", float64(took.Microseconds())/1000, "from", from, "user_agent", agent)
		return
	}
	answer := "no answer"
	if status > 0 {
		answer = http.StatusText(status)
	}
	l.Logf("%s  %s %s  %d %s  from %s %s", began.Format(time.TimeOnly), terminal.OneLine(method), terminal.OneLine(path), status, answer, from, terminal.OneLine(agent))
}

// maxLogged is how many characters a line has of anything that somebody else chose.
const maxLogged = 200

// deliveries logs the end of each delivery.
func (l eventLog) deliveries(updates <-chan service.Update) {
	for u := range updates {
		switch {
		case u.Kind == service.Missed && l.json:
			l.log.Warn("more happened than could be noted")
		case u.Kind == service.Missed:
			l.Notef("more happened than could be noted here; some lines are missing")
		case u.Kind == service.DeliverySet && u.Delivery.State != store.Pending:
			l.delivery(u)
		}
	}
}

func (l eventLog) delivery(u service.Update) {
	d := u.Delivery
	if l.json {
		l.log.Info("delivery", "id", d.ID, "event", d.Event, "webhook", d.WebhookID, "url", terminal.Clip(d.URL, maxLogged), "uuid", d.UUID,
			"state", d.State, "reason", d.Reason, "attempts", d.Attempts, "status", d.Status, "error", terminal.Clip(d.Error, maxLogged), "took_ms", d.TookMS)
		return
	}
	line := string(d.Event) + " to " + terminal.Clip(d.URL, maxLogged) + "  " + string(d.State)
	switch {
	case d.Reason != "":
		line += ": " + d.Reason
	case d.Status > 0:
		line += " with " + strconv.Itoa(d.Status)
	case d.Error != "":
		line += ": " + terminal.Clip(d.Error, maxLogged)
	}
	if d.Attempts > 1 {
		line += ", after " + strconv.Itoa(d.Attempts) + " attempts"
	}
	l.Logf("%s  %s  (delivery %d)", u.At.Local().Format(time.TimeOnly), terminal.OneLine(line), d.ID)
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
