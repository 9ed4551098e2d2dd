package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/exit"
	"github.com/rtkmock/rtkmock/cmd/rtkmock/internal/wording"
	"gotest.tools/v3/assert"
)

// mistakes are command lines with what is said about them. DIR, PORT and KEY
// are filled in.
func mistakes() []struct{ args, want string } {
	return []struct{ args, want string }{
		// verbs
		{"tset", `unknown verb "tset"; did you mean test?`},
		{"tset --only sig/*", `unknown verb "tset"; did you mean test?`},
		{"xyzzy", `unknown verb "xyzzy", want ` + verbsOf()},
		{"key nwe", `key: unknown word "nwe"; did you mean new?`},
		{"key", `key: it needs a verb, want new, show or ca`},
		{"help kye", `unknown verb "kye"; did you mean key?`},
		{"help test x", `help: "test" has no verb "x" below it`},
		{"checks lst", `checks: unknown word "lst"; did you mean list?`},
		{"version now", `version: unexpected "now" after "version"`},
		// flags
		{"test --onyl x", `test: unknown flag --onyl; did you mean --only?`},
		{"test --xyzzy", `test: unknown flag --xyzzy; "rtkmock test --help-all" lists the flags`},
		{"send meeting.started --effects-url x", `send: unknown flag --effects-url; it is a flag of "rtkmock test"`},
		{"serve --key-fualt hang", `serve: unknown flag --key-fualt; did you mean --key-fault?`},
		{"test --realtime", `test: unknown flag --realtime; it is a flag of "rtkmock play"`},
		{"test -q", `test: unknown flag -q; "rtkmock test --help-all" lists the flags`},
		{"test --key-pem X", `test: unknown flag --key-pem; did you mean --key-pem-env?`},
		{"test --key-url=x", `test: unknown flag --key-url; did you mean --key-env or --listen?`},
		{"test --keyenv X", `test: unknown flag --keyenv; did you mean --key-env?`},
		{"test --env-key X", `test: unknown flag --env-key; did you mean --key-env?`},
		{"test --port 3000", `test: unknown flag --port; did you mean --listen or --port-env?`},
		{"serve --port 9010", `serve: unknown flag --port; did you mean --listen?`},
		{"test --junit x.xml", `test: unknown flag --junit; did you mean --report junit=FILE?`},
		{"test --out x.xml", `test: unknown flag --out; did you mean --report or --output?`},
		{"test --output x.xml", `--output: found "x.xml", want text or json`},
		{"test --timeout", `--timeout: it needs a value`},
		{"test --timeout 5", `--timeout: found "5", want a duration above zero, such as 3s or 500ms`},
		{"test --timeout -1s", `--timeout: found "-1s", want a duration above zero, such as 3s or 500ms`},
		{"test --strict=maybe", `--strict: found "maybe", want true or false`},
		{"test --parallel 0", `--parallel: found "0", want a whole number from 1 to 64`},
		{"test --rate 0", `--rate: found "0", want requests a second, such as 10 or 0.5`},
		{"test --rate NaN", `--rate: found "NaN", want requests a second, such as 10 or 0.5`},
		{"test --seed -1", `--seed: found "-1", want a whole number from 0 to 18446744073709551615`},
		{"test --start yesterday", `--start: found "yesterday", want a time such as 2026-06-03T10:00:00Z`},
		{"test --start 0000-06-03T10:00:00Z", `--start: found "0000-06-03T10:00:00Z", want a year from 1 to 9998`},
		{"test --color blue", `--color: found "blue", want auto, always or never`},
		{"test --progress plian", `--progress: found "plian", want auto, plain or none; did you mean plain?`},
		{"test --require effect", `--require: found "effect", want effects, canaries or keys; did you mean effects?`},
		{"test --min-level shuold", `--min-level: found "shuold", want may, should or must; did you mean should?`},
		{"test --header-names dite", `--header-names: found "dite", want rtk, dyte or both; did you mean dyte?`},
		{"test --header X-Token", `--header: found "X-Token …", want 'Name: value'`},
		{"test --header X-Token=secret", `--header: found "X-Token …", want 'Name: value'`},
		{"test --header rtk-signature:x", `--header: rtk-signature is set by rtkmock for each delivery, want another header`},
		{"send meeting.started --header DYTE-UUID:x", `--header: DYTE-UUID is set by rtkmock for each delivery, want another header`},
		{"play weekly-sync --header content-type:text/plain", `--header: content-type is set by rtkmock for each delivery, want another header`},
		{"test --header rtk-webhook-id:x", `--header: rtk-webhook-id is set by --webhook-id`},
		{"test --webhook-id=", `--webhook-id: found "", want text without line breaks`},
		{"test ---x", `"---x" is not a flag, want --name or --name=value`},
		// events, paths, checks
		{"send", `send: found no event, want one such as meeting.started`},
		{"send meeting.startd", `send: unknown event "meeting.startd"; did you mean meeting.started?`},
		{"send transcript", `send: unknown event "transcript"; did you mean meeting.transcript?`},
		{"send xyzzy", `send: unknown event "xyzzy", want meeting.started, meeting.ended, meeting.participantJoined, meeting.participantLeft, meeting.chatSynced, recording.statusUpdate, livestreaming.statusUpdate, meeting.transcript or meeting.summary`},
		{"test --events meeting.started,meeting.endde", `--events: unknown event "meeting.endde"; did you mean meeting.ended?`},
		{"test --set meeting.title", `--set: found "meeting.title", want PATH=JSON such as meeting.title=Standup`},
		{"test --set =x", `--set: found "", want a dotted path such as meeting.organizedBy.name`},
		{"test --set meeting..title=x", `--set: found "meeting..title", want a dotted path such as meeting.organizedBy.name`},
		{`send meeting.started --set meeting.title={"a":`, `--set: meeting.title: found "{\"a\":", want JSON, or text that does not begin like it`},
		{`test --set meeting.title="open`, `--set: meeting.title: found "\"open", want JSON, or text that does not begin like it`},
		{"send meeting.started --set metting.title=x", `--set: path does not fit: "metting.title": segment 1, "metting": found an object with event, meeting; did you mean meeting.title?`},
		{"send meeting.started --unset meeting.titel", `--unset: path does not fit: "meeting.titel": segment 2, "titel": found an object with id, title, status, createdAt, sessionId, startedAt, organizedBy; did you mean meeting.title?`},
		{"send meeting.started --form numeric-filesise", `--form: unknown form "numeric-filesise"; did you mean numeric-filesize?`},
		{"send meeting.started --mutate signature/otherkey", `--mutate: unknown mutation "signature/otherkey"; did you mean signature/other-key?`},
		{"test --only sig/misssing-header", `--only: no check matches "sig/misssing-header"; did you mean sig/missing-header?`},
		{"test --only sig", `--only: no check matches "sig"; did you mean sig/*?`},
		{"test --skip nosuch/*", `--skip: no check matches "nosuch/*"; "rtkmock checks" lists them`},
		{"test --only sig/[", `--only: found "sig/[", want a pattern such as sig/* or rsp/latency`},
		{"test --only @DIR/none", `--only: DIR/none: no such file or directory`},
		{"test --only @DIR/empty.pem", `--only: DIR/empty.pem: found nothing in it, want one pattern a line, such as sig/*`},
		{"test --skip @DIR/ids", `--skip: DIR/ids:4: no check matches "sig/misssing-header"; did you mean sig/missing-header?`},
		{"test --shard 3", `--shard: found "3", want part and parts, such as 1/3`},
		{"test --shard 4/3", `--shard: found "4/3", want part and parts, such as 1/3`},
		{"test --rerun-failed DIR/none.json", `--rerun-failed: DIR/none.json: no such file or directory`},
		{"report merge json=x", `report merge: found no report, want one for each shard, such as 1.json 2.json`},
		{"test --only ,", `--only: found nothing in it`},
		{"checks explain", `checks explain: found no check, want an id such as sig/raw-bytes`},
		{"checks explain sig/rawbytes", `checks explain: unknown check "sig/rawbytes"; did you mean sig/raw-bytes?`},
		{"schemas show meeting.startd", `schemas show: unknown schema "meeting.startd"; did you mean meeting.started?`},
		{"schemas check --schema evnt DIR/x.json", `--schema: unknown schema "evnt"; "rtkmock schemas" lists them`},
		{"serve --key-fault redirect-cross-host", `--key-fault: found "redirect-cross-host", want the URL to redirect to with it, such as redirect-cross-host=http://localhost:9011/`},
		{"serve --key-fault redirect-cross-host=x", `--key-fault: found "redirect-cross-host=x", want the URL to redirect to with it, such as redirect-cross-host=http://localhost:9011/`},
		{"serve --key-fault status500", `--key-fault: found "status500", want a fault; did you mean status-500?`},
		{"completion", `completion: found no shell, want bash, zsh, fish or powershell`},
		{"completion bsh", `completion: unknown shell "bsh", want bash, zsh, fish or powershell; did you mean bash?`},
		// scenarios and recordings
		{"play", `play: found no scenario, want one such as weekly-sync; "rtkmock scenarios" lists them`},
		{"play weekly-snyc", `play: unknown scenario "weekly-snyc"; did you mean weekly-sync?`},
		{"play xyzzy", `play: unknown scenario "xyzzy"; "rtkmock scenarios" lists them, and a file is named by its path`},
		{"play DIR/none.json", `play: DIR/none.json: no such file or directory`},
		{"play DIR/", `play: DIR/: it is a directory`},
		{"play weekly-sync -- npm start", `play: unexpected "--", want a scenario, a URL and flags alone`},
		{"play weekly-sync http://localhost:3000/ now", `play: unexpected "now" after the URL`},
		{"play weekly-sync localhost:3000", `play: the URL: found "localhost:3000", want a scheme; did you mean http://localhost:3000?`},
		{"play weekly-sync http://203.0.113.9/", `play: the host 203.0.113.9 is neither this machine nor in a private network; want --allow-remote if it is yours to test`},
		{"play weekly-sync --speed -1", `--speed: found "-1", want a factor such as 1 or 60, or 0`},
		{"play weekly-sync --speed fast", `--speed: found "fast", want a factor such as 1 or 60, or 0`},
		{"play weekly-sync --concurrency 0", `--concurrency: found "0", want a whole number from 1 to 4096`},
		{"play weekly-sync --probe-every 3", `--probe-every: weekly-sync never reduces its attempts, want --reduce-after with it`},
		{"play weekly-sync --reduce-after 0", `--reduce-after: found "0", want a whole number from 1 to 1000000`},
		{"play weekly-sync --record DIR", `--record: DIR: it is a directory`},
		{"play weekly-sync --record DIR/none/r.jsonl", `--record: DIR/none/r.jsonl: no such file or directory`},
		{"play weekly-sync --report junit=x.xml", `--report: unknown format "junit", want text, json or html`},
		{"play weekly-sync --report jsn=x.json", `--report: unknown format "jsn"; did you mean json?`},
		{"play weekly-sync --events meeting.startd", `--events: unknown event "meeting.startd"; did you mean meeting.started?`},
		{"play weekly-sync --listen 127.0.0.1:PORT", `--listen: 127.0.0.1:PORT: the address is in use, want another port, or 0 for a free one`},
		{"scenarios shw", `scenarios: unknown word "shw"; did you mean show?`},
		{"scenarios show", `scenarios show: found no name, want one such as weekly-sync`},
		{"scenarios show weekly-snyc", `scenarios show: unknown scenario "weekly-snyc"; did you mean weekly-sync?`},
		{"scenarios check - -", `scenarios check: standard input (-) is given twice`},
		{"replay", `replay: found no recording, want a FILE that "rtkmock play --record" has written, or - for standard input`},
		{"replay DIR/none.jsonl", `replay: DIR/none.jsonl: no such file or directory`},
		{"replay DIR", `replay: DIR: it is a directory`},
		{"replay DIR/ec.pem http://localhost:1/", `replay: DIR/ec.pem:1: found "-----BEGIN", want an object`},
		{"replay DIR/empty.pem --key DIR/none.pem", `--key: DIR/none.pem: no such file or directory`},
		{"replay DIR/empty.pem --header-names dyte", `replay: unknown flag --header-names; it is a flag of "rtkmock doctor"`},
		// retries and faults
		{"send meeting.started --retry-profile dyte", `--retry-profile: found "dyte", want cloudflare, dyte-faq or dyte-guide; did you mean dyte-faq?`},
		{"send meeting.started --retry-schedule 1", `--retry-schedule: found "1", want durations such as 1s,5s,30s, or none`},
		{"play weekly-sync --retry-schedule 1s,none", `--retry-schedule: found none among durations, want one or the other`},
		{"test --retry-schedule 1s,none", `--retry-schedule: found none among durations, want one or the other`},
		{"test --retry-uuid old", `--retry-uuid: found "old", want same or new`},
		{"test --fault respnd", `--fault: unknown fault "respnd"; did you mean respond?`},
		{"test --fault xyzzy", `--fault: unknown fault "xyzzy", want refuse, reset, respond STATUS, delay DURATION, lose-response or replace STATUS`},
		{"test --fault respond", `--fault: found "respond", want a status from 200 to 599 after respond, such as respond 503`},
		{"test --fault refuse,", `--fault: found "", want attempt=N, event=NAME or chance=P`},
		{"test --fault refuse,1", `--fault: found "1", want attempt=N, event=NAME or chance=P`},
		{"test --fault refuse,atempt=1", `--fault: found "atempt=1", want attempt=N, event=NAME or chance=P; did you mean attempt=1?`},
		{"test --fault refuse,attempt=0", `--fault: attempt: found "0", want a whole number from 1`},
		{"test --fault refuse,attempt=1,attempt=2", `--fault: attempt: it stands there twice`},
		{"test --fault refuse,chance=20%", `--fault: chance: found "20%", want a number above 0 and at most 1, such as 0.2`},
		{"test --fault refuse,event=meeting.startd", `--fault: unknown event "meeting.startd"; did you mean meeting.started?`},
		// URLs
		{"test localhost:3000/webhook", `test: the URL: found "localhost:3000/webhook", want a scheme; did you mean http://localhost:3000/webhook?`},
		{"test 127.0.0.1:3000", `test: the URL: found "127.0.0.1:3000", want a scheme; did you mean http://127.0.0.1:3000?`},
		{"test :3000/webhook", `test: the URL: found ":3000/webhook", want a scheme; did you mean http://localhost:3000/webhook?`},
		{"test example.com/webhook", `test: the URL: found "example.com/webhook", want a scheme; did you mean http://example.com/webhook?`},
		{"test http:localhost:3000", `test: the URL: found "http:localhost:3000", want a host, as in http://localhost:3000/webhook`},
		{"test http:///webhook", `test: the URL: found "http:///webhook", want a host, as in http://localhost:3000/webhook`},
		{"test ftp://localhost/x", `test: the URL: found "ftp://localhost/x", want one such as http://localhost:3000/webhook`},
		{"test http://localhost:99999/", `test: the URL: found "http://localhost:99999/", want a port from 1 to 65535`},
		{"test http://localhost:0/", `test: the URL: found "http://localhost:0/", want a port from 1 to 65535`},
		{"test http://localhost:/", `test: the URL: found "http://localhost:/", want a port after the colon`},
		{"test http://localhost/#top", `test: the URL: found "http://localhost/#(redacted)", want no fragment: what follows the # is never sent`},
		{"test ftp://me:hunter2@localhost/x?token=hunter3", `test: the URL: found "ftp://(redacted)@localhost/x?token=(redacted)", want one such as http://localhost:3000/webhook`},
		{"test npm", `test: the URL: found "npm", want one such as http://localhost:3000/webhook`},
		{"test http://localhost:3000/webhook npm start", `test: unexpected "npm" after the URL; a command to start goes after "--"`},
		{"test http://localhost:3000/webhook python3 -m app", `test: unexpected "python3" after the URL; a command to start goes after "--"`},
		{"serve python3 -m app", `serve: unexpected "python3" after "serve"; a command to start goes after "--"`},
		// a command to start
		{"test -- npm start", `test: found no URL before "--", want that of the receiver that the command starts, such as http://localhost:3000/webhook`},
		{"test http://localhost:3000/webhook --", `test: found no command after "--", want one such as npm start`},
		{"test http://localhost:3000/ http://localhost:3001/ -- npm start", `test: unexpected "http://localhost:3001/" after the URL`},
		{"test localhost:3000 -- sh", `test: the URL: found "localhost:3000", want a scheme; did you mean http://localhost:3000?`},
		{"test http://localhost:1/ -- rtkmock-no-such-program", `test: the command: found no program "rtkmock-no-such-program" in PATH`},
		{"test http://localhost:1/ -- ADDR=:3000 npm start", `test: the command: found no program "ADDR=:3000" in PATH; a variable is set by env ADDR=:3000`},
		{"test http://localhost:1/ -- DIR/none", `test: the command: DIR/none: no such file or directory`},
		{"test http://localhost:1/ -- DIR/ec.pem", `test: the command: DIR/ec.pem: permission denied; is it executable?`},
		{"test http://localhost:1/ -- DIR", `test: the command: DIR: it is a directory`},
		{"test http://localhost:1/ --restart-cmd true -- sh", `--restart-cmd: rtkmock restarts the command itself, want one of the two`},
		{"test --restart-cmd true", `--restart-cmd: the built-in receiver needs none; it goes with a URL to test`},
		{"test http://localhost:1/ --key-env KEY_URL", `--key-env: it goes with a command to start: test URL --key-env KEY_URL -- COMMAND`},
		{"test --port-env ADDR", `--port-env: it goes with a command to start: test URL --port-env ADDR -- COMMAND`},
		{"test http://localhost:1/ --key-env key-url -- sh", `--key-env: found "key-url", want the name of an environment variable, such as REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL`},
		{"test http://localhost:1/ --key-env KEY --key-pem-env KEY -- sh", `test: the variable KEY is to hold two things, want a name for each`},
		{"test http://localhost:{port}/", `test: the URL: found {port} in it, which --port-env fills where a command is started`},
		{"test http://localhost:{port}/ -- sh", `test: the URL: found {port} in it, want --port-env NAME, or {port} in the command as well`},
		{"test http://localhost:1/ --port-env ADDR -- sh", `--port-env: the URL has no {port} to fill, want one such as http://localhost:{port}/webhook`},
		{"test http://127.0.0.1:PORT/ -- sh", `test: 127.0.0.1:PORT accepts connections already, before the command is started; end what runs there, or leave the command out to test that`},
		{"test http://localhost:1/ --wait-for 30s", `--wait-for: found "30s", want a URL that answers 2xx once the target is ready, or the port that it listens at; how long to wait is --wait-for-target`},
		{"test http://localhost:1/ --wait-for 99999", `--wait-for: found "99999", want a URL that answers 2xx once the target is ready, or the port that it listens at`},
		{"test http://localhost:1/ --wait-for http:///healthz", `--wait-for: found "http:///healthz", want a URL that answers 2xx once the target is ready, or the port that it listens at`},
		{"test http://localhost:1/ --wait-for http://203.0.113.9/", `--wait-for: the host 203.0.113.9 is neither this machine nor in a private network; want --allow-remote if it is yours to test`},
		{"test --wait-for 3000", `--wait-for: the built-in receiver is ready at once; it goes with a URL to test`},
		{"test http://203.0.113.9/webhook", `test: the host 203.0.113.9 is neither this machine nor in a private network; want --allow-remote if it is yours to test`},
		{"send meeting.started http://[2001:db8::1]/webhook", `send: the host 2001:db8::1 is neither this machine nor in a private network; want --allow-remote if it is yours to test`},
		{"test --effects-url http://localhost/effects", `--effects-url: the built-in receiver counts its effects itself; it goes with a URL to test`},
		{"test http://localhost:3000/ --effects-url http://localhost/effects", `--effects-url: effects URL "http://localhost/effects" names no delivery: put {uuid} where its id belongs`},
		{"test http://localhost:3000/ --effects-url http://localhost/{uid}", `--effects-url: effects URL "http://localhost/{uid}": unknown placeholder {uid}, want {uuid}, {event}, {meeting_id}, {session_id}; did you mean {uuid}?`},
		{"test http://localhost:3000/ --effects-url http://localhost/{uuid} --effects-file x", `--effects-file: --effects-url is given as well, want one of them`},
		{"test --effects-file x", `--effects-file: the built-in receiver counts its effects itself; it goes with a URL to test`},
		{"test http://localhost:3000/ --effects-file DIR/none/effects.jsonl", `--effects-file: effects file DIR/none/effects.jsonl: no such file or directory`},
		{"test http://localhost:3000/ --effects-file DIR", `--effects-file: effects file DIR: it is no regular file`},
		// addresses
		{"serve --control-listen 9010", `--control-listen: found "9010", want HOST:PORT such as 127.0.0.1:9010`},
		{"serve --probe-every 3", `--probe-every: attempts are never reduced, want --reduce-after with it`},
		{"serve --time-scale -1", `--time-scale: found "-1", want a factor such as 1 or 60, or 0`},
		{"serve --listen 9010", `--listen: found "9010", want HOST:PORT such as 127.0.0.1:9010`},
		{"serve --listen 127.0.0.1:http", `--listen: found the port "http" in "127.0.0.1:http", want a number from 0 to 65535`},
		{"serve --listen 127.0.0.1:PORT", `--listen: 127.0.0.1:PORT: the address is in use, want another port, or 0 for a free one`},
		{"test --listen 127.0.0.1:PORT", `--listen: 127.0.0.1:PORT: the address is in use, want another port, or 0 for a free one`},
		{"send meeting.started --listen 127.0.0.1:PORT", `--listen: 127.0.0.1:PORT: the address is in use, want another port, or 0 for a free one`},
		{"serve --listen 203.0.113.9:0", `--listen: 203.0.113.9:0: this machine has no such address, want one of its own such as 127.0.0.1`},
		{"serve --advertise localhost:9010", `--advertise: found "localhost:9010", want http://HOST:PORT or https://HOST`},
		{"serve --advertise http://localhost:9010/keys", `--advertise: found "http://localhost:9010/keys", want scheme, host and port alone`},
		{"test --advertise-other localhost:9010", `--advertise-other: found "localhost:9010", want http://HOST:PORT or https://HOST`},
		{"test --advertise-other http://127.0.0.1:9010", `--advertise-other: found "127.0.0.1", the host of the key URL, want another name of it`},
		{"test --advertise http://app:9010 --advertise-other https://APP", `--advertise-other: found "APP", the host of the key URL, want another name of it`},
		{"serve --advertise-other http://app:9010", `serve: unknown flag --advertise-other; did you mean --advertise?`},
		// keys and files
		{"serve --key DIR/none.pem", `--key: DIR/none.pem: no such file or directory`},
		{"serve --key DIR", `--key: DIR: it is a directory`},
		{"serve --key DIR/empty.pem", `--key: DIR/empty.pem: unusable key: no PEM block found`},
		{"test --key DIR/ec.pem", `--key: DIR/ec.pem: unusable key: found an elliptic-curve key, want an RSA private key`},
		{"send meeting.started --key DIR/ec.pem", `--key: DIR/ec.pem: unusable key: found an elliptic-curve key, want an RSA private key`},
		{"key show DIR/none.pem", `DIR/none.pem: no such file or directory`},
		{"key show DIR/ec.pem", `DIR/ec.pem: unusable key: found an elliptic-curve key, want an RSA private key`},
		{"key show", `key show: found no file, want a private key file in PEM`},
		{"key new", `key new: found no file to write to, want --out FILE`},
		{"key new --out DIR/ec.pem", `--out: DIR/ec.pem: it exists already, want another name or --force`},
		{"key new --out DIR/none/key.pem", `--out: DIR/none/key.pem: no such file or directory`},
		{"key new --out DIR/k.pem --bits 1024", `--bits: found "1024", want a whole number from 2048 to 8192`},
		{"serve --ready-file DIR/none/ready.json", `--ready-file: DIR/none/ready.json: no such file or directory`},
		{"test http://localhost:1/ --ca DIR/empty.pem", `--ca: DIR/empty.pem: found no certificate in it, want PEM`},
		{"test --report json=DIR/none/x.json", `--report: DIR/none/x.json: cannot be written: no such file or directory`},
		{"test --report json=DIR", `--report: DIR: cannot be written: it is a directory`},
		{"test --report DIR/x.json", `--report: found "DIR/x.json", want FORMAT=PATH such as json=DIR/x.json`},
		{"test --report junit", `--report: found "junit", want FORMAT=PATH; did you mean junit=rtkmock.junit?`},
		{"test --report jnuit=x.xml", `--report: unknown format "jnuit"; did you mean junit?`},
		{"test --report json=DIR/x --report junit=DIR/./x", `--report: DIR/./x: two reports are to be written there, want a file for each`},
		{"test --report json=- --report junit=-", `--report: json and junit are both to be written to standard output, want a file for one`},
		{"test --report junit=- --output json", `--output: junit is to be written to standard output, and JSON as well; want a file for one`},
		{"play weekly-sync --report json=- --report text=-", `--report: json and text are both to be written to standard output, want a file for one`},
		{"test --bodies DIR/ec.pem", `--bodies: DIR/ec.pem: cannot be written to: not a directory`},
		{"test --bodies DIR/ec.pem/bodies", `--bodies: DIR/ec.pem/bodies: cannot be written to: not a directory`},
		{"report", `report: it needs a verb, want render, diff or merge`},
		{"report rendr", `report: unknown word "rendr"; did you mean render?`},
		{"report render", `report render: found no report, want a REPORT.json that "rtkmock test --report json=PATH" has written, or - for standard input`},
		{"report render DIR/none.json", `report render: DIR/none.json: no such file or directory`},
		{"report render DIR/x.json htlm=DIR/x.html", `report render: unknown format "htlm"; did you mean html?`},
		{"report render DIR/x.json DIR/x.html", `report render: found "DIR/x.html", want FORMAT=PATH such as json=DIR/x.html`},
		{"report render DIR/x.json html=DIR/none/x.html", `report render: DIR/none/x.html: cannot be written: no such file or directory`},
		{"report render DIR/empty.pem", `report render: DIR/empty.pem: not a JSON report of a run: $: found nothing, want one JSON value`},
		{"report merge DIR/ids DIR/ec.pem json=DIR/ec.pem", `report merge: DIR/ec.pem: found it among the reports to read, want another file to write to`},
		{"report merge DIR/ids json=DIR/link", `report merge: DIR/link: found it among the reports to read, want another file to write to`},
		{"report render DIR/ids html=DIR/./ids", `report render: DIR/./ids: found it among the reports to read, want another file to write to`},
		{"report diff DIR/x.json", `report diff: found one, want two: OLD.json NEW.json`},
		{"report diff - -", `report diff: standard input (-) is given twice`},
		{"schemas check DIR/none.json", `DIR/none.json: no such file or directory`},
		{"schemas check - -", `schemas check: standard input (-) is given twice`},
		{"version --config DIR/none.yaml", `--config: DIR/none.yaml: no such file or directory`},
	}
}

