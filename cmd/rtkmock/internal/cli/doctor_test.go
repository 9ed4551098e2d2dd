package cli

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/process/processtest"
)

// examined has the doctor look at a program that plays role.
func examined(t *testing.T, h *processtest.Hub, role string, args ...string) result {
	t.Helper()
	all := append([]string{"doctor", anyPort, "--port-env", "PORT", "--intercept", "never"}, args...)
	return caller{env: h.As(role)}.call(t, append(all, "--", os.Args[0])...)
}

func TestDoctorSaysWhetherAReceiverCanBeJudged(t *testing.T) {
	t.Parallel()
	h := processtest.NewHub(t)
	r := examined(t, h, "receives")
	r.exits(t, exit.OK)
	next := fmt.Sprintf("\nNot judged yet. Next\n  rtkmock test '%s' --port-env PORT --intercept never -- %s\n", anyPort, os.Args[0])
	assert.Equal(t, r.out, "ok  genuine event   accepted\nok  unsigned event  refused\nok  event types     takes 9 of 9\nok  key             fetched from here once\n"+next)

	r = examined(t, h, "lets-forgeries-in", "--output", "json")
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, `"unsigned": "a delivery without rtk-signature: answered 200`))
	assert.Assert(t, is.Contains(r.out, `"genuine": "accepted"`))

	r = examined(t, h, "dies")
	r.exits(t, exit.Inconclusive)
	assert.Assert(t, is.Contains(r.err, "cannot find module 'express'"))
}

func TestDoctorLeavesOutWhatTheSettingsSay(t *testing.T) {
	h := processtest.NewHub(t)
	enter(t, map[string]string{"rtkmock.yaml": "url: http://127.0.0.1:{port}/webhook\ncommand: " + os.Args[0] + "\nport-env: PORT\n"})
	doctor := func(args ...string) string {
		return caller{env: h.As("receives")}.call(t, append([]string{"doctor", "--intercept", "never"}, args...)...).out
	}
	const plain = "Next\n  rtkmock test --intercept never\n"
	assert.Assert(t, is.Contains(doctor(), plain))
	assert.Assert(t, is.Contains(doctor(anyPort, "--", os.Args[0]), plain))
	other := strings.Replace(anyPort, "127.0.0.1", "localhost", 1)
	assert.Assert(t, is.Contains(doctor(other, "--", os.Args[0]), " '"+other+"' -- "+os.Args[0]+"\n"), "the file says otherwise")
	assert.Assert(t, is.Contains(doctor(anyPort, "--", os.Args[0], "-test.v"), " '"+anyPort+"' -- "+os.Args[0]+" -test.v\n"), "nor does it start that")
	assert.Assert(t, is.Contains(doctor(anyPort, "--key-env", "OTHER", "--", os.Args[0]), " '"+anyPort+"' --key-env OTHER -- "+os.Args[0]+"\n"), "nor sets that")
}

func TestDoctorSaysWhatToChangeFirst(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "Forbidden: CSRF token missing", http.StatusForbidden)
	}))
	defer server.Close()
	r := call(t, "doctor", server.URL)
	r.exits(t, exit.Inconclusive)
	assert.Assert(t, is.Contains(r.out, "NO  genuine event   A CSRF protection refuses it"))
	assert.Assert(t, is.Contains(r.out, "    fix             take the webhook's path out of the CSRF protection"))
	assert.Assert(t, is.Contains(r.out, "\nThen, once more\n  rtkmock doctor "+server.URL+"\n"))
	assert.Assert(t, !strings.Contains(r.out, "unsigned event"), r.out)

	// One that looks at nothing takes what is not signed. That outweighs the rest.
	lax := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer lax.Close()
	r = call(t, "doctor", lax.URL)
	r.exits(t, exit.Nonconformant)
	assert.Assert(t, is.Contains(r.out, "ok  genuine event   accepted\nNO  unsigned event  a delivery without rtk-signature: answered 200"))

	// A command is broken where it can be copied.
	r = caller{tty: true, width: 60, env: []string{"NO_COLOR=1"}}.call(t, "doctor", lax.URL, "--events", "meeting.started,meeting.ended")
	assert.Assert(t, strings.HasSuffix(r.out, "\nNext\n  rtkmock test "+lax.URL+" --events \\\n  meeting.started,meeting.ended\n"), r.out)

	r = call(t, "doctor")
	r.exits(t, exit.Usage)
	assert.Assert(t, is.Contains(r.err, "doctor: found no URL, want that of a receiver, as in rtkmock doctor http://localhost:3000/webhook -- npm start\n"))
}
