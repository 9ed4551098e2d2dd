package test

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/app"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/terminal"
)

func TestTheCommandLineOutweighsTheSettingsOfTheTarget(t *testing.T) {
	file := []string{"url", "command", "key-env", "port-env"} // whence all of them come
	for _, c := range []struct {
		reason, typed string
		words         []string
		flags         commandFlags
		settings      []string
		url           string
		command       []string
		keyEnv        []string
		used          string
		err           string
	}{
		{"the file alone", "", nil, commandFlags{url: "u", line: []string{"a"}, keyEnv: []string{"K"}}, file, "u", []string{"a"}, []string{"K"}, "url, command, key-env, port-env, seed", ""},
		{"another target that runs already", "v", nil, commandFlags{url: "u", line: []string{"a"}, keyEnv: []string{"K"}}, file, "v", nil, nil, "seed", ""},
		{"another target with its command", "v", []string{"b"}, commandFlags{url: "u", line: []string{"a"}, keyEnv: []string{"K"}}, file, "v", []string{"b"}, []string{"K"}, "key-env, seed", ""},
		{"a port that only the URL of the file has", "v", []string{"b"}, commandFlags{url: "http://h:{port}/", portEnv: []string{"P"}}, file, "v", []string{"b"}, nil, "key-env, seed", ""},
		{"another command for the URL of the file", "", []string{"b"}, commandFlags{url: "u", line: []string{"a"}}, file, "u", []string{"b"}, nil, "url, key-env, port-env, seed", ""},
		{"flags alone", "", nil, commandFlags{url: "u", line: []string{"a"}}, nil, "u", []string{"a"}, nil, "", ""},
		{"a URL, and its command as a flag", "v", nil, commandFlags{line: []string{"a"}}, nil, "v", []string{"a"}, nil, "", ""},
		{"neither: the built-in receiver", "", nil, commandFlags{}, nil, "", nil, nil, "", ""},
		{"a variable typed without a command stays, and is refused later", "v", nil, commandFlags{keyEnv: []string{"K"}}, nil, "v", nil, []string{"K"}, "", ""},
		{"two URLs", "v", nil, commandFlags{url: "u"}, nil, "", nil, nil, "", "--url: the URL v is given as well, want one of them"},
		{"two commands", "v", []string{"b"}, commandFlags{line: []string{"a"}}, nil, "", nil, nil, "", `--command: a command follows "--" as well, want one of them`},
		{"no URL", "", []string{"b"}, commandFlags{}, nil, "", nil, nil, "", `test: found no URL before "--", want that of the receiver that the command starts, such as http://localhost:3000/webhook`},
		{"no URL in the file", "", nil, commandFlags{line: []string{"a"}}, []string{"command"}, "", nil, nil, "", "rtkmock.yaml:1: command: found no URL, want that of the receiver that it starts"},
	} {
		var noted strings.Builder
		a := app.New(nil, terminal.Streams{Err: &noted})
		a.Settings.File, a.Settings.Without, a.Settings.Flags = "rtkmock.yaml", "--config none", append(c.settings, "seed")
		for _, name := range c.settings {
			a.Origins[name] = "rtkmock.yaml:1: " + name
		}
		f := c.flags
		f.words = c.words
		url, err := f.settle(a, c.typed)
		if c.err != "" {
			assert.Error(t, err, c.err, c.reason)
			continue
		}
		assert.NilError(t, err, c.reason)
		assert.Equal(t, url, c.url, c.reason)
		assert.DeepEqual(t, f.words, c.command)
		assert.DeepEqual(t, f.keyEnv, c.keyEnv)
		assert.Equal(t, len(f.portEnv), 0, c.reason)
		if c.settings != nil {
			assert.Equal(t, noted.String(), "rtkmock: settings from rtkmock.yaml: "+c.used+" (--config none leaves them out)\n", c.reason)
		}
	}
}

func TestWhatRepeatsTheSettingsIsTold(t *testing.T) {
	file := func() commandFlags {
		return commandFlags{url: "http://h:{port}/x", words: []string{"a", "b"}, outweighs: []string{"a", "b"}}
	}
	for _, c := range []struct {
		reason, typed string
		change        func(*commandFlags)
		want          bool
	}{
		{"the same", "http://h:{port}/x", nil, true},
		{"a port that rtkmock would choose", "http://h:4000/x", nil, true},
		{"another path", "http://h:4000/y", nil, false},
		{"no port", "http://h/x", nil, false},
		{"no URL", "", nil, false},
		{"another command", "http://h:{port}/x", func(f *commandFlags) { f.words = []string{"a"} }, false},
		{"no command", "http://h:{port}/x", func(f *commandFlags) { f.words, f.outweighs = nil, nil }, false},
		{"a variable that is typed", "http://h:{port}/x", func(f *commandFlags) { f.keyPEMEnv = []string{"K"} }, false},
		{"one of the file", "http://h:{port}/x", func(f *commandFlags) { f.keyEnv = []string{"K"} }, true},
	} {
		a := app.New(nil, terminal.Streams{})
		a.Settings.Flags = []string{"command", "key-env", "url"}
		a.Origins = map[string]string{"key-env": "rtkmock.yaml:3: key-env"}
		f := file()
		if c.change != nil {
			c.change(&f)
		}
		assert.Equal(t, f.repeatsFile(a, c.typed), c.want, c.reason)
	}
}