// verbsOf lists all verbs as messages do.
func verbsOf() string {
	var names []string
	for _, v := range verbs() {
		names = append(names, v.name)
	}
	return wording.OrList(names)
}

func TestMistakesAreOneLineAndExit2(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "empty.pem"), nil, 0o600))
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "ec.pem"), ecKey(t), 0o600))
	ids := "# what is to be fixed\nsig/*\t# all of it\n\n  sig/misssing-header # first\n"
	assert.NilError(t, os.WriteFile(filepath.Join(dir, "ids"), []byte(ids), 0o600))
	assert.NilError(t, os.Link(filepath.Join(dir, "ids"), filepath.Join(dir, "link")))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	assert.NilError(t, err)
	defer taken.Close()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	assert.NilError(t, err)
	fill := strings.NewReplacer("DIR", dir, "PORT", port)

	for _, m := range mistakes() {
		t.Run(m.args, func(t *testing.T) {
			args := strings.Fields(m.args)
			want := m.want
			for i := range args {
				args[i] = fill.Replace(args[i])
			}
			if strings.Contains(m.args, "DIR") || strings.Contains(m.args, "127.0.0.1:PORT") {
				want = fill.Replace(want)
			}
			call(t, args...).says(t, exit.Usage, want)
		})
	}
}

func ecKey(t *testing.T) []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	assert.NilError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	assert.NilError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestFilesThatMayNotBeReadSayWhy(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	path := filepath.Join(t.TempDir(), "key.pem")
	assert.NilError(t, os.WriteFile(path, nil, 0))
	call(t, "serve", "--key", path).says(t, exit.Usage, "--key: "+path+": permission denied")
}

func TestNothingSelectedHasACodeOfItsOwn(t *testing.T) {
	t.Parallel()
	call(t, "test", "--only", "sig/*", "--skip", "sig/*").
		says(t, exit.Nothing, "test: no check is left by --only, --skip, --min-level and --profile")
	call(t, "test", "--skip", "*").
		says(t, exit.Nothing, "test: no check is left by --only, --skip, --min-level and --profile")
	call(t, "test", "--only", "sig/no-leak", "--min-level", "must").
		says(t, exit.Nothing, "test: no check is left by --only, --skip, --min-level and --profile")
}

func TestAMistakeOutweighsAnEmptySelection(t *testing.T) {
	t.Parallel()
	call(t, "test", "--only", "sig/*", "--skip", "sig/*", "--listen", "9010").
		says(t, exit.Usage, `--listen: found "9010", want HOST:PORT such as 127.0.0.1:9010`)
}
