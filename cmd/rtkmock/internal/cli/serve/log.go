package serve

import (
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
	"github.com/rtkmock/rtkmock/mocksender/service"
	"github.com/rtkmock/rtkmock/mocksender/service/store"
)

// Forms of the log on standard error.
const (
	logText = "text"
	logJSON = "json"
)

// eventLog logs what happens while a service is served.
type eventLog interface {
	request(r request)
	delivery(u service.Update)
	missed()
	// internal is for what goes wrong in the service itself.
	internal() *slog.Logger
}

func newLog(a *app.App, format string) eventLog {
	if format == logJSON {
		return jsonLog{slog.New(slog.NewJSONHandler(a.Err, nil))}
	}
	return textLog{a}
}

// request is one that was answered. It holds no header but the User-Agent, and
// no query: those may be secret.
type request struct {
	at           time.Time
	method, path string
	status       int // 0: no answer
	took         time.Duration
	from, agent  string
}

// logged makes log log each request.
func logged(log eventLog, next http.Handler) http.Handler {
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

// logDeliveries logs the end of each delivery.
func logDeliveries(log eventLog, updates <-chan service.Update) {
	for u := range updates {
		switch {
		case u.Kind == service.Missed:
			log.missed()
		case u.Kind == service.DeliverySet && u.Delivery.State != store.Pending:
			log.delivery(u)
		}
	}
}

// textLog writes lines for people.
type textLog struct{ *app.App }

func (l textLog) request(r request) {
	answer := "no answer"
	if r.status > 0 {
		answer = http.StatusText(r.status)
	}
	l.Logf("%s  %s %s  %d %s  from %s %s", r.at.Format(time.TimeOnly), terminal.OneLine(r.method), terminal.OneLine(r.path), r.status, answer, r.from, terminal.OneLine(r.agent))
}

func (l textLog) delivery(u service.Update) {
	d := u.Delivery
	line := string(d.Event) + " to " + d.URL + "  " + string(d.State)
	switch {
	case d.Reason != "":
		line += ": " + d.Reason
	case d.Status > 0:
		line += " with " + strconv.Itoa(d.Status)
	case d.Error != "":
		line += ": " + d.Error
	}
	if d.Attempts > 1 {
		line += ", after " + strconv.Itoa(d.Attempts) + " attempts"
	}
	l.Logf("%s  %s  (delivery %d)", u.At.Local().Format(time.TimeOnly), terminal.OneLine(line), d.ID)
}

func (l textLog) missed() {
	l.Notef("more happened than could be noted here; some lines are missing")
}

func (l textLog) internal() *slog.Logger { return slog.New(slog.NewTextHandler(l.Err, nil)) }

// jsonLog writes a JSON object a line.
type jsonLog struct{ log *slog.Logger }

func (l jsonLog) request(r request) {
	l.log.Info("request", "method", r.method, "path", r.path, "status", r.status,
		"took_ms", float64(r.took.Microseconds())/1000, "from", r.from, "user_agent", r.agent)
}

func (l jsonLog) delivery(u service.Update) {
	d := u.Delivery
	l.log.Info("delivery", "id", d.ID, "event", d.Event, "webhook", d.WebhookID, "url", d.URL, "uuid", d.UUID,
		"state", d.State, "reason", d.Reason, "attempts", d.Attempts, "status", d.Status, "error", d.Error, "took_ms", d.TookMS)
}

func (l jsonLog) missed() { l.log.Warn("more happened than could be noted") }

func (l jsonLog) internal() *slog.Logger { return l.log }
