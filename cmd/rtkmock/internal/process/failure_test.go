package process

import (
	"strings"
	"testing"

	"gotest.tools/v3/assert"
)

func TestTheErrorIsQuotedWithItsFirstOwnPlace(t *testing.T) {
	for _, c := range []struct{ name, output, want string }{
		{"Node", `listening on 3000
/app/server.mjs:12
  throw new Error("boom");
        ^

Error: boom
    at parse (node:internal/url:806:29)
    at Router.handle (/app/node_modules/express/lib/router.js:1:2)
    at handler (file:///app/server.mjs:12:9)
    at Server.emit (node:events:518:28)

Node.js v20.11.0
`, "Error: boom (/app/server.mjs:12:9)"},
		{"Node with a code", `node:internal/crypto/sig:167
    throw new ERR_INVALID_ARG_TYPE(
    ^

TypeError [ERR_INVALID_ARG_TYPE]: The "data" argument must be of type string
    at Verify.update (node:internal/crypto/sig:167:11)
    at /app/hook.js:7:3 {
  code: 'ERR_INVALID_ARG_TYPE'
}

Node.js v22.1.0
`, `TypeError [ERR_INVALID_ARG_TYPE]: The "data" argument must be of type string (/app/hook.js:7:3)`},
		{"Node without a place of its own", "ReferenceError: x is not defined\n    at node:internal/main:1:2\n\nNode.js v20.0.0\n", "ReferenceError: x is not defined"},
		{"Python", `INFO started
Traceback (most recent call last):
  File "/app/main.py", line 9, in hook
    verify(body)
  File "/usr/lib/python3.11/site-packages/cryptography/x.py", line 3, in verify
    raise InvalidSignature
cryptography.exceptions.InvalidSignature: bad
`, "cryptography.exceptions.InvalidSignature: bad (/app/main.py:9)"},
		{"Go", "listening\npanic: boom\n\ngoroutine 1 [running]:\nnet/http.(*conn).serve.func1()\n\t/usr/local/go/src/net/http/server.go:1943 +0xb0\nmain.hook(0x1)\n\t/app/hook.go:17 +0x1d\nexit status 2\n",
			"panic: boom (/app/hook.go:17)"},
		{"PHP", "PHP Fatal error:  Uncaught TypeError: openssl_verify(): x in /app/hook.php:3\nStack trace:\n#0 /app/hook.php(3): openssl_verify()\n#1 {main}\n  thrown in /app/hook.php on line 3\n",
			"TypeError: openssl_verify(): x in /app/hook.php:3"},
		{"Java", "Exception in thread \"main\" java.lang.IllegalStateException: no key\n\tat com.acme.Hook.main(Hook.java:5)\n", "java.lang.IllegalStateException: no key (Hook.java:5)"},
		{"Rust", "thread 'main' panicked at src/main.rs:2:5:\nboom\nnote: run with `RUST_BACKTRACE=1`\n", "boom (src/main.rs:2:5)"},
		{"the last of two", "Error: first\n    at a (/app/a.js:1:1)\nError: second\n    at b (/app/b.js:2:2)\n", "Error: second (/app/b.js:2:2)"},
		{"no error", "one\ntwo\n\n", ""},
		{"nothing", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tail Tail
			_, _ = tail.Write([]byte(c.output))
			assert.Equal(t, tail.Failure(), c.want)
		})
	}
}

func FuzzFailure(f *testing.F) {
	f.Add("Error: x\n    at y (/z.js:1:1)\n")
	f.Add("Traceback (most recent call last):\n  File \"a\", line 1\nE\n")
	f.Add("\n\n  at \n#0 /")
	f.Fuzz(func(t *testing.T, output string) {
		var tail Tail
		_, _ = tail.Write([]byte(output))
		if text := tail.Failure(); strings.Contains(text, "\n") {
			t.Fatalf("%q", text)
		}
	})
}
