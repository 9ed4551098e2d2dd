package process

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestTheVariableThatAProgramMissesIsFound(t *testing.T) {
	for _, c := range []struct{ output, want, reason string }{
		{"Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    URL = os.environ[\"RTK_KEY_URL\"]\n  File \"<frozen os>\", line 685, in __getitem__\nKeyError: 'RTK_KEY_URL'", "RTK_KEY_URL", "Python"},
		{"2026/11/30 RTK_PUBLIC_KEY_PEM: no PEM\nexit status 1", "RTK_PUBLIC_KEY_PEM", "the receiver's own words"},
		{"Error: RTK_KEY_URL is not set\n    at Object.<anonymous> (/app/server.js:3:9)", "RTK_KEY_URL", "Node"},
		{"Error: Missing environment variable: RTK_KEY_URL", "RTK_KEY_URL", "the name comes last"},
		{"Missing required env var RTK_KEY_URL", "RTK_KEY_URL", "no colon"},
		{"process.env.RTK_KEY_URL is undefined", "RTK_KEY_URL", "as it stands in the source"},
		{`panic: required key RTK_KEY_URL missing value`, "RTK_KEY_URL", "envconfig"},
		{`env: required environment variable "RTK_KEY_URL" is not set`, "RTK_KEY_URL", "caarlos0/env"},
		{"decouple.UndefinedValueError: RTK_KEY_URL not found. Declare it as envvar or define a default value.", "RTK_KEY_URL", "python-decouple"},
		{"django.core.exceptions.ImproperlyConfigured: Set the RTK_KEY_URL environment variable", "RTK_KEY_URL", "django-environ"},
		{"pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\nrtk_key_url\n  Field required [type=missing, input_value={}, input_type=dict]", "RTK_KEY_URL", "Pydantic names the field"},
		{"RTK_KEY_URL environment variable is required", "RTK_KEY_URL", "words between"},
		{"RTK_KEY_URL must be set", "RTK_KEY_URL", "an order"},
		{" Missing environment variables:\n    RTK_KEY_URL: undefined (string)\n", "RTK_KEY_URL", "envalid"},
		{`key not found: "RTK_KEY_URL" (KeyError)`, "RTK_KEY_URL", "Ruby"},
		{`** (System.EnvError) could not fetch environment variable "RTK_KEY_URL" because it is not set`, "RTK_KEY_URL", "Elixir"},
		{`PHP Warning:  Undefined array key "RTK_KEY_URL" in /app/hook.php on line 3`, "RTK_KEY_URL", "PHP"},
		{"A_B is not set\nC_D is not set\nlistening", "C_D", "the last of two"},
		{"Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x'\n  code: 'MODULE_NOT_FOUND'", "", "codes of Node"},
		{"Error: UNABLE_TO_VERIFY_LEAF_SIGNATURE: not found", "", "an error of TLS"},
		{"KeyError: 'data'", "", "a member of JSON"},
		{"PORT is not set, 3000 is taken", "", "a word in capitals"},
		{"using RTK_KEY_URL http://127.0.0.1:1/", "", "it is there"},
		{"event MEETING_ENDED ignored: not found in SESSION_MAP", "", "names that nothing is said of"},
		{"", "", "nothing"},
	} {
		t.Run(c.reason, func(t *testing.T) {
			assert.Equal(t, MissingVariable(strings.Split(c.output, "\n")), c.want)
		})
	}
}
