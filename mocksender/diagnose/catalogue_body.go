package diagnose

// rawFix is the fix for all that comes from parsing before verifying.
const rawFix = `Verify the bytes as they arrived, and parse them afterwards. The guide: "Do not reserialize parsed JSON before verification because changes in whitespace or key order can change the signed bytes." `

// rawBytes is how each kind of program gets at the bytes as they arrived.
const rawBytes = "Express: app.post(path, express.raw({type: \"*/*\"}), …) and req.body. Workers: await request.arrayBuffer(). Flask: request.get_data(); Django: request.body; FastAPI: await request.body(). Go: io.ReadAll(r.Body) before json.Unmarshal."

func bodyDiagnoses() []Diagnosis {
	return []Diagnosis{
		{
			ID:      BodyWhitespace,
			Title:   "the body was written again with other white space between its tokens",
			Node:    "JSON.stringify(req.body) after express.json(), or JSON.stringify(body, null, 2): the first loses indentation, the second adds it",
			Workers: "JSON.stringify(await request.json()) in place of await request.arrayBuffer()",
			Python:  `json.dumps(request.json): it puts a space behind "," and ":" by default`,
			Go:      "json.Marshal, json.Indent or json.Compact after json.Unmarshal",
			Fix:     rawFix + rawBytes,
		},
		{
			ID:      BodyKeyOrder,
			Title:   "the members of the JSON are in another order than when they were signed",
			Node:    "a copy that was built member by member ({event, meeting, …}) and passed to JSON.stringify, or a database's jsonb column",
			Workers: "a copy from a KV or D1 record that was built member by member",
			Python:  "json.dumps(…, sort_keys=True), or a Pydantic model's model_dump_json()",
			Go:      "json.Marshal of a map, which sorts by name, or of a struct, which writes its fields in their own order",
			Fix:     rawFix + rawBytes,
		},
		{
			ID:      BodySlash,
			Title:   `slashes are escaped (\/) and were not when they were signed, or the other way round`,
			Node:    `JSON.stringify never writes \/, so a body that had it loses it; a PHP service in between (json_encode) adds it`,
			Workers: `JSON.stringify never writes \/; a PHP origin in between adds it`,
			Python:  `json.dumps never writes \/; ujson does (escape_forward_slashes)`,
			Go:      `json.Marshal never writes \/`,
			Fix:     rawFix + rawBytes,
		},
		{
			ID:      BodyUnicode,
			Title:   `letters beyond ASCII are written as \u… and were written out when they were signed, or the other way round`,
			Node:    `JSON.stringify writes letters out, whatever the body had`,
			Workers: `JSON.stringify writes letters out, whatever the body had`,
			Python:  `json.dumps writes \u… unless ensure_ascii=False is given`,
			Go:      `json.Marshal writes letters out, whatever the body had, and U+2028 as \u2028`,
			Fix:     rawFix + rawBytes,
		},
		{
			ID:      BodyHTML,
			Title:   `<, > or & are written as \u003c, \u003e or \u0026 and were written out when they were signed, or the other way round`,
			Node:    "serialize-javascript, or a template engine's JSON filter, in place of the body",
			Workers: "an origin in Go in between",
			Python:  "Django's json_script, or Flask's tojson filter, in place of the body",
			Go:      "json.Marshal escapes HTML; only an Encoder with SetEscapeHTML(false) does not",
			Fix:     rawFix + rawBytes,
		},
		{
			ID:      BodyTwice,
			Title:   "the body is a JSON string that holds the JSON that was signed",
			Node:    "JSON.stringify of a body that was a string already, as from express.text() or a queue's message",
			Workers: "JSON.stringify(await request.text()), or queue.send(text) read back as JSON",
			Python:  "json.dumps of a body that was a str already, as from an SQS or Lambda event",
			Go:      "json.Marshal of a string in place of json.RawMessage",
			Fix:     "Pass the body on as it is, or take the string out of its quotes (parse it once) before you verify.",
		},
		{
			ID:      BodyPrinted,
			Title:   "what was verified is a printed object, not the body",
			Node:    `String(req.body) or req.body + "" on a parsed body: "[object Object]"`,
			Workers: `new TextEncoder().encode(parsed), or a template literal around a parsed body: "[object Object]"`,
			Python:  `str(request.json): {'event': …} with single quotes, True and None`,
			Go:      `fmt.Sprint of a map: map[event:…]`,
			Fix:     rawFix + rawBytes, Suspected: true,
		},
		{
			ID:      BodyMembers,
			Title:   "members that every event of this type carries are missing",
			Node:    "a schema (zod, class-validator with whitelist) that strips what it does not know, and JSON.stringify of its result",
			Workers: "a schema (zod, valibot) that strips what it does not know, and JSON.stringify of its result",
			Python:  "a Pydantic model or a marshmallow schema that does not list them, dumped again",
			Go:      "a struct that does not list them, or lists them with omitempty, marshalled again",
			Fix:     rawFix + rawBytes, Suspected: true,
		},
		{
			ID:      BodyOther,
			Title:   "the signature is genuine, but it was made for another body",
			Node:    "a variable outside of the handler that holds the last request's header or body while several are under way",
			Workers: "a global variable: one isolate serves several requests at a time",
			Python:  "a module variable or a fixture that keeps header and body of different requests",
			Go:      "a buffer from a sync.Pool, or a captured loop variable, shared by several requests",
			Fix:     "Take header and body from the same request, and keep neither outside of the handler. In a capture, check which header belongs to which body.",
		},
		{
			ID:      BodyChanged,
			Title:   "the key is right and the signature is whole, but other bytes were signed than these",
			Node:    "a body parser before the handler (express.json()), and JSON.stringify of its result",
			Workers: "request.json() or request.formData() in place of request.arrayBuffer()",
			Python:  "request.json in place of request.get_data(), or a middleware that read the stream first",
			Go:      "json.Decoder on r.Body, and json.Marshal of its result",
			Fix:     rawFix + rawBytes,
		},
	}
}
