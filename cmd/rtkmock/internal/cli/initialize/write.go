package initialize

import (
	"fmt"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/target"
)

// texts are the templates of the files.
var texts = map[string]string{
	settingsName: `# Settings of rtkmock for {{.Kind}}, written by "rtkmock init". A setting is a flag by its
# name ("rtkmock help test" lists them). "rtkmock test" reads this file in this folder.

# Where the receiver takes its deliveries.{{if port .URL}} {port} is a free port that rtkmock chooses.{{end}}
{{- if not .RouteAt}}
# No route was found in the sources: put the right path here.{{end}}
url: {{yaml .URL}}
{{if .Command}}
# What starts it. rtkmock ends it, and starts it again where a check needs a fresh process.
command: {{yaml .Command}}
{{- else if .KeyPEM}}
# It has the public half of this key in {{.KeyPEM}}.
# To make the key, and to give it:
#   rtkmock key new --out {{.KeyFile}}
#   export {{.KeyPEM}}="$({{.PublicKey}})"
{{- if .Service}}
# and in the compose file, so that the container gets it too:
#   services: { {{.Service}}: { environment: [{{.KeyPEM}}] } }{{end}}
key: {{.KeyFile}}
{{- else if .Service}}
# It runs in a container, which reaches the key of rtkmock at this address. Give it the variable
# {{.KeyName}}=http://host.docker.internal:9010/.well-known/webhooks.json
# and, on Linux, extra_hosts: ["host.docker.internal:host-gateway"].
listen: 0.0.0.0:9010
advertise: http://host.docker.internal:9010
{{- else}}
# What starts it: put the right command here. Without one, it has to run already and to fetch
# its key from http://127.0.0.1:9010/.well-known/webhooks.json.
# command: npm start
listen: 127.0.0.1:9010
{{- end}}
{{- if and .Service (not .Command)}}

# How it is restarted, for checks that need a fresh process.
restart-cmd: {{yaml (print "docker compose kill " .Service " && docker compose start " .Service)}}
{{- end}}
{{- with .PortEnv}}

# The variable in which it finds the port to listen at.
port-env: {{.}}
{{- end}}
{{- if and .Command .KeyEnv}}

# The variable in which it finds the URL of the key.
key-env: {{.KeyEnv}}
{{- else if and .Command .KeyPEM}}

# The variable in which it finds the key itself.
key-pem-env: {{.KeyPEM}}
{{- else if .Command}}

# The variable in which it finds the URL of the key, if it is another one.
# key-env: {{.KeyName}}
{{- end}}

test:
{{- if .Effects}}
  # Most lost events and repeats are only seen if the Worker says what it did: it answers {"count":N}
  # there, where EFFECTS is set. A run without it ends with the lines that do that.
  # effects-url: {{.Effects}}
{{- else}}
  # Most lost events and repeats are only seen if the receiver says what it did: it appends a line
  # {"uuid":"…"} to a file for each effect.
  # effects-file: effects.jsonl
{{- end}}
`,
	workflowName: `# Judges the receiver of RealtimeKit webhooks on each push, written by "rtkmock init".
name: webhooks
on:
  push:
  pull_request:

permissions:
  contents: read

jobs:
  rtkmock:
    runs-on: ubuntu-latest
    timeout-minutes: 15
{{- if ne .Within "."}}
    defaults:
      run:
        working-directory: {{yaml .Within}}
{{- end}}
    steps:
      - uses: actions/checkout@v6
{{- with .Setup}}
      - uses: {{.Uses}}
{{- with .With}}
        with:
{{- range .}}
          {{.Name}}: {{yaml .Value}}
{{- end}}{{end}}{{end}}
{{- range .Outside}}
      # {{.}}.
{{- end}}
{{- range .Lines}}
      - run: {{yaml .}}
{{- end}}
      # Put the account on GitHub that holds rtkmock for you in place of OWNER.
      - id: rtkmock
        uses: OWNER/rtkmock@v0.9.0
        with:
          url: {{yaml .URL}}
{{- with .Command}}
          command: {{yaml .}}
{{- end}}
{{- if ne .Within "."}}
          working-directory: {{yaml .Within}}
{{- end}}
      - uses: actions/upload-artifact@v7
        if: {{"${{ !cancelled() && steps.rtkmock.outputs.reports }}"}}
        with:
          name: rtkmock
          path: {{"${{ steps.rtkmock.outputs.reports }}"}}
`,
}

const (
	settingsName = "rtkmock.yaml"
	workflowName = ".github/workflows/rtkmock.yml"
)

// KeyName is the variable of the key's URL.
func (p *project) KeyName() string {
	if p.KeyEnv != "" {
		return p.KeyEnv
	}
	return target.KeyVariable
}

// KeyFile is the key of a receiver that has its public half in a variable, where
// rtkmock does not start it. PublicKey is the command that prints that half.
func (p *project) KeyFile() string   { return "rtkmock-key.pem" }
func (p *project) PublicKey() string { return "openssl pkey -pubout -in " + p.KeyFile() }

// Effects is the URL where a receiver without files can answer how often a delivery had
// an effect; empty: it has files.
func (p *project) Effects() string {
	scheme, rest, _ := strings.Cut(p.URL, "://")
	host, _, _ := strings.Cut(rest, "/")
	if p.Kind != worker {
		return ""
	}
	return scheme + "://" + host + "/effects?uuid={uuid}"
}

// workflow is what the CI job is made of.
type workflow struct {
	*project
	Within string // the folder within the repository
}

// Lines are the shell lines before the judgement.
func (w workflow) Lines() []string {
	lines := append([]string{}, w.Install...)
	lines = append(lines, w.Build...)
	if w.Command == "" && w.KeyPEM != "" {
		lines = append(lines, "openssl genpkey -algorithm RSA -out "+w.KeyFile())
		// The steps after it have the variable as well: it has several lines.
		lines = append(lines, fmt.Sprintf(`{ echo '%s<<END'; %s; echo END; } >> "$GITHUB_ENV"`, w.KeyPEM, w.PublicKey()))
	}
	if w.Service != "" {
		lines = append(lines, "docker compose up --detach --wait")
	}
	return lines
}

// content returns the text of a file.
func content(name string, data any) (string, error) {
	t, err := template.New(name).Funcs(template.FuncMap{
		"yaml": scalar,
		"port": func(url string) bool { return strings.Contains(url, "{port}") },
	}).Parse(texts[name])
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, data)
	return b.String(), err
}

// scalar writes text as a value in YAML, in one line.
func scalar(s string) (string, error) {
	out, err := yaml.Marshal(&yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s})
	return strings.TrimRight(string(out), "\n"), err
}
