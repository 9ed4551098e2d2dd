package cli

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/rtkmock/rtkmock/mocksender/service"
)

// Forms of what serve notes on standard error.
const (
	logText = "text"
	logJSON = "json"
)

// serveLog notes what happens while a service is served.
type serveLog interface {
	request(r request)
	delivery(u service.Update)
	missed()
	// inside is for what goes wrong in the service itself.
	inside() *slog.Logger
}

func (a *app) newServeLog(format string) serveLog {
	if format == logJSON {
		return jsonLog{slog.New(slog.NewJSONHandler(a.err, nil))}
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

// textLog writes lines for people.
type textLog struct{ a *app }

func (l textLog) request(r request) {
	answer := "no answer"
	if r.status > 0 {
		answer = http.StatusText(r.status)
	}
	l.a.logf("%s  %s %s  %d %s  from %s %s", r.at.Format(time.TimeOnly), oneLine(r.method), oneLine(r.path), r.status, answer, r.from, oneLine(r.agent))
}

func (l textLog) delivery(u service.Update) {
	l.a.logf("%s  %s", u.At.Local().Format(time.TimeOnly), oneLine(deliveryLine(u.Delivery)))
}

func (l textLog) missed() {
	l.a.logf("rtkmock: more happened than could be noted here; some lines are missing")
}

func (l textLog) inside() *slog.Logger { return slog.New(slog.NewTextHandler(l.a.err, nil)) }

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

func (l jsonLog) inside() *slog.Logger { return l.log }
