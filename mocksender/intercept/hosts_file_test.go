package intercept

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
	is "gotest.tools/v3/assert/cmp"
)

func TestTheHostsFileLeadsTheNamesHereAndKeepsTheRest(t *testing.T) {
	old := strings.Join([]string{
		"127.0.0.1\tlocalhost",
		"# a comment with api.dyte.io",
		"192.0.2.1 api.dyte.io",
		"192.0.2.2 db API.dyte.io. cache # two and one",
		"192.0.2.3 notapi.dyte.io",
		"",
		"::1 localhost",
	}, "\n")
	got := string(hostsFile([]byte(old), []string{DyteHost, RealtimeHost}, "127.82.1.2"))
	assert.Equal(t, got, strings.Join([]string{
		"127.82.1.2\tapi.dyte.io",
		"127.82.1.2\tapi.realtime.cloudflare.com",
		"127.0.0.1\tlocalhost",
		"# a comment with api.dyte.io",
		"192.0.2.2\tdb cache # two and one",
		"192.0.2.3 notapi.dyte.io",
		"",
		"::1 localhost",
	}, "\n"))
	assert.Equal(t, string(hostsFile(nil, []string{DyteHost}, "127.82.1.2")), "127.82.1.2\tapi.dyte.io\n")
}

func TestTheHostsFileIsAskedBeforeADaemon(t *testing.T) {
	for _, c := range []struct {
		old, want string
		only      bool
	}{
		{"passwd: files\nhosts: files dns\n", "passwd: files\nhosts: files dns\n", false},
		{"hosts:\t  files mdns4_minimal [NOTFOUND=return] dns", "hosts:\t  files mdns4_minimal [NOTFOUND=return] dns", false},
		{
			"hosts: mymachines resolve [!UNAVAIL=return] files myhostname dns # Arch\n",
			"hosts: files mymachines resolve [!UNAVAIL=return] files myhostname dns\n", false,
		},
		{"passwd: files\nhosts: files resolve [!UNAVAIL=return] dns\n", "passwd: files\nhosts: files dns\n", true},
		{"# hosts: dns\n", "# hosts: dns\n", false},
		{"", "", false},
	} {
		assert.Equal(t, string(switchFile([]byte(c.old), c.only)), c.want)
	}
}

func FuzzHostsFile(f *testing.F) {
	f.Add("192.0.2.1 api.dyte.io # x\n")
	f.Fuzz(func(t *testing.T, old string) {
		for line := range strings.Lines(string(hostsFile([]byte(old), Hosts(), "127.82.1.2"))) {
			entry, _, _ := strings.Cut(line, "#")
			fields := strings.Fields(entry)
			for _, name := range fields[min(1, len(fields)):] {
				if canonical(name) == DyteHost {
					assert.Assert(t, is.Equal(fields[0], "127.82.1.2"))
				}
			}
		}
	})
}
